/* Tests of core/option.c and core/option_check.c: the catalogue row by row (O-01), names and aliases
 * (O-04), rows added at run time, and the inner structure of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "guard.h"
#include "option.h"
#include "sample.h"

enum { LONG_ENOUGH = 600 }; /* stands for lengths without an upper bound */

static enum lab_status check_at_page_end(const lab_option_info *info, lab_view value) {
  guard g = guard_copy(value.data, value.len);
  enum lab_status status = lab_option_check(info, (lab_view){g.data, g.len});
  guard_free(&g);
  return status;
}

static enum lab_status check_code(uint8_t code, lab_view value) {
  return check_at_page_end(lab_option_info_of(code), value);
}

static bool is_number(const lab_option_info *info) {
  switch (info->type) {
    case LAB_TYPE_U8:
    case LAB_TYPE_U16:
    case LAB_TYPE_U32:
    case LAB_TYPE_I32:
    case LAB_TYPE_SECONDS:
    case LAB_TYPE_U8S:
    case LAB_TYPE_U16S:
    case LAB_TYPE_BOOL:
    case LAB_TYPE_MESSAGE: return true;
    default: return false;
  }
}

static size_t number_size(const lab_option_info *info) {
  switch (info->type) {
    case LAB_TYPE_U16:
    case LAB_TYPE_U16S: return 2;
    case LAB_TYPE_U32:
    case LAB_TYPE_I32:
    case LAB_TYPE_SECONDS: return 4;
    default: return 1;
  }
}

static void write_number(uint8_t *out, size_t size, int64_t number) {
  for (size_t k = 0; k < size; k++) out[k] = (uint8_t)((uint64_t)number >> 8 * (size - 1 - k));
}

/* A value of `len` octets whose inner structure is right, if there is one of that length. */
static void fill_value(const lab_option_info *info, uint8_t *value, size_t len) {
  memset(value, 1, len);
  if (is_number(info)) {
    size_t size = number_size(info);
    for (size_t at = 0; at + size <= len; at += size) {
      write_number(value + at, size, info->value_min);
    }
  }
  switch (info->type) {
    case LAB_TYPE_ROUTES:
      for (size_t at = 0; at < len; at += 5) value[at] = 0; /* default routes */
      break;
    case LAB_TYPE_DOMAINS:
    case LAB_TYPE_SIP:
    case LAB_TYPE_FQDN:
    case LAB_TYPE_SUBOPTIONS:
    case LAB_TYPE_ENTERPRISES:
    case LAB_TYPE_ENTERPRISE_TLVS:
      memset(value, 0, len); /* names of the root, empty suboptions */
      break;
    case LAB_TYPE_IP_LISTS:
      for (size_t at = 0; at < len; at += 5) value[at] = 4;
      break;
    default: break;
  }
}

/* Lengths that the inner structure above cannot fill, although the row allows them. */
static bool fills(const lab_option_info *info, size_t len) {
  switch (info->type) {
    case LAB_TYPE_ROUTES:
    case LAB_TYPE_IP_LISTS:
    case LAB_TYPE_ENTERPRISES:
    case LAB_TYPE_ENTERPRISE_TLVS: return len % 5 == 0;
    case LAB_TYPE_SUBOPTIONS: return len % 2 == 0;
    default: return true;
  }
}

/* O-01, M-15: a table of lengths from 0 to LONG_ENOUGH for every code that has a value. */
static void every_row_takes_exactly_the_lengths_it_names(void **state) {
  (void)state;
  uint8_t value[LONG_ENOUGH];
  for (unsigned code = 1; code < 255; code++) {
    const lab_option_info *info = lab_option_info_of((uint8_t)code);
    for (size_t len = 0; len <= LONG_ENOUGH; len++) {
      bool is_open = info->len_max == UINT16_MAX;
      bool steps = len == 0 || (len - info->len_base) % info->len_multiple == 0;
      bool allowed = len >= info->len_min && (is_open || len <= info->len_max) && steps;
      assert_int_equal(lab_option_length_fits(info, len), allowed);
      fill_value(info, value, len);
      enum lab_status status = check_at_page_end(info, (lab_view){value, len});
      if (len < info->len_min) {
        assert_int_equal(status, LAB_ERR_SHORT);
      } else if (!allowed) {
        assert_int_equal(status, LAB_ERR_FORMAT);
      } else if (fills(info, len)) {
        assert_int_equal(status, LAB_OK);
      }
    }
  }
}

