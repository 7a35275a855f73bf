/* Buffers that end where an unreadable page begins, so that reading or writing one octet too far
 * stops the test at once, without a sanitizer.
 *
 * A guard holds the block for as long as the test wants; guard_free gives it back.  Included by the
 * tests of everything that reads bytes from the network. */
#ifndef LAB_TESTS_GUARD_H
#define LAB_TESTS_GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct guard {
  uint8_t *data; /* `len` octets; data[len] is on the unreadable page */
  size_t len;
  void *pages;
  size_t pages_len;
} guard;

/* Room for `len` octets before an unreadable page; aborts when the system has no memory. */
static inline guard guard_room(size_t len) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t usable = (len + page - 1) / page * page;
  guard g = {.len = len, .pages_len = usable + page};
  g.pages = mmap(NULL, g.pages_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (g.pages == MAP_FAILED) abort();
  if (mprotect((uint8_t *)g.pages + usable, page, PROT_NONE) != 0) abort();
  g.data = (uint8_t *)g.pages + usable - len;
  return g;
}

/* The same, filled with a copy. */
static inline guard guard_copy(const void *bytes, size_t len) {
  guard g = guard_room(len);
  if (len > 0) memcpy(g.data, bytes, len);
  return g;
}

static inline void guard_free(guard *g) {
  munmap(g->pages, g->pages_len);
  *g = (guard){0};
}

#endif
