/* Tests of core/builder.c: messages made, changed and taken over, and what an error leaves behind.
 * How a message is laid out for the wire is tested in layout_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "builder.h"
#include "guard.h"
#include "sample.h"

static lab_builder new_builder(guard *room) {
  lab_builder b;
  assert_int_equal(lab_builder_init(&b, (lab_span){room->data, room->len}), LAB_OK);
  return b;
}

static lab_message decode(const sample *s) {
  lab_message m;
  assert_int_equal(lab_message_decode(sample_view(s), &m), LAB_OK);
  return m;
}

/* The options as they stand must be these octets, and the view must be what decoding them gives. */
static void assert_options(const lab_builder *b, lab_view wanted) {
  lab_message m;
  assert_int_equal(b->view.len, 240 + wanted.len);
  assert_memory_equal(b->data + 240, wanted.data, wanted.len);
  assert_int_equal(lab_message_decode((lab_view){b->data, b->view.len}, &m), LAB_OK);
  assert_ptr_equal(b->view.data, b->data);
  assert_int_equal(b->view.options_end, b->view.len);
  assert_int_equal(b->view.type, m.type);
  assert_int_equal(b->view.overload, m.overload);
  assert_false(b->view.has_end || b->view.broken);
  assert_memory_equal(b->view.present, m.present, sizeof m.present);
}

static void assert_view(lab_view got, lab_view wanted) {
  assert_int_equal(got.len, wanted.len);
  if (wanted.len > 0) assert_memory_equal(got.data, wanted.data, wanted.len);
}

static void an_empty_message_is_zeros_and_the_cookie(void **state) {
  (void)state;
  guard room = guard_room(240);
  memset(room.data, 0xaa, room.len);
  lab_builder b = new_builder(&room);
  for (size_t k = 0; k < 236; k++) assert_int_equal(room.data[k], 0);
  assert_memory_equal(room.data + 236, "\x63\x82\x53\x63", 4);
  assert_options(&b, BYTES(""));
  guard_free(&room);
  for (size_t len = 0; len < 240; len++) {
    room = guard_room(len);
    assert_int_equal(lab_builder_init(&b, (lab_span){room.data, len}), LAB_ERR_SPACE);
    guard_free(&room);
  }
}

static void numbers_are_written_where_they_are_read(void **state) {
  (void)state;
  guard room = guard_room(240);
  lab_builder b = new_builder(&room);
  for (int field = 0; field < LAB_FIELD_COUNT; field++) {
    size_t size = lab_field_size((enum lab_field)field);
    if (size > 4) continue;
    lab_builder_number(&b, (enum lab_field)field, 0x81828384u);
    uint32_t wanted = size == 4 ? 0x81828384u : size == 2 ? 0x8384u : 0x84u;
    assert_int_equal(lab_message_number(&b.view, (enum lab_field)field), wanted);
  }
  assert_int_equal(lab_message_chaddr(&b.view).len, 16); /* hlen is 0x84: no further than chaddr */
  guard_free(&room);
}

/* M-06, M-19 */
static void bytes_are_padded_with_zeros_and_never_too_long(void **state) {
  (void)state;
  static const enum lab_field fields[] = {LAB_FIELD_chaddr, LAB_FIELD_sname, LAB_FIELD_file};
  uint8_t value[200];
  memset(value, 'x', sizeof value);
  guard room = guard_room(240);
  lab_builder b = new_builder(&room);
  for (size_t k = 0; k < LAB_COUNTOF(fields); k++) {
    size_t size = lab_field_size(fields[k]);
    for (size_t len = 0; len <= size + 1; len++) {
      memset(b.data + lab_field_offset(fields[k]), 'y', size);
      enum lab_status status = lab_builder_bytes(&b, fields[k], (lab_view){value, len});
      const uint8_t *at = b.data + lab_field_offset(fields[k]);
      if (len > size) {
        assert_int_equal(status, LAB_ERR_SPACE);
        assert_int_equal(at[0], 'y');
        continue;
      }
      assert_int_equal(status, LAB_OK);
      for (size_t n = 0; n < size; n++) assert_int_equal(at[n], n < len ? 'x' : 0);
    }
  }
  guard_free(&room);
}

