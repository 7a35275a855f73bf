/* Tests of core/check.c: each fault alone with its offset, code and rule, their order, and the room
 * for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "message.h"
#include "sample.h"

enum { ROOM = 64 };

/* A good request that is long enough. */
static sample good_with(lab_view options) {
  sample s = sample_with(options);
  sample_pad(&s);
  return s;
}

static size_t check_sample(const sample *s, lab_finding out[ROOM]) {
  guard g = guard_copy(s->data, s->len);
  size_t count = lab_message_check((lab_view){g.data, g.len}, out, ROOM);
  guard_free(&g);
  assert_true(count <= ROOM);
  for (size_t k = 1; k < count; k++) assert_true(out[k - 1].offset <= out[k].offset);
  return count;
}

static void assert_finding(lab_finding got, size_t offset, enum lab_fault fault, uint8_t code) {
  assert_string_equal(lab_fault_name(got.fault), lab_fault_name(fault));
  assert_int_equal(got.offset, offset);
  assert_int_equal(got.code, code);
}

/* The one thing wrong with the sample. */
static void assert_only(const sample *s, size_t offset, enum lab_fault fault, uint8_t code) {
  lab_finding out[ROOM];
  assert_int_equal(check_sample(s, out), 1);
  assert_finding(out[0], offset, fault, code);
}

static void assert_good(const sample *s) {
  lab_finding out[ROOM];
  size_t count = check_sample(s, out);
  if (count > 0) fail_msg("%s at %zu", lab_fault_name(out[0].fault), out[0].offset);
}

static void a_good_message_has_no_faults(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\x32\4\x0a\0\0\x09\x37\3\1\3\6\0\0\xff"));
  assert_good(&s);
}

static void every_fault_explains_itself(void **state) {
  (void)state;
  for (int fault = 0; fault < LAB_FAULT_COUNT; fault++) {
    const char *rule = lab_fault_rule((enum lab_fault)fault);
    assert_true(strlen(lab_fault_name((enum lab_fault)fault)) > 0);
    assert_true(strlen(lab_fault_text((enum lab_fault)fault)) > 0);
    assert_memory_equal(lab_fault_source((enum lab_fault)fault), "RFC ", 4);
    assert_true((rule[0] == 'M' || rule[0] == 'O') && rule[1] == '-' && strlen(rule) == 4);
  }
}

/* M-01 */
static void a_short_message_is_checked_as_far_as_it_goes(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\xff"));
  s.data[0] = 9;  /* op */
  s.data[2] = 20; /* hlen */
  s.data[11] = 1; /* flags */
  for (s.len = 0; s.len < 240; s.len++) {
    lab_finding out[ROOM];
    size_t count = check_sample(&s, out);
    assert_int_equal(count, 1u + (s.len > 0) + (s.len > 2) + (s.len > 11));
    assert_finding(out[count - 1], s.len, LAB_FAULT_SHORT, 0);
  }
}

/* M-08 */
static void a_message_under_300_octets_is_unpadded(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\xff"));
  for (s.len = 244; s.len < 300; s.len++) assert_only(&s, s.len, LAB_FAULT_UNPADDED, 0);
  assert_good(&s);
}

/* M-02 */
static void without_the_cookie_options_are_not_looked_at(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\xff"));
  s.data[SAMPLE_COOKIE] = 0;
  assert_only(&s, SAMPLE_COOKIE, LAB_FAULT_NO_COOKIE, 0);
}

static void op_is_request_or_reply(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\xff"));
  s.data[0] = 2;
  assert_good(&s);
  s.data[0] = 0;
  assert_only(&s, 0, LAB_FAULT_OP, 0);
  s.data[0] = 3;
  assert_only(&s, 0, LAB_FAULT_OP, 0);
}

