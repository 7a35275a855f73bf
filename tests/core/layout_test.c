/* Tests of core/layout.c: END and padding, the limit, options in file and sname, and, for messages
 * made at random from a fixed seed, that nothing is lost and that a refusal is right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "builder.h"
#include "guard.h"
#include "sample.h"

enum { ROOM = 4096 };

typedef struct bench { /* a builder, its room, and where it is laid out */
  lab_builder b;
  uint8_t room[ROOM];
  uint8_t out[ROOM];
  lab_view wire;
} bench;

static void begin(bench *t) {
  assert_int_equal(lab_builder_init(&t->b, (lab_span){t->room, ROOM}), LAB_OK);
  lab_builder_number(&t->b, LAB_FIELD_op, 2);
  lab_builder_number(&t->b, LAB_FIELD_htype, 1);
  lab_builder_number(&t->b, LAB_FIELD_hlen, 6);
  assert_int_equal(lab_builder_append_u8(&t->b, 53, LAB_OFFER), LAB_OK);
}

/* Appends `len` octets that differ from code to code. */
static void add(bench *t, uint8_t code, size_t len) {
  uint8_t value[1024];
  for (size_t k = 0; k < len; k++) value[k] = (uint8_t)(code + k);
  assert_int_equal(lab_builder_append(&t->b, code, (lab_view){value, len}), LAB_OK);
}

static enum lab_status finish(bench *t, size_t limit) {
  memset(t->out, 0xaa, sizeof t->out);
  return lab_builder_finish(&t->b, limit, (lab_span){t->out, ROOM}, &t->wire);
}

static enum lab_place place_of(const lab_message *m, uint8_t code) {
  lab_option_walk walk;
  lab_option option;
  lab_options_begin(m, &walk);
  while (lab_options_next(&walk, &option)) {
    if (option.code == code) return option.place;
  }
  fail_msg("option %u is missing", code);
  return LAB_PLACE_OPTIONS;
}

/* Whether a code's instances stand in more than one field. */
static bool is_scattered(const lab_message *m, uint8_t code) {
  lab_option_walk walk;
  lab_option option;
  enum lab_place first = place_of(m, code);
  lab_options_begin(m, &walk);
  while (lab_options_next(&walk, &option)) {
    if (option.code == code && option.place != first) return true;
  }
  return false;
}

static void assert_same_value(const lab_message *a, const lab_message *b, uint8_t code) {
  static uint8_t scratch_a[ROOM], scratch_b[ROOM];
  lab_view value_a, value_b;
  assert_int_equal(lab_message_option(a, code, (lab_span){scratch_a, ROOM}, &value_a), LAB_OK);
  assert_int_equal(lab_message_option(b, code, (lab_span){scratch_b, ROOM}, &value_b), LAB_OK);
  assert_int_equal(value_a.len, value_b.len);
  if (value_a.len > 0) assert_memory_equal(value_a.data, value_b.data, value_a.len);
}

/* What holds of every laid out message, whatever was built. */
static lab_message assert_laid_out(const bench *t, size_t limit) {
  lab_message m;
  lab_option_walk walk;
  lab_option option;
  uint8_t last = 0;
  assert_true(t->wire.len <= limit);
  assert_true(t->wire.len >= (limit < 300 ? limit : 300)); /* M-08 */
  assert_int_equal(lab_message_decode(t->wire, &m), LAB_OK);
  assert_true(m.has_end && !m.broken); /* M-03 */
  for (size_t at = m.options_end; at < m.len; at++) assert_int_equal(m.data[at], 0);
  for (unsigned code = 1; code < 255; code++) {
    if (code == 52 || !lab_message_has(&t->b.view, (uint8_t)code)) continue;
    assert_same_value(&t->b.view, &m, (uint8_t)code); /* M-12, M-16 */
  }
  lab_options_begin(&m, &walk);
  while (lab_options_next(&walk, &option)) {
    if (option.place == LAB_PLACE_OPTIONS) last = option.code;
    if (option.code == 52 || option.code == 53 || option.code == 82) { /* M-10, M-14 */
      assert_int_equal(option.place, LAB_PLACE_OPTIONS);
    }
  }
  if (lab_message_has(&m, 82)) assert_int_equal(last, 82); /* E-01 */
  lab_finding findings[32];
  size_t count = lab_message_check(t->wire, findings, 32);
  for (size_t k = 0; k < count && k < 32; k++) {
    assert_int_not_equal(findings[k].fault, LAB_FAULT_NO_END);
    assert_int_not_equal(findings[k].fault, LAB_FAULT_AFTER_END);
    assert_int_not_equal(findings[k].fault, LAB_FAULT_OPTION_TRUNCATED);
  }
  return m;
}

