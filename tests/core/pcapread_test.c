/* Reading capture files, which may be any bytes.
 *
 * Files are put together in memory, in either byte order, then read through fmemopen: whole, cut at
 * every length, and with every octet changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scarce.h"

#include "pcapread.c" /* with allocations that can fail */

#include "image.h"

/* ---- reading them */

typedef struct reading {
  FILE *file;
  lab_pcap_reader *reader;
} reading;

static enum lab_status open_bytes(reading *r, const uint8_t *bytes, size_t len) {
  r->reader = NULL;
  r->file = len > 0 ? fmemopen((void *)(uintptr_t)bytes, len, "rb") : fopen("/dev/null", "rb");
  assert_non_null(r->file);
  enum lab_status status = lab_pcap_reader_new(r->file, &r->reader);
  if (status != LAB_OK) fclose(r->file);
  return status;
}

static void close_reading(reading *r) {
  lab_pcap_reader_free(r->reader);
  fclose(r->file);
}

static reading open_image(const image *file) {
  reading r;
  assert_int_equal(open_bytes(&r, file->bytes, file->len), LAB_OK);
  return r;
}

static void expect_record(reading *r, uint64_t number, int64_t ns, enum lab_link link,
                          const char *frame, uint32_t wire_len) {
  lab_pcap_record record;
  assert_int_equal(lab_pcap_next(r->reader, &record), 1);
  assert_int_equal(record.number, number);
  assert_true(record.unix_ns == ns);
  assert_int_equal(record.link, link);
  assert_int_equal(record.frame.len, strlen(frame));
  assert_memory_equal(record.frame.data, frame, strlen(frame));
  assert_int_equal(record.wire_len, wire_len);
}

static void expect_end(reading *r, int result) {
  lab_pcap_record record;
  assert_int_equal(lab_pcap_next(r->reader, &record), result);
  assert_int_equal(lab_pcap_next(r->reader, &record), result);
  close_reading(r);
}

/* Reads all there is: how many records, and how it ended.  -1 when the file is refused at once. */
static int count_records(const uint8_t *bytes, size_t len, int *result) {
  reading r;
  lab_pcap_record record;
  int count = 0;
  *result = open_bytes(&r, bytes, len);
  if (*result != LAB_OK) return -1;
  while ((*result = lab_pcap_next(r.reader, &record)) == 1) count++;
  close_reading(&r);
  return count;
}

/* ---- classic pcap */

static void both_byte_orders_and_both_units_are_read(void **state) {
  (void)state;
  static const struct {
    bool little;
    uint32_t magic;
    int64_t unit_ns;
  } cases[] = {{true, 0xa1b2c3d4, 1000},
               {false, 0xa1b2c3d4, 1000},
               {true, 0xa1b23c4d, 1},
               {false, 0xa1b23c4d, 1}};
  for (size_t k = 0; k < LAB_COUNTOF(cases); k++) {
    image file;
    put_classic(&file, cases[k].little, cases[k].magic, 113 | 0xffff0000);
    put_record(&file, 1700000000, 123456, "abc", 1500);
    put_record(&file, 0xffffffff, 0xffffffff, "", 0);
    reading r = open_image(&file);
    int64_t first = INT64_C(1700000000000000000) + 123456 * cases[k].unit_ns;
    int64_t last = INT64_C(0xffffffff) * 1000000000 + INT64_C(0xffffffff) * cases[k].unit_ns;
    expect_record(&r, 1, first, LAB_LINK_SLL, "abc", 1500);
    expect_record(&r, 2, last, LAB_LINK_SLL, "", 0);
    expect_end(&r, 0);
  }
}

static void other_numbers_for_the_same_link_are_known(void **state) {
  (void)state;
  static const struct {
    uint32_t number;
    enum lab_link link;
  } cases[] = {{0, LAB_LINK_NULL},    {108, LAB_LINK_NULL},   {12, LAB_LINK_RAW_IP},
               {14, LAB_LINK_RAW_IP}, {101, LAB_LINK_RAW_IP}, {228, LAB_LINK_RAW_IP},
               {276, LAB_LINK_SLL2},  {1, LAB_LINK_ETHERNET}, {147, (enum lab_link)147}};
  for (size_t k = 0; k < LAB_COUNTOF(cases); k++) {
    image file;
    put_classic(&file, true, 0xa1b2c3d4, cases[k].number);
    put_record(&file, 0, 0, "x", 1);
    reading r = open_image(&file);
    expect_record(&r, 1, 0, cases[k].link, "x", 1);
    expect_end(&r, 0);
  }
}

