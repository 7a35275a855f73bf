/* Tests of core/decode.c: what lab_message_decode accepts and refuses, the header fields, walks over
 * options, and values that come in several instances.  Every input ends at an unreadable page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "message.h"
#include "sample.h"

static lab_message decode(const sample *s) {
  lab_message m;
  assert_int_equal(lab_message_decode(sample_view(s), &m), LAB_OK);
  return m;
}

static void assert_view(lab_view got, lab_view wanted) {
  assert_int_equal(got.len, wanted.len);
  if (wanted.len > 0) assert_memory_equal(got.data, wanted.data, wanted.len);
}

/* Reads everything that can be read of a message, so that a stray access shows. */
static size_t read_all(const lab_message *m) {
  uint8_t scratch[4096];
  lab_option_walk walk;
  lab_option option;
  lab_view value;
  size_t count = 0;
  uint32_t number;
  lab_options_begin(m, &walk);
  while (lab_options_next(&walk, &option)) {
    count++;
    assert_true(lab_message_has(m, option.code));
    assert_true(option.code != 0 && option.code != 255);
    assert_true(option.offset + 2 + option.value.len <= m->len);
    assert_int_equal(m->data[option.offset], option.code);
    assert_true(lab_message_first(m, option.code, &value));
    lab_span room = {scratch, sizeof scratch};
    assert_int_equal(lab_message_option(m, option.code, room, &value), LAB_OK);
    (void)lab_message_option_u32(m, option.code, &number);
  }
  assert_false(lab_options_next(&walk, &option)); /* and stays finished */
  for (int field = 0; field < LAB_FIELD_COUNT; field++) {
    (void)lab_message_number(m, (enum lab_field)field);
    assert_int_equal(lab_message_bytes(m, (enum lab_field)field).len,
                     lab_field_size((enum lab_field)field));
  }
  assert_true(lab_message_text(m, LAB_FIELD_file).len <= 128);
  assert_true(lab_message_text(m, LAB_FIELD_sname).len <= 64);
  assert_true(lab_message_chaddr(m).len <= 16);
  return count;
}

/* M-01 */
static void header_fields_stand_where_the_rfc_puts_them(void **state) {
  (void)state;
  static const struct {
    const char *name;
    size_t offset, size;
    enum lab_field field;
    uint32_t value;
  } fields[] = {{"op", 0, 1, LAB_FIELD_op, 1},
                {"htype", 1, 1, LAB_FIELD_htype, 1},
                {"hlen", 2, 1, LAB_FIELD_hlen, 6},
                {"hops", 3, 1, LAB_FIELD_hops, 0},
                {"xid", 4, 4, LAB_FIELD_xid, 0x3903f326},
                {"secs", 8, 2, LAB_FIELD_secs, 7},
                {"flags", 10, 2, LAB_FIELD_flags, 0x8000},
                {"ciaddr", 12, 4, LAB_FIELD_ciaddr, 0x0a000001},
                {"yiaddr", 16, 4, LAB_FIELD_yiaddr, 0x0a000002},
                {"siaddr", 20, 4, LAB_FIELD_siaddr, 0x0a000003},
                {"giaddr", 24, 4, LAB_FIELD_giaddr, 0x0a000004},
                {"chaddr", 28, 16, LAB_FIELD_chaddr, 0},
                {"sname", 44, 64, LAB_FIELD_sname, 0},
                {"file", 108, 128, LAB_FIELD_file, 0},
                {"cookie", 236, 4, LAB_FIELD_cookie, 0x63825363}};
  assert_int_equal(LAB_COUNTOF(fields), LAB_FIELD_COUNT);
  sample s = sample_with(BYTES("\x35\1\1\xff"));
  lab_message m = decode(&s);
  for (size_t k = 0; k < LAB_COUNTOF(fields); k++) {
    assert_string_equal(lab_field_name(fields[k].field), fields[k].name);
    assert_int_equal(lab_field_offset(fields[k].field), fields[k].offset);
    assert_int_equal(lab_field_size(fields[k].field), fields[k].size);
    assert_int_equal(lab_message_number(&m, fields[k].field), fields[k].value);
    assert_ptr_equal(lab_message_bytes(&m, fields[k].field).data, s.data + fields[k].offset);
  }
  assert_view(lab_message_chaddr(&m), BYTES("\2\0\0\0\0\1"));
}

/* M-02 */
static void without_the_cookie_it_is_no_dhcp(void **state) {
  (void)state;
  for (size_t k = 0; k < 4; k++) {
    sample s = sample_with(BYTES("\x35\1\1\xff"));
    s.data[SAMPLE_COOKIE + k] ^= 1;
    lab_message m;
    assert_int_equal(lab_message_decode(sample_view(&s), &m), LAB_ERR_FORMAT);
  }
}

