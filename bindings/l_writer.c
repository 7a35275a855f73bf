/* The plain parts of option values on their way to the wire; see l_writer.h. */
#include "l_writer.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "bytes.h"
#include "l_value.h"
#include "util.h"

enum { SHOWN_MAX = 60 };

static const char an_ip[] = "an IPv4 address such as \"192.168.1.10\"";

/* Pushes how a value looks in a message: short, and without control characters. */
static void push_shown(lua_State *L, int index) {
  if (lua_type(L, index) == LUA_TNUMBER || lua_type(L, index) == LUA_TBOOLEAN) {
    luaL_tolstring(L, index, NULL);
    return;
  }
  if (lua_type(L, index) != LUA_TSTRING) {
    lua_pushfstring(L, lua_isnil(L, index) ? "%s" : "a %s", luaL_typename(L, index));
    return;
  }
  static const char digits[] = "0123456789abcdef";
  char shown[4 * SHOWN_MAX + 8];
  size_t len, at = 0;
  const char *text = lua_tolstring(L, index, &len);
  shown[at++] = '"';
  for (size_t i = 0; i < len && i < SHOWN_MAX; i++) {
    uint8_t c = (uint8_t)text[i];
    if (c < ' ' || c == 0x7f) {
      shown[at++] = '\\';
      shown[at++] = 'x';
      shown[at++] = digits[c >> 4];
      shown[at++] = digits[c & 15];
    } else {
      shown[at++] = (char)c;
    }
  }
  shown[at++] = '"';
  for (int dots = 0; len > SHOWN_MAX && dots < 3; dots++) shown[at++] = '.';
  lua_pushlstring(L, shown, at);
}

_Noreturn void lab_l_writer_refuse(const lab_l_writer *w, int index, const char *expected) {
  lua_State *L = w->L;
  lab_l_push_option_subject(w->L, w->info);
  push_shown(L, index);
  if (w->item > 0) {
    lua_pushfstring(L, "%s: %s expected as item %I, got %s [E117]", lua_tostring(L, -2), expected,
                    (LUAI_UACINT)w->item, lua_tostring(L, -1));
  } else {
    lua_pushfstring(L, "%s: %s expected, got %s [E117]", lua_tostring(L, -2), expected,
                    lua_tostring(L, -1));
  }
  lab_l_raise(L);
}

_Noreturn void lab_l_writer_refuse_with(const lab_l_writer *w, const char *problem) {
  lab_l_push_option_subject(w->L, w->info);
  lua_pushfstring(w->L, "%s: %s [E117]", lua_tostring(w->L, -1), problem);
  lab_l_raise(w->L);
}

_Noreturn void lab_l_writer_refuse_length(const lab_l_writer *w) {
  lab_l_writer_refuse_with(
      w, lua_pushfstring(w->L, "the value is longer than %d octets", (int)w->out.len));
}

void lab_l_writer_put(lab_l_writer *w, const void *bytes, size_t len) {
  if (len > w->out.len - w->used) lab_l_writer_refuse_length(w);
  if (len > 0) memcpy(w->out.data + w->used, bytes, len);
  w->used += len;
}

void lab_l_writer_put_u8(lab_l_writer *w, uint8_t value) { lab_l_writer_put(w, &value, 1); }

void lab_l_writer_put_u32(lab_l_writer *w, uint32_t value) {
  uint8_t octets[4];
  lab_put_u32(octets, value);
  lab_l_writer_put(w, octets, sizeof octets);
}

lua_Integer lab_l_writer_integer(const lab_l_writer *w, int index, lua_Integer low,
                                 lua_Integer high, const char *expected) {
  int exact;
  lua_Integer value = lua_tointegerx(w->L, index, &exact);
  if (!exact || value < low || value > high) lab_l_writer_refuse(w, index, expected);
  return value;
}

lab_view lab_l_writer_string(const lab_l_writer *w, int index, const char *expected) {
  if (lua_type(w->L, index) != LUA_TSTRING) lab_l_writer_refuse(w, index, expected);
  lab_view view;
  view.data = (const uint8_t *)lua_tolstring(w->L, index, &view.len);
  return view;
}