/* The same rules once more, from the text of the RFCs instead of from the table. */
static void lengths_are_those_of_the_rfcs(void **state) {
  (void)state;
  static const struct {
    uint16_t shortest, longest;
    uint8_t code, multiple;
  } rules[] = {{4, 4, 1, 1},      {4, 4, 2, 1},       {4, 65535, 3, 4},  {4, 65535, 6, 4},
               {1, 65535, 12, 1}, {2, 2, 13, 1},      {1, 1, 19, 1},     {8, 65535, 21, 8},
               {2, 65535, 25, 2}, {8, 65535, 33, 8},  {4, 4, 50, 1},     {4, 4, 51, 1},
               {1, 1, 52, 1},     {1, 1, 53, 1},      {4, 4, 54, 1},     {1, 65535, 55, 1},
               {2, 2, 57, 1},     {4, 4, 58, 1},      {4, 4, 59, 1},     {2, 65535, 61, 1},
               {0, 65535, 68, 4}, {5, 65535, 78, 4},  {0, 0, 80, 1},     {3, 65535, 81, 1},
               {2, 65535, 82, 1}, {11, 65535, 90, 1}, {2, 65535, 93, 2}, {3, 3, 94, 1},
               {4, 4, 108, 1},    {1, 1, 116, 1},     {4, 4, 118, 1},    {5, 65535, 121, 1},
               {16, 16, 123, 1},  {1, 1, 156, 1},     {4, 4, 208, 1},    {22, 65535, 212, 1}};
  for (size_t k = 0; k < LAB_COUNTOF(rules); k++) {
    const lab_option_info *info = lab_option_info_of(rules[k].code);
    assert_int_equal(info->len_min, rules[k].shortest);
    assert_int_equal(info->len_max, rules[k].longest);
    assert_int_equal(info->len_multiple, rules[k].multiple);
  }
}

/* O-01: for every number at its bounds, and one beyond. */
static void every_number_keeps_to_its_bounds(void **state) {
  (void)state;
  for (unsigned code = 1; code < 255; code++) {
    const lab_option_info *info = lab_option_info_of((uint8_t)code);
    if (!is_number(info)) continue;
    uint8_t value[4];
    size_t size = number_size(info);
    int64_t least = info->type == LAB_TYPE_I32 ? INT32_MIN : 0;
    int64_t most = info->type == LAB_TYPE_I32 ? INT32_MAX : ((int64_t)1 << 8 * size) - 1;
    lab_view view = {value, size};
    write_number(value, size, info->value_min);
    assert_int_equal(check_at_page_end(info, view), LAB_OK);
    write_number(value, size, info->value_max);
    assert_int_equal(check_at_page_end(info, view), LAB_OK);
    if (info->value_min > least) {
      write_number(value, size, info->value_min - 1);
      assert_int_equal(check_at_page_end(info, view), LAB_ERR_RANGE);
    }
    if (info->value_max < most) {
      write_number(value, size, info->value_max + 1);
      assert_int_equal(check_at_page_end(info, view), LAB_ERR_RANGE);
    }
  }
}

