/* Tests of core/addr.c: addresses and endpoints as text, both ways, and masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "addr.h"
#include "guard.h"

static enum lab_status parse_ip(const char *text, lab_ip4 *out) {
  return lab_ip4_parse(text, strlen(text), out);
}

static void an_address_is_read_and_written_alike(void **state) {
  (void)state;
  static const char *const texts[] = {"0.0.0.0", "10.0.0.1", "192.168.100.200", "255.255.255.255"};
  static const lab_ip4 numbers[] = {0, 0x0a000001, 0xc0a864c8, 0xffffffff};
  for (size_t k = 0; k < LAB_COUNTOF(texts); k++) {
    lab_ip4 ip = 1;
    char text[LAB_IP4_TEXT];
    assert_int_equal(parse_ip(texts[k], &ip), LAB_OK);
    assert_int_equal(ip, numbers[k]);
    assert_int_equal(lab_ip4_format(ip, text), strlen(texts[k]));
    assert_string_equal(text, texts[k]);
  }
}

static void what_is_not_quite_an_address_is_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      ".",
                                      "1",
                                      "1.2.3",
                                      "1.2.3.",
                                      "1.2.3.4.",
                                      "1.2.3.4.5",
                                      "1..3.4",
                                      ".1.2.3",
                                      "256.0.0.1",
                                      "1.2.3.256",
                                      "01.2.3.4",
                                      "1.2.3.04",
                                      "00.0.0.0",
                                      " 1.2.3.4",
                                      "1.2.3.4 ",
                                      "1.2.3.4/24",
                                      "-1.2.3.4",
                                      "+1.2.3.4",
                                      "0x1.2.3.4",
                                      "a.b.c.d",
                                      "1,2,3,4",
                                      "99999999999.0.0.1",
                                      "localhost"};
  for (size_t k = 0; k < LAB_COUNTOF(wrong); k++) {
    lab_ip4 ip = 77;
    assert_int_equal(parse_ip(wrong[k], &ip), LAB_ERR_FORMAT);
    assert_int_equal(ip, 77); /* untouched */
  }
}

static void parsing_never_looks_past_the_given_length(void **state) {
  (void)state;
  const char *text = "192.168.100.200:65535";
  for (size_t len = 0; len <= strlen(text); len++) {
    guard g = guard_copy(text, len);
    lab_ip4 ip;
    lab_endpoint endpoint;
    bool is_ip = lab_ip4_parse((char *)g.data, len, &ip) == LAB_OK;
    bool is_endpoint = lab_endpoint_parse((char *)g.data, len, &endpoint) == LAB_OK;
    assert_int_equal(is_ip, len >= strlen("192.168.100.2") && len <= strlen("192.168.100.200"));
    assert_int_equal(is_endpoint, len >= strlen("192.168.100.200:6"));
    guard_free(&g);
  }
}

static void a_prefix_needs_zeros_behind_its_mask(void **state) {
  (void)state;
  lab_ip4 network;
  unsigned bits;
  assert_int_equal(lab_ip4_parse_prefix("192.168.1.0/24", 14, &network, &bits), LAB_OK);
  assert_int_equal(network, LAB_IP4(192, 168, 1, 0));
  assert_int_equal(bits, 24);
  assert_int_equal(lab_ip4_parse_prefix("0.0.0.0/0", 9, &network, &bits), LAB_OK);
  assert_int_equal(bits, 0);
  assert_int_equal(lab_ip4_parse_prefix("10.0.0.1/32", 11, &network, &bits), LAB_OK);
  assert_int_equal(bits, 32);
  assert_int_equal(lab_ip4_parse_prefix("192.168.1.1/24", 14, &network, &bits), LAB_ERR_RANGE);
  assert_int_equal(lab_ip4_parse_prefix("0.0.0.1/0", 9, &network, &bits), LAB_ERR_RANGE);
  static const char *const wrong[] = {"10.0.0.0",    "10.0.0.0/",   "10.0.0.0/33", "10.0.0.0/-1",
                                      "10.0.0.0/08", "10.0.0.0/8 ", "10.0.0/8",    "/8"};
  for (size_t k = 0; k < LAB_COUNTOF(wrong); k++) {
    assert_int_equal(lab_ip4_parse_prefix(wrong[k], strlen(wrong[k]), &network, &bits),
                     LAB_ERR_FORMAT);
  }
}