/* S-01 to S-05, M-06 */
static void a_reply_copies_what_table_3_wants(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x35\1\1\x3d\2\1\2\xff"));
  s.data[3] = 4;      /* hops */
  s.data[28 + 6] = 9; /* rubbish behind the address */
  sample_put(&s, SAMPLE_FILE, BYTES("file"));
  lab_message request = decode(&s);
  guard room = guard_room(243);
  memset(room.data, 0xaa, room.len);
  lab_builder b;
  lab_span span = {room.data, room.len};
  assert_int_equal(lab_builder_reply(&b, span, &request, LAB_OFFER), LAB_OK);
  uint8_t wanted[240] = {2, 1, 6, 0, 0x39, 0x03, 0xf3, 0x26, 0, 0, 0x80, 0};
  memcpy(wanted + 24, "\x0a\0\0\4", 4);
  memcpy(wanted + 28, "\2\0\0\0\0\1", 6);
  memcpy(wanted + 236, "\x63\x82\x53\x63", 4);
  assert_memory_equal(b.data, wanted, sizeof wanted);
  assert_options(&b, BYTES("\x35\1\2"));
  assert_int_equal(b.view.type, LAB_OFFER);
  assert_int_equal(lab_builder_append_u8(&b, 52, 1), LAB_ERR_SPACE);
  span.len = 242;
  assert_int_equal(lab_builder_reply(&b, span, &request, LAB_OFFER), LAB_ERR_SPACE);
  guard_free(&room);
}

static void options_are_appended_in_order(void **state) {
  (void)state;
  guard room = guard_room(240 + 3 + 6 + 2 + 4);
  lab_builder b = new_builder(&room);
  assert_int_equal(lab_builder_append_u8(&b, 53, 5), LAB_OK);
  assert_int_equal(b.view.type, 5);
  assert_int_equal(lab_builder_append_u32(&b, 51, 0x01020304), LAB_OK);
  assert_int_equal(lab_builder_append(&b, 80, (lab_view){NULL, 0}), LAB_OK);
  assert_int_equal(lab_builder_append(&b, 12, BYTES("ab")), LAB_OK);
  assert_options(&b, BYTES("\x35\1\5\x33\4\1\2\3\4\x50\0\x0c\2ab"));
  assert_int_equal(lab_builder_append(&b, 80, (lab_view){NULL, 0}), LAB_ERR_SPACE);
  assert_options(&b, BYTES("\x35\1\5\x33\4\1\2\3\4\x50\0\x0c\2ab"));
  guard_free(&room);
}

static void pad_and_end_are_no_options(void **state) {
  (void)state;
  guard room = guard_room(300);
  lab_builder b = new_builder(&room);
  static const uint8_t codes[] = {0, 255};
  for (size_t k = 0; k < 2; k++) {
    assert_int_equal(lab_builder_append(&b, codes[k], BYTES("a")), LAB_ERR_RANGE);
    assert_int_equal(lab_builder_append_u8(&b, codes[k], 1), LAB_ERR_RANGE);
    assert_int_equal(lab_builder_append_u32(&b, codes[k], 1), LAB_ERR_RANGE);
    assert_int_equal(lab_builder_set(&b, codes[k], BYTES("a")), LAB_ERR_RANGE);
    lab_builder_remove(&b, codes[k]);
  }
  assert_options(&b, BYTES(""));
  guard_free(&room);
}

