/* A hash table from 32-bit tags to slot numbers (layer L1): open addressing, linear probing, 8
 * octets a place.
 *
 * A tag is a hash that the caller made well mixed; its low bits choose the place.  Several slots
 * may have one tag: the caller compares keys, this table does not know them.  Nothing may depend
 * on the order of what is found, and nothing here can list its contents.  Removing moves the
 * followers up, so that there are no tombstones. */
#ifndef LAB_SLOTMAP_H
#define LAB_SLOTMAP_H

#include "base.h"

#define LAB_SLOT_NONE UINT32_MAX

typedef struct lab_slotmap_place {
  uint32_t tag;
  uint32_t slot; /* LAB_SLOT_NONE: empty */
} lab_slotmap_place;

typedef struct lab_slotmap {
  lab_slotmap_place *place;
  size_t mask; /* places - 1; the number of places is a power of two */
  size_t count;
} lab_slotmap;

enum lab_status lab_slotmap_init(lab_slotmap *map); /* LAB_ERR_MEMORY */
void lab_slotmap_free(lab_slotmap *map);

/* Makes room for one more, so that the next lab_slotmap_add cannot fail.  LAB_ERR_MEMORY. */
enum lab_status lab_slotmap_reserve(lab_slotmap *map);
void lab_slotmap_add(lab_slotmap *map, uint32_t tag, uint32_t slot);
void lab_slotmap_remove(lab_slotmap *map, uint32_t tag, uint32_t slot); /* it must be there */

/* Walks the slots that have this tag:
 *   for (size_t at = lab_slotmap_first(map, tag); lab_slotmap_find(map, tag, &at, &slot); at++)
 *   ... */
static inline size_t lab_slotmap_first(const lab_slotmap *map, uint32_t tag) {
  return tag & map->mask;
}

static inline bool lab_slotmap_find(const lab_slotmap *map, uint32_t tag, size_t *at,
                                    uint32_t *slot) {
  for (;; ++*at) {
    const lab_slotmap_place *place = &map->place[*at & map->mask];
    *slot = place->slot;
    if (place->slot == LAB_SLOT_NONE) return false;
    if (place->tag == tag) return true;
  }
}

size_t lab_slotmap_bytes(const lab_slotmap *map);

#endif
