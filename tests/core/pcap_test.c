/* Writing capture files: what is written is right to the octet, and reads back. */
#include "pcap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t write_file(uint8_t *out, size_t room, const int64_t *times, size_t count) {
  FILE *file = fmemopen(out, room, "wb");
  assert_non_null(file);
  assert_int_equal(lab_pcap_begin(file), LAB_OK);
  for (size_t k = 0; k < count; k++) {
    lab_view frame = {(const uint8_t *)"frames", k < 6 ? k : 6};
    assert_int_equal(lab_pcap_write(file, times[k], frame), LAB_OK);
  }
  long len = ftell(file);
  fclose(file);
  return (size_t)len;
}

static void a_written_file_has_every_octet_right(void **state) {
  (void)state;
  static const int64_t times[] = {0, 0x12345678 * INT64_C(1000000) + 0x0a0b0};
  static const uint8_t expected[] = {
      0xd4, 0xc3, 0xb2, 0xa1, 2,    0,    4,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4,
      0,    1,    0,    0,    0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      0,    0,    0x78, 0x56, 0x34, 0x12, 0xb0, 0xa0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 'f'};
  uint8_t out[256];
  assert_int_equal(write_file(out, sizeof out, times, 2), sizeof expected);
  assert_memory_equal(out, expected, sizeof expected);
}

static void what_is_written_reads_back(void **state) {
  (void)state;
  static const int64_t times[] = {
      0, 1, 999999, 1000000, 946684800000000, INT64_C(0xffffffff) * 1000000 + 999999};
  static const char frames[] = "frames";
  uint8_t out[512];
  lab_pcap_reader *reader;
  lab_pcap_record record;
  size_t len = write_file(out, sizeof out, times, LAB_COUNTOF(times));
  FILE *file = fmemopen(out, len, "rb");
  assert_non_null(file);
  assert_int_equal(lab_pcap_reader_new(file, &reader), LAB_OK);
  for (size_t k = 0; k < LAB_COUNTOF(times); k++) {
    assert_int_equal(lab_pcap_next(reader, &record), 1);
    assert_true(record.unix_ns == times[k] * 1000);
    assert_int_equal(record.link, LAB_LINK_ETHERNET);
    assert_int_equal(record.frame.len, k);
    assert_int_equal(record.wire_len, k);
    assert_memory_equal(record.frame.data, frames, k);
  }
  assert_int_equal(lab_pcap_next(reader, &record), 0);
  lab_pcap_reader_free(reader);
  fclose(file);
}

static void what_the_format_cannot_hold_is_not_written(void **state) {
  (void)state;
  uint8_t out[64], *big = calloc(1, 262145);
  FILE *file = fmemopen(out, sizeof out, "wb");
  assert_non_null(big);
  assert_non_null(file);
  lab_view frame = {(const uint8_t *)"f", 1};
  assert_int_equal(lab_pcap_write(file, -1, frame), LAB_ERR_RANGE);
  assert_int_equal(lab_pcap_write(file, INT64_MIN, frame), LAB_ERR_RANGE);
  assert_int_equal(lab_pcap_write(file, INT64_C(0x100000000) * 1000000, frame), LAB_ERR_RANGE);
  assert_int_equal(lab_pcap_write(file, INT64_MAX, frame), LAB_ERR_RANGE);
  assert_int_equal(lab_pcap_write(file, 0, (lab_view){big, 262145}), LAB_ERR_RANGE);
  assert_int_equal(ftell(file), 0);
  fclose(file);
  free(big);
}

static void a_full_disk_is_told(void **state) {
  (void)state;
  FILE *file = fopen("/dev/full", "wb");
  if (file == NULL) skip(); /* only Linux has it */
  setvbuf(file, NULL, _IONBF, 0);
  errno = 0;
  assert_int_equal(lab_pcap_begin(file), LAB_ERR_IO);
  assert_int_equal(errno, ENOSPC);
  assert_int_equal(lab_pcap_write(file, 0, (lab_view){(const uint8_t *)"f", 1}), LAB_ERR_IO);
  fclose(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_written_file_has_every_octet_right),
      cmocka_unit_test(what_is_written_reads_back),
      cmocka_unit_test(what_the_format_cannot_hold_is_not_written),
      cmocka_unit_test(a_full_disk_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