/* M-13 */
static void long_values_become_consecutive_instances(void **state) {
  (void)state;
  static const size_t lens[] = {254, 255, 256, 509, 510, 511, 766};
  uint8_t value[766], scratch[766];
  for (size_t k = 0; k < sizeof value; k++) value[k] = (uint8_t)k;
  for (size_t k = 0; k < LAB_COUNTOF(lens); k++) {
    size_t instances = (lens[k] + 254) / 255;
    guard room = guard_room(240 + lens[k] + 2 * instances);
    lab_builder b = new_builder(&room);
    assert_int_equal(lab_builder_append(&b, 119, (lab_view){value, lens[k]}), LAB_OK);
    assert_int_equal(b.view.len, room.len);
    lab_view joined;
    lab_span span = {scratch, sizeof scratch};
    assert_int_equal(lab_message_option(&b.view, 119, span, &joined), LAB_OK);
    assert_view(joined, (lab_view){value, lens[k]});
    guard small = guard_room(room.len - 1);
    b = new_builder(&small);
    assert_int_equal(lab_builder_append(&b, 119, (lab_view){value, lens[k]}), LAB_ERR_SPACE);
    assert_options(&b, BYTES(""));
    guard_free(&small);
    guard_free(&room);
  }
}

static void a_length_beyond_all_bounds_does_not_overflow(void **state) {
  (void)state;
  guard room = guard_room(300);
  lab_builder b = new_builder(&room);
  lab_view endless = {room.data, SIZE_MAX};
  assert_int_equal(lab_builder_append(&b, 12, endless), LAB_ERR_SPACE);
  assert_int_equal(lab_builder_append(&b, 12, BYTES("a")), LAB_OK);
  assert_int_equal(lab_builder_set(&b, 12, endless), LAB_ERR_SPACE);
  assert_options(&b, BYTES("\x0c\1a"));
  guard_free(&room);
}

static void setting_replaces_where_the_first_instance_stands(void **state) {
  (void)state;
  guard room = guard_room(240 + 20);
  lab_builder b = new_builder(&room);
  lab_builder_append_u8(&b, 53, 1);
  lab_builder_append(&b, 12, BYTES("ab"));
  lab_builder_append(&b, 15, BYTES("lab"));
  lab_builder_append(&b, 12, BYTES("cd"));
  assert_options(&b, BYTES("\x35\1\1\x0c\2ab\x0f\3lab\x0c\2cd"));
  assert_int_equal(lab_builder_set(&b, 12, BYTES("longer")), LAB_OK);
  assert_options(&b, BYTES("\x35\1\1\x0c\6longer\x0f\3lab"));
  assert_int_equal(lab_builder_set(&b, 12, (lab_view){NULL, 0}), LAB_OK);
  assert_options(&b, BYTES("\x35\1\1\x0c\0\x0f\3lab"));
  assert_int_equal(lab_builder_set(&b, 53, BYTES("\3")), LAB_OK);
  assert_int_equal(b.view.type, 3);
  assert_int_equal(lab_builder_set(&b, 50, BYTES("\1\2\3\4")), LAB_OK);
  assert_options(&b, BYTES("\x35\1\3\x0c\0\x0f\3lab\x32\4\1\2\3\4"));
  assert_int_equal(lab_builder_set(&b, 12, BYTES("abcd")), LAB_OK); /* fills the room */
  assert_int_equal(b.view.len, 240 + 20);
  assert_int_equal(lab_builder_set(&b, 12, BYTES("abcde")), LAB_ERR_SPACE);
  assert_int_equal(lab_builder_set(&b, 13, (lab_view){NULL, 0}), LAB_ERR_SPACE);
  assert_options(&b, BYTES("\x35\1\3\x0c\4abcd\x0f\3lab\x32\4\1\2\3\4"));
  guard_free(&room);
}

static void removing_takes_every_instance(void **state) {
  (void)state;
  guard room = guard_room(400);
  lab_builder b = new_builder(&room);
  lab_builder_append(&b, 12, BYTES("ab"));
  lab_builder_append_u8(&b, 53, 1);
  lab_builder_append(&b, 12, BYTES("cd"));
  lab_builder_append_u8(&b, 53, 2);
  assert_int_equal(b.view.type, 0); /* M-04: two octets are no type */
  lab_builder_remove(&b, 12);
  assert_options(&b, BYTES("\x35\1\1\x35\1\2"));
  lab_builder_remove(&b, 12);
  lab_builder_remove(&b, 200);
  assert_options(&b, BYTES("\x35\1\1\x35\1\2"));
  lab_builder_remove(&b, 53);
  assert_options(&b, BYTES(""));
  guard_free(&room);
}

