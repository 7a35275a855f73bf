/* See pool.h.  A message costs Lua a handful of blocks of a few hundred octets, made and dropped
 * in turn: lists of free blocks by size (in steps of 16, up to 1 KiB) serve them without a
 * search, from memory that is still in the cache. Memory that was cut into such blocks is not
 * given back before the process ends.  One thread.
 *
 * Lua tells its allocator when a block is to be an object. Those lie in chunks of their own, all
 * slots of a chunk of one length, each behind its number; so the number is found from any address
 * inside the object. It is what gives tables as keys an order that no address decides. */
#include "pool.h"

#include <lua.h>
#include <stdbool.h>
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
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(block, len) ((void)(block))
#define ASAN_UNPOISON_MEMORY_REGION(block, len) ((void)(block))
#endif

enum { STEP = 16, LARGEST = 1024, CLASSES = LARGEST / STEP + 1 };
enum { CHUNK = 64 * 1024, SLAB = 16 * CHUNK }; /* what is aligned, and what is asked for at once */

typedef struct free_block {
  struct free_block *next;
} free_block;

/* What is ahead of the blocks of a chunk, which lies at a multiple of its size. */
typedef struct chunk {
  size_t slot_len; /* 0: blocks of all lengths, without numbers */
  size_t unused;   /* so that blocks begin at a multiple of STEP */
} chunk;

enum { NUMBER = sizeof(uint64_t) };

static size_t class_of(size_t size) { return (size + STEP - 1) / STEP; }

static char *slab, *slab_end;

static chunk *new_chunk(size_t slot_len) {
  if (slab == slab_end) {
    slab = aligned_alloc(CHUNK, SLAB);
    slab_end = slab != NULL ? slab + SLAB : NULL;
  }
  if (slab == NULL) return NULL;
  chunk *made = (chunk *)(void *)slab;
  slab += CHUNK;
  made->slot_len = slot_len;
  return made;
}

/* Objects
 * ------------------------------------------------------------------------------------------------- */

static free_block *free_objects[CLASSES]; /* slots, number and all */
static uint64_t object_count;
static uintptr_t *numbered; /* the chunks of objects, in order of their addresses */
static size_t numbered_count, numbered_cap;

