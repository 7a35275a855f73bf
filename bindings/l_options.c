/* The `options` of a message: m.options.lease_time, m.options[51], pairs(m.options),
 * m.options:raw(43).
 *
 * The object is a light handle on its message, which its user value keeps alive.  Names are
 * resolved through a table in an upvalue that remembers every name used, so that an option costs
 * one look-up after the first time. */
#include <assert.h>
#include <string.h>

#include "l_message.h"
#include "l_value.h"

static const char OPTIONS[] = "dhcplab.options";
enum { VALUE_MAX = 16384 }; /* octets of one option's value; 64 instances of 255 */

typedef struct options_handle {
  lab_l_object object;
  lab_l_message *message;
} options_handle;

void lab_l_push_options(lua_State *L, int message_index) {
  message_index = lua_absindex(L, message_index);
  options_handle *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  handle->message = lua_touserdata(L, message_index);
  lua_pushvalue(L, message_index);
  lua_setiuservalue(L, -2, 1);
  lab_l_set_metatable(L, OPTIONS);
}

/* How many slips of a typing hand lie between two words: a letter too many, too few, another one,
 * or two swapped (as scripts/dhcplab/suggest.lua counts). */
static size_t edit_distance(const char *a, const char *b, size_t most) {
  enum { LONGEST = 48 };
  size_t rows[3][LONGEST + 1];
  size_t len_a = strlen(a), len_b = strlen(b);
  if (len_a > LONGEST || len_b > LONGEST) return most + 1;
  for (size_t k = 0; k <= len_b; k++) rows[0][k] = k;
  for (size_t i = 1; i <= len_a; i++) {
    size_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t k = 1; k <= len_b; k++) {
      size_t best = last[k - 1] + (a[i - 1] != b[k - 1]);
      if (last[k] + 1 < best) best = last[k] + 1;
      if (row[k - 1] + 1 < best) best = row[k - 1] + 1;
      bool swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
      if (swapped && before[k - 2] + 1 < best) best = before[k - 2] + 1;
      row[k] = best;
    }
  }
  return rows[len_a % 3][len_b];
}

static const char *keep_nearest(const char *word, const char *candidate, const char *best,
                                size_t *distance) {
  size_t d = edit_distance(word, candidate, *distance);
  if (d >= *distance) return best;
  *distance = d;
  return candidate;
}

static const char *nearest_option(const char *word) {
  size_t distance = strlen(word) / 3 + 1;
  const char *best = NULL;
  if (distance > 4) distance = 4;
  for (int code = 1; code < 255; code++) {
    const lab_option_info *info = lab_option_info_of((uint8_t)code);
    if (info->name != NULL) best = keep_nearest(word, info->name, best, &distance);
  }
  return best;
}

const char *lab_l_nearest_type(const char *word) {
  size_t distance = strlen(word) / 3 + 1;
  const char *best = NULL;
  for (unsigned type = 1; type <= 255; type++) {
    const char *name = lab_message_type_name(type);
    if (name != NULL) best = keep_nearest(word, name, best, &distance);
  }
  return best;
}

int lab_l_unknown_key(lua_State *L, const char *what, const char *key) {
  static const char *const others[] = {"type",   "mac",         "broadcast", "options",
                                       "source", "destination", "kind"};
  size_t distance = strlen(key) / 3 + 1;
  const char *best = NULL;
  for (int field = 0; field < LAB_FIELD_COUNT; field++) {
    best = keep_nearest(key, lab_field_name((enum lab_field)field), best, &distance);
  }
  for (size_t i = 0; i < LAB_COUNTOF(others); i++)
    best = keep_nearest(key, others[i], best, &distance);
  if (lab_option_by_name(key, strlen(key)) != NULL) {
    return lab_l_error(L, "%s called \"%s\"; it is an option: write options.%s [E106]", what, key,
                       lab_option_by_name(key, strlen(key))->name);
  }
  if (best == NULL) return lab_l_error(L, "%s called \"%s\" [E106]", what, key);
  return lab_l_error(L, "%s called \"%s\"; did you mean \"%s\"? [E106]", what, key, best);
}