/* M-06 */
static void hlen_and_chaddr_fit_each_other(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\xff"));
  s.data[28 + 6] = 1;
  assert_only(&s, 34, LAB_FAULT_CHADDR_TAIL, 0);
  s.data[28 + 6] = 0;
  s.data[28 + 15] = 1;
  assert_only(&s, 43, LAB_FAULT_CHADDR_TAIL, 0);
  s.data[28 + 15] = 0;
  s.data[2] = 7;
  assert_only(&s, 2, LAB_FAULT_HLEN, 0);
  s.data[1] = 32; /* InfiniBand */
  assert_good(&s);
  s.data[2] = 16;
  assert_good(&s);
  s.data[2] = 17;
  assert_only(&s, 2, LAB_FAULT_HLEN, 0);
}

/* M-05 */
static void only_the_broadcast_flag_may_be_set(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\xff"));
  for (unsigned bit = 0; bit < 15; bit++) {
    s.data[10] = (uint8_t)(1u << bit >> 8);
    s.data[11] = (uint8_t)(1u << bit);
    assert_only(&s, 10, LAB_FAULT_FLAGS, 0);
  }
  s.data[10] = s.data[11] = 0;
  assert_good(&s);
}

/* M-04 */
static void there_is_one_type_and_it_is_known(void **state) {
  (void)state;
  lab_finding out[ROOM];
  sample s = good_with(BYTES("\xff"));
  assert_only(&s, 240, LAB_FAULT_NO_TYPE, 0);
  s = good_with(BYTES("\x35\1\x13\xff"));
  assert_only(&s, 240, LAB_FAULT_TYPE_UNKNOWN, 53);
  s = good_with(BYTES("\x35\1\0\xff"));
  assert_only(&s, 240, LAB_FAULT_TYPE_UNKNOWN, 53);
  s = good_with(BYTES("\x35\2\1\1\xff"));
  assert_only(&s, 240, LAB_FAULT_OPTION_LENGTH, 53);
  s = good_with(BYTES("\x35\1\1\x35\1\1\xff"));
  assert_int_equal(check_sample(&s, out), 2);
  assert_finding(out[0], 243, LAB_FAULT_TYPE_TWICE, 53);
  assert_finding(out[1], 243, LAB_FAULT_SPLIT_FORBIDDEN, 53); /* M-14 */
}

/* M-15 */
static void a_truncated_option_is_found_where_it_begins(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\x0c\x37"));
  assert_int_equal(s.len - 245, 0x37);
  assert_only(&s, 300, LAB_FAULT_NO_END, 0); /* it just fits */
  s.data[244] = 0x38;
  assert_only(&s, 243, LAB_FAULT_OPTION_TRUNCATED, 12);
  s = good_with(BYTES("\x35\1\1"));
  s.data[299] = 12;
  assert_only(&s, 299, LAB_FAULT_OPTION_TRUNCATED, 12);
}

/* M-15, O-01 */
static void lengths_and_values_are_held_against_the_catalogue(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\x32\3\x0a\0\0\xff"));
  assert_only(&s, 243, LAB_FAULT_OPTION_LENGTH, 50);
  s = good_with(BYTES("\x35\1\1\x0c\0\xff"));
  assert_only(&s, 243, LAB_FAULT_OPTION_LENGTH, 12);
  s = good_with(BYTES("\x35\1\1\x39\2\0\0\xff"));
  assert_only(&s, 243, LAB_FAULT_OPTION_VALUE, 57);
  s = good_with(BYTES("\x35\1\1\x79\5\x21\0\0\0\0\xff"));
  assert_only(&s, 243, LAB_FAULT_OPTION_VALUE, 121);
  s = good_with(BYTES("\x35\1\1\xe0\0\xff"));
  assert_good(&s);
}

/* M-12 */
static void a_split_value_is_checked_as_a_whole(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\x33\2\0\0\x33\2\0\1\xff"));
  assert_good(&s);
  s = good_with(BYTES("\x35\1\1\x33\2\0\0\x33\1\0\xff"));
  assert_only(&s, 243, LAB_FAULT_OPTION_LENGTH, 51);
  s = good_with(BYTES("\x35\1\1\x79\3\x18\x0a\0\x79\5\0\x0a\0\0\1\xff"));
  assert_good(&s);
}