static void a_classic_file_cut_anywhere_gives_the_records_before(void **state) {
  (void)state;
  image file;
  put_classic(&file, false, 0xa1b2c3d4, 1);
  put_record(&file, 1, 2, "abc", 3);
  put_record(&file, 3, 4, "", 0);
  put_record(&file, 5, 6, "hello", 5);
  const size_t ends[] = {24, 24 + 19, 24 + 19 + 16, 24 + 19 + 16 + 21};
  assert_int_equal(file.len, ends[3]);
  for (size_t len = 0; len <= file.len; len++) {
    int result, whole = -1, count = count_records(file.bytes, len, &result);
    bool boundary = false;
    for (int k = 0; k < 4; k++) {
      if (len >= ends[k]) whole = k;
      if (len == ends[k]) boundary = true;
    }
    assert_int_equal(count, whole);
    assert_int_equal(result, boundary ? 0 : len < 4 ? LAB_ERR_FORMAT : LAB_ERR_SHORT);
  }
}

static void records_may_be_256_kib_and_not_more(void **state) {
  (void)state;
  const uint32_t most = 262144;
  uint8_t *bytes = calloc(1, 40 + most + 1);
  assert_non_null(bytes);
  for (uint32_t extra = 0; extra <= 1; extra++) {
    int result;
    image file;
    put_classic(&file, true, 0xa1b2c3d4, 1);
    put_record(&file, 0, 0, "", 0);
    set32(&file, 24 + 8, most + extra);
    memcpy(bytes, file.bytes, file.len);
    int count = count_records(bytes, file.len + most + extra, &result);
    assert_int_equal(count, extra == 0 ? 1 : 0);
    assert_int_equal(result, extra == 0 ? 0 : LAB_ERR_FORMAT);
    set32(&file, 24 + 8, 0xffffffff);
    assert_int_equal(count_records(file.bytes, file.len, &result), 0);
    assert_int_equal(result, LAB_ERR_FORMAT);
  }
  free(bytes);
}

static void other_files_are_refused(void **state) {
  (void)state;
  static const char *const others[] = {"", "#!/bin/sh\n", "\x1f\x8b\x08", "abc",
                                       "\xa1\xb2\xcd\x34"};
  for (size_t k = 0; k < LAB_COUNTOF(others); k++) {
    reading r;
    const uint8_t *bytes = (const uint8_t *)others[k];
    assert_int_equal(open_bytes(&r, bytes, strlen(others[k])), LAB_ERR_FORMAT);
  }
  image file;
  reading r;
  put_classic(&file, true, 0xa1b2c3d4, 1);
  file.bytes[4] = 3; /* a version to come */
  assert_int_equal(open_bytes(&r, file.bytes, file.len), LAB_ERR_FORMAT);
}

static void a_folder_is_an_error_of_the_system(void **state) {
  (void)state;
  lab_pcap_reader *reader = NULL;
  FILE *folder = fopen("/", "rb");
  if (folder == NULL) skip();
  assert_int_equal(lab_pcap_reader_new(folder, &reader), LAB_ERR_IO);
  assert_null(reader);
  fclose(folder);
}

/* ---- pcapng */

static void every_kind_of_block_in_two_sections_is_read(void **state) {
  (void)state;
  for (int first_little = 0; first_little <= 1; first_little++) {
    image file = {.len = 0};
    put_section(&file, first_little);
    put_unknown(&file, 0);
    put_interface(&file, 1, 5, -1, 0);
    put_interface(&file, 276, 0, 9, 0);
    put_enhanced(&file, 0, 1700000000123456, "abcde", 60);
    put_unknown(&file, 100);
    put_enhanced(&file, 1, 1700000000123456789, "", 0);
    put_old_packet(&file, 1, 5, "old");
    put_simple(&file, "snaps", 1500); /* cut by the interface's limit */
    put_simple(&file, "all", 3);
    put_section(&file, !first_little);
    put_interface(&file, 101, 0, 0x80 | 20, 0);
    put_enhanced(&file, 0, (UINT64_C(7) << 20) + (1 << 19), "late", 4);
    put_simple(&file, "four", 4);
    reading r = open_image(&file);
    expect_record(&r, 1, 1700000000123456000, LAB_LINK_ETHERNET, "abcde", 60);
    expect_record(&r, 2, 1700000000123456789, LAB_LINK_SLL2, "", 0);
    expect_record(&r, 3, 5, LAB_LINK_SLL2, "old", 3);
    expect_record(&r, 4, 0, LAB_LINK_ETHERNET, "snaps", 1500);
    expect_record(&r, 5, 0, LAB_LINK_ETHERNET, "all", 3);
    expect_record(&r, 6, 7500000000, LAB_LINK_RAW_IP, "late", 4);
    expect_record(&r, 7, 0, LAB_LINK_RAW_IP, "four", 4);
    expect_end(&r, 0);
  }
}

