/* Names between text and wire (core/domain.h): bounds of labels and names, escapes, pointers
 * that lead astray, and the compression of lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "domain.h"

static lab_view view_of(const char *bytes, size_t len) {
  return (lab_view){(const uint8_t *)bytes, len};
}
#define VIEW(literal) view_of(literal, sizeof(literal) - 1)

static void text_becomes_wire_and_text_again(void **state) {
  (void)state;
  static const struct {
    const char *in;
    const char *wire;
    size_t len;
    const char *out;
  } rows[] = {
      {".", "", 1, "."},
      {"a", "\1a", 3, "a"},
      {"a.", "\1a", 3, "a"},
      {"Example.com", "\7Example\3com", 13, "Example.com"},
      {"a\\.b.c", "\3a.b\1c", 7, "a\\.b.c"},
      {"\\\\", "\1\\", 3, "\\\\"},
      {"\\065\\000", "\2A\0", 4, "A\\000"},
      {"\xff ", "\2\xff ", 4, "\\255\\032"},
  };
  for (size_t i = 0; i < LAB_COUNTOF(rows); i++) {
    uint8_t wire[LAB_DOMAIN_WIRE];
    char text[LAB_DOMAIN_TEXT];
    size_t len = 0;
    assert_int_equal(lab_domain_parse(rows[i].in, strlen(rows[i].in), wire, &len), LAB_OK);
    assert_int_equal(len, rows[i].len);
    assert_memory_equal(wire, rows[i].wire, len);
    assert_int_equal(lab_domain_format(wire, text), strlen(rows[i].out));
    assert_string_equal(text, rows[i].out);
  }
}

static void text_that_is_no_name_is_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"",    "..",  ".a",   "a..b",  "a..",   "\\",
                                      "a\\", "\\1", "\\12", "\\12x", "\\256", "\\999"};
  for (size_t i = 0; i < LAB_COUNTOF(wrong); i++) {
    uint8_t wire[LAB_DOMAIN_WIRE];
    size_t len;
    assert_int_equal(lab_domain_parse(wrong[i], strlen(wrong[i]), wire, &len), LAB_ERR_FORMAT);
  }
}

/* 63, 63, 63 and `last` octets of label: 255 octets of wire when last is 61. */
static size_t make_long_text(char *text, size_t last) {
  size_t at = 0;
  for (int label = 0; label < 3; label++) {
    memset(text + at, 'x', LAB_DOMAIN_LABEL);
    at += LAB_DOMAIN_LABEL;
    text[at++] = '.';
  }
  memset(text + at, 'y', last);
  return at + last;
}

static void labels_hold_63_octets_and_names_255(void **state) {
  (void)state;
  char text[300];
  char back[LAB_DOMAIN_TEXT];
  size_t len;
  uint8_t wire[LAB_DOMAIN_WIRE];
  memset(text, 'a', sizeof text);
  assert_int_equal(lab_domain_parse(text, 63, wire, &len), LAB_OK);
  assert_int_equal(lab_domain_parse(text, 64, wire, &len), LAB_ERR_FORMAT);
  size_t text_len = make_long_text(text, 61);
  assert_int_equal(lab_domain_parse(text, text_len, wire, &len), LAB_OK);
  assert_int_equal(len, LAB_DOMAIN_WIRE);
  assert_int_equal(lab_domain_format(wire, back), text_len);
  text[text_len++] = '.';
  assert_int_equal(lab_domain_parse(text, text_len, wire, &len), LAB_OK);
  text[text_len++] = 'z';
  assert_int_equal(lab_domain_parse(text, text_len, wire, &len), LAB_ERR_FORMAT);
  assert_int_equal(lab_domain_parse(text, make_long_text(text, 62), wire, &len), LAB_ERR_FORMAT);
  text_len = make_long_text(text, 60);
  text[text_len++] = '.';
  text[text_len++] = 'z';
  assert_int_equal(lab_domain_parse(text, text_len, wire, &len), LAB_ERR_FORMAT);
}