/* M-06 */
static void an_hlen_over_sixteen_is_refused(void **state) {
  (void)state;
  for (unsigned hlen = 0; hlen < 256; hlen++) {
    sample s = sample_with(BYTES("\x35\1\1\xff"));
    s.data[2] = (uint8_t)hlen;
    lab_message m;
    enum lab_status status = lab_message_decode(sample_view(&s), &m);
    assert_int_equal(status, hlen <= 16 ? LAB_OK : LAB_ERR_FORMAT);
    if (hlen <= 16) assert_int_equal(lab_message_chaddr(&m).len, hlen);
  }
}

/* M-08, M-15, M-17: a good message cut at every length, each at the end of a page. */
static void a_message_is_read_at_every_truncation(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x34\1\3\x35\1\1\0\x32\4\x0a\0\0\x09\x37\3\1\3\6\x0c\5kermi\xff"));
  sample_put(&s, SAMPLE_FILE, BYTES("\x42\4tftp\x42\2ab\xff"));
  sample_put(&s, SAMPLE_SNAME, BYTES("\x43\4boot\xff"));
  sample_pad(&s);
  for (size_t len = 0; len <= s.len; len++) {
    guard g = guard_copy(s.data, len);
    lab_message m;
    enum lab_status status = lab_message_decode((lab_view){g.data, len}, &m);
    assert_int_equal(status, len < 240 ? LAB_ERR_SHORT : LAB_OK);
    if (status == LAB_OK) {
      read_all(&m);
      assert_int_equal(m.has_end, len > 240 + 25);
      assert_true(m.options_end <= len);
    }
    guard_free(&g);
  }
}

/* M-03 */
static void nothing_behind_the_end_counts(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x35\1\1\xff\x0c\2ab\x0c\xff"));
  lab_message m = decode(&s);
  assert_true(m.has_end);
  assert_false(m.broken);
  assert_int_equal(m.options_end, 244);
  assert_false(lab_message_has(&m, 12));
  assert_int_equal(read_all(&m), 1);
}

static void a_missing_end_is_forgiven(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x35\1\1\x0c\2ab"));
  lab_message m = decode(&s);
  assert_false(m.has_end);
  assert_false(m.broken);
  assert_int_equal(m.options_end, s.len);
  assert_int_equal(read_all(&m), 2);
}

static void pads_are_passed_over_anywhere(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\0\0\x35\1\1\0\x0c\2ab\0\0\xff\0"));
  lab_message m = decode(&s);
  assert_int_equal(read_all(&m), 2);
  assert_int_equal(m.type, LAB_DISCOVER);
  assert_false(lab_message_has(&m, 0));
  assert_false(lab_message_has(&m, 255));
}

/* M-15 */
static void a_truncated_option_ends_the_reading_there(void **state) {
  (void)state;
  static const lab_view tails[] = {{(const uint8_t *)"\x0c", 1},
                                   {(const uint8_t *)"\x0c\1", 2},
                                   {(const uint8_t *)"\x0c\3ab", 4},
                                   {(const uint8_t *)"\x0c\xff\xff\xff", 4}};
  for (size_t k = 0; k < LAB_COUNTOF(tails); k++) {
    sample s = sample_with(BYTES("\x35\1\1"));
    sample_put(&s, s.len, tails[k]);
    s.len += tails[k].len;
    guard g = guard_copy(s.data, s.len);
    lab_message m;
    assert_int_equal(lab_message_decode((lab_view){g.data, g.len}, &m), LAB_OK);
    assert_true(m.broken);
    assert_false(m.has_end);
    assert_int_equal(m.options_end, 243);
    assert_false(lab_message_has(&m, 12));
    assert_int_equal(read_all(&m), 1);
    guard_free(&g);
  }
}

/* M-04 */
static void the_type_is_one_octet_altogether(void **state) {
  (void)state;
  static const struct {
    lab_view options;
    uint8_t type;
  } cases[] = {{{(const uint8_t *)"\x35\1\1\xff", 4}, 1},
               {{(const uint8_t *)"\x35\1\xc8\xff", 4}, 200},
               {{(const uint8_t *)"\xff", 1}, 0},
               {{(const uint8_t *)"\x35\0\xff", 3}, 0},
               {{(const uint8_t *)"\x35\2\1\1\xff", 5}, 0},
               {{(const uint8_t *)"\x35\1\1\x35\1\1\xff", 7}, 0},
               {{(const uint8_t *)"\x35\0\x35\1\3\xff", 6}, 3}};
  for (size_t k = 0; k < LAB_COUNTOF(cases); k++) {
    sample s = sample_with(cases[k].options);
    assert_int_equal(decode(&s).type, cases[k].type);
  }
}