static void a_mask_and_its_width_belong_together(void **state) {
  (void)state;
  assert_int_equal(lab_ip4_mask(0), 0);
  assert_int_equal(lab_ip4_mask(24), 0xffffff00);
  assert_int_equal(lab_ip4_mask(32), 0xffffffff);
  for (unsigned width = 0; width <= 32; width++) {
    unsigned bits = 99;
    assert_true(lab_ip4_mask_bits(lab_ip4_mask(width), &bits));
    assert_int_equal(bits, width);
  }
  unsigned bits = 99;
  assert_false(lab_ip4_mask_bits(0xff00ff00, &bits));
  assert_false(lab_ip4_mask_bits(0x00000001, &bits));
  assert_false(lab_ip4_mask_bits(0x7fffffff, &bits));
  assert_int_equal(bits, 99);
}

static void a_mac_is_read_in_two_ways_and_written_in_one(void **state) {
  (void)state;
  lab_mac colons, dashes;
  char text[LAB_MAC_TEXT];
  assert_int_equal(lab_mac_parse("02:aB:00:ff:09:F1", 17, &colons), LAB_OK);
  assert_int_equal(lab_mac_parse("02-ab-00-FF-09-f1", 17, &dashes), LAB_OK);
  assert_true(lab_mac_equal(colons, dashes));
  assert_int_equal(lab_mac_format(colons, text), 17);
  assert_string_equal(text, "02:ab:00:ff:09:f1");
}

static void what_is_not_quite_a_mac_is_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "02",
                                      "02:",
                                      "02:00:00:00:00",
                                      "02:00:00:00:00:",
                                      "02:00:00:00:00:0",
                                      "02:00:00:00:00:01:",
                                      "02:00:00:00:00:01:02",
                                      "02:00-00:00:00:01",
                                      "02.00.00.00.00.01",
                                      "0g:00:00:00:00:01",
                                      "2:0:0:0:0:1",
                                      "020000000001",
                                      " 2:00:00:00:00:01"};
  for (size_t k = 0; k < LAB_COUNTOF(wrong); k++) {
    guard g = guard_copy(wrong[k], strlen(wrong[k]));
    lab_mac mac = LAB_MAC_BROADCAST;
    assert_int_equal(lab_mac_parse((char *)g.data, g.len, &mac), LAB_ERR_FORMAT);
    assert_true(lab_mac_is_broadcast(mac));
    guard_free(&g);
  }
}

static void broadcast_and_none_are_told_apart(void **state) {
  (void)state;
  assert_true(lab_mac_is_broadcast(LAB_MAC_BROADCAST));
  assert_false(lab_mac_is_broadcast(LAB_MAC_NONE));
  assert_false(lab_mac_equal(LAB_MAC_BROADCAST, LAB_MAC_NONE));
}

static void an_endpoint_is_read_and_written_alike(void **state) {
  (void)state;
  static const char *const texts[] = {"127.0.0.1:6767", "0.0.0.0:0", "255.255.255.255:65535"};
  for (size_t k = 0; k < LAB_COUNTOF(texts); k++) {
    lab_endpoint endpoint;
    char text[LAB_ENDPOINT_TEXT];
    assert_int_equal(lab_endpoint_parse(texts[k], strlen(texts[k]), &endpoint), LAB_OK);
    assert_int_equal(lab_endpoint_format(endpoint, text), strlen(texts[k]));
    assert_string_equal(text, texts[k]);
  }
  static const char *const wrong[] = {
      "127.0.0.1", "127.0.0.1:",    "127.0.0.1:65536",      "127.0.0.1:067",
      ":67",       "127.0.0.1:67 ", "127.0.0.1:4294967363", "127.0.0.1:-1"};
  for (size_t k = 0; k < LAB_COUNTOF(wrong); k++) {
    lab_endpoint endpoint = {1, 2};
    assert_int_equal(lab_endpoint_parse(wrong[k], strlen(wrong[k]), &endpoint), LAB_ERR_FORMAT);
    assert_int_equal(endpoint.ip, 1);
    assert_int_equal(endpoint.port, 2);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_address_is_read_and_written_alike),
      cmocka_unit_test(what_is_not_quite_an_address_is_refused),
      cmocka_unit_test(parsing_never_looks_past_the_given_length),
      cmocka_unit_test(a_prefix_needs_zeros_behind_its_mask),
      cmocka_unit_test(a_mask_and_its_width_belong_together),
      cmocka_unit_test(a_mac_is_read_in_two_ways_and_written_in_one),
      cmocka_unit_test(what_is_not_quite_a_mac_is_refused),
      cmocka_unit_test(broadcast_and_none_are_told_apart),
      cmocka_unit_test(an_endpoint_is_read_and_written_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