static void the_longest_text_fits_its_buffer(void **state) {
  (void)state;
  uint8_t wire[LAB_DOMAIN_WIRE];
  char text[LAB_DOMAIN_TEXT];
  size_t at = 0;
  for (int label = 0; label < 4; label++) { /* octets that need four characters each */
    uint8_t size = label < 3 ? LAB_DOMAIN_LABEL : 61;
    wire[at++] = size;
    memset(wire + at, 0, size);
    at += size;
  }
  wire[at] = 0;
  assert_int_equal(lab_domain_format(wire, text), 4 * 250 + 3);
  assert_int_equal(strlen(text), 4 * 250 + 3);
}

static void pointers_are_followed_backwards_only(void **state) {
  (void)state;
  static const struct {
    lab_view list;
    size_t at;
    enum lab_status status;
    size_t end;
  } rows[] = {
      {{(const uint8_t *)"\1a\0\1b\xc0\0", 7}, 3, LAB_OK, 7},
      {{(const uint8_t *)"\1a\0\xc0\0\xc0\3", 7}, 5, LAB_OK, 7},    /* a pointer to a pointer */
      {{(const uint8_t *)"\xc0\0", 2}, 0, LAB_ERR_FORMAT, 0},       /* to itself */
      {{(const uint8_t *)"\1a\xc0\0", 4}, 0, LAB_ERR_FORMAT, 0},    /* to its own beginning */
      {{(const uint8_t *)"\xc0\2\xc0\0", 4}, 2, LAB_ERR_FORMAT, 0}, /* to each other */
      {{(const uint8_t *)"\xc0\2\0", 3}, 0, LAB_ERR_FORMAT, 0},     /* forwards */
      {{(const uint8_t *)"\0\xff\xff", 3}, 1, LAB_ERR_FORMAT, 0},   /* out of the list */
      {{(const uint8_t *)"\0\xc0", 2}, 1, LAB_ERR_SHORT, 0},
      {{(const uint8_t *)"\x40", 1}, 0, LAB_ERR_FORMAT, 0},
      {{(const uint8_t *)"\x80", 1}, 0, LAB_ERR_FORMAT, 0},
      {{(const uint8_t *)"\1", 1}, 0, LAB_ERR_SHORT, 0},
      {{(const uint8_t *)"\1a", 2}, 0, LAB_ERR_SHORT, 0},
      {{(const uint8_t *)"", 0}, 0, LAB_ERR_SHORT, 0},
  };
  for (size_t i = 0; i < LAB_COUNTOF(rows); i++) {
    uint8_t wire[LAB_DOMAIN_WIRE];
    size_t len;
    size_t at = rows[i].at;
    assert_int_equal(lab_domain_read(rows[i].list, &at, true, wire, &len), rows[i].status);
    if (rows[i].status == LAB_OK) assert_int_equal(at, rows[i].end);
  }
}

static void pointers_are_refused_where_they_are_not_allowed(void **state) {
  (void)state;
  uint8_t wire[LAB_DOMAIN_WIRE];
  size_t len;
  size_t at = 3;
  assert_int_equal(lab_domain_read(VIEW("\1a\0\1b\xc0\0"), &at, false, wire, &len), LAB_ERR_FORMAT);
  assert_int_equal(at, 3);
}

static void a_name_that_grows_past_255_octets_is_refused(void **state) {
  (void)state;
  uint8_t list[400];
  uint8_t wire[LAB_DOMAIN_WIRE];
  size_t len, at = 0;
  size_t used = 0;
  for (int i = 0; i < 127; i++) {
    list[used++] = 1;
    list[used++] = 'a';
  }
  list[used++] = 0;
  assert_int_equal(lab_domain_read((lab_view){list, used}, &at, true, wire, &len), LAB_OK);
  assert_int_equal(len, 255);
  list[used] = 1; /* one label more, then the whole name by pointer */
  list[used + 1] = 'b';
  list[used + 2] = 0xc0;
  list[used + 3] = 0;
  at = used;
  assert_int_equal(lab_domain_read((lab_view){list, used + 4}, &at, true, wire, &len),
                   LAB_ERR_FORMAT);
}