/* M-03, M-08 */
static void a_small_message_gets_an_end_and_zeros_to_300(void **state) {
  (void)state;
  bench t;
  begin(&t);
  assert_int_equal(finish(&t, 548), LAB_OK);
  assert_int_equal(t.wire.len, 300);
  assert_ptr_equal(t.wire.data, t.out);
  assert_memory_equal(t.out, t.room, 243);
  assert_int_equal(t.out[243], 255);
  for (size_t k = 244; k < 300; k++) assert_int_equal(t.out[k], 0);
  assert_int_equal(t.out[300], 0xaa);
}

static void the_limit_wins_over_padding(void **state) {
  (void)state;
  bench t;
  begin(&t);
  for (size_t limit = 0; limit <= 310; limit++) {
    enum lab_status status = finish(&t, limit);
    assert_int_equal(status, limit < 244 ? LAB_ERR_SPACE : LAB_OK);
    if (status != LAB_OK) continue;
    assert_int_equal(t.wire.len, limit < 300 ? limit : 300);
    assert_laid_out(&t, limit);
  }
}

static void no_octet_is_written_beyond_the_result(void **state) {
  (void)state;
  bench t;
  begin(&t);
  add(&t, 12, 100);
  for (size_t limit = 244; limit <= 400; limit++) {
    if (finish(&t, limit) != LAB_OK) continue;
    size_t len = t.wire.len;
    guard out = guard_room(len), small = guard_room(len - 1);
    lab_span exact = {out.data, len}, too_small = {small.data, len - 1};
    memset(small.data, 0xaa, len - 1);
    assert_int_equal(lab_builder_finish(&t.b, limit, exact, &t.wire), LAB_OK);
    assert_memory_equal(out.data, t.out, len);
    assert_int_equal(lab_builder_finish(&t.b, limit, too_small, &t.wire), LAB_ERR_SPACE);
    for (size_t k = 0; k < len - 1; k++) assert_int_equal(small.data[k], 0xaa);
    guard_free(&out);
    guard_free(&small);
  }
}

static void within_the_limit_the_order_stays(void **state) {
  (void)state;
  bench t;
  begin(&t);
  add(&t, 12, 5);
  add(&t, 224, 200);
  add(&t, 12, 5);
  assert_int_equal(finish(&t, 548), LAB_OK);
  assert_memory_equal(t.out, t.room, t.b.view.len);
  assert_int_equal(assert_laid_out(&t, 548).overload, 0);
}

/* E-01 */
static void option_82_goes_last_wherever_it_stood(void **state) {
  (void)state;
  bench t;
  begin(&t);
  add(&t, 82, 6);
  add(&t, 12, 5);
  assert_int_equal(finish(&t, 548), LAB_OK);
  assert_int_equal(t.out[243], 12);
  assert_int_equal(t.out[250], 82);
  assert_laid_out(&t, 548);
}

/* M-10 */
static void beyond_the_limit_options_move_to_file_then_sname(void **state) {
  (void)state;
  bench t;
  begin(&t);
  add(&t, 12, 60);
  add(&t, 15, 60);
  add(&t, 17, 60);
  add(&t, 66, 60);
  size_t full = t.b.view.len + 1;
  assert_int_equal(finish(&t, full), LAB_OK);
  assert_int_equal(assert_laid_out(&t, full).overload, 0);
  assert_int_equal(finish(&t, full - 1), LAB_OK);
  lab_message m = assert_laid_out(&t, full - 1);
  assert_int_equal(m.overload, 1);
  assert_int_equal(place_of(&m, 66), LAB_PLACE_FILE); /* the last one */
  assert_int_equal(finish(&t, full - 62 + 3), LAB_OK);
  assert_int_equal(assert_laid_out(&t, full - 59).overload, 1);
  assert_int_equal(finish(&t, full - 124 + 3), LAB_OK);
  assert_int_equal(assert_laid_out(&t, full - 121).overload, 1); /* two of 62 in file */
  assert_int_equal(finish(&t, full - 186 + 3), LAB_OK);
  m = assert_laid_out(&t, full - 183);
  assert_int_equal(m.overload, 3);
  assert_int_equal(m.data[SAMPLE_FILE + 124], 255);
  assert_int_equal(m.data[SAMPLE_SNAME + 62], 255);
  assert_int_equal(finish(&t, full - 186 + 2), LAB_ERR_SPACE);
}