static void times_are_read_in_every_resolution(void **state) {
  (void)state;
  static const struct {
    int resolution;
    uint64_t stamp;
    int64_t offset;
    int64_t ns;
  } cases[] = {
      {-1, 1, 0, 1000},
      {6, 1, 0, 1000},
      {0, 1700000000, 0, 1700000000000000000},
      {3, 1500, 0, 1500000000},
      {9, 123, 0, 123},
      {12, 1999, 0, 1},
      {12, 5000000000001, 0, 5000000000},
      {19, UINT64_MAX, 0, 1844674407},
      {20, UINT64_MAX, 0, 184467440},
      {28, UINT64_MAX, 0, 1},
      {29, UINT64_MAX, 0, 0},
      {127, UINT64_MAX, 0, 0},
      {0x80, 3, 0, 3000000000},
      {0x81, 3, 0, 1500000000},
      {0x80 | 32, UINT64_C(0x180000000), 0, 1500000000},
      {0x80 | 40, UINT64_C(3) << 39, 0, 1500000000},
      {0x80 | 63, UINT64_C(3) << 62, 0, 1500000000},
      {0x80 | 64, UINT64_C(1) << 63, 0, 500000000},
      {0x80 | 65, UINT64_C(1) << 63, 0, 250000000},
      {0x80 | 95, UINT64_MAX, 0, 0},
      {0xff, UINT64_MAX, 0, 0},
      {9, 7, 1700000000, 1700000000000000007},
      {9, 7, -3, -2999999993},
      {0, UINT64_MAX, 0, INT64_C(9223372035000000000)},
      {6, 7, INT64_MAX, INT64_C(9223372035000007000)},
      {6, 0, INT64_MIN, -INT64_C(9223372035000000000)},
  };
  for (size_t k = 0; k < LAB_COUNTOF(cases); k++) {
    for (int little = 0; little <= 1; little++) {
      image file = {.len = 0};
      put_section(&file, little);
      put_interface(&file, 1, 0, cases[k].resolution, cases[k].offset);
      put_enhanced(&file, 0, cases[k].stamp, "x", 1);
      reading r = open_image(&file);
      lab_pcap_record record;
      assert_int_equal(lab_pcap_next(r.reader, &record), 1);
      assert_true(record.unix_ns == cases[k].ns);
      close_reading(&r);
    }
  }
}

static void a_pcapng_file_cut_anywhere_gives_the_records_before(void **state) {
  (void)state;
  image file = {.len = 0};
  size_t ends[8], packets_before[8], count = 0, packets = 0;
  put_section(&file, true);
  for (int k = 0; k < 7; k++) {
    ends[count] = file.len;
    packets_before[count++] = packets;
    if (k == 0) put_interface(&file, 1, 0, 9, 5);
    if (k == 1) put_enhanced(&file, 0, 1, "first", 5), packets++;
    if (k == 2) put_unknown(&file, 3);
    if (k == 3) put_old_packet(&file, 0, 2, "second"), packets++;
    if (k == 4) put_simple(&file, "third", 5), packets++;
    if (k == 5) put_section(&file, false);
    if (k == 6) put_interface(&file, 1, 0, -1, 0);
  }
  ends[count] = file.len;
  packets_before[count++] = packets;
  for (size_t len = 0; len <= file.len; len++) {
    int result, expected = -1, found = count_records(file.bytes, len, &result);
    bool boundary = false;
    for (size_t k = 0; k < count; k++) {
      if (len >= ends[k]) expected = (int)packets_before[k];
      if (len == ends[k]) boundary = true;
    }
    assert_int_equal(found, expected);
    assert_int_equal(result, boundary ? 0 : len < 4 ? LAB_ERR_FORMAT : LAB_ERR_SHORT);
  }
}