/* M-10, M-11, M-12, M-16 */
static void loading_takes_options_in_reading_order(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\0\x35\1\1\x34\1\3\0\xe0\1x\x0c\2ab\xff\0\0\0"));
  sample_put(&s, SAMPLE_FILE, BYTES("\x34\1\1\x0c\2cd\xff\1"));
  sample_put(&s, SAMPLE_SNAME, BYTES("\0\x0c\2ef"));
  sample_pad(&s);
  lab_message m = decode(&s);
  lab_view wanted = BYTES("\x35\1\1\xe0\1x\x0c\2ab\x0c\2cd\x0c\2ef");
  guard room = guard_room(240 + wanted.len);
  lab_builder b;
  assert_int_equal(lab_builder_load(&b, (lab_span){room.data, room.len}, &m), LAB_OK);
  assert_options(&b, wanted);
  assert_memory_equal(b.data, s.data, 44);
  for (size_t k = 44; k < 236; k++) assert_int_equal(b.data[k], 0);
  guard_free(&room);
  for (size_t len = 0; len < 240 + wanted.len; len++) {
    room = guard_room(len);
    memset(room.data, 0xaa, len);
    assert_int_equal(lab_builder_load(&b, (lab_span){room.data, len}, &m), LAB_ERR_SPACE);
    for (size_t k = 0; k < len; k++) assert_int_equal(room.data[k], 0xaa);
    guard_free(&room);
  }
}

/* In the room that holds the datagram, with the 192 octets more that always suffice. */
static void loading_in_place_gives_the_same(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x34\1\3\x35\1\1\xff"));
  memset(s.data + SAMPLE_SNAME, 0, 192);
  sample_put(&s, SAMPLE_FILE, BYTES("\x0c\x7e")); /* 126 octets: the whole field */
  memset(s.data + SAMPLE_FILE + 2, 'f', 126);
  sample_put(&s, SAMPLE_SNAME, BYTES("\x0f\x3e"));
  memset(s.data + SAMPLE_SNAME + 2, 's', 62);
  lab_message m = decode(&s);
  guard apart = guard_room(s.len + 192), in_place = guard_room(s.len + 192);
  lab_builder a, b;
  memcpy(in_place.data, s.data, s.len);
  m.data = in_place.data;
  assert_int_equal(lab_builder_load(&a, (lab_span){apart.data, apart.len}, &m), LAB_OK);
  b.view = m; /* the message may even be the builder's own view */
  assert_int_equal(lab_builder_load(&b, (lab_span){in_place.data, in_place.len}, &b.view), LAB_OK);
  assert_int_equal(a.view.len, 240 + 3 + 128 + 64);
  assert_int_equal(b.view.len, a.view.len);
  assert_memory_equal(b.data, a.data, a.view.len);
  assert_options(&b, (lab_view){a.data + 240, a.view.len - 240});
  guard_free(&apart);
  guard_free(&in_place);
}

static void loading_leaves_a_broken_tail_out(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x35\1\1\x0c\7ab"));
  lab_message m = decode(&s);
  guard room = guard_room(300);
  lab_builder b;
  assert_int_equal(lab_builder_load(&b, (lab_span){room.data, room.len}, &m), LAB_OK);
  assert_options(&b, BYTES("\x35\1\1"));
  guard_free(&room);
}

static void text_in_file_and_sname_stays_when_loading(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x35\1\1\xff"));
  sample_put(&s, SAMPLE_FILE, BYTES("boot"));
  sample_put(&s, SAMPLE_SNAME, BYTES("host"));
  lab_message m = decode(&s);
  guard room = guard_room(300);
  lab_builder b;
  assert_int_equal(lab_builder_load(&b, (lab_span){room.data, room.len}, &m), LAB_OK);
  assert_view(lab_message_text(&b.view, LAB_FIELD_file), BYTES("boot"));
  assert_view(lab_message_text(&b.view, LAB_FIELD_sname), BYTES("host"));
  guard_free(&room);
}

