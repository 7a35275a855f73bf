/* What scripts/dhcplab/order.lua needs from C: when a value was made, and string.format that leaves what would
 * show an address to somebody else. */
#include "l_order.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "pool.h"

/* core.born(value): the number of a table, function, thread or userdata in the order in which they were made; nil
 * where nobody counts (see pool.h). */
static int get_born(lua_State *L) {
  const void *object = lua_type(L, 1) == LUA_TSTRING ? NULL : lua_topointer(L, 1);
  uint64_t number = object != NULL ? lab_pool_number(object) : 0;
  if (number == 0) return 0;
  lua_pushinteger(L, (lua_Integer)number);
  return 1;
}

/* Whether the format has a %p. */
static bool asks_for_address(const char *format) {
  static const char between[] = "-+ #0123456789."; /* % and the letter */
  for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at, '%')) {
    at++;
    at += strspn(at, between);
    if (*at == 'p') return true;
    if (*at == '%') at++;
  }
  return false;
}

static bool shows_address(lua_State *L, int count) {
  for (int i = 2; i <= count; i++) {
    switch (lua_type(L, i)) {
      case LUA_TTABLE:
      case LUA_TFUNCTION:
      case LUA_TTHREAD:
      case LUA_TUSERDATA:
      case LUA_TLIGHTUSERDATA: return true;
      default: break;
    }
  }
  return count >= 1 && lua_type(L, 1) == LUA_TSTRING && asks_for_address(lua_tostring(L, 1));
}

/* string.format as it was, or, where an address could show, the function given. */
static int format_with_care(lua_State *L) {
  int count = lua_gettop(L);
  if (!shows_address(L, count)) return lua_tocfunction(L, lua_upvalueindex(1))(L);
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_insert(L, 1);
  lua_call(L, count, 1);
  return 1;
}

/* core.careful_format(format, careful): a function in the place of `format`, which is string.format */
static int new_format(lua_State *L) {
  luaL_argcheck(L, lua_iscfunction(L, 1), 1, "string.format expected");
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_pushcclosure(L, format_with_care, 2);
  return 1;
}

void lab_l_order_open(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"born", get_born}, {"careful_format", new_format}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