/* A file of one packet, of which one 32-bit word of the last block is then changed. */
static int spoil(void (*last)(image *file), size_t at, uint32_t value) {
  image file = {.len = 0};
  int result;
  put_section(&file, true);
  put_interface(&file, 1, 0, -1, 0);
  last(&file);
  set32(&file, file.block_at + at, value);
  (void)count_records(file.bytes, file.len, &result);
  return result;
}

static void add_enhanced(image *file) { put_enhanced(file, 0, 1, "abcd", 4); }
static void add_old(image *file) { put_old_packet(file, 0, 1, "abcd"); }
static void add_simple(image *file) { put_simple(file, "abcd", 4); }
static void add_description(image *file) { put_interface(file, 1, 0, -1, 0); }
static void add_unknown(image *file) { put_unknown(file, 1); }

static void blocks_that_contradict_themselves_are_refused(void **state) {
  (void)state;
  /* enhanced: 8 fixed + 20 + 4 data + 12 options + 4 = 48 */
  assert_int_equal(spoil(add_enhanced, 4, 48), 0);
  assert_int_equal(spoil(add_enhanced, 44, 52), LAB_ERR_FORMAT); /* the two lengths differ */
  assert_int_equal(spoil(add_enhanced, 4, 44), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_enhanced, 4, 47), LAB_ERR_FORMAT); /* no multiple of four */
  assert_int_equal(spoil(add_enhanced, 4, 28), LAB_ERR_FORMAT); /* no room for its fields */
  assert_int_equal(spoil(add_enhanced, 4, 8), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_enhanced, 4, 0), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_enhanced, 4, 52), LAB_ERR_SHORT);
  assert_int_equal(spoil(add_enhanced, 4, 0xfffffffc), LAB_ERR_SHORT);
  assert_int_equal(spoil(add_enhanced, 8, 1), LAB_ERR_FORMAT); /* no such interface */
  assert_int_equal(spoil(add_enhanced, 8, 0xffffffff), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_enhanced, 20, 17), LAB_ERR_FORMAT); /* more data than block */
  assert_int_equal(spoil(add_enhanced, 20, 0xffffffff), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_old, 8, 1), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_old, 20, 5), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_simple, 4, 12), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_simple, 8, 0xffffffff), 0); /* the block says how much was kept */
  assert_int_equal(spoil(add_description, 4, 12), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_description, 4, 0x7ffffffc), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_description, 16, 0xfff00002), LAB_ERR_FORMAT); /* a long option */
  assert_int_equal(spoil(add_unknown, 12, 20), LAB_ERR_FORMAT);
  assert_int_equal(spoil(add_unknown, 4, 0), LAB_ERR_FORMAT);
}

static void a_section_that_is_none_is_refused(void **state) {
  (void)state;
  static const struct {
    size_t at;
    uint32_t value;
    int status;
  } cases[] = {{8, 0x1a2b3c4e, LAB_ERR_FORMAT}, {12, 2, LAB_ERR_FORMAT}, {4, 24, LAB_ERR_FORMAT},
               {4, 30, LAB_ERR_FORMAT},         {4, 32, LAB_ERR_SHORT},  {24, 24, LAB_ERR_FORMAT}};
  for (size_t k = 0; k < LAB_COUNTOF(cases); k++) {
    image file = {.len = 0};
    reading r;
    put_section(&file, true);
    set32(&file, cases[k].at, cases[k].value);
    assert_int_equal(open_bytes(&r, file.bytes, file.len), cases[k].status);
  }
}

static void packets_need_an_interface_of_their_own_section(void **state) {
  (void)state;
  image file = {.len = 0};
  put_section(&file, true);
  put_interface(&file, 1, 0, -1, 0);
  put_enhanced(&file, 0, 0, "x", 1);
  put_section(&file, true);
  put_simple(&file, "y", 1);
  reading r = open_image(&file);
  expect_record(&r, 1, 0, LAB_LINK_ETHERNET, "x", 1);
  expect_end(&r, LAB_ERR_FORMAT);
}