static void only_fields_that_held_options_are_emptied(void **state) {
  (void)state;
  for (uint8_t overload = 1; overload <= 2; overload++) {
    sample s = sample_with(BYTES("\x34\1\0\xff"));
    s.data[242] = overload;
    sample_put(&s, SAMPLE_FILE, BYTES("\x0c\2ab\xff"));
    sample_put(&s, SAMPLE_SNAME, BYTES("\x0c\2ab\xff"));
    lab_message m = decode(&s);
    guard room = guard_room(300);
    lab_builder b;
    assert_int_equal(lab_builder_load(&b, (lab_span){room.data, room.len}, &m), LAB_OK);
    assert_options(&b, BYTES("\x0c\2ab"));
    assert_int_equal(b.data[SAMPLE_FILE], overload == 1 ? 0 : 12);
    assert_int_equal(b.data[SAMPLE_SNAME], overload == 2 ? 0 : 12);
    guard_free(&room);
  }
}

static void moving_keeps_what_is_written(void **state) {
  (void)state;
  guard small = guard_room(243), large = guard_room(500), tiny = guard_room(242);
  lab_builder b = new_builder(&small);
  lab_builder_append_u8(&b, 53, 1);
  assert_int_equal(lab_builder_append_u8(&b, 52, 1), LAB_ERR_SPACE);
  assert_int_equal(lab_builder_move(&b, (lab_span){tiny.data, tiny.len}), LAB_ERR_SPACE);
  assert_ptr_equal(b.data, small.data);
  assert_int_equal(lab_builder_move(&b, (lab_span){large.data, large.len}), LAB_OK);
  guard_free(&small);
  assert_int_equal(lab_builder_append(&b, 12, BYTES("ab")), LAB_OK);
  assert_options(&b, BYTES("\x35\1\1\x0c\2ab"));
  guard_free(&large);
  guard_free(&tiny);
}

/* A script may overload by hand, to make wrong messages. */
static void an_overload_by_hand_shows_in_the_view(void **state) {
  (void)state;
  guard room = guard_room(400);
  lab_builder b = new_builder(&room);
  lab_builder_append_u8(&b, 53, 1);
  lab_builder_append_u8(&b, 52, 1);
  lab_builder_bytes(&b, LAB_FIELD_file, BYTES("\x0c\2ab\x35\1\1\xff"));
  assert_true(lab_message_has(&b.view, 12));
  assert_options(&b, BYTES("\x35\1\1\x34\1\1"));
  lab_builder_remove(&b, 53); /* the one that the builder wrote */
  assert_options(&b, BYTES("\x34\1\1"));
  assert_int_equal(b.view.type, 1);
  assert_int_equal(lab_builder_append(&b, 15, BYTES("lab")), LAB_OK);
  assert_int_equal(lab_builder_set(&b, 12, BYTES("x")), LAB_OK);
  assert_options(&b, BYTES("\x34\1\1\x0f\3lab\x0c\1x"));
  lab_builder_remove(&b, 52);
  assert_options(&b, BYTES("\x0f\3lab\x0c\1x"));
  guard_free(&room);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_message_is_zeros_and_the_cookie),
      cmocka_unit_test(numbers_are_written_where_they_are_read),
      cmocka_unit_test(bytes_are_padded_with_zeros_and_never_too_long),
      cmocka_unit_test(a_reply_copies_what_table_3_wants),
      cmocka_unit_test(options_are_appended_in_order),
      cmocka_unit_test(pad_and_end_are_no_options),
      cmocka_unit_test(long_values_become_consecutive_instances),
      cmocka_unit_test(a_length_beyond_all_bounds_does_not_overflow),
      cmocka_unit_test(setting_replaces_where_the_first_instance_stands),
      cmocka_unit_test(removing_takes_every_instance),
      cmocka_unit_test(loading_takes_options_in_reading_order),
      cmocka_unit_test(loading_in_place_gives_the_same),
      cmocka_unit_test(loading_leaves_a_broken_tail_out),
      cmocka_unit_test(text_in_file_and_sname_stays_when_loading),
      cmocka_unit_test(only_fields_that_held_options_are_emptied),
      cmocka_unit_test(moving_keeps_what_is_written),
      cmocka_unit_test(an_overload_by_hand_shows_in_the_view),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
