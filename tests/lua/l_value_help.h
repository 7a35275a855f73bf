/* What the tests of option values share: a Lua state, values from source text, and values as
 * text. */
#ifndef L_VALUE_HELP_H
#define L_VALUE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../bindings/l_value.h"

enum { ROOM = 4096 };

/* Prints a value as Lua source with its keys in order, so that two values can be compared as
 * text. */
static const char show_source[] =
    "local function show(v)\n"
    "  if type(v) == 'string' then\n"
    "    return '\"' .. v:gsub('[%c\\\\\"\\128-\\255]', function(c) return "
    "('\\\\x%02x'):format(c:byte()) end) .. '\"'\n"
    "  end\n"
    "  if type(v) ~= 'table' then return tostring(v) end\n"
    "  local keys, out = {}, {}\n"
    "  for k in pairs(v) do keys[#keys + 1] = k end\n"
    "  table.sort(keys, function(a, b)\n"
    "    if type(a) ~= type(b) then return type(a) == 'number' end\n"
    "    return a < b\n"
    "  end)\n"
    "  for _, k in ipairs(keys) do\n"
    "    out[#out + 1] = (type(k) == 'number' and '[' .. k .. ']' or k) .. '=' .. show(v[k])\n"
    "  end\n"
    "  return '{' .. table.concat(out, ',') .. '}'\n"
    "end\n"
    "return show\n";

static inline lua_State *open_lua(void) {
  lua_State *L = luaL_newstate();
  assert_non_null(L);
  luaL_openlibs(L);
  assert_int_equal(luaL_dostring(L, show_source), LUA_OK);
  lua_setglobal(L, "show");
  return L;
}

static inline void push_expression(lua_State *L, const char *expression) {
  lua_pushfstring(L, "return %s", expression);
  if (luaL_dostring(L, lua_tostring(L, -1)) != LUA_OK)
    fail_msg("%s: %s", expression, lua_tostring(L, -1));
  lua_remove(L, -2);
}

/* Replaces the value on top by its text. */
static inline const char *show(lua_State *L) {
  lua_getglobal(L, "show");
  lua_insert(L, -2);
  lua_call(L, 1, 1);
  return lua_tostring(L, -1);
}

static inline size_t from_hex(const char *hex, uint8_t *out) {
  size_t len = 0;
  for (; *hex != 0; hex++) {
    if (*hex == ' ') continue;
    unsigned octet;
    assert_int_equal(sscanf(hex, "%2x", &octet), 1);
    out[len++] = (uint8_t)octet;
    hex++;
  }
  return len;
}

static inline void to_hex(lab_view view, char *out) {
  for (size_t i = 0; i < view.len; i++) out += sprintf(out, "%02x", view.data[i]);
  *out = 0;
}

typedef struct check_call {
  const lab_option_info *info;
  lab_span out;
  size_t len;
} check_call;

static inline int call_check(lua_State *L) {
  check_call *call = lua_touserdata(L, 2);
  int top = lua_gettop(L);
  call->len = lab_l_check_value(L, 1, call->info, call->out);
  if (lua_gettop(L) != top) return luaL_error(L, "the stack has changed");
  return 0;
}

/* Converts the value on top of the stack and pops it; false leaves the message there. */
static inline bool convert(lua_State *L, check_call *call) {
  lua_pushcfunction(L, call_check);
  lua_insert(L, -2);
  lua_pushlightuserdata(L, call);
  return lua_pcall(L, 2, 0, 0) == LUA_OK;
}

/* A row that is not of the catalogue: code 200, nameless, of a type. */
static inline lab_option_info make_info(int code, enum lab_type type) {
  lab_option_info info = *lab_option_info_of((uint8_t)code);
  if (code == 200) {
    info.name = NULL;
    info.type = (uint8_t)type;
  }
  return info;
}

static inline int set_up(void **state) {
  *state = open_lua();
  return 0;
}

static inline int tear_down(void **state) {
  lua_close(*state);
  return 0;
}

#endif