static void many_interfaces_are_kept_but_not_without_end(void **state) {
  (void)state;
  static const uint8_t one[20] = {1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20};
  const size_t most = 65536;
  image head = {.len = 0}, tail = {.little = true};
  put_section(&head, true);
  put_enhanced(&tail, (uint32_t)most - 1, 1, "last", 4);
  uint8_t *bytes = malloc(head.len + (most + 1) * sizeof one + tail.len);
  assert_non_null(bytes);
  memcpy(bytes, head.bytes, head.len);
  for (size_t extra = 0; extra <= 1; extra++) {
    size_t len = head.len;
    for (size_t k = 0; k < most + extra; k++, len += sizeof one)
      memcpy(bytes + len, one, sizeof one);
    memcpy(bytes + len, tail.bytes, tail.len);
    int result;
    assert_int_equal(count_records(bytes, len + tail.len, &result), extra == 0 ? 1 : 0);
    assert_int_equal(result, extra == 0 ? 0 : LAB_ERR_FORMAT);
  }
  free(bytes);
}

/* ---- no memory */

static void no_memory_is_told_and_nothing_is_lost(void **state) {
  (void)state;
  image old_file, file = {.len = 0};
  reading r;
  lab_pcap_record record;
  put_classic(&old_file, true, 0xa1b2c3d4, 1);
  for (scarce_left = 0; scarce_left < 2; scarce_left++) { /* the reader, its only interface */
    unsigned before = scarce_left;
    assert_int_equal(open_bytes(&r, old_file.bytes, old_file.len), LAB_ERR_MEMORY);
    scarce_left = before;
  }
  scarce_left = UINT_MAX;
  put_section(&file, true);
  for (int k = 0; k < 5; k++)
    put_interface(&file, 1, 0, -1, 0); /* one more than room is made for */
  put_enhanced(&file, 4, 0, "x", 1);
  for (unsigned allowed = 1; allowed <= 2; allowed++) {
    scarce_left = allowed;
    assert_int_equal(open_bytes(&r, file.bytes, file.len), LAB_OK);
    assert_int_equal(lab_pcap_next(r.reader, &record), LAB_ERR_MEMORY);
    scarce_left = UINT_MAX;
    expect_end(&r, LAB_ERR_MEMORY); /* and it stays so */
  }
  r = open_image(&file);
  expect_record(&r, 1, 0, LAB_LINK_ETHERNET, "x", 1);
  expect_end(&r, 0);
}

/* ---- any bytes */

static void any_changed_octet_is_survived(void **state) {
  (void)state;
  image file = {.len = 0};
  put_section(&file, true);
  put_interface(&file, 1, 0, 9, 5);
  put_enhanced(&file, 0, 1, "first", 5);
  put_old_packet(&file, 0, 2, "second");
  put_simple(&file, "third", 5);
  put_section(&file, false);
  put_interface(&file, 1, 3, 0x80 | 10, -5);
  put_simple(&file, "fourth", 6);
  for (size_t at = 0; at < file.len; at++) {
    uint8_t before = file.bytes[at];
    for (int value = 0; value < 256; value += 17) {
      int result;
      file.bytes[at] = (uint8_t)(before ^ value);
      int count = count_records(file.bytes, file.len, &result);
      assert_true(count <= 4 && result <= 0);
      if (value == 0) assert_int_equal(count, 4);
    }
    file.bytes[at] = before;
  }
}

static void freeing_nothing_is_fine(void **state) {
  (void)state;
  lab_pcap_reader_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_byte_orders_and_both_units_are_read),
      cmocka_unit_test(other_numbers_for_the_same_link_are_known),
      cmocka_unit_test(a_classic_file_cut_anywhere_gives_the_records_before),
      cmocka_unit_test(records_may_be_256_kib_and_not_more),
      cmocka_unit_test(other_files_are_refused),
      cmocka_unit_test(a_folder_is_an_error_of_the_system),
      cmocka_unit_test(every_kind_of_block_in_two_sections_is_read),
      cmocka_unit_test(times_are_read_in_every_resolution),
      cmocka_unit_test(a_pcapng_file_cut_anywhere_gives_the_records_before),
      cmocka_unit_test(blocks_that_contradict_themselves_are_refused),
      cmocka_unit_test(a_section_that_is_none_is_refused),
      cmocka_unit_test(packets_need_an_interface_of_their_own_section),
      cmocka_unit_test(many_interfaces_are_kept_but_not_without_end),
      cmocka_unit_test(no_memory_is_told_and_nothing_is_lost),
      cmocka_unit_test(any_changed_octet_is_survived),
      cmocka_unit_test(freeing_nothing_is_fine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
