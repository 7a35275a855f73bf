/* The executable's memory for Lua: blocks of the same size are used again at once, in place of
 * malloc and free. */
#ifndef LAB_BINDINGS_POOL_H
#define LAB_BINDINGS_POOL_H

#include <stddef.h>

/* A lua_Alloc.  Under a sanitizer it is plain realloc and free, so that every mistake is seen. */
void *lab_pool_alloc(void *unused, void *block, size_t old_size, size_t new_size);

#endif
