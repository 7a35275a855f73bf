/* Seeded random streams with names (layer L1).
 *
 * A stream is derived from (seed, name) alone, so that adding a node, or a roll in one node,
 * moves nobody else's dice. xoshiro256**, seeded through splitmix64; integers only. The same
 * seed and name give the same numbers on every machine and compiler, for ever: recorded runs
 * depend on it. */
#ifndef LAB_RNG_H
#define LAB_RNG_H

#include "base.h"

typedef struct lab_rng {
  uint64_t state[4];
} lab_rng;

/* A chance of `part` in `whole`; whole 0 means never. */
typedef struct lab_ratio {
  uint32_t part;
  uint32_t whole;
} lab_ratio;

void lab_rng_seed(lab_rng *rng, uint64_t seed, const char *name, size_t name_len);
uint64_t lab_rng_u64(lab_rng *rng);
uint64_t lab_rng_below(lab_rng *rng, uint64_t bound); /* 0 .. bound-1 without bias; bound >= 1 */
/* low .. high, both included; low <= high. */
int64_t lab_rng_between(lab_rng *rng, int64_t low, int64_t high);
bool lab_rng_chance(lab_rng *rng, lab_ratio chance); /* always consumes exactly one number */
bool lab_rng_hit(uint64_t number, lab_ratio chance); /* the verdict a given number means */

/* Counter-based dice: a number that depends on its arguments only, for verdicts about "the k-th
 * packet". */
uint64_t lab_rng_dice(uint64_t seed, uint64_t stream, uint64_t k, uint32_t kind);
/* 64 bits, stable for ever; not for adversaries. */
uint64_t lab_rng_hash(const void *bytes, size_t len);

/* One step of that hash, for digests made word by word. */
static inline uint64_t lab_rng_fold(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
  return hash ^ hash >> 32;
}

#endif
