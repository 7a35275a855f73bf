/* Messages written by hand, octet by octet, so that the tests of the codec do not trust the code
 * they test.  Included by the tests of decode, check, builder and layout. */
#ifndef LAB_TESTS_SAMPLE_H
#define LAB_TESTS_SAMPLE_H

#include <stdint.h>
#include <string.h>

#include "message.h"

/* An octet string as pointer and length: BYTES("\x35\x01\x01"). */
#define BYTES(text) ((lab_view){(const uint8_t *)(text), sizeof(text) - 1})

enum { SAMPLE_FILE = 108, SAMPLE_SNAME = 44, SAMPLE_COOKIE = 236, SAMPLE_OPTIONS = 240 };

typedef struct sample {
  uint8_t data[4096];
  size_t len;
} sample;

/* An Ethernet request with the cookie and these options, which bring their own END; not padded. */
static inline sample sample_with(lab_view options) {
  static const uint8_t start[] = {1, 1, 6, 0, 0x39, 0x03, 0xf3, 0x26, 0, 7, 0x80, 0};
  static const uint8_t addresses[] = {10, 0, 0, 1, 10, 0, 0, 2, 10, 0, 0, 3, 10, 0, 0, 4};
  static const uint8_t mac[] = {2, 0, 0, 0, 0, 1};
  static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
  sample s = {.len = SAMPLE_OPTIONS + options.len};
  memcpy(s.data, start, sizeof start);
  memcpy(s.data + 12, addresses, sizeof addresses);
  memcpy(s.data + 28, mac, sizeof mac);
  memcpy(s.data + SAMPLE_COOKIE, cookie, sizeof cookie);
  if (options.len > 0) memcpy(s.data + SAMPLE_OPTIONS, options.data, options.len);
  return s;
}

static inline lab_view sample_view(const sample *s) { return (lab_view){s->data, s->len}; }

/* Writes octets into file or sname. */
static inline void sample_put(sample *s, size_t at, lab_view bytes) {
  memcpy(s->data + at, bytes.data, bytes.len);
}

/* Zeros up to 300 octets. */
static inline void sample_pad(sample *s) {
  while (s->len < 300) s->data[s->len++] = 0;
}

#endif
