/* Small helpers that every binding file uses: statuses, addresses and times between C and Lua. */
#ifndef LAB_L_UTIL_H
#define LAB_L_UTIL_H

#include <lauxlib.h>
#include <lua.h>

#include "addr.h"
#include "base.h"

#ifdef __GNUC__
#define LAB_EXPORT __attribute__((visibility("default")))
#else
#define LAB_EXPORT
#endif

/* Pushes nil and the status's word; returns 2, so that a function can `return lab_l_fail(L,
 * status)`. */
int lab_l_fail(lua_State *L, enum lab_status status);

/* Raises the message on top of the stack, and a formatted one, with the place in the script that
 * is to blame: the innermost line outside the library, or the innermost line there is. */
_Noreturn void lab_l_raise(lua_State *L);
_Noreturn int lab_l_error(lua_State *L, const char *format, ...); /* for: return lab_l_error(...) */

/* core.library(prefix): what the library's chunk names begin with, so that its lines are told
 * from a script's. */
int lab_l_set_library(lua_State *L);

/* Objects are told apart by the address of their type's name, a static array of the file that
 * owns the type: each begins with it.  That costs less at each call than comparing metatables.
 * `check` raises where `test` gives NULL. */
typedef struct lab_l_object {
  const char *kind; /* set by lab_l_set_metatable */
} lab_l_object;
void lab_l_new_metatable(lua_State *L, const char *name); /* leaves it on the stack */
void lab_l_set_metatable(lua_State *L, const char *name); /* of the value on top */
void *lab_l_test_object(lua_State *L, int index, const char *name);
void *lab_l_check_object(lua_State *L, int index, const char *name);

/* Arguments; they raise an error that shows what came. */
lab_ip4 lab_l_check_ip4(lua_State *L, int index);
lab_mac lab_l_check_mac(lua_State *L, int index);
lab_endpoint lab_l_check_endpoint(lua_State *L, int index); /* "10.0.0.1:67" */
lab_view lab_l_check_view(lua_State *L, int index);
lab_time lab_l_check_duration(lua_State *L,
                              int index); /* seconds, or "1h30m"; LAB_NEVER for infinite */

void lab_l_push_ip4(lua_State *L, lab_ip4 ip);
void lab_l_push_mac(lua_State *L, const uint8_t *octets,
                    size_t len); /* "02:00:00:00:00:01", any length */
void lab_l_push_endpoint(lua_State *L, lab_endpoint endpoint);
void lab_l_push_time(lua_State *L, lab_time at); /* seconds as a float; math.huge for LAB_NEVER */
lab_time lab_l_check_time(lua_State *L, int index); /* seconds on the world's clock, never a text */

/* A table from the strings of a NULL-terminated list to 1, 2, 3 ...; left on the stack. */
void lab_l_push_names(lua_State *L, const char *const *names);

#endif
