/* The executable's memory for Lua: blocks of the same size are used again at once, in place of
 * malloc and free, and Lua's objects are numbered in the order in which they are made. */
#ifndef LAB_BINDINGS_POOL_H
#define LAB_BINDINGS_POOL_H

#include <stddef.h>
#include <stdint.h>

/* A lua_Alloc.  Under a sanitizer all but what is numbered comes from realloc and goes to free, so that mistakes
 * are seen. */
void *lab_pool_alloc(void *unused, void *block, size_t old_size, size_t new_size);

/* When the table, function, thread or userdata at `object` (lua_topointer) was made: 1 for the first of the process.
 * 0 for one that has no number: a C function without upvalues, a userdata above 1 KiB or under a sanitizer, and all
 * of a Lua state that has another allocator. */
uint64_t lab_pool_number(const void *object);

#endif