const lab_option_info *lab_l_check_option_key(lua_State *L, int index) {
  if (lua_isinteger(L, index) || lua_type(L, index) == LUA_TNUMBER) {
    lua_Integer code = luaL_checkinteger(L, index);
    if (code < 1 || code > 254)
      lab_l_error(L, "an option code is a number from 1 to 254, got %I [E105]", (LUAI_UACINT)code);
    return lab_option_info_of((uint8_t)code);
  }
  size_t len;
  const char *name = luaL_checklstring(L, index, &len);
  const lab_option_info *info = lab_option_by_name(name, len);
  if (info != NULL && info->code != 0 && info->code != 255) return info;
  const char *nearest = nearest_option(name);
  if (nearest == NULL)
    lab_l_error(L, "there is no option called \"%s\" (see: dhcplab help options) [E105]", name);
  lab_l_error(L, "there is no option called \"%s\"; did you mean \"%s\"? [E105]", name, nearest);
  return NULL;
}

/* The code of the key at index 2, through the cache in the first upvalue; methods are kept there
 * as functions. */
static const lab_option_info *resolve(lua_State *L, bool *is_method) {
  *is_method = false;
  if (lua_type(L, 2) != LUA_TSTRING) return lab_l_check_option_key(L, 2);
  lua_pushvalue(L, 2);
  int type = lua_rawget(L, lua_upvalueindex(1));
  if (type == LUA_TLIGHTUSERDATA) {
    const lab_option_info *info = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return info;
  }
  if (type == LUA_TFUNCTION) {
    *is_method = true;
    return NULL;
  }
  lua_pop(L, 1);
  const lab_option_info *info = lab_l_check_option_key(L, 2);
  return info;
}

static void push_joined(lua_State *L, const lab_message *view, uint8_t code,
                        const lab_option_info *info) {
  lab_view value;
  uint8_t joined[VALUE_MAX];
  lab_span scratch = {joined, sizeof joined};
  if (!lab_message_has(view, code) || lab_message_option(view, code, scratch, &value) != LAB_OK) {
    lua_pushnil(L);
  } else if (info != NULL) {
    lab_l_push_value(L, info, value);
  } else {
    lua_pushlstring(L, (const char *)value.data, value.len);
  }
}

static int index_options(lua_State *L) {
  const options_handle *handle = lua_touserdata(L, 1);
  bool is_method;
  const lab_option_info *info = resolve(L, &is_method);
  if (is_method) return 1;
  push_joined(L, &handle->message->b.view, info->code, info);
  return 1;
}

/* Sets the value at `value_index`; the options object is at index 1. */
static void set_bytes(lua_State *L, const options_handle *handle, uint8_t code, lab_view value) {
  lua_getiuservalue(L, 1, 1);
  lab_l_message_reserve(L, -1, handle->message, value.len + 2 * (value.len / 255 + 1));
  enum lab_status status = lab_builder_set(&handle->message->b, code, value);
  assert(status == LAB_OK);
  lua_pop(L, 1);
}

static int newindex_options(lua_State *L) {
  const options_handle *handle = lua_touserdata(L, 1);
  bool is_method;
  const lab_option_info *info = resolve(L, &is_method);
  if (is_method) return lab_l_error(L, "\"%s\" is a method of options [E116]", lua_tostring(L, 2));
  if (lua_isnil(L, 3)) {
    if (lab_message_has(&handle->message->b.view, info->code)) {
      lua_getiuservalue(L, 1, 1);
      lab_l_message_reserve(L, -1, handle->message, 0);
      lab_builder_remove(&handle->message->b, info->code);
    }
    return 0;
  }
  uint8_t bytes[VALUE_MAX];
  lab_span out = {bytes, sizeof bytes};
  lab_view value = {bytes, lab_l_check_value(L, 3, info, out)};
  if (!handle->message->lax && !lab_l_is_raw(L, 3)) lab_l_check_bounds(L, info, value);
  set_bytes(L, handle, info->code, value);
  return 0;
}

static const options_handle *check_options(lua_State *L) {
  return lab_l_check_object(L, 1, OPTIONS);
}

static int get_raw(lua_State *L) {
  const options_handle *handle = check_options(L);
  push_joined(L, &handle->message->b.view, lab_l_check_option_key(L, 2)->code, NULL);
  return 1;
}

