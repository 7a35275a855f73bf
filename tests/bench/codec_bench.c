/* How fast the codec is, against the least that any codec must do: copy 300 octets and walk over
 * the options.
 *
 * One DHCPOFFER with eight options is decoded and built over and over; the floor is measured in
 * the same run, so that the ratios hold on any machine.  Prints one line each: floor, decode and
 * encode in nanoseconds per message, each the median of the rounds, then the two ratios.  With an
 * argument, exits with 1 when a ratio is above it.
 *   codec_bench [largest ratio] */
#include "builder.h"
#include "bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 15, REPEATS = 200000, OFFER_LEN = 300 };

/* Makes the compiler believe that the bytes behind `p` are read and changed here. */
#define OPAQUE(p) __asm__ volatile("" : : "r"(p) : "memory")

static uint8_t offer[OFFER_LEN];
static lab_message request;
static uint8_t request_bytes[OFFER_LEN];

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The floor. */
__attribute__((noinline)) static unsigned walk_options(const uint8_t *data, size_t len) {
  unsigned type = 0, count = 0;
  size_t at = LAB_MESSAGE_OPTIONS;
  while (at < len && data[at] != 255) {
    if (data[at] == 0) {
      at++;
      continue;
    }
    if (len - at < 2 || len - at - 2 < data[at + 1]) return 0;
    if (data[at] == 53) type = data[at + 2];
    count++;
    at += 2u + data[at + 1];
  }
  return count << 8 | type;
}

static void run_floor(void) {
  static uint8_t copy[OFFER_LEN];
  memcpy(copy, offer, sizeof copy);
  OPAQUE(copy);
  unsigned found = walk_options(copy, sizeof copy);
  OPAQUE((uintptr_t)found);
}

static void run_decode(void) {
  lab_message m;
  OPAQUE(offer);
  enum lab_status status = lab_message_decode((lab_view){offer, sizeof offer}, &m);
  if (status != LAB_OK) abort();
  OPAQUE(&m);
}

/* The OFFER as a server builds it: from the request, in its own room, laid out into a packet. */
static lab_view build_offer(lab_span room, lab_span out) {
  static const struct {
    uint8_t code;
    uint32_t value;
  } options[] = {{54, LAB_IP4(10, 0, 0, 1)},
                 {51, 3600},
                 {58, 1800},
                 {59, 3150},
                 {1, LAB_IP4(255, 0, 0, 0)},
                 {3, LAB_IP4(10, 0, 0, 1)},
                 {6, LAB_IP4(10, 0, 0, 1)}};
  lab_builder b;
  lab_view wire = {NULL, 0};
  if (lab_builder_reply(&b, room, &request, LAB_OFFER) != LAB_OK) abort();
  lab_builder_number(&b, LAB_FIELD_yiaddr, LAB_IP4(10, 1, 2, 3));
  lab_builder_number(&b, LAB_FIELD_siaddr, LAB_IP4(10, 0, 0, 1));
  for (size_t k = 0; k < LAB_COUNTOF(options); k++) {
    if (lab_builder_append_u32(&b, options[k].code, options[k].value) != LAB_OK) abort();
  }
  if (lab_builder_finish(&b, LAB_MESSAGE_LIMIT, out, &wire) != LAB_OK) abort();
  return wire;
}

static void run_encode(void) {
  static uint8_t room[1024], out[1024];
  OPAQUE(request_bytes);
  build_offer((lab_span){room, sizeof room}, (lab_span){out, sizeof out});
  OPAQUE(out);
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double time_round(void (*run)(void)) {
  double start = now_ns();
  for (int k = 0; k < REPEATS; k++) run();
  return (now_ns() - start) / REPEATS;
}

static double median(double *times) {
  qsort(times, ROUNDS, sizeof *times, compare_doubles);
  return times[ROUNDS / 2];
}

static void make_request(void) {
  lab_builder b;
  uint8_t room[OFFER_LEN];
  lab_view wire;
  lab_builder_init(&b, (lab_span){room, sizeof room});
  lab_builder_number(&b, LAB_FIELD_op, 1);
  lab_builder_number(&b, LAB_FIELD_htype, 1);
  lab_builder_number(&b, LAB_FIELD_hlen, 6);
  lab_builder_number(&b, LAB_FIELD_xid, 0x12345678);
  lab_builder_number(&b, LAB_FIELD_giaddr, LAB_IP4(10, 0, 0, 2));
  lab_builder_bytes(&b, LAB_FIELD_chaddr, (lab_view){(const uint8_t *)"\0\14\1\2\3\4", 6});
  lab_builder_append_u8(&b, 53, LAB_DISCOVER);
  lab_span out = {request_bytes, sizeof request_bytes};
  if (lab_builder_finish(&b, LAB_MESSAGE_LIMIT, out, &wire) != LAB_OK) abort();
  if (lab_message_decode(wire, &request) != LAB_OK) abort();
}

int main(int argc, char **argv) {
  static double times[3][ROUNDS];
  static void (*const runs[3])(void) = {run_floor, run_decode, run_encode};
  static const char *const names[3] = {"floor", "decode", "encode"};
  uint8_t room[1024];
  double medians[3];
  make_request();
  lab_span whole = {offer, sizeof offer};
  if (build_offer((lab_span){room, sizeof room}, whole).len != sizeof offer) abort();
  for (int round = -1; round < ROUNDS; round++) { /* the first warms up */
    for (int k = 0; k < 3; k++) {
      double took = time_round(runs[k]);
      if (round >= 0) times[k][round] = took;
    }
  }
  for (int k = 0; k < 3; k++) {
    medians[k] = median(times[k]);
    printf("%-12s %7.1f ns\n", names[k], medians[k]);
  }
  double decode_ratio = medians[1] / medians[0], encode_ratio = medians[2] / medians[0];
  printf("decode/floor %7.2f\n", decode_ratio);
  printf("encode/floor %7.2f\n", encode_ratio);
  double largest = argc > 1 ? strtod(argv[1], NULL) : 0;
  return largest > 0 && (decode_ratio > largest || encode_ratio > largest) ? 1 : 0;
}
