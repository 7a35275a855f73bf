/* The ordered queue: an intrusive heap keyed by (at, seq), smallest first (layer L1).
 *
 * A node lives inside what the caller queues; the heap holds pointers only and knows where each
 * node stands, so that removing any node costs O(log n). Equal times leave in the order of
 * their sequence numbers. */
#ifndef LAB_HEAP_H
#define LAB_HEAP_H

#include "base.h"

typedef struct lab_heap_node {
  lab_time at;
  uint64_t seq;
  size_t place; /* index + 1 in the heap; 0 when not queued */
} lab_heap_node;

/* The key stands beside the pointer, so that comparing touches the array only. */
typedef struct lab_heap_cell {
  lab_time at;
  uint64_t seq;
  lab_heap_node *node;
} lab_heap_cell;

typedef struct lab_heap {
  lab_heap_cell *cell;
  size_t count;
  size_t cap;
} lab_heap;

void lab_heap_init(lab_heap *heap);
void lab_heap_free(lab_heap *heap); /* frees the array, not the nodes */
enum lab_status lab_heap_push(lab_heap *heap,
                              lab_heap_node *node); /* LAB_ERR_MEMORY; node must not be queued */
lab_heap_node *lab_heap_top(const lab_heap *heap);  /* NULL when empty */
lab_heap_node *lab_heap_pop(lab_heap *heap);        /* NULL when empty */
void lab_heap_remove(lab_heap *heap,
                     lab_heap_node *node); /* nothing happens when it is not queued */
static inline bool lab_heap_holds(const lab_heap_node *node) { return node->place != 0; }

#endif