static int set_raw(lua_State *L) {
  const options_handle *handle = check_options(L);
  const lab_option_info *info = lab_l_check_option_key(L, 2);
  set_bytes(L, handle, info->code, lab_l_check_view(L, 3));
  return 0;
}

static int has(lua_State *L) {
  const options_handle *handle = check_options(L);
  lua_pushboolean(L, lab_message_has(&handle->message->b.view, lab_l_check_option_key(L, 2)->code));
  return 1;
}

/* Appends another instance, even where there is one already; for messages that are wrong on
 * purpose, and for order. */
static int append(lua_State *L) {
  const options_handle *handle = check_options(L);
  const lab_option_info *info = lab_l_check_option_key(L, 2);
  lab_view value = lab_l_check_view(L, 3);
  lua_getiuservalue(L, 1, 1);
  lab_l_message_reserve(L, -1, handle->message, value.len + 2 * (value.len / 255 + 1));
  lab_builder_append(&handle->message->b, info->code, value);
  return 0;
}

/* The codes present, each once, in reading order. */
static int codes(lua_State *L) {
  const options_handle *handle = check_options(L);
  lab_option_walk walk;
  lab_option option;
  uint64_t seen[4] = {0};
  int count = 0;
  lua_newtable(L);
  lab_options_begin(&handle->message->b.view, &walk);
  while (lab_options_next(&walk, &option)) {
    uint64_t bit = (uint64_t)1 << (option.code & 63);
    if ((seen[option.code >> 6] & bit) != 0) continue;
    seen[option.code >> 6] |= bit;
    lua_pushinteger(L, option.code);
    lua_rawseti(L, -2, ++count);
  }
  return 1;
}

static void push_key(lua_State *L, uint8_t code) {
  const char *name = lab_option_info_of(code)->name;
  if (name != NULL) {
    lua_pushstring(L, name);
  } else {
    lua_pushinteger(L, code);
  }
}

/* The iterator of pairs(): upvalues are the list of codes and where we stand. */
static int next_option(lua_State *L) {
  lua_Integer place = lua_tointeger(L, lua_upvalueindex(2)) + 1;
  if (lua_rawgeti(L, lua_upvalueindex(1), place) == LUA_TNIL) return 1;
  uint8_t code = (uint8_t)lua_tointeger(L, -1);
  lua_pushinteger(L, place);
  lua_replace(L, lua_upvalueindex(2));
  const options_handle *handle = check_options(L);
  push_key(L, code);
  push_joined(L, &handle->message->b.view, code, lab_option_info_of(code));
  return 2;
}

static int pairs_options(lua_State *L) {
  lua_settop(L, 1);
  codes(L);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_option, 2);
  lua_pushvalue(L, 1);
  return 2;
}

static int to_string(lua_State *L) {
  const options_handle *handle = check_options(L);
  codes(L);
  lua_pushfstring(L, "options of a message (%d)", (int)lua_rawlen(L, -1));
  (void)handle;
  return 1;
}

static const luaL_Reg methods[] = {{"raw", get_raw},   {"set_raw", set_raw}, {"has", has},
                                   {"append", append}, {"codes", codes},     {NULL, NULL}};

void lab_l_options_open(lua_State *L) {
  lab_l_new_metatable(L, OPTIONS);
  lua_newtable(L);
  for (int code = 1; code < 255; code++) {
    const lab_option_info *info = lab_option_info_of((uint8_t)code);
    if (info->name == NULL) continue;
    lua_pushlightuserdata(L, (void *)info);
    lua_setfield(L, -2, info->name);
  }
  luaL_setfuncs(L, methods, 0);
  lua_pushvalue(L, -1);
  lua_pushcclosure(L, index_options, 1);
  lua_setfield(L, -3, "__index");
  lua_pushcclosure(L, newindex_options, 1);
  lua_setfield(L, -2, "__newindex");
  lua_pushcfunction(L, pairs_options);
  lua_setfield(L, -2, "__pairs");
  lua_pushcfunction(L, to_string);
  lua_setfield(L, -2, "__tostring");
  lua_pop(L, 1);
}