static enum lab_status append(lab_domain_list *list, const char *text) {
  uint8_t wire[LAB_DOMAIN_WIRE];
  size_t len = 0;
  assert_int_equal(lab_domain_parse(text, strlen(text), wire, &len), LAB_OK);
  return lab_domain_append(list, wire, len);
}

static void endings_that_stand_already_are_pointed_to(void **state) { /* RFC 3397 2 */
  (void)state;
  static const char want[] = "\3eng\5apple\3com\0\11marketing\xc0\4\xc0\0\5Apple\xc0\12\0";
  uint8_t out[100];
  lab_domain_list list = {.out = {out, sizeof out}};
  assert_int_equal(append(&list, "eng.apple.com"), LAB_OK);
  assert_int_equal(append(&list, "marketing.apple.com"), LAB_OK);
  assert_int_equal(append(&list, "eng.apple.com"), LAB_OK);
  assert_int_equal(append(&list, "Apple.com"), LAB_OK); /* case is kept, so it is another name */
  assert_int_equal(append(&list, "."), LAB_OK);
  assert_int_equal(list.used, sizeof want - 1);
  assert_memory_equal(out, want, sizeof want - 1);
}

static void appending_needs_exactly_its_room(void **state) {
  (void)state;
  for (size_t room = 0; room <= 7; room++) {
    uint8_t *out = malloc(room > 0 ? room : 1);
    lab_domain_list list = {.out = {out, room}};
    assert_int_equal(append(&list, "a.b"), room >= 5 ? LAB_OK : LAB_ERR_SPACE);
    assert_int_equal(list.used, room >= 5 ? 5 : 0);
    if (room >= 5) assert_int_equal(append(&list, "a.b"), room >= 7 ? LAB_OK : LAB_ERR_SPACE);
    free(out);
  }
}

/* More names than marks, and further than a pointer reaches: still readable, name by name. */
static void long_lists_stay_readable(void **state) {
  (void)state;
  enum { NAMES = 1500 };
  static uint8_t out[64 * NAMES];
  lab_domain_list list = {.out = {out, sizeof out}};
  char text[64];
  for (unsigned i = 0; i < NAMES; i++) {
    for (int digit = 0; digit < 30; digit++) text[digit] = (char)('a' + (i >> digit % 11 & 1));
    memcpy(text + 30, ".x.org", 7);
    assert_int_equal(append(&list, text), LAB_OK);
  }
  assert_true(list.used > 0x4000);
  size_t at = 0;
  for (unsigned i = 0; i < NAMES; i++) {
    uint8_t wire[LAB_DOMAIN_WIRE];
    size_t len;
    char back[LAB_DOMAIN_TEXT];
    for (int digit = 0; digit < 30; digit++) text[digit] = (char)('a' + (i >> digit % 11 & 1));
    assert_int_equal(lab_domain_read((lab_view){out, list.used}, &at, true, wire, &len), LAB_OK);
    lab_domain_format(wire, back);
    assert_string_equal(back, text);
  }
  assert_int_equal(at, list.used);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_becomes_wire_and_text_again),
      cmocka_unit_test(text_that_is_no_name_is_refused),
      cmocka_unit_test(labels_hold_63_octets_and_names_255),
      cmocka_unit_test(the_longest_text_fits_its_buffer),
      cmocka_unit_test(pointers_are_followed_backwards_only),
      cmocka_unit_test(pointers_are_refused_where_they_are_not_allowed),
      cmocka_unit_test(a_name_that_grows_past_255_octets_is_refused),
      cmocka_unit_test(endings_that_stand_already_are_pointed_to),
      cmocka_unit_test(appending_needs_exactly_its_room),
      cmocka_unit_test(long_lists_stay_readable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
