/* A hash table from tags to slots; see slotmap.h.  Used by the lease table, once for addresses
 * and once for clients. */
#include "slotmap.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_FIRST = 64 };

static lab_slotmap_place *make_places(size_t count) {
  if (count > SIZE_MAX / sizeof(lab_slotmap_place)) return NULL;
  lab_slotmap_place *place = malloc(count * sizeof *place);
  if (place != NULL) memset(place, 0xff, count * sizeof *place); /* every slot is LAB_SLOT_NONE */
  return place;
}

enum lab_status lab_slotmap_init(lab_slotmap *map) {
  map->place = make_places(PLACES_FIRST);
  map->mask = PLACES_FIRST - 1;
  map->count = 0;
  return map->place != NULL ? LAB_OK : LAB_ERR_MEMORY;
}

void lab_slotmap_free(lab_slotmap *map) {
  free(map->place);
  map->place = NULL;
}

static void settle(lab_slotmap *map, uint32_t tag, uint32_t slot) {
  size_t at = tag & map->mask;
  while (map->place[at].slot != LAB_SLOT_NONE) at = (at + 1) & map->mask;
  map->place[at] = (lab_slotmap_place){tag, slot};
}

/* Three quarters full at most: a search then looks at a place or two of the same cache line. */
enum lab_status lab_slotmap_reserve(lab_slotmap *map) {
  size_t places = map->mask + 1;
  if (map->count < places / 4 * 3) return LAB_OK;
  lab_slotmap grown = {make_places(places * 2), places * 2 - 1, map->count};
  if (grown.place == NULL) return LAB_ERR_MEMORY;
  for (size_t at = 0; at < places; at++) {
    if (map->place[at].slot != LAB_SLOT_NONE)
      settle(&grown, map->place[at].tag, map->place[at].slot);
  }
  free(map->place);
  *map = grown;
  return LAB_OK;
}

void lab_slotmap_add(lab_slotmap *map, uint32_t tag, uint32_t slot) {
  assert(slot != LAB_SLOT_NONE && map->count < map->mask);
  settle(map, tag, slot);
  map->count++;
}

void lab_slotmap_remove(lab_slotmap *map, uint32_t tag, uint32_t slot) {
  size_t hole = tag & map->mask;
  while (map->place[hole].slot != slot) {
    assert(map->place[hole].slot != LAB_SLOT_NONE);
    hole = (hole + 1) & map->mask;
  }
  for (size_t at = (hole + 1) & map->mask; map->place[at].slot != LAB_SLOT_NONE;
       at = (at + 1) & map->mask) {
    size_t wanted = map->place[at].tag & map->mask;
    /* It may move up unless it stands between its wanted place and the hole. */
    if (((at - wanted) & map->mask) < ((at - hole) & map->mask)) continue;
    map->place[hole] = map->place[at];
    hole = at;
  }
  map->place[hole].slot = LAB_SLOT_NONE;
  map->count--;
}

size_t lab_slotmap_bytes(const lab_slotmap *map) { return (map->mask + 1) * sizeof *map->place; }
