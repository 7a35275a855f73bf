/* See fault.h. Every roll is lab_rng_dice(seed, link, k, number): one number says whether a fault
 * fires, another one how; both are fixed for each kind. */
#include "fault.h"

#include <string.h>

static const char *const words[LAB_FAULT_KINDS] = {
    "loss", "duplicate", "reorder", "corrupt", "truncate", "jitter", "cut", "rule", "tap", "delay"};

#define DROPS \
  (1u << LAB_FAULT_LOSS | 1u << LAB_FAULT_CUT | 1u << LAB_FAULT_RULE | 1u << LAB_FAULT_TAP)

enum {
  HOW = 16 /* added to a kind: the dice for where, how long, how much */
};

const char *lab_fault_word(enum lab_fault_kind kind) {
  return kind < LAB_FAULT_KINDS ? words[kind] : NULL;
}

enum lab_status lab_fault_of_word(const char *word, size_t len, enum lab_fault_kind *out) {
  for (unsigned kind = 0; kind < LAB_FAULT_KINDS; kind++) {
    if (strlen(words[kind]) == len && memcmp(words[kind], word, len) == 0) {
      *out = (enum lab_fault_kind)kind;
      return LAB_OK;
    }
  }
  return LAB_ERR_ABSENT;
}

bool lab_fault_settings_are_sane(const lab_fault_settings *settings) {
  const lab_time most = LAB_NEVER / 8;
  return settings->latency >= 0 && settings->latency <= most && settings->jitter >= 0 &&
         settings->jitter <= most && settings->reorder_by >= 0 && settings->reorder_by <= most;
}

void lab_verdict_add(lab_verdict *verdict, enum lab_fault_kind kind, uint64_t detail) {
  verdict->fired |= 1u << kind;
  verdict->detail[kind] = detail;
}

/* Who rolls, and for which packet. */
struct roll {
  uint64_t seed, link, k;
};

static uint64_t dice(const struct roll *roll, unsigned number) {
  return lab_rng_dice(roll->seed, roll->link, roll->k, number);
}

static bool fires(const struct roll *roll, enum lab_fault_kind kind, lab_ratio chance) {
  return chance.part > 0 && lab_rng_hit(dice(roll, kind), chance);
}

/* 0 .. most, both included; `most` may be 0. */
static uint64_t up_to(const struct roll *roll, unsigned number, lab_time most) {
  return dice(roll, number) % ((uint64_t)most + 1);
}

lab_verdict lab_fault_roll(const lab_fault_settings *settings, uint64_t seed, uint64_t link,
                           uint64_t k, size_t len) {
  const struct roll roll = {seed, link, k};
  lab_verdict verdict = {0};
  if (fires(&roll, LAB_FAULT_LOSS, settings->loss)) {
    lab_verdict_add(&verdict, LAB_FAULT_LOSS, 0);
    return verdict;
  }
  uint64_t late = settings->jitter > 0 ? up_to(&roll, LAB_FAULT_JITTER, settings->jitter) : 0;
  if (late > 0) {
    lab_verdict_add(&verdict, LAB_FAULT_JITTER, late);
  }
  if (fires(&roll, LAB_FAULT_DUPLICATE, settings->duplicate)) {
    lab_verdict_add(&verdict, LAB_FAULT_DUPLICATE,
                    up_to(&roll, LAB_FAULT_DUPLICATE + HOW, settings->jitter));
  }
  if (fires(&roll, LAB_FAULT_REORDER, settings->reorder)) {
    uint64_t more = up_to(&roll, LAB_FAULT_REORDER + HOW, settings->reorder_by);
    lab_verdict_add(&verdict, LAB_FAULT_REORDER, (uint64_t)settings->reorder_by + more);
  }
  if (len > 0 && fires(&roll, LAB_FAULT_CORRUPT, settings->corrupt)) {
    uint64_t bit = dice(&roll, LAB_FAULT_CORRUPT + HOW) % ((uint64_t)len * 8);
    lab_verdict_add(&verdict, LAB_FAULT_CORRUPT, bit);
  }
  if (len > 0 && fires(&roll, LAB_FAULT_TRUNCATE, settings->truncate)) {
    uint64_t left = dice(&roll, LAB_FAULT_TRUNCATE + HOW) % len;
    lab_verdict_add(&verdict, LAB_FAULT_TRUNCATE, left);
  }
  return verdict;
}

const char *lab_verdict_cause(const lab_verdict *verdict) {
  if ((verdict->fired & DROPS) == 0) {
    return NULL;
  }
  static const enum lab_fault_kind order[] = {LAB_FAULT_CUT, LAB_FAULT_RULE, LAB_FAULT_TAP};
  for (size_t i = 0; i < LAB_COUNTOF(order); i++) {
    if (lab_verdict_has(verdict, order[i])) {
      return words[order[i]];
    }
  }
  return words[LAB_FAULT_LOSS];
}

/* A detail that a file gave may be any number: sums stay times. */
static lab_time add_delay(lab_time sum, const lab_verdict *verdict, enum lab_fault_kind kind) {
  const lab_time most = LAB_NEVER / 8;
  if (!lab_verdict_has(verdict, kind)) {
    return sum;
  }
  return sum + (verdict->detail[kind] > (uint64_t)most ? most : (lab_time)verdict->detail[kind]);
}

lab_time lab_verdict_delay(const lab_verdict *verdict) {
  lab_time sum = add_delay(0, verdict, LAB_FAULT_DELAY);
  return add_delay(add_delay(sum, verdict, LAB_FAULT_JITTER), verdict, LAB_FAULT_REORDER);
}

lab_time lab_verdict_copy_delay(const lab_verdict *verdict) {
  return add_delay(add_delay(0, verdict, LAB_FAULT_DELAY), verdict, LAB_FAULT_DUPLICATE);
}

static size_t left_of(const lab_verdict *verdict, size_t len) {
  bool is_cut = lab_verdict_has(verdict, LAB_FAULT_TRUNCATE);
  uint64_t left = verdict->detail[LAB_FAULT_TRUNCATE];
  return is_cut && left < len ? (size_t)left : len;
}

bool lab_verdict_alters(const lab_verdict *verdict, size_t len) {
  size_t left = left_of(verdict, len);
  return left < len || (lab_verdict_has(verdict, LAB_FAULT_CORRUPT) &&
                        verdict->detail[LAB_FAULT_CORRUPT] / 8 < left);
}

size_t lab_verdict_alter(const lab_verdict *verdict, lab_view payload, uint8_t *altered) {
  size_t left = left_of(verdict, payload.len);
  if (left > 0) {
    memcpy(altered, payload.data, left);
  }
  uint64_t bit = verdict->detail[LAB_FAULT_CORRUPT];
  if (lab_verdict_has(verdict, LAB_FAULT_CORRUPT) && bit / 8 < left) {
    altered[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
  }
  return left;
}
