/* An allocator that says no on purpose. Include it, then the .c file under test: that file's
 * allocations then count down `scarce_left`, and fail once it is 0. Everything else allocates
 * as ever. */
#ifndef TESTS_SCARCE_H
#define TESTS_SCARCE_H

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

static unsigned scarce_left = UINT_MAX; /* UINT_MAX: never fails */

static bool scarce_allows(void) {
  if (scarce_left == 0) {
    return false;
  }
  scarce_left -= scarce_left != UINT_MAX;
  return true;
}

static inline void *scarce_malloc(size_t len) { return scarce_allows() ? malloc(len) : NULL; }
static inline void *scarce_calloc(size_t count, size_t size) {
  return scarce_allows() ? calloc(count, size) : NULL;
}
static inline void *scarce_realloc(void *old, size_t len) {
  return scarce_allows() ? realloc(old, len) : NULL;
}

#define malloc(len) scarce_malloc(len)
#define calloc(count, size) scarce_calloc(count, size)
#define realloc(old, len) scarce_realloc(old, len)

#endif