/* M-03 */
static void the_end_is_there_and_only_zeros_follow(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x35\1\1"));
  sample_pad(&s);
  assert_only(&s, 300, LAB_FAULT_NO_END, 0);
  s = good_with(BYTES("\x35\1\1\xff\0\0\7\7"));
  assert_only(&s, 246, LAB_FAULT_AFTER_END, 0);
  s = good_with(BYTES("\x35\1\1\xff"));
  s.data[299] = 255;
  assert_only(&s, 299, LAB_FAULT_AFTER_END, 0);
}

/* M-10, M-11, M-14 */
static void option_52_stands_once_in_the_option_field(void **state) {
  (void)state;
  lab_finding out[ROOM];
  sample s = good_with(BYTES("\x35\1\1\x34\1\1\xff"));
  sample_put(&s, SAMPLE_FILE, BYTES("\x34\1\2\xff"));
  assert_only(&s, SAMPLE_FILE, LAB_FAULT_OVERLOAD_PLACE, 52);
  s = good_with(BYTES("\x35\1\1\x34\1\1\x34\1\1\xff"));
  sample_put(&s, SAMPLE_FILE, BYTES("\xff"));
  assert_int_equal(check_sample(&s, out), 2);
  assert_finding(out[0], 246, LAB_FAULT_OVERLOAD_TWICE, 52);
  assert_finding(out[1], 246, LAB_FAULT_SPLIT_FORBIDDEN, 52);
  s = good_with(BYTES("\x35\1\1\x34\1\4\xff"));
  assert_only(&s, 243, LAB_FAULT_OPTION_VALUE, 52);
}

/* M-14, E-01 */
static void option_82_comes_in_one_piece(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\x52\4\1\2ab\xff"));
  assert_good(&s);
  s = good_with(BYTES("\x35\1\1\x52\4\1\2ab\x52\4\2\2cd\xff"));
  assert_only(&s, 249, LAB_FAULT_SPLIT_FORBIDDEN, 82);
}

/* M-10, M-15 in file and sname */
static void overloaded_fields_are_checked_like_the_option_field(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\x34\1\3\xff"));
  sample_put(&s, SAMPLE_FILE, BYTES("\x42\4tftp\xff"));
  sample_put(&s, SAMPLE_SNAME, BYTES("\x43\4boot\xff"));
  assert_good(&s);
  sample_put(&s, SAMPLE_FILE + 127, BYTES("x"));
  assert_only(&s, SAMPLE_FILE + 127, LAB_FAULT_AFTER_END, 0);
  memset(s.data + SAMPLE_FILE, 0, 128);
  assert_only(&s, SAMPLE_FILE + 128, LAB_FAULT_NO_END, 0);
  sample_put(&s, SAMPLE_FILE, BYTES("\x42\x7e"));
  assert_only(&s, SAMPLE_FILE + 128, LAB_FAULT_NO_END, 0);
  sample_put(&s, SAMPLE_FILE, BYTES("\x42\x7f"));
  assert_only(&s, SAMPLE_FILE, LAB_FAULT_OPTION_TRUNCATED, 66);
}

/* M-19 */
static void text_that_fills_its_field_is_remarked(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\xff"));
  memset(s.data + SAMPLE_SNAME, 'x', 63);
  memset(s.data + SAMPLE_FILE, 'x', 127);
  assert_good(&s);
  s.data[SAMPLE_SNAME + 63] = 'x';
  assert_only(&s, SAMPLE_SNAME, LAB_FAULT_UNTERMINATED, 0);
  s.data[SAMPLE_FILE + 127] = 'x';
  lab_finding out[ROOM];
  assert_int_equal(check_sample(&s, out), 2);
  assert_finding(out[1], SAMPLE_FILE, LAB_FAULT_UNTERMINATED, 0);
}

