/* Builds capture files in memory, piece by piece, in either byte order.
 *
 * An image has room for 4 KiB, more is a failed test.  Classic files are put_classic and put_record; pcapng
 * files are sections, interfaces and packets of three kinds.  Included by the tests of pcap.c and pcapread.c,
 * after cmocka.h. */
#ifndef TESTS_IMAGE_H
#define TESTS_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct image {
  bool little;
  size_t len;
  size_t block_at;
  uint8_t bytes[4096];
} image;

static inline void put(image *file, const void *bytes, size_t len) {
  assert_true(len <= sizeof file->bytes - file->len);
  memcpy(file->bytes + file->len, bytes, len);
  file->len += len;
}

static inline void set32(image *file, size_t at, uint32_t value) {
  for (unsigned k = 0; k < 4; k++) {
    file->bytes[at + k] = (uint8_t)(value >> 8 * (file->little ? k : 3 - k));
  }
}

static inline void put32(image *file, uint32_t value) {
  uint8_t room[4] = {0};
  put(file, room, 4);
  set32(file, file->len - 4, value);
}

static inline void put16(image *file, uint16_t value) {
  uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};
  if (file->little) octets[0] = (uint8_t)value, octets[1] = (uint8_t)(value >> 8);
  put(file, octets, 2);
}

static inline void put64(image *file, uint64_t value) {
  uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value;
  put32(file, file->little ? low : high);
  put32(file, file->little ? high : low);
}

static inline void put_padded(image *file, const void *bytes, size_t len) {
  static const uint8_t zeros[3] = {0};
  put(file, bytes, len);
  put(file, zeros, (4 - len % 4) % 4);
}

static inline void put_classic(image *file, bool little, uint32_t magic, uint32_t link) {
  file->len = 0;
  file->little = little;
  put32(file, magic);
  put16(file, 2);
  put16(file, 4);
  put64(file, 0);
  put32(file, 65535);
  put32(file, link);
}

static inline void put_record(image *file, uint32_t seconds, uint32_t part, const char *frame,
                              uint32_t wire_len) {
  put32(file, seconds);
  put32(file, part);
  put32(file, (uint32_t)strlen(frame));
  put32(file, wire_len);
  put(file, frame, strlen(frame));
}

static inline void begin_block(image *file, uint32_t type) {
  file->block_at = file->len;
  put32(file, type);
  put32(file, 0);
}

static inline void finish_block(image *file) {
  uint32_t total = (uint32_t)(file->len - file->block_at + 4);
  put32(file, total);
  set32(file, file->block_at + 4, total);
}

static inline void put_section(image *file, bool little) {
  file->little = little;
  begin_block(file, 0x0a0d0d0a);
  put32(file, 0x1a2b3c4d);
  put16(file, 1);
  put16(file, 0);
  put64(file, UINT64_MAX); /* its length: not told */
  finish_block(file);
}

/* resolution -1: no such option; offset 0: none. */
static inline void put_interface(image *file, uint16_t link, uint32_t snap_len, int resolution,
                                 int64_t offset) {
  begin_block(file, 1);
  put16(file, link);
  put16(file, 0);
  put32(file, snap_len);
  put16(file, 2); /* a name, which nobody reads */
  put16(file, 5);
  put_padded(file, "veth0", 5);
  if (resolution >= 0) {
    uint8_t octet = (uint8_t)resolution;
    put16(file, 9);
    put16(file, 1);
    put_padded(file, &octet, 1);
  }
  if (offset != 0) {
    put16(file, 14);
    put16(file, 8);
    put64(file, (uint64_t)offset);
  }
  put32(file, 0);
  finish_block(file);
}

static inline void put_enhanced(image *file, uint32_t number, uint64_t stamp, const char *frame,
                                uint32_t wire_len) {
  begin_block(file, 6);
  put32(file, number);
  put32(file, (uint32_t)(stamp >> 32));
  put32(file, (uint32_t)stamp);
  put32(file, (uint32_t)strlen(frame));
  put32(file, wire_len);
  put_padded(file, frame, strlen(frame));
  put16(file, 1); /* a comment */
  put16(file, 2);
  put_padded(file, "hi", 2);
  put32(file, 0);
  finish_block(file);
}

static inline void put_old_packet(image *file, uint16_t number, uint64_t stamp, const char *frame) {
  begin_block(file, 2);
  put16(file, number);
  put16(file, 7); /* drops */
  put32(file, (uint32_t)(stamp >> 32));
  put32(file, (uint32_t)stamp);
  put32(file, (uint32_t)strlen(frame));
  put32(file, (uint32_t)strlen(frame));
  put_padded(file, frame, strlen(frame));
  finish_block(file);
}

static inline void put_simple(image *file, const char *frame, uint32_t wire_len) {
  begin_block(file, 3);
  put32(file, wire_len);
  put_padded(file, frame, strlen(frame));
  finish_block(file);
}

static inline void put_unknown(image *file, size_t len) {
  begin_block(file, 0x0bad);
  for (size_t k = 0; k < len; k++) put32(file, 0xffffffff);
  finish_block(file);
}

#endif