static void bounds_are_those_of_the_rfcs(void **state) {
  (void)state;
  assert_int_equal(check_code(57, BYTES("\x02\x3f")), LAB_ERR_RANGE); /* 575 */
  assert_int_equal(check_code(57, BYTES("\x02\x40")), LAB_OK);        /* 576 */
  assert_int_equal(check_code(26, BYTES("\x00\x43")), LAB_ERR_RANGE); /* 67 */
  assert_int_equal(check_code(26, BYTES("\x00\x44")), LAB_OK);
  assert_int_equal(check_code(25, BYTES("\x00\x44\x00\x43")), LAB_ERR_RANGE);
  assert_int_equal(check_code(23, BYTES("\x00")), LAB_ERR_RANGE);
  assert_int_equal(check_code(19, BYTES("\x02")), LAB_ERR_RANGE);
  assert_int_equal(check_code(52, BYTES("\x00")), LAB_ERR_RANGE);
  assert_int_equal(check_code(52, BYTES("\x04")), LAB_ERR_RANGE);
  assert_int_equal(check_code(53, BYTES("\x12")), LAB_OK);
  assert_int_equal(check_code(53, BYTES("\x13")), LAB_ERR_RANGE);
  assert_int_equal(check_code(51, BYTES("\xff\xff\xff\xff")), LAB_OK); /* M-18: infinity */
  for (unsigned kind = 0; kind < 256; kind++) {
    uint8_t octet = (uint8_t)kind;
    bool is_right = kind == 1 || kind == 2 || kind == 4 || kind == 8;
    assert_int_equal(check_code(46, (lab_view){&octet, 1}), is_right ? LAB_OK : LAB_ERR_RANGE);
  }
  assert_int_equal(check_code(33, BYTES("\x0a\0\0\0\x0a\0\0\1")), LAB_OK);
  assert_int_equal(check_code(33, BYTES("\0\0\0\0\x0a\0\0\1")), LAB_ERR_RANGE);
  assert_int_equal(check_code(21, BYTES("\0\0\0\0\0\0\0\0")), LAB_OK);
}

/* E-16: width 0 to 32, ceil(width / 8) octets, a router. */
static void a_route_has_as_many_octets_as_its_width_needs(void **state) {
  (void)state;
  for (unsigned width = 0; width < 256; width++) {
    uint8_t route[64] = {(uint8_t)width};
    size_t len = 1 + (width + 7) / 8 + 4;
    if (width > 32) {
      assert_int_equal(check_code(121, (lab_view){route, sizeof route}), LAB_ERR_RANGE);
      continue;
    }
    for (size_t cut = 5; cut < len; cut++) {
      assert_int_equal(check_code(121, (lab_view){route, cut}), LAB_ERR_SHORT);
    }
    assert_int_equal(check_code(121, (lab_view){route, len}), LAB_OK);
    assert_int_equal(check_code(249, (lab_view){route, len}), LAB_OK);
  }
  assert_int_equal(check_code(121, BYTES("\0\1\2\3\4\x18\x0a\0\0\1\2\3\4")), LAB_OK);
  assert_int_equal(check_code(121, BYTES("\0\1\2\3\4\x18\x0a\0\0\1\2\3")), LAB_ERR_SHORT);
}

static void names_end_and_their_pointers_lead_back(void **state) {
  (void)state;
  assert_int_equal(check_code(119, BYTES("\3lab\0")), LAB_OK);
  assert_int_equal(check_code(119, BYTES("\3lab")), LAB_ERR_SHORT);
  assert_int_equal(check_code(119, BYTES("\4lab")), LAB_ERR_SHORT);
  assert_int_equal(check_code(119, BYTES("\3lab\0\3eng\xc0\x00")), LAB_OK);
  assert_int_equal(check_code(119, BYTES("\3lab\0\3eng\xc0")), LAB_ERR_SHORT);
  assert_int_equal(check_code(119, BYTES("\xc0\x00")), LAB_ERR_FORMAT);         /* itself */
  assert_int_equal(check_code(119, BYTES("\3lab\xc0\x00")), LAB_ERR_FORMAT);    /* its own start */
  assert_int_equal(check_code(119, BYTES("\xc0\x02\3lab\0")), LAB_ERR_FORMAT);  /* forward */
  assert_int_equal(check_code(119, BYTES("\xc0\x02\xc0\x00")), LAB_ERR_FORMAT); /* a loop */
  assert_int_equal(check_code(119, BYTES("\3lab\0\xc0\xff")), LAB_ERR_FORMAT);  /* outside */
  assert_int_equal(check_code(119, BYTES("\x40")), LAB_ERR_FORMAT);
  assert_int_equal(check_code(119, BYTES("\x80")), LAB_ERR_FORMAT);
  uint8_t name[300];
  memset(name, 1, sizeof name); /* labels of one octet: 127 of them are 254, and 0 makes 255 */
  name[254] = 0;
  assert_int_equal(check_code(119, (lab_view){name, 255}), LAB_OK);
  name[254] = 1;
  name[256] = 0;
  assert_int_equal(check_code(119, (lab_view){name, 257}), LAB_ERR_FORMAT);
}