static void findings_come_in_wire_order_and_are_all_counted(void **state) {
  (void)state;
  lab_finding all[ROOM];
  sample s = sample_with(BYTES("\x34\1\3\x0c\0\x0c\0\x32\1\1\x35\1\0\xff\1"));
  s.data[0] = 0;
  s.data[11] = 1;
  sample_put(&s, SAMPLE_FILE, BYTES("\x33\0\xff"));
  sample_put(&s, SAMPLE_SNAME, BYTES("\x33\1\0\x42\0"));
  size_t count = check_sample(&s, all);
  static const enum lab_fault wanted[] = {LAB_FAULT_OP,
                                          LAB_FAULT_FLAGS,
                                          LAB_FAULT_OPTION_LENGTH,
                                          LAB_FAULT_NO_END,
                                          LAB_FAULT_OPTION_LENGTH,
                                          LAB_FAULT_OPTION_LENGTH,
                                          LAB_FAULT_OPTION_LENGTH,
                                          LAB_FAULT_TYPE_UNKNOWN,
                                          LAB_FAULT_AFTER_END,
                                          LAB_FAULT_UNPADDED};
  assert_int_equal(count, LAB_COUNTOF(wanted));
  for (size_t k = 0; k < count; k++) assert_int_equal(all[k].fault, wanted[k]);
  for (size_t cap = 0; cap <= count; cap++) {
    guard room = guard_room(cap * sizeof(lab_finding));
    lab_finding *out = (lab_finding *)(void *)room.data;
    assert_int_equal(lab_message_check(sample_view(&s), out, cap), count);
    for (size_t k = 0; k < cap; k++) {
      assert_finding(out[k], all[k].offset, all[k].fault, all[k].code);
    }
    guard_free(&room);
  }
}

/* M-17: no octet outside is read, whatever the bytes say. */
static void any_octet_may_be_anything(void **state) {
  (void)state;
  sample s = good_with(BYTES("\x35\1\1\x34\1\3\x77\6\3lab\0\0\x51\6\4\0\0\1a\0\x78\2\0\0\xff"));
  sample_put(&s, SAMPLE_FILE, BYTES("\x79\x0a\0\x0a\0\0\1\0\x0a\0\0\1\x7d\6\0\0\0\x09\1\0\xff"));
  sample_put(&s, SAMPLE_SNAME, BYTES("\x52\4\1\2ab\x9e\5\4\x0a\0\0\1\xff"));
  for (size_t at = 0; at < s.len; at++) {
    uint8_t saved = s.data[at];
    for (unsigned octet = 0; octet < 256; octet += at < 44 ? 51 : 1) {
      s.data[at] = (uint8_t)octet;
      lab_finding out[ROOM];
      check_sample(&s, out);
    }
    s.data[at] = saved;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_good_message_has_no_faults),
      cmocka_unit_test(every_fault_explains_itself),
      cmocka_unit_test(a_short_message_is_checked_as_far_as_it_goes),
      cmocka_unit_test(a_message_under_300_octets_is_unpadded),
      cmocka_unit_test(without_the_cookie_options_are_not_looked_at),
      cmocka_unit_test(op_is_request_or_reply),
      cmocka_unit_test(hlen_and_chaddr_fit_each_other),
      cmocka_unit_test(only_the_broadcast_flag_may_be_set),
      cmocka_unit_test(there_is_one_type_and_it_is_known),
      cmocka_unit_test(a_truncated_option_is_found_where_it_begins),
      cmocka_unit_test(lengths_and_values_are_held_against_the_catalogue),
      cmocka_unit_test(a_split_value_is_checked_as_a_whole),
      cmocka_unit_test(the_end_is_there_and_only_zeros_follow),
      cmocka_unit_test(option_52_stands_once_in_the_option_field),
      cmocka_unit_test(option_82_comes_in_one_piece),
      cmocka_unit_test(overloaded_fields_are_checked_like_the_option_field),
      cmocka_unit_test(text_that_fills_its_field_is_remarked),
      cmocka_unit_test(findings_come_in_wire_order_and_are_all_counted),
      cmocka_unit_test(any_octet_may_be_anything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