static void message_types_have_names_both_ways(void **state) {
  (void)state;
  for (unsigned type = 1; type <= 18; type++) {
    const char *name = lab_message_type_name(type);
    assert_non_null(name);
    assert_int_equal(lab_message_type_by_name(name, strlen(name)), type);
  }
  assert_string_equal(lab_message_type_name(LAB_DISCOVER), "discover");
  assert_string_equal(lab_message_type_name(LAB_LEASEACTIVE), "leaseactive");
  assert_null(lab_message_type_name(0));
  assert_null(lab_message_type_name(19));
  assert_null(lab_message_type_name(1000));
  assert_int_equal(lab_message_type_by_name("OFFER", 5), LAB_OFFER);
  assert_int_equal(lab_message_type_by_name("offer", 4), 0);
  assert_int_equal(lab_message_type_by_name("offers", 6), 0);
  assert_int_equal(lab_message_type_by_name("", 0), 0);
}

/* M-10, M-11 */
static void overloaded_fields_are_read_after_the_options_file_first(void **state) {
  (void)state;
  static const uint8_t codes[4][4] = {
      {53, 52, 0, 0}, {53, 52, 66, 0}, {53, 52, 67, 0}, {53, 52, 66, 67}};
  for (uint8_t overload = 1; overload <= 3; overload++) {
    sample s = sample_with(BYTES("\x35\1\1\x34\1\0\xff"));
    s.data[240 + 5] = overload;
    sample_put(&s, SAMPLE_FILE, BYTES("\x42\4tftp\0\xff\x44\0"));
    sample_put(&s, SAMPLE_SNAME, BYTES("\x43\4boot\xff\x44\0"));
    lab_message m = decode(&s);
    assert_int_equal(m.overload, overload);
    lab_option_walk walk;
    lab_option option;
    size_t count = 0;
    lab_options_begin(&m, &walk);
    while (lab_options_next(&walk, &option)) {
      assert_int_equal(option.code, codes[overload][count++]);
      if (option.code == 66) {
        assert_int_equal(option.place, LAB_PLACE_FILE);
        assert_int_equal(option.offset, SAMPLE_FILE);
      }
      if (option.code == 67) {
        assert_int_equal(option.place, LAB_PLACE_SNAME);
        assert_int_equal(option.offset, SAMPLE_SNAME);
      }
    }
    assert_int_equal(count, overload == 3 ? 4 : 3);
    assert_int_equal(lab_message_has(&m, 66), overload & 1);
    assert_int_equal(lab_message_has(&m, 67), overload >> 1);
    assert_false(lab_message_has(&m, 68));
    assert_int_equal(lab_message_text(&m, LAB_FIELD_file).len == 0, overload & 1);
    assert_int_equal(lab_message_text(&m, LAB_FIELD_sname).len == 0, overload >> 1);
    read_all(&m);
  }
}

static void an_overload_that_says_nothing_is_no_overload(void **state) {
  (void)state;
  static const lab_view options[] = {{(const uint8_t *)"\x34\1\0\xff", 4},
                                     {(const uint8_t *)"\x34\1\4\xff", 4},
                                     {(const uint8_t *)"\x34\0\xff", 3},
                                     {(const uint8_t *)"\x34\2\3\3\xff", 5}};
  for (size_t k = 0; k < LAB_COUNTOF(options); k++) {
    sample s = sample_with(options[k]);
    sample_put(&s, SAMPLE_FILE, BYTES("\x42\4tftp\xff"));
    lab_message m = decode(&s);
    assert_int_equal(m.overload, 0);
    assert_false(lab_message_has(&m, 66));
  }
}

/* M-11 */
static void an_overload_inside_file_is_ignored(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x34\1\1\xff"));
  sample_put(&s, SAMPLE_FILE, BYTES("\x34\1\3\xff"));
  sample_put(&s, SAMPLE_SNAME, BYTES("\x43\4boot\xff"));
  lab_message m = decode(&s);
  assert_int_equal(m.overload, 1);
  assert_false(lab_message_has(&m, 67));
}

/* M-15 in an overloaded field: the option would run into the cookie. */
static void an_option_does_not_run_out_of_file(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x34\1\1\x35\1\1\xff"));
  memset(s.data + SAMPLE_FILE, 0, 128);
  sample_put(&s, SAMPLE_FILE + 122, BYTES("\x42\4tftp"));
  lab_message m = decode(&s);
  assert_false(m.broken);
  assert_true(lab_message_has(&m, 66));
  s.data[SAMPLE_FILE + 123] = 5;
  m = decode(&s);
  assert_true(m.broken);
  assert_true(m.has_end);
  assert_false(lab_message_has(&m, 66));
  assert_int_equal(read_all(&m), 2);
}