/* A chain of pointers, each to the one before: long, but it ends. */
static void a_long_chain_of_pointers_ends(void **state) {
  (void)state;
  uint8_t chain[8192] = {0};
  for (size_t at = 2; at + 1 < sizeof chain; at += 2) {
    chain[at] = (uint8_t)(0xc0 | (at - 2) >> 8);
    chain[at + 1] = (uint8_t)(at - 2);
  }
  assert_int_equal(check_code(119, (lab_view){chain, sizeof chain}), LAB_OK);
}

static void suboptions_fill_their_option_exactly(void **state) {
  (void)state;
  assert_int_equal(check_code(82, BYTES("\1\2ab\2\0")), LAB_OK);
  assert_int_equal(check_code(82, BYTES("\1\2ab\2")), LAB_ERR_SHORT);
  assert_int_equal(check_code(82, BYTES("\1\3ab")), LAB_ERR_SHORT);
  assert_int_equal(check_code(82, BYTES("\0\0")), LAB_OK); /* no pad inside: 0 is a code */
  assert_int_equal(check_code(82, BYTES("\xff\0")), LAB_OK);
}

static void enterprise_data_fill_their_option_exactly(void **state) {
  (void)state;
  assert_int_equal(check_code(124, BYTES("\0\0\0\x09\2ab\0\0\0\1\0")), LAB_OK);
  assert_int_equal(check_code(124, BYTES("\0\0\0\x09\3ab")), LAB_ERR_SHORT);
  assert_int_equal(check_code(124, BYTES("\0\0\0\x09\0\0\0\0")), LAB_ERR_SHORT);
  assert_int_equal(check_code(125, BYTES("\0\0\0\x09\4\1\2ab")), LAB_OK);
  assert_int_equal(check_code(125, BYTES("\0\0\0\x09\4\1\3ab")), LAB_ERR_SHORT);
  assert_int_equal(check_code(125, BYTES("\0\0\0\x09\5\1\2ab")), LAB_ERR_SHORT);
}

static void sip_servers_are_names_or_addresses(void **state) {
  (void)state;
  assert_int_equal(check_code(120, BYTES("\0\3sip\0")), LAB_OK);
  assert_int_equal(check_code(120, BYTES("\0\3sip")), LAB_ERR_SHORT);
  assert_int_equal(check_code(120, BYTES("\1\x0a\0\0\1")), LAB_OK);
  assert_int_equal(check_code(120, BYTES("\1\x0a\0\0")), LAB_ERR_FORMAT);
  assert_int_equal(check_code(120, BYTES("\1\x0a\0\0\1\x0a")), LAB_ERR_FORMAT);
  assert_int_equal(check_code(120, BYTES("\2\x0a\0\0\1")), LAB_ERR_RANGE);
}

/* E-17 */
static void an_fqdn_is_text_or_wire_form(void **state) {
  (void)state;
  assert_int_equal(check_code(81, BYTES("\0\0\0")), LAB_OK);
  assert_int_equal(check_code(81, BYTES("\0\0\0host.lab")), LAB_OK);
  assert_int_equal(check_code(81, BYTES("\4\0\0\4host\3lab\0")), LAB_OK);
  assert_int_equal(check_code(81, BYTES("\4\0\0\4host")), LAB_OK); /* partial */
  assert_int_equal(check_code(81, BYTES("\4\0\0\5host")), LAB_ERR_SHORT);
  assert_int_equal(check_code(81, BYTES("\4\0\0\4host\0\1x")), LAB_ERR_FORMAT);
  assert_int_equal(check_code(81, BYTES("\4\0\0\xc0\0")), LAB_ERR_FORMAT); /* no compression */
}

static void slp_options_begin_with_a_truth_value(void **state) {
  (void)state;
  assert_int_equal(check_code(78, BYTES("\1\x0a\0\0\1")), LAB_OK);
  assert_int_equal(check_code(78, BYTES("\2\x0a\0\0\1")), LAB_ERR_RANGE);
  assert_int_equal(check_code(78, BYTES("\1\x0a\0\0\1\2")), LAB_ERR_FORMAT);
  assert_int_equal(check_code(79, BYTES("\0default")), LAB_OK);
  assert_int_equal(check_code(79, BYTES("\5default")), LAB_ERR_RANGE);
}

