/* See pool.h.  A message costs Lua a handful of blocks of a few hundred octets, made and dropped
 * in turn: lists of free blocks by size (in steps of 16, up to 1 KiB) serve them without a
 * search, from memory that is still in the cache. Memory that was cut into such blocks is not
 * given back before the process ends.  One thread. */
#include "pool.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define PLAIN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PLAIN 1
#endif
#endif

#ifdef PLAIN

void *lab_pool_alloc(void *unused, void *block, size_t old_size, size_t new_size) {
  (void)unused;
  (void)old_size;
  if (new_size > 0) return realloc(block, new_size);
  free(block);
  return NULL;
}

#else

enum { STEP = 16, LARGEST = 1024, CLASSES = LARGEST / STEP + 1, CHUNK = 64 * 1024 };

typedef struct free_block {
  struct free_block *next;
} free_block;

static free_block *free_blocks[CLASSES];
static char *chunk, *chunk_end;

static size_t class_of(size_t size) { return (size + STEP - 1) / STEP; }

static void *take(size_t size) {
  if (size > LARGEST) return malloc(size);
  size_t class = class_of(size);
  free_block *block = free_blocks[class];
  if (block != NULL) {
    free_blocks[class] = block->next;
    return block;
  }
  size_t len = class * STEP;
  if ((size_t)(chunk_end - chunk) < len) { /* what is left of the old chunk is under 1 KiB: lost */
    char *fresh = malloc(CHUNK);
    if (fresh == NULL) return NULL;
    chunk = fresh;
    chunk_end = fresh + CHUNK;
  }
  void *cut = chunk;
  chunk += len;
  return cut;
}

static void give(void *block, size_t size) {
  if (size > LARGEST) {
    free(block);
    return;
  }
  free_block *freed = block;
  freed->next = free_blocks[class_of(size)];
  free_blocks[class_of(size)] = freed;
}

void *lab_pool_alloc(void *unused, void *block, size_t old_size, size_t new_size) {
  (void)unused;
  if (block == NULL) return new_size > 0 ? take(new_size) : NULL;
  if (new_size == 0) {
    if (old_size > 0) give(block, old_size);
    return NULL;
  }
  if (old_size > LARGEST && new_size > LARGEST) return realloc(block, new_size);
  if (old_size <= LARGEST && new_size <= LARGEST && class_of(old_size) == class_of(new_size))
    return block;
  void *moved = take(new_size);
  if (moved == NULL) return NULL;
  memcpy(moved, block, old_size < new_size ? old_size : new_size);
  give(block, old_size);
  return moved;
}

#endif
