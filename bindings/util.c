/* See util.h. */
#include "util.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "l_value.h"

/* What the chunk names of the library's own files begin with; see core.library. */
static char library[256];

int lab_l_set_library(lua_State *L) {
  size_t len;
  const char *prefix = luaL_checklstring(L, 1, &len);
  if (len < sizeof library) memcpy(library, prefix, len + 1);
  return 0;
}

/* "script.lua:12: ", or nothing where there is no Lua on the stack. */
static void push_place(lua_State *L) {
  lua_Debug info;
  bool found = false;
  lua_pushliteral(L, "");
  for (int level = 0; lua_getstack(L, level, &info); level++) {
    lua_getinfo(L, "Sl", &info);
    if (info.currentline <= 0) continue;
    bool inside = library[0] != '\0' && strncmp(info.source, library, strlen(library)) == 0;
    if (inside && found) continue;
    lua_pop(L, 1);
    lua_pushfstring(L, "%s:%d: ", info.short_src, info.currentline);
    found = true;
    if (!inside) return;
  }
}

void lab_l_raise(lua_State *L) {
  push_place(L);
  lua_insert(L, -2);
  lua_concat(L, 2);
  lua_error(L);
  abort(); /* lua_error does not return, but its declaration does not say so */
}

_Noreturn int lab_l_error(lua_State *L, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  lua_pushvfstring(L, format, arguments);
  va_end(arguments);
  lab_l_raise(L);
}

int lab_l_fail(lua_State *L, enum lab_status status) {
  lua_pushnil(L);
  lua_pushstring(L, lab_status_text(status));
  return 2;
}

void lab_l_new_metatable(lua_State *L, const char *name) {
  luaL_newmetatable(L, name);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, name);
  lua_pushstring(L, name); /* scripts cannot take it and call its functions on something else */
  lua_setfield(L, -2, "__metatable");
}

void lab_l_set_metatable(lua_State *L, const char *name) {
  lab_l_object *object = lua_touserdata(L, -1);
  object->kind = name;
  lua_rawgetp(L, LUA_REGISTRYINDEX, name);
  lua_setmetatable(L, -2);
}

void *lab_l_test_object(lua_State *L, int index, const char *name) {
  lab_l_object *object = lua_touserdata(L, index); /* NULL for what is none */
  if (object == NULL || lua_rawlen(L, index) < sizeof *object) return NULL; /* 0 for a light one */
  return object->kind == name ? object : NULL;
}

void *lab_l_check_object(lua_State *L, int index, const char *name) {
  void *object = lab_l_test_object(L, index, name);
  if (object == NULL) luaL_typeerror(L, index, name);
  return object;
}

lab_ip4 lab_l_check_ip4(lua_State *L, int index) {
  size_t len;
  const char *text = luaL_checklstring(L, index, &len);
  lab_ip4 ip = 0;
  if (lab_ip4_parse(text, len, &ip) != LAB_OK) {
    lab_l_error(L, "\"%s\" is not an IPv4 address such as \"192.168.1.10\" [E110]", text);
  }
  return ip;
}

lab_mac lab_l_check_mac(lua_State *L, int index) {
  size_t len;
  const char *text = luaL_checklstring(L, index, &len);
  lab_mac mac = LAB_MAC_NONE;
  if (lab_mac_parse(text, len, &mac) != LAB_OK) {
    lab_l_error(L, "\"%s\" is not a MAC address such as \"02:00:00:00:00:01\" [E110]", text);
  }
  return mac;
}

lab_endpoint lab_l_check_endpoint(lua_State *L, int index) {
  size_t len;
  const char *text = luaL_checklstring(L, index, &len);
  lab_endpoint endpoint = {0, 0};
  if (lab_endpoint_parse(text, len, &endpoint) != LAB_OK) {
    lab_l_error(L, "\"%s\" is not an address with a port such as \"127.0.0.1:6767\" [E110]", text);
  }
  return endpoint;
}

lab_view lab_l_check_view(lua_State *L, int index) {
  lab_view view;
  view.data = (const uint8_t *)luaL_checklstring(L, index, &view.len);
  return view;
}

lab_time lab_l_check_duration(lua_State *L, int index) {
  lab_time us = 0;
  if (!lab_l_to_duration(L, index, &us) || us < 0) {
    lab_l_error(L, "a time such as 2, 0.5, \"250ms\", \"10s\" or \"1h30m\" expected, got %s [E111]",
                luaL_tolstring(L, index, NULL));
  }
  return us;
}

void lab_l_push_ip4(lua_State *L, lab_ip4 ip) {
  char text[LAB_IP4_TEXT];
  size_t len = lab_ip4_format(ip, text);
  lua_pushlstring(L, text, len);
}

void lab_l_push_mac(lua_State *L, const uint8_t *octets, size_t len) {
  static const char digits[] = "0123456789abcdef";
  char text[3 * 32];
  size_t at = 0;
  for (size_t i = 0; i < len && i < 32; i++) {
    if (i > 0) text[at++] = ':';
    text[at++] = digits[octets[i] >> 4];
    text[at++] = digits[octets[i] & 15];
  }
  lua_pushlstring(L, text, at);
}

void lab_l_push_endpoint(lua_State *L, lab_endpoint endpoint) {
  char text[LAB_ENDPOINT_TEXT];
  size_t len = lab_endpoint_format(endpoint, text);
  lua_pushlstring(L, text, len);
}

void lab_l_push_time(lua_State *L, lab_time at) {
  lua_pushnumber(L, at == LAB_NEVER ? HUGE_VAL : (lua_Number)at / (lua_Number)LAB_SECOND);
}

lab_time lab_l_check_time(lua_State *L, int index) {
  lua_Number seconds = luaL_checknumber(L, index);
  if (!(seconds < 9.0e12)) return LAB_NEVER;
  if (seconds < 0) return 0;
  return (lab_time)(seconds * (lua_Number)LAB_SECOND + 0.5);
}

void lab_l_push_names(lua_State *L, const char *const *names) {
  lua_newtable(L);
  for (int i = 0; names[i] != NULL; i++) {
    lua_pushinteger(L, i + 1);
    lua_setfield(L, -2, names[i]);
  }
}