static void lists_of_addresses_hold_whole_addresses(void **state) {
  (void)state;
  assert_int_equal(check_code(158, BYTES("\4\x0a\0\0\1\x08\x0a\0\0\1\x0a\0\0\2")), LAB_OK);
  assert_int_equal(check_code(158, BYTES("\4\x0a\0\0\1\4\x0a\0\0")), LAB_ERR_SHORT);
  assert_int_equal(check_code(158, BYTES("\5\x0a\0\0\1\1")), LAB_ERR_FORMAT);
  assert_int_equal(check_code(158, BYTES("\4\x0a\0\0\1\0")), LAB_ERR_FORMAT);
}

static void unknown_codes_take_anything(void **state) {
  (void)state;
  const lab_option_info *info = lab_option_info_of(224);
  assert_null(info->name);
  assert_int_equal(info->code, 224);
  assert_int_equal(info->type, LAB_TYPE_BYTES);
  assert_int_equal(check_code(224, BYTES("")), LAB_OK);
  assert_int_equal(check_code(224, BYTES("\xff\0")), LAB_OK);
  assert_int_equal(lab_option_info_of(0)->type, LAB_TYPE_NONE);
  assert_int_equal(lab_option_info_of(255)->type, LAB_TYPE_NONE);
}

static const lab_option_info *find(const char *name) {
  return lab_option_by_name(name, strlen(name));
}

/* O-04 */
static void names_and_aliases_lead_to_one_code(void **state) {
  (void)state;
  for (unsigned code = 0; code < 256; code++) {
    const lab_option_info *info = lab_option_info_of((uint8_t)code);
    const char *alias;
    if (info->name == NULL) {
      assert_null(lab_option_alias((uint8_t)code, 0));
      continue;
    }
    assert_ptr_equal(find(info->name), info);
    assert_true(strlen(info->text) > 0 && strlen(info->source) > 0);
    for (size_t k = 0; (alias = lab_option_alias((uint8_t)code, k)) != NULL; k++) {
      assert_ptr_equal(find(alias), info);
    }
  }
  static const struct {
    const char *name;
    uint8_t code;
  } known[] = {{"routers", 3},
               {"Router", 3},
               {"subnet-mask", 1},
               {"SUBNET_MASK", 1},
               {"dhcp-lease-time", 51},
               {"ip_address_lease_time", 51},
               {"server-identifier", 54},
               {"requested-address", 50},
               {"hostname", 12},
               {"dns-server", 6},
               {"T1", 58},
               {"domain", 15},
               {"nis+-domain", 64},
               {"fqdn", 81}};
  for (size_t k = 0; k < LAB_COUNTOF(known); k++) {
    assert_non_null(find(known[k].name));
    assert_int_equal(find(known[k].name)->code, known[k].code);
  }
  static const char *const unknown[] = {"", "route", "routersx", "lease time", "lease.time", "51"};
  for (size_t k = 0; k < LAB_COUNTOF(unknown); k++) assert_null(find(unknown[k]));
  guard g = guard_copy("routers", 7);
  assert_int_equal(lab_option_by_name((char *)g.data, 7)->code, 3);
  assert_int_equal(lab_option_by_name((char *)g.data, 6)->code, 3); /* "router" */
  assert_null(lab_option_by_name((char *)g.data, 5));
  guard_free(&g);
}