/* Where a chunk is in the list, or would be. */
static size_t place_of(uintptr_t address) {
  size_t low = 0, high = numbered_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (numbered[middle] < address)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The chunk of objects in which the address lies, or NULL. */
static chunk *find_chunk(const void *inside) {
  uintptr_t address = (uintptr_t)inside & ~(uintptr_t)(CHUNK - 1);
  size_t place = place_of(address);
  if (place == numbered_count || numbered[place] != address) return NULL;
  return (chunk *)address; /* NOLINT(performance-no-int-to-ptr) */
}

static bool remember_chunk(const chunk *made) {
  if (numbered_count == numbered_cap) {
    size_t cap = numbered_cap > 0 ? 2 * numbered_cap : 64;
    uintptr_t *grown = realloc(numbered, cap * sizeof *grown);
    if (grown == NULL) return false;
    numbered = grown;
    numbered_cap = cap;
  }
  size_t place = place_of((uintptr_t)made);
  memmove(numbered + place + 1, numbered + place, (numbered_count - place) * sizeof *numbered);
  numbered[place] = (uintptr_t)made;
  numbered_count++;
  return true;
}

static char *slots_of(chunk *of) { return (char *)of + sizeof *of; }

static size_t slot_count(const chunk *of) { return (CHUNK - sizeof *of) / of->slot_len; }

/* A chunk's slots, the first of them first. */
static bool cut_objects(size_t class) {
  chunk *made = new_chunk(class * STEP);
  if (made == NULL || !remember_chunk(made)) return false;
  for (size_t i = slot_count(made); i > 0; i--) {
    free_block *slot = (free_block *)(void *)(slots_of(made) + (i - 1) * made->slot_len);
    slot->next = free_objects[class];
    free_objects[class] = slot;
    ASAN_POISON_MEMORY_REGION((char *)slot + NUMBER, made->slot_len - NUMBER);
  }
  return true;
}

static void *take_object(size_t size) {
  size_t class = class_of(size + NUMBER);
  if (free_objects[class] == NULL && !cut_objects(class)) return NULL;
  free_block *slot = free_objects[class];
  free_objects[class] = slot->next;
  uint64_t number = ++object_count;
  memcpy(slot, &number, NUMBER);
  char *object = (char *)slot + NUMBER;
  ASAN_UNPOISON_MEMORY_REGION(object, size);
  return object;
}

static void give_object(const chunk *of, void *object) {
  free_block *slot = (free_block *)(void *)((char *)object - NUMBER);
  slot->next = free_objects[of->slot_len / STEP];
  free_objects[of->slot_len / STEP] = slot;
  ASAN_POISON_MEMORY_REGION(object, of->slot_len - NUMBER);
}

uint64_t lab_pool_number(const void *object) {
  chunk *of = find_chunk(object);
  if (of == NULL) return 0;
  size_t slot = (size_t)((const char *)object - slots_of(of)) / of->slot_len;
  uint64_t number;
  memcpy(&number, slots_of(of) + slot * of->slot_len, NUMBER);
  return number;
}

static bool is_numbered(size_t kind, size_t size) {
#ifdef PLAIN
  if (kind == LUA_TUSERDATA) return false; /* ours: mistakes at its ends are to be seen */
#endif
  bool is_object =
      kind == LUA_TTABLE || kind == LUA_TFUNCTION || kind == LUA_TUSERDATA || kind == LUA_TTHREAD;
  return is_object && size <= LARGEST - NUMBER;
}

/* Everything else
 * ------------------------------------------------------------------------------------------------ */

#ifdef PLAIN

static void *take(size_t size) { return malloc(size); }

static void give(void *block, size_t size) {
  (void)size;
  const chunk *of = find_chunk(block);
  if (of != NULL)
    give_object(of, block);
  else
    free(block);
}

static bool is_kept(const void *block, size_t old_size, size_t new_size) {
  (void)block;
  return old_size == new_size;
}

#else

static free_block *free_blocks[CLASSES];
static char *fresh, *fresh_end;

static void *take(size_t size) {
  if (size > LARGEST) return malloc(size);
  size_t class = class_of(size);
  free_block *block = free_blocks[class];
  if (block != NULL) {
    free_blocks[class] = block->next;
    return block;
  }
  size_t len = class * STEP;
  if ((size_t)(fresh_end - fresh) < len) { /* what is left of the old chunk is under 1 KiB: lost */
    chunk *made = new_chunk(0);
    if (made == NULL) return NULL;
    fresh = (char *)made + sizeof *made;
    fresh_end = (char *)made + CHUNK;
  }
  void *cut = fresh;
  fresh += len;
  return cut;
}

static const chunk *chunk_of(const void *block) {
  return (const chunk *)((uintptr_t)block &
                         ~(uintptr_t)(CHUNK - 1)); /* NOLINT(performance-no-int-to-ptr) */
}

static void give(void *block, size_t size) {
  if (size > LARGEST) {
    free(block);
    return;
  }
  const chunk *of = chunk_of(block);
  if (of->slot_len > 0) {
    give_object(of, block);
    return;
  }
  free_block *freed = block;
  freed->next = free_blocks[class_of(size)];
  free_blocks[class_of(size)] = freed;
}

/* Whether the block is as long as it has to be. */
static bool is_kept(const void *block, size_t old_size, size_t new_size) {
  return old_size <= LARGEST && new_size <= LARGEST && chunk_of(block)->slot_len == 0 &&
         class_of(old_size) == class_of(new_size);
}

#endif

void *lab_pool_alloc(void *unused, void *block, size_t old_size, size_t new_size) {
  (void)unused;
  if (block == NULL) {
    if (new_size == 0) return NULL;
    return is_numbered(old_size, new_size) ? take_object(new_size) : take(new_size);
  }
  if (new_size == 0) {
    if (old_size > 0) give(block, old_size);
    return NULL;
  }
  if (old_size > LARGEST && new_size > LARGEST) return realloc(block, new_size);
  if (is_kept(block, old_size, new_size)) return block;
  void *moved = take(new_size);
  if (moved == NULL) return NULL;
  memcpy(moved, block, old_size < new_size ? old_size : new_size);
  give(block, old_size);
  return moved;
}