static void fields_that_hold_names_are_not_overloaded(void **state) {
  (void)state;
  bench t;
  begin(&t);
  add(&t, 12, 40);
  add(&t, 15, 40);
  size_t limit = t.b.view.len - 10;
  lab_builder_bytes(&t.b, LAB_FIELD_file, BYTES("boot"));
  assert_int_equal(finish(&t, limit), LAB_OK);
  lab_message m = assert_laid_out(&t, limit);
  assert_int_equal(m.overload, 2);
  assert_int_equal(lab_message_text(&m, LAB_FIELD_file).len, 4);
  lab_builder_bytes(&t.b, LAB_FIELD_sname, BYTES("host"));
  assert_int_equal(finish(&t, limit), LAB_ERR_SPACE);
  lab_builder_bytes(&t.b, LAB_FIELD_file, BYTES(""));
  assert_int_equal(finish(&t, limit), LAB_OK);
  assert_int_equal(assert_laid_out(&t, limit).overload, 1);
}

/* M-10, M-14 */
static void type_overload_and_82_never_leave_the_option_field(void **state) {
  (void)state;
  bench t;
  begin(&t);
  add(&t, 82, 20);
  assert_int_equal(finish(&t, t.b.view.len), LAB_ERR_SPACE); /* nothing else could move */
  add(&t, 12, 20);
  assert_int_equal(finish(&t, t.b.view.len - 10), LAB_OK);
  lab_message m = assert_laid_out(&t, t.b.view.len - 10);
  assert_int_equal(place_of(&m, 12), LAB_PLACE_FILE);
}

/* M-12: the instances of one code stay together, so that they join to the same value. */
static void repeated_options_move_as_one(void **state) {
  (void)state;
  bench t;
  begin(&t);
  add(&t, 6, 8);
  add(&t, 12, 30);
  add(&t, 6, 12);
  size_t limit = t.b.view.len - 15;
  assert_int_equal(finish(&t, limit), LAB_OK);
  lab_message m = assert_laid_out(&t, limit);
  assert_false(is_scattered(&m, 6));
  assert_false(is_scattered(&m, 12));
}

/* M-13, M-14 */
static void only_a_long_value_runs_on_into_file_and_sname(void **state) {
  (void)state;
  bench t;
  begin(&t);
  add(&t, 54, 4);
  add(&t, 119, 450);
  add(&t, 82, 10);
  assert_int_equal(finish(&t, 548), LAB_OK);
  lab_message m = assert_laid_out(&t, 548);
  assert_int_equal(m.overload, 3);
  assert_true(is_scattered(&m, 119));
  assert_int_equal(place_of(&m, 54), LAB_PLACE_OPTIONS);
  begin(&t);
  add(&t, 54, 4);
  add(&t, 119, 600);
  assert_int_equal(finish(&t, 548), LAB_ERR_SPACE);
  begin(&t);
  add(&t, 224, 255); /* just too short to be split */
  add(&t, 225, 100);
  assert_int_equal(finish(&t, 490), LAB_ERR_SPACE);
  assert_int_equal(finish(&t, 240 + 3 + 257 + 3 + 1), LAB_OK);
  m = assert_laid_out(&t, 504);
  assert_false(is_scattered(&m, 224));
}

static void an_overload_by_hand_is_left_alone(void **state) {
  (void)state;
  bench t;
  begin(&t);
  lab_builder_append_u8(&t.b, 52, 1);
  lab_builder_bytes(&t.b, LAB_FIELD_file, BYTES("\x0c\2ab\xff"));
  add(&t, 15, 50);
  assert_int_equal(finish(&t, 548), LAB_OK);
  lab_message m = assert_laid_out(&t, 548);
  assert_int_equal(m.overload, 1);
  assert_int_equal(place_of(&m, 12), LAB_PLACE_FILE);
  assert_int_equal(finish(&t, t.b.view.len), LAB_ERR_SPACE);
}

/* Numbers from a fixed seed (xorshift). */
static uint32_t seed = 0x2131;
static uint32_t draw(uint32_t below) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed % below;
}

/* Tries every placing of up to eight options that may move. */
static bool can_be_placed(const size_t *sizes, size_t count, size_t fixed, size_t room, bool file,
                          bool sname) {
  size_t ways = 1;
  for (size_t k = 0; k < count; k++) ways *= 3;
  for (size_t way = 0; way < ways; way++) {
    size_t used[3] = {fixed, 0, 0}, rest = way;
    for (size_t k = 0; k < count; k++, rest /= 3) used[rest % 3] += sizes[k];
    if (used[0] <= room && used[1] <= (file ? 127 : 0) && used[2] <= (sname ? 63 : 0)) return true;
  }
  return false;
}