static lua_Integer read_list(const lab_l_writer *w, int index, const char *expected) {
  if (!lua_istable(w->L, index)) lab_l_writer_refuse(w, index, expected);
  lua_Integer count = (lua_Integer)lua_rawlen(w->L, index);
  if (count > 0) return count;
  lua_pushnil(w->L);
  if (lua_next(w->L, index) != 0) { /* an empty list is fine, a record is a mistake */
    lab_l_writer_refuse_with(
        w, lua_pushfstring(w->L, "%s expected, got a table without items", expected));
  }
  return 0;
}

int lab_l_writer_field(const lab_l_writer *w, int index, const char *name, int k) {
  lua_pushstring(w->L, name);
  lua_rawget(w->L, index);
  if (k > 0 && lua_isnil(w->L, -1)) {
    lua_pop(w->L, 1);
    lua_rawgeti(w->L, index, k);
  }
  return lua_gettop(w->L);
}

void lab_l_write_list(lab_l_writer *w, int index, bool single, const char *expected,
                      lab_l_write_value *write) {
  if (single && !lua_istable(w->L, index)) {
    write(w, index);
    return;
  }
  lua_Integer count = read_list(w, index, expected);
  bool outermost = w->item == 0;
  for (lua_Integer i = 1; i <= count; i++) {
    if (outermost) w->item = i;
    lua_rawgeti(w->L, index, i);
    write(w, lua_gettop(w->L));
    lua_pop(w->L, 1);
  }
  if (outermost) w->item = 0;
}

size_t lab_l_writer_begin_counted(lab_l_writer *w) {
  lab_l_writer_put_u8(w, 0);
  return w->used;
}

void lab_l_writer_end_counted(lab_l_writer *w, size_t start) {
  if (w->used - start > 255)
    lab_l_writer_refuse_with(w, "a part of the value is longer than 255 octets");
  w->out.data[start - 1] = (uint8_t)(w->used - start);
}

void lab_l_write_ip(lab_l_writer *w, int index) {
  lab_view text = lab_l_writer_string(w, index, an_ip);
  lab_ip4 ip;
  if (lab_ip4_parse((const char *)text.data, text.len, &ip) != LAB_OK)
    lab_l_writer_refuse(w, index, an_ip);
  lab_l_writer_put_u32(w, ip);
}

void lab_l_write_string(lab_l_writer *w, int index) {
  lab_view view = lab_l_writer_string(w, index, "a string");
  lab_l_writer_put(w, view.data, view.len);
}

static void write_raw_hex(lab_l_writer *w, int index) {
  static const char expected[] = "hex = pairs of hexadecimal digits such as \"01:ff\"";
  lab_view text = lab_l_writer_string(w, index, expected);
  for (size_t i = 0; i < text.len;) {
    uint8_t octet = 0;
    for (size_t digit = i + 2; i < digit; i++) {
      uint8_t c =
          i < text.len ? text.data[i] | 0x20 : 0; /* letters to lower case; digits have the bit */
      bool decimal = c >= '0' && c <= '9' && text.data[i] == c;
      if (!decimal && !(c >= 'a' && c <= 'f')) lab_l_writer_refuse(w, index, expected);
      octet = (uint8_t)(octet << 4 | (decimal ? c - '0' : c - 'a' + 10));
    }
    lab_l_writer_put_u8(w, octet);
    if (i < text.len && i + 1 < text.len &&
        (text.data[i] == ':' || text.data[i] == '-' || text.data[i] == ' '))
      i++;
  }
}

/* The octets of a table { raw= } or { hex= }; false when it is neither. */
bool lab_l_write_raw(lab_l_writer *w, int index) {
  if (!lua_istable(w->L, index)) return false;
  int field = lab_l_writer_field(w, index, "raw", 0);
  bool found = !lua_isnil(w->L, field);
  if (found) {
    lab_view bytes = lab_l_writer_string(w, field, "raw = a string of octets");
    lab_l_writer_put(w, bytes.data, bytes.len);
  } else {
    lua_pop(w->L, 1);
    lab_l_writer_field(w, index, "hex", 0);
    found = !lua_isnil(w->L, field);
    if (found) write_raw_hex(w, field);
  }
  lua_pop(w->L, 1);
  return found;
}