/* M-12, M-13 */
static void split_values_are_joined_in_reading_order(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x0c\2ab\x34\1\3\x0c\1c\xff"));
  sample_put(&s, SAMPLE_FILE, BYTES("\x0c\2de\xff"));
  sample_put(&s, SAMPLE_SNAME, BYTES("\x0c\0\x0c\1f\xff"));
  lab_message m = decode(&s);
  guard room = guard_room(6);
  lab_view value;
  assert_int_equal(lab_message_option(&m, 12, (lab_span){room.data, 6}, &value), LAB_OK);
  assert_view(value, BYTES("abcdef"));
  for (size_t len = 0; len < 6; len++) {
    guard small = guard_room(len);
    value = (lab_view){NULL, 99};
    lab_span span = {small.data, len};
    assert_int_equal(lab_message_option(&m, 12, span, &value), LAB_ERR_SPACE);
    assert_int_equal(value.len, 99);
    guard_free(&small);
  }
  assert_true(lab_message_first(&m, 12, &value));
  assert_view(value, BYTES("ab"));
  guard_free(&room);
}

static void a_single_instance_is_viewed_in_place(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\x35\1\1\x0c\2ab\xff"));
  lab_message m = decode(&s);
  lab_view value;
  assert_int_equal(lab_message_option(&m, 12, (lab_span){NULL, 0}, &value), LAB_OK);
  assert_ptr_equal(value.data, s.data + 245);
  assert_int_equal(lab_message_option(&m, 13, (lab_span){NULL, 0}, &value), LAB_ERR_ABSENT);
  assert_false(lab_message_first(&m, 13, &value));
}

/* M-12, M-18 */
static void a_number_of_four_octets_may_come_in_parts(void **state) {
  (void)state;
  sample s =
      sample_with(BYTES("\x33\4\xff\xff\xff\xff\x3a\2\0\0\x3a\2\1\2\x3b\3\1\2\3\x36\5"
                        "12345\xff"));
  lab_message m = decode(&s);
  uint32_t number = 5;
  assert_true(lab_message_option_u32(&m, 51, &number));
  assert_int_equal(number, 0xffffffff);
  assert_true(lab_message_option_u32(&m, 58, &number));
  assert_int_equal(number, 0x00000102);
  assert_false(lab_message_option_u32(&m, 59, &number));
  assert_false(lab_message_option_u32(&m, 54, &number));
  assert_false(lab_message_option_u32(&m, 50, &number));
  assert_int_equal(number, 0x00000102);
}

/* M-19 */
static void text_fields_end_at_their_nul_or_are_full(void **state) {
  (void)state;
  sample s = sample_with(BYTES("\xff"));
  sample_put(&s, SAMPLE_SNAME, BYTES("server\0rest"));
  memset(s.data + SAMPLE_FILE, 'x', 128);
  lab_message m = decode(&s);
  assert_view(lab_message_text(&m, LAB_FIELD_sname), BYTES("server"));
  assert_int_equal(lab_message_text(&m, LAB_FIELD_file).len, 128);
}

/* M-07, M-16: far more than the 312 octets of options that every receiver must take. */
static void unknown_codes_are_seen_like_any_other(void **state) {
  (void)state;
  sample s = sample_with(BYTES(""));
  for (unsigned code = 1; code < 255; code++) {
    s.data[s.len++] = (uint8_t)code;
    s.data[s.len++] = 1;
    s.data[s.len++] = 0;
  }
  s.data[s.len++] = 255;
  lab_message m = decode(&s);
  for (unsigned code = 1; code < 255; code++) assert_true(lab_message_has(&m, (uint8_t)code));
  assert_int_equal(read_all(&m), 254);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(header_fields_stand_where_the_rfc_puts_them),
      cmocka_unit_test(without_the_cookie_it_is_no_dhcp),
      cmocka_unit_test(an_hlen_over_sixteen_is_refused),
      cmocka_unit_test(a_message_is_read_at_every_truncation),
      cmocka_unit_test(nothing_behind_the_end_counts),
      cmocka_unit_test(a_missing_end_is_forgiven),
      cmocka_unit_test(pads_are_passed_over_anywhere),
      cmocka_unit_test(a_truncated_option_ends_the_reading_there),
      cmocka_unit_test(the_type_is_one_octet_altogether),
      cmocka_unit_test(message_types_have_names_both_ways),
      cmocka_unit_test(overloaded_fields_are_read_after_the_options_file_first),
      cmocka_unit_test(an_overload_that_says_nothing_is_no_overload),
      cmocka_unit_test(an_overload_inside_file_is_ignored),
      cmocka_unit_test(an_option_does_not_run_out_of_file),
      cmocka_unit_test(split_values_are_joined_in_reading_order),
      cmocka_unit_test(a_single_instance_is_viewed_in_place),
      cmocka_unit_test(a_number_of_four_octets_may_come_in_parts),
      cmocka_unit_test(text_fields_end_at_their_nul_or_are_full),
      cmocka_unit_test(unknown_codes_are_seen_like_any_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
