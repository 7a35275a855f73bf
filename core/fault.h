/* What becomes of one packet on one link (layer L2): a pure function, and the shape of its answer.
 *
 * A link goes one way, from one node to another. The verdict on packet k of a link depends on
 * (seed, link, k) and on the settings, on nothing else: not on time, not on other packets. Each
 * kind of fault has dice of its own, so that switching one off moves no other. Who counts the
 * packets, and what is done with a verdict, is in impair.h. */
#ifndef LAB_FAULT_H
#define LAB_FAULT_H

#include "rng.h"

/* The numbers are dice: they never change. */
enum lab_fault_kind {
  LAB_FAULT_LOSS = 0,      /* chance: dropped */
  LAB_FAULT_DUPLICATE = 1, /* chance: a second copy; detail: its own delay, microseconds */
  LAB_FAULT_REORDER = 2,   /* chance: held back; detail: how long, microseconds */
  LAB_FAULT_CORRUPT = 3, /* chance: one bit flipped; detail: which, from 0, the highest bit first */
  LAB_FAULT_TRUNCATE = 4, /* chance: cut short; detail: the octets that are left */
  LAB_FAULT_JITTER = 5,   /* always, where there is jitter; detail: the delay, microseconds */
  LAB_FAULT_CUT = 6,      /* the network is parted: dropped */
  LAB_FAULT_RULE = 7,     /* dropped on purpose, by a rule */
  LAB_FAULT_TAP = 8,      /* dropped on purpose, by somebody who looks at each packet */
  LAB_FAULT_DELAY = 9,    /* delayed on purpose; detail: microseconds */
  LAB_FAULT_KINDS = 10
};

/* "loss", "duplicate" ... as in traces and fault files; NULL for a number that is none. */
const char *lab_fault_word(enum lab_fault_kind kind);
/* LAB_ERR_ABSENT */
enum lab_status lab_fault_of_word(const char *word, size_t len, enum lab_fault_kind *out);

typedef struct lab_fault_settings {
  lab_time latency; /* of every delivery; >= 0 */
  lab_time jitter;  /* 0 .. jitter more, uniform */
  lab_ratio loss, duplicate, reorder, corrupt, truncate;
  lab_time reorder_by; /* a packet held back is so late, or up to twice that */
  uint64_t capacity;   /* bits per second that a node can send; 0: no limit */
} lab_fault_settings;

/* Times at least 0, and small enough that their sums are times. */
bool lab_fault_settings_are_sane(const lab_fault_settings *settings);

typedef struct lab_verdict {
  uint32_t fired; /* bit 1 << kind for each fault that the packet suffers */
  uint64_t detail[LAB_FAULT_KINDS];
} lab_verdict;

static inline bool lab_verdict_has(const lab_verdict *verdict, enum lab_fault_kind kind) {
  return (verdict->fired >> kind & 1) != 0;
}
void lab_verdict_add(lab_verdict *verdict, enum lab_fault_kind kind, uint64_t detail);

/* What chance does to packet k, of `len` octets, on that link. A lost packet suffers nothing
 * else. */
lab_verdict lab_fault_roll(const lab_fault_settings *settings, uint64_t seed, uint64_t link,
                           uint64_t k, size_t len);

/* What a verdict comes to. */
const char *lab_verdict_cause(const lab_verdict *verdict); /* of a drop, static; NULL: delivered */
lab_time lab_verdict_delay(const lab_verdict *verdict);    /* of the packet, beyond latency */
lab_time lab_verdict_copy_delay(const lab_verdict *verdict); /* of the second copy */
/* Whether the octets are other ones; then `altered` has room for `len`, and gets what arrives. */
bool lab_verdict_alters(const lab_verdict *verdict, size_t len);
size_t lab_verdict_alter(const lab_verdict *verdict, lab_view payload, uint8_t *altered);

#endif
