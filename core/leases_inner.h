/* What the files of the lease table share (layer L5); nobody else includes it.  See leases.h for
 * what it is, leases.c for how it works. */
#ifndef LAB_LEASES_INNER_H
#define LAB_LEASES_INNER_H

#include "heap.h"
#include "leases.h"
#include "pool.h"
#include "slotmap.h"

enum { BLOCK_BITS = 8, BLOCK_RECORDS = 1 << BLOCK_BITS, CLIENT_NEAR = 8, CACHE_LINE = 64 };

enum record_kind { KIND_UNUSED, KIND_VACANT, KIND_LIVE };
enum list_name { LIST_NONE, LIST_USABLE, LIST_ASIDE };

typedef struct lab_lease_note {
  uint16_t len;
  uint8_t octet[];
} lab_lease_note;

typedef struct lab_lease_record {
  /* seq: address << 32 | slot, so that ties are broken by address.  Queued in `due`, where `at` is
   * never later than the end; or in `vacant`, where it is the order of the address's range. */
  lab_heap_node node;
  lab_time expires;
  union {
    uint8_t near[CLIENT_NEAR];
    uint8_t *far; /* when client_len > CLIENT_NEAR */
  } client;
  lab_lease_note *note;
  uint32_t next; /* in its list, or in the list of unused slots */
  uint32_t previous;
  uint32_t generation; /* counts the records that this slot has had */
  uint8_t state;
  uint8_t client_len;
  uint8_t kind;
  uint8_t list;
} lab_lease_record;

_Static_assert(sizeof(lab_lease_record) <= CACHE_LINE, "a record fits one cache line");

typedef struct lab_lease_list {
  uint32_t head;
  uint32_t tail;
} lab_lease_list;

typedef struct lab_lease_place {
  lab_ip4 address;
  uint32_t slot;
} lab_lease_place;

struct lab_leases {
  lab_lease_record **block;
  size_t block_count;
  uint32_t slot_count; /* slots ever used */
  uint32_t unused;     /* the first of them that has no record */
  lab_pool pool;
  lab_slotmap by_address; /* live and vacant */
  lab_slotmap by_client;
  lab_heap due;
  lab_heap vacant;
  lab_lease_list lists[3]; /* by list_name: free records in range, and those outside */
  size_t count[LAB_LEASE_STATE_COUNT];
  size_t extra_bytes;     /* long clients and notes */
  lab_lease_place *order; /* by address, as of the last sorting */
  size_t order_count;
  size_t order_cap;
  bool is_sorted; /* no record has been made since */
};

static inline lab_lease_record *lab_lease_record_at(const lab_leases *table, uint32_t slot) {
  return &table->block[slot >> BLOCK_BITS][slot & (BLOCK_RECORDS - 1)];
}

static inline lab_ip4 lab_lease_address_of(const lab_lease_record *r) {
  return (lab_ip4)(r->node.seq >> 32);
}

static inline uint32_t lab_lease_slot_of(const lab_lease_record *r) {
  return (uint32_t)r->node.seq;
}

static inline lab_lease_id lab_lease_id_of(const lab_lease_record *r) {
  return (uint64_t)r->generation << 32 | lab_lease_slot_of(r);
}
/* The node is a record's first member. */
static inline lab_lease_record *lab_lease_of_node(lab_heap_node *node) {
  return (lab_lease_record *)node;
}

#endif
