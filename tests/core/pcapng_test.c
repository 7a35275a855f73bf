/* Writing pcapng: what is written is right to the octet, and reads back. */
#include "pcapng.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pcap.h"

static lab_view view(const char *text) { return (lab_view){(const uint8_t *)text, strlen(text)}; }

static const uint8_t little_endian[4] = {0x4d, 0x3c, 0x2b, 0x1a};

static uint32_t get32(const uint8_t *p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The length of the block at `at`, which is said at both of its ends. */
static size_t check_block(const uint8_t *bytes, size_t at, uint32_t type) {
  assert_int_equal(get32(bytes + at), type);
  uint32_t total = get32(bytes + at + 4);
  assert_int_equal(total % 4, 0);
  assert_int_equal(get32(bytes + at + total - 4), total);
  return total;
}

static size_t write_one(uint8_t *out, size_t room, int64_t at, const char *frame,
                        const char *comment) {
  FILE *file = fmemopen(out, room, "wb");
  assert_non_null(file);
  assert_int_equal(lab_pcapng_begin(file), LAB_OK);
  assert_int_equal(lab_pcapng_write(file, at, view(frame), view(comment)), LAB_OK);
  long len = ftell(file);
  fclose(file);
  return (size_t)len;
}

static void a_file_begins_with_its_section_and_its_interface(void **state) {
  (void)state;
  uint8_t out[512];
  write_one(out, sizeof out, 0, "", "");
  size_t at = check_block(out, 0, 0x0a0d0d0a);
  assert_memory_equal(out + 8, little_endian, 4);
  assert_int_equal(get32(out + 12), 1); /* version 1.0 */
  assert_int_equal(get32(out + 24), 4 | strlen("dhcplab " LAB_VERSION) << 16);
  assert_memory_equal(out + 28, "dhcplab " LAB_VERSION, strlen("dhcplab " LAB_VERSION));
  size_t interface_len = check_block(out, at, 1);
  assert_int_equal(get32(out + at + 8), 1); /* Ethernet */
  assert_int_equal(get32(out + at + 12), 262144);
  check_block(out, at + interface_len, 6);
}

static void a_packet_has_every_octet_right(void **state) {
  (void)state;
  static const uint8_t expected[] = {
      6,   0,   0,   0,   56,   0,    0,    0,    0,   0,   0,   0, /* block, interface */
      1,   0,   0,   0,   0x44, 0x33, 0x22, 0x11, 5,   0,   0,   0, 5, 0, 0, 0, /* time, lengths */
      'f', 'r', 'a', 'm', 'e',  0,    0,    0,                                  /* filled up */
      1,   0,   7,   0,   'c',  'o',  'm',  'm',  'e', 'n', 't', 0, 0, 0, 0, 0, /* option, end */
      56,  0,   0,   0};
  uint8_t out[512];
  size_t len = write_one(out, sizeof out, INT64_C(0x111223344), "frame", "comment");
  assert_memory_equal(out + len - sizeof expected, expected, sizeof expected);
}

static void lengths_that_need_no_filling_get_none(void **state) {
  (void)state;
  uint8_t out[512];
  size_t len = write_one(out, sizeof out, 0, "1234", "12345678");
  assert_int_equal(get32(out + len - 4), 28 + 4 + 4 + 8 + 4 + 4);
  check_block(out, len - get32(out + len - 4), 6);
}

static void a_packet_without_comment_has_no_options(void **state) {
  (void)state;
  uint8_t out[512];
  size_t len = write_one(out, sizeof out, 0, "1234", "");
  assert_int_equal(get32(out + len - 4), 28 + 4 + 4);
}

static void what_is_written_reads_back(void **state) {
  (void)state;
  static const int64_t times[] = {0, 1, 999999, 946684800000000, INT64_C(0xffffffff) * 1000000};
  static const char frames[] = "frames of all lengths";
  uint8_t out[2048];
  FILE *file = fmemopen(out, sizeof out, "wb");
  assert_non_null(file);
  assert_int_equal(lab_pcapng_begin(file), LAB_OK);
  for (size_t k = 0; k < LAB_COUNTOF(times); k++) {
    lab_view frame = {(const uint8_t *)frames, k};
    assert_int_equal(lab_pcapng_write(file, times[k], frame, view(frames + k)), LAB_OK);
  }
  long len = ftell(file);
  fclose(file);
  lab_pcap_reader *reader;
  lab_pcap_record record;
  file = fmemopen(out, (size_t)len, "rb");
  assert_non_null(file);
  assert_int_equal(lab_pcap_reader_new(file, &reader), LAB_OK);
  for (size_t k = 0; k < LAB_COUNTOF(times); k++) {
    assert_int_equal(lab_pcap_next(reader, &record), 1);
    assert_true(record.unix_ns == times[k] * 1000);
    assert_int_equal(record.link, LAB_LINK_ETHERNET);
    assert_int_equal(record.frame.len, k);
    if (k > 0) assert_memory_equal(record.frame.data, frames, k);
  }
  assert_int_equal(lab_pcap_next(reader, &record), 0);
  lab_pcap_reader_free(reader);
  fclose(file);
}

static void what_the_format_cannot_hold_is_refused_and_leaves_no_trace(void **state) {
  (void)state;
  static uint8_t large[262145], out[512];
  FILE *file = fmemopen(out, sizeof out, "wb");
  assert_non_null(file);
  lab_view fine = view("fine");
  assert_int_equal(lab_pcapng_write(file, -1, fine, fine), LAB_ERR_RANGE);
  assert_int_equal(lab_pcapng_write(file, 0, (lab_view){large, 262145}, fine), LAB_ERR_RANGE);
  assert_int_equal(lab_pcapng_write(file, 0, fine, (lab_view){large, 65536}), LAB_ERR_RANGE);
  assert_int_equal(ftell(file), 0);
  fclose(file);
  file = fopen("/dev/null", "wb");
  assert_non_null(file);
  assert_int_equal(
      lab_pcapng_write(file, INT64_MAX, (lab_view){large, 262144}, (lab_view){large, 65535}),
      LAB_OK);
  fclose(file);
}

static void a_full_disk_is_told(void **state) {
  (void)state;
  FILE *full = fopen("/dev/full", "wb");
  if (full == NULL) skip();
  setvbuf(full, NULL, _IONBF, 0);
  errno = 0;
  assert_int_equal(lab_pcapng_begin(full), LAB_ERR_IO);
  assert_int_equal(errno, ENOSPC);
  assert_int_equal(lab_pcapng_write(full, 0, view("frame"), view("comment")), LAB_ERR_IO);
  fclose(full);
}

/* Whatever the octet at which the disk is full, it is told. */
static void a_file_that_ends_anywhere_is_told(void **state) {
  (void)state;
  uint8_t out[512];
  size_t len = write_one(out, sizeof out, 0, "frame", "comment");
  for (size_t room = 1; room < len; room++) {
    FILE *file = fmemopen(out, room, "wb");
    assert_non_null(file);
    setvbuf(file, NULL, _IONBF, 0);
    enum lab_status status = lab_pcapng_begin(file);
    if (status == LAB_OK) status = lab_pcapng_write(file, 0, view("frame"), view("comment"));
    assert_int_equal(status, LAB_ERR_IO);
    fclose(file);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_file_begins_with_its_section_and_its_interface),
      cmocka_unit_test(a_packet_has_every_octet_right),
      cmocka_unit_test(lengths_that_need_no_filling_get_none),
      cmocka_unit_test(a_packet_without_comment_has_no_options),
      cmocka_unit_test(what_is_written_reads_back),
      cmocka_unit_test(what_the_format_cannot_hold_is_refused_and_leaves_no_trace),
      cmocka_unit_test(a_full_disk_is_told),
      cmocka_unit_test(a_file_that_ends_anywhere_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