static void a_script_can_define_and_replace_rows(void **state) {
  (void)state;
  char name[] = "site_door";
  assert_int_equal(lab_option_define(224, name, LAB_TYPE_U16, "number of the door"), LAB_OK);
  name[0] = 'x'; /* it was copied */
  assert_int_equal(find("site-door")->code, 224);
  assert_string_equal(lab_option_info_of(224)->text, "number of the door");
  assert_int_equal(check_code(224, BYTES("\0\1")), LAB_OK);
  assert_int_equal(check_code(224, BYTES("\1")), LAB_ERR_SHORT);
  assert_int_equal(lab_option_define(224, "site_gate", LAB_TYPE_TEXT, NULL), LAB_OK);
  assert_null(find("site_door"));
  assert_int_equal(find("site_gate")->type, LAB_TYPE_TEXT);
  assert_int_equal(lab_option_define(43, "vendor_specific", LAB_TYPE_SUBOPTIONS, "t"), LAB_OK);
  assert_int_equal(lab_option_info_of(43)->type, LAB_TYPE_SUBOPTIONS);
  const lab_option_info *row = lab_option_info_of(224); /* its own name, given back */
  assert_int_equal(lab_option_define(224, row->name, LAB_TYPE_IP, row->name), LAB_OK);
  assert_string_equal(row->name, "site_gate");
  lab_option_undefine_all();
  assert_null(lab_option_info_of(224)->name);
  assert_null(find("site_gate"));
  assert_int_equal(lab_option_info_of(43)->type, LAB_TYPE_BYTES);
}

static void definitions_that_make_no_sense_are_refused(void **state) {
  (void)state;
  assert_int_equal(lab_option_define(0, "site", LAB_TYPE_U8, ""), LAB_ERR_RANGE);
  assert_int_equal(lab_option_define(255, "site", LAB_TYPE_U8, ""), LAB_ERR_RANGE);
  assert_int_equal(lab_option_define(224, "site", LAB_TYPE_NONE, ""), LAB_ERR_RANGE);
  assert_int_equal(lab_option_define(224, "site", LAB_TYPE_COUNT, ""), LAB_ERR_RANGE);
  static const char *const wrong[] = {"", "1st", "Site", "_x", "a-b", "a b", "\xc3\xa4"};
  for (size_t k = 0; k < LAB_COUNTOF(wrong); k++) {
    assert_int_equal(lab_option_define(224, wrong[k], LAB_TYPE_U8, ""), LAB_ERR_FORMAT);
  }
  assert_int_equal(lab_option_define(224, "routers", LAB_TYPE_U8, ""), LAB_ERR_IN_USE);
  assert_int_equal(lab_option_define(224, "router", LAB_TYPE_U8, ""), LAB_ERR_IN_USE);
  assert_null(lab_option_info_of(224)->name);
}

static void every_type_has_a_name_that_leads_back(void **state) {
  (void)state;
  for (unsigned type = 0; type < LAB_TYPE_COUNT; type++) {
    enum lab_type found = LAB_TYPE_COUNT;
    assert_int_equal(lab_type_by_name(lab_type_name((enum lab_type)type), &found), LAB_OK);
    assert_int_equal(found, type);
    assert_true(strlen(lab_type_text((enum lab_type)type)) > 0);
  }
  enum lab_type found;
  assert_int_equal(lab_type_by_name("integer", &found), LAB_ERR_ABSENT);
  assert_int_equal(lab_type_by_name("", &found), LAB_ERR_ABSENT);
}

static int restore_catalogue(void **state) {
  (void)state;
  lab_option_undefine_all();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row_takes_exactly_the_lengths_it_names),
      cmocka_unit_test(lengths_are_those_of_the_rfcs),
      cmocka_unit_test(every_number_keeps_to_its_bounds),
      cmocka_unit_test(bounds_are_those_of_the_rfcs),
      cmocka_unit_test(a_route_has_as_many_octets_as_its_width_needs),
      cmocka_unit_test(names_end_and_their_pointers_lead_back),
      cmocka_unit_test(a_long_chain_of_pointers_ends),
      cmocka_unit_test(suboptions_fill_their_option_exactly),
      cmocka_unit_test(enterprise_data_fill_their_option_exactly),
      cmocka_unit_test(sip_servers_are_names_or_addresses),
      cmocka_unit_test(an_fqdn_is_text_or_wire_form),
      cmocka_unit_test(slp_options_begin_with_a_truth_value),
      cmocka_unit_test(lists_of_addresses_hold_whole_addresses),
      cmocka_unit_test(unknown_codes_take_anything),
      cmocka_unit_test(names_and_aliases_lead_to_one_code),
      cmocka_unit_test_teardown(a_script_can_define_and_replace_rows, restore_catalogue),
      cmocka_unit_test(definitions_that_make_no_sense_are_refused),
      cmocka_unit_test(every_type_has_a_name_that_leads_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
