/* An intrusive heap over (at, seq), four children to a node: half as deep as a binary one.
 *
 * Sifting moves a hole instead of swapping, and compares keys inside the array, so that a level
 * costs a cache line or two however the nodes are scattered. The world is its main user; it
 * never moves a queued node in memory. */
#include "heap.h"

#include <assert.h>

#include "grow.h"

enum { CHILDREN = 4 };

static inline bool is_earlier(const lab_heap_cell *a, const lab_heap_cell *b) {
  return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

static inline void settle(lab_heap *heap, size_t index, lab_heap_cell cell) {
  heap->cell[index] = cell;
  cell.node->place = index + 1;
}

/* Moves the hole at `index` up to where `cell` belongs. */
static void sift_up(lab_heap *heap, size_t index, lab_heap_cell cell) {
  while (index > 0) {
    size_t parent = (index - 1) / CHILDREN;
    if (!is_earlier(&cell, &heap->cell[parent])) {
      break;
    }
    settle(heap, index, heap->cell[parent]);
    index = parent;
  }
  settle(heap, index, cell);
}

/* Moves the hole at `index` down to where `cell` belongs. */
static void sift_down(lab_heap *heap, size_t index, lab_heap_cell cell) {
  for (;;) {
    size_t first = CHILDREN * index + 1;
    if (first >= heap->count) {
      break;
    }
    size_t end = heap->count - first < CHILDREN ? heap->count : first + CHILDREN;
    size_t least = first;
    for (size_t child = first + 1; child < end; child++) {
      if (is_earlier(&heap->cell[child], &heap->cell[least])) {
        least = child;
      }
    }
    if (!is_earlier(&heap->cell[least], &cell)) {
      break;
    }
    settle(heap, index, heap->cell[least]);
    index = least;
  }
  settle(heap, index, cell);
}

void lab_heap_init(lab_heap *heap) { *heap = (lab_heap){0}; }

void lab_heap_free(lab_heap *heap) {
  free(heap->cell);
  lab_heap_init(heap);
}

enum lab_status lab_heap_push(lab_heap *heap, lab_heap_node *node) {
  assert(!lab_heap_holds(node));
  lab_heap_cell *cell = lab_grow(heap->cell, &heap->cap, heap->count, sizeof *cell);
  if (!cell) {
    return LAB_ERR_MEMORY;
  }
  heap->cell = cell;
  sift_up(heap, heap->count++, (lab_heap_cell){node->at, node->seq, node});
  return LAB_OK;
}

lab_heap_node *lab_heap_top(const lab_heap *heap) {
  return heap->count > 0 ? heap->cell[0].node : NULL;
}

lab_heap_node *lab_heap_pop(lab_heap *heap) {
  lab_heap_node *top = lab_heap_top(heap);
  if (top) {
    lab_heap_remove(heap, top);
  }
  return top;
}

void lab_heap_remove(lab_heap *heap, lab_heap_node *node) {
  if (!lab_heap_holds(node)) {
    return;
  }
  size_t index = node->place - 1;
  assert(index < heap->count && heap->cell[index].node == node);
  node->place = 0;
  lab_heap_cell last = heap->cell[--heap->count];
  if (last.node == node) {
    return;
  }
  if (index > 0 && is_earlier(&last, &heap->cell[(index - 1) / CHILDREN])) {
    sift_up(heap, index, last);
  } else {
    sift_down(heap, index, last);
  }
}
