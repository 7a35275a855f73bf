/* Seeded random streams: xoshiro256** by Blackman and Vigna, its state filled by splitmix64.
 *
 * A stream's splitmix64 starts at mix(seed + GOLDEN) ^ hash(name), and its first four numbers
 * become the state. All of it is integer arithmetic modulo 2^64, so every machine gets the same
 * numbers; tests/core/rng_test.c pins them with values from a second implementation. Changing
 * anything here makes every recorded seed worthless. */
#include "rng.h"

#include <assert.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15) /* 2^64 divided by the golden ratio, odd */

static inline uint64_t rotate_left(uint64_t value, unsigned bits) {
  return value << bits | value >> (64 - bits);
}

/* The finalizer of splitmix64: one to one, and every input bit reaches every output bit. */
static inline uint64_t mix(uint64_t value) {
  value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
  return value ^ value >> 31;
}

void lab_rng_seed(lab_rng *rng, uint64_t seed, const char *name, size_t name_len) {
  uint64_t counter = mix(seed + GOLDEN) ^ lab_rng_hash(name, name_len);
  for (size_t i = 0; i < LAB_COUNTOF(rng->state); i++) {
    counter += GOLDEN;
    rng->state[i] = mix(counter); /* four different numbers, so never the all-zero state */
  }
}

uint64_t lab_rng_u64(lab_rng *rng) {
  uint64_t *s = rng->state;
  uint64_t number = rotate_left(s[1] * 5, 7) * 9;
  uint64_t shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate_left(s[3], 45);
  return number;
}

/* Numbers below 2^64 mod bound are rolled again: what is left is a whole number of rounds of
 * `bound`. */
uint64_t lab_rng_below(lab_rng *rng, uint64_t bound) {
  assert(bound >= 1);
  uint64_t surplus = (0 - bound) % bound;
  uint64_t number = lab_rng_u64(rng);
  while (number < surplus) {
    number = lab_rng_u64(rng);
  }
  return number % bound;
}

int64_t lab_rng_between(lab_rng *rng, int64_t low, int64_t high) {
  assert(low <= high);
  uint64_t width = (uint64_t)high - (uint64_t)low;
  uint64_t offset = width == UINT64_MAX ? lab_rng_u64(rng) : lab_rng_below(rng, width + 1);
  return (int64_t)((uint64_t)low + offset);
}

/* The upper half of the number, scaled to 0 .. whole-1, is compared with `part`; the error is
 * under 2^-32. */
bool lab_rng_hit(uint64_t number, lab_ratio chance) {
  return chance.whole != 0 && (number >> 32) * chance.whole >> 32 < chance.part;
}

bool lab_rng_chance(lab_rng *rng, lab_ratio chance) {
  return lab_rng_hit(lab_rng_u64(rng), chance);
}

uint64_t lab_rng_dice(uint64_t seed, uint64_t stream, uint64_t k, uint32_t kind) {
  uint64_t number = mix(seed + GOLDEN);
  number = mix((number ^ stream) + GOLDEN);
  number = mix((number ^ k) + GOLDEN);
  return mix((number ^ kind) + GOLDEN);
}

/* Up to eight octets, the first one lowest, whatever the machine's own order; compilers make
 * one load of it. */
static inline uint64_t load_word(const uint8_t *p) {
  return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
         (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static inline uint64_t load_rest(const uint8_t *p, size_t len) {
  uint64_t word = 0;
  for (size_t i = 0; i < len; i++) {
    word |= (uint64_t)p[i] << 8 * i;
  }
  return word;
}

/* Four lanes take turns, a word each, so that the multiplications of one round overlap; whole
 * words left over and the zero-padded rest go to the first lane. The length and the lanes are
 * then folded into one and mixed. */
uint64_t lab_rng_hash(const void *bytes, size_t len) {
  const uint8_t *p = bytes;
  uint64_t a = GOLDEN, b = GOLDEN * 3, c = GOLDEN * 5, d = GOLDEN * 7;
  size_t left = len;
  for (; left >= 32; left -= 32, p += 32) {
    a = lab_rng_fold(a, load_word(p));
    b = lab_rng_fold(b, load_word(p + 8));
    c = lab_rng_fold(c, load_word(p + 16));
    d = lab_rng_fold(d, load_word(p + 24));
  }
  for (; left >= 8; left -= 8, p += 8) {
    a = lab_rng_fold(a, load_word(p));
  }
  if (left > 0) {
    a = lab_rng_fold(a, load_rest(p, left));
  }
  uint64_t hash = lab_rng_fold(lab_rng_fold((uint64_t)len, a), b);
  return mix(lab_rng_fold(lab_rng_fold(hash, c), d));
}
