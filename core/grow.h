/* Room for one more in an array that doubles (layer L0). */
#ifndef LAB_GROW_H
#define LAB_GROW_H

#include <stdlib.h>

#include "base.h"

/* The array with room for more than `count` items of `size` bytes: `old` itself, or a copy
 * twice as large with *cap set anew. NULL without memory; `old` is then as it was. */
static inline void *lab_grow(void *old, size_t *cap, size_t count, size_t size) {
  if (count < *cap) {
    return old;
  }
  size_t wanted = *cap < 4 ? 4 : *cap * 2;
  void *grown = wanted <= SIZE_MAX / size ? realloc(old, wanted * size) : NULL;
  if (grown) {
    *cap = wanted;
  }
  return grown;
}

#endif