/* M-10, M-16, M-17: what fits is laid out without loss; what is refused does not fit. */
static void messages_at_random_are_laid_out_or_rightly_refused(void **state) {
  (void)state;
  size_t overloaded = 0, refused = 0;
  for (int round = 0; round < 4000; round++) {
    bench t;
    size_t sizes[8], count = draw(8), fixed = 3;
    begin(&t);
    for (size_t k = 0; k < count; k++) {
      size_t len = draw(4) == 0 ? draw(140) : draw(40);
      add(&t, (uint8_t)(k + 200), len);
      sizes[k] = 2 + len;
    }
    if (draw(3) == 0) {
      add(&t, 82, 4);
      fixed += 6;
    }
    bool file = draw(4) != 0, sname = draw(4) != 0;
    if (!file) lab_builder_bytes(&t.b, LAB_FIELD_file, BYTES("f"));
    if (!sname) lab_builder_bytes(&t.b, LAB_FIELD_sname, BYTES("s"));
    size_t limit = 244 + draw((uint32_t)(t.b.view.len - 238));
    enum lab_status status = finish(&t, limit);
    if (status == LAB_OK) {
      lab_message m = assert_laid_out(&t, limit);
      for (size_t k = 0; k < count; k++) assert_false(is_scattered(&m, (uint8_t)(k + 200)));
      overloaded += m.overload != 0;
    } else {
      assert_int_equal(status, LAB_ERR_SPACE);
      assert_true(t.b.view.len >= limit);
      assert_false(can_be_placed(sizes, count, fixed, limit - 244, file, sname));
      refused++;
    }
  }
  assert_true(overloaded > 400 && refused > 400); /* the test does test something */
}

/* Options with long and repeated values, at random: nothing is lost, only long values are split. */
static void long_values_at_random_survive(void **state) {
  (void)state;
  size_t split = 0;
  for (int round = 0; round < 3000; round++) {
    bench t;
    begin(&t);
    for (size_t k = draw(6); k > 0; k--) {
      add(&t, (uint8_t)(draw(2) ? 53 + 29 * draw(2) : 200 + draw(3)),
          draw(8) ? draw(30) : draw(700));
    }
    size_t limit = 244 + draw(900);
    if (finish(&t, limit) != LAB_OK) continue;
    lab_message m = assert_laid_out(&t, limit);
    for (uint8_t code = 200; code < 203; code++) {
      uint8_t scratch[ROOM];
      lab_view value;
      if (lab_message_option(&m, code, (lab_span){scratch, ROOM}, &value) != LAB_OK) continue;
      if (is_scattered(&m, code)) {
        assert_true(value.len > 255);
        split++;
      }
    }
  }
  assert_true(split > 10);
}

/* M-17: taking a message over and laying it out again changes nothing after the first round. */
static void a_second_round_trip_changes_nothing(void **state) {
  (void)state;
  for (int round = 0; round < 4000; round++) {
    sample s = sample_with(BYTES("\x35\1\1"));
    for (size_t k = draw(200); k > 0; k--)
      s.data[s.len++] = (uint8_t)(draw(3) ? draw(8) : draw(256));
    if (draw(2)) sample_put(&s, 243, BYTES("\x34\1\3"));
    for (size_t k = SAMPLE_SNAME; k < 236; k++)
      s.data[k] = (uint8_t)(draw(3) ? draw(8) : draw(256));
    lab_message m;
    assert_int_equal(lab_message_decode(sample_view(&s), &m), LAB_OK);
    uint8_t room[ROOM], first[ROOM], second[ROOM];
    lab_builder b;
    lab_view once, twice;
    assert_int_equal(lab_builder_load(&b, (lab_span){room, s.len + 192}, &m), LAB_OK);
    assert_int_equal(lab_builder_finish(&b, ROOM, (lab_span){first, ROOM}, &once), LAB_OK);
    assert_int_equal(lab_message_decode(once, &m), LAB_OK);
    assert_int_equal(lab_builder_load(&b, (lab_span){room, once.len + 192}, &m), LAB_OK);
    assert_int_equal(lab_builder_finish(&b, ROOM, (lab_span){second, ROOM}, &twice), LAB_OK);
    assert_int_equal(once.len, twice.len);
    assert_memory_equal(once.data, twice.data, once.len);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_small_message_gets_an_end_and_zeros_to_300),
      cmocka_unit_test(the_limit_wins_over_padding),
      cmocka_unit_test(no_octet_is_written_beyond_the_result),
      cmocka_unit_test(within_the_limit_the_order_stays),
      cmocka_unit_test(option_82_goes_last_wherever_it_stood),
      cmocka_unit_test(beyond_the_limit_options_move_to_file_then_sname),
      cmocka_unit_test(fields_that_hold_names_are_not_overloaded),
      cmocka_unit_test(type_overload_and_82_never_leave_the_option_field),
      cmocka_unit_test(repeated_options_move_as_one),
      cmocka_unit_test(only_a_long_value_runs_on_into_file_and_sname),
      cmocka_unit_test(an_overload_by_hand_is_left_alone),
      cmocka_unit_test(messages_at_random_are_laid_out_or_rightly_refused),
      cmocka_unit_test(long_values_at_random_survive),
      cmocka_unit_test(a_second_round_trip_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
