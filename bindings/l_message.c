/* Messages as Lua userdata (see l_message.h): fields by their RFC names, methods, printing,
 * comparing.
 *
 * One __index serves fields and methods: names are resolved once, through a table in its
 * upvalue, to small numbers; the numbers up to LAB_FIELD_COUNT are header fields.  What the
 * option object does is in l_options.c. */
#include "l_message.h"

#include <assert.h>
#include <string.h>

#include "l_value.h"
#include "option.h"
#include "route.h"

static const char MESSAGE[] = "dhcplab.message";

enum key {
  KEY_TYPE = LAB_FIELD_COUNT + 1,
  KEY_MAC,
  KEY_BROADCAST,
  KEY_OPTIONS,
  KEY_SOURCE,
  KEY_DESTINATION,
  KEY_AT,
  KEY_KIND,
  KEY_LIMIT,
  KEY_CLIENT_KEY,
  KEY_STRICT,
  KEY_LOCAL,
  KEY_RELAYED
};
static const char *const extra_keys[] = {
    "type", "mac",   "broadcast",  "options", "source",        "destination", "at",
    "kind", "limit", "client_key", "strict",  "local_address", "relayed"};

static uint8_t *room_behind(lab_l_message *m) { return (uint8_t *)(m + 1); }

static lab_l_message *push_new(lua_State *L, size_t room) {
  lab_l_message *m = lua_newuserdatauv(L, sizeof *m + room, 2);
  memset(m, 0, sizeof *m);
  m->limit = LAB_MESSAGE_MAX;
  lab_l_set_metatable(L, MESSAGE);
  return m;
}

enum lab_status lab_l_push_packet(lua_State *L, const lab_packet *packet, lab_time at) {
  lab_message view;
  lab_view datagram = packet->payload;
  enum lab_status status = lab_message_decode(datagram, &view);
  if (status != LAB_OK) return status;
  lab_l_message *m = push_new(L, datagram.len);
  memcpy(room_behind(m), datagram.data, datagram.len);
  m->b.view = view;
  m->b.data = room_behind(m);
  m->b.view.data = m->b.data;
  m->b.cap = datagram.len;
  m->src = packet->src;
  m->dst = packet->dst;
  m->local = packet->local;
  m->at = at;
  return LAB_OK;
}

lab_l_message *lab_l_push_built(lua_State *L, size_t room) {
  lab_l_message *m = push_new(L, room);
  lab_span span = {room_behind(m), room};
  enum lab_status status = lab_builder_init(&m->b, span);
  assert(status == LAB_OK);
  m->built = true;
  return m;
}

lab_l_message *lab_l_push_reply(lua_State *L, const lab_l_message *request, uint8_t type) {
  lab_l_message *reply = push_new(L, 400);
  lab_span room = {room_behind(reply), 400};
  enum lab_status status = lab_builder_reply(&reply->b, room, &request->b.view, type);
  assert(status == LAB_OK);
  reply->built = true;
  reply->limit = lab_reply_limit(&request->b.view);
  return reply;
}

lab_l_message *lab_l_check_message(lua_State *L, int index) {
  return lab_l_check_object(L, index, MESSAGE);
}
lab_l_message *lab_l_test_message(lua_State *L, int index) {
  return lab_l_test_object(L, index, MESSAGE);
}

enum lab_status lab_l_message_wire(const lab_l_message *m, lab_span out, lab_view *wire) {
  if (m->built) return lab_builder_finish(&m->b, m->limit, out, wire);
  wire->data = m->b.view.data;
  wire->len = m->b.view.len;
  return LAB_OK;
}

void lab_l_message_reserve(lua_State *L, int index, lab_l_message *m, size_t more) {
  size_t used = m->b.view.len;
  if (m->built && more <= m->b.cap - used) return;
  size_t cap = used + 192 + more;
  if (m->built && cap < 2 * m->b.cap) cap = 2 * m->b.cap;
  index = lua_absindex(L, index);
  lab_span room = {lua_newuserdatauv(L, cap, 0), cap};
  enum lab_status status;
  if (m->built) {
    status = lab_builder_move(&m->b, room);
  } else {
    lab_message view = m->b.view;
    status = lab_builder_load(&m->b, room, &view);
  }
  assert(status == LAB_OK);
  m->built = true;
  lua_setiuservalue(L, index, 2);
}

/* Reading
 * ------------------------------------------------------------------------------------------------------- */

void lab_l_push_type(lua_State *L, unsigned type) {
  const char *name = lab_message_type_name(type);
  if (name != NULL) {
    lua_pushstring(L, name);
  } else if (type != 0) {
    lua_pushinteger(L, type);
  } else {
    lua_pushnil(L);
  }
}

void lab_l_push_chaddr(lua_State *L, const lab_message *view) {
  lab_view chaddr = lab_message_chaddr(view);
  lab_l_push_mac(L, chaddr.data, chaddr.len);
}

/* What identifies the client (RFC 2131 4.2): option 61 whole, else htype and the hardware
 * address. */
void lab_l_push_client_key(lua_State *L, const lab_message *view) {
  lab_view id;
  uint8_t joined[1024];
  lab_span scratch = {joined, sizeof joined};
  if (lab_message_has(view, 61) && lab_message_option(view, 61, scratch, &id) == LAB_OK &&
      id.len > 0) {
    lua_pushlstring(L, (const char *)id.data, id.len > 255 ? 255 : id.len);
    return;
  }
  lab_view chaddr = lab_message_chaddr(view);
  uint8_t key[17] = {view->data[1]};
  memcpy(key + 1, chaddr.data, chaddr.len);
  lua_pushlstring(L, (const char *)key, chaddr.len + 1);
}

static int push_field(lua_State *L, const lab_message *view, enum lab_field field) {
  lab_view text;
  switch (field) {
    case LAB_FIELD_ciaddr:
    case LAB_FIELD_yiaddr:
    case LAB_FIELD_siaddr:
    case LAB_FIELD_giaddr: lab_l_push_ip4(L, lab_message_number(view, field)); return 1;
    case LAB_FIELD_chaddr: lab_l_push_chaddr(L, view); return 1;
    case LAB_FIELD_sname:
    case LAB_FIELD_file:
      text = lab_message_text(view, field);
      lua_pushlstring(L, (const char *)text.data, text.len);
      return 1;
    default: lua_pushinteger(L, lab_message_number(view, field)); return 1;
  }
}

static int push_endpoint_or_nil(lua_State *L, lab_endpoint endpoint, bool built) {
  if (built && endpoint.ip == 0 && endpoint.port == 0) {
    lua_pushnil(L);
  } else {
    lab_l_push_endpoint(L, endpoint);
  }
  return 1;
}

static int push_extra(lua_State *L, lab_l_message *m, enum key key) {
  const char *kind;
  switch (key) {
    case KEY_TYPE: lab_l_push_type(L, m->b.view.type); return 1;
    case KEY_MAC: lab_l_push_chaddr(L, &m->b.view); return 1;
    case KEY_BROADCAST:
      lua_pushboolean(L,
                      (lab_message_number(&m->b.view, LAB_FIELD_flags) & LAB_FLAG_BROADCAST) != 0);
      return 1;
    case KEY_SOURCE: return push_endpoint_or_nil(L, m->src, m->built);
    case KEY_DESTINATION: return push_endpoint_or_nil(L, m->dst, m->built);
    case KEY_AT: lab_l_push_time(L, m->at); return 1;
    case KEY_KIND:
      kind = lab_request_kind_name(lab_request_kind_of(&m->b.view, m->dst.ip));
      lua_pushstring(L, kind); /* pushes nil for NULL */
      return 1;
    case KEY_LIMIT: lua_pushinteger(L, (lua_Integer)m->limit); return 1;
    case KEY_CLIENT_KEY: lab_l_push_client_key(L, &m->b.view); return 1;
    case KEY_LOCAL: lab_l_push_ip4(L, m->local); return 1;
    case KEY_RELAYED:
      lua_pushboolean(L, lab_message_number(&m->b.view, LAB_FIELD_giaddr) != 0);
      return 1;
    case KEY_STRICT: lua_pushboolean(L, !m->lax); return 1;
    default: lua_pushnil(L); return 1;
  }
}

/* __index; upvalue: name -> key number or method */
static int index_message(lua_State *L) {
  lab_l_message *m = lua_touserdata(L, 1);
  lua_pushvalue(L, 2);
  int type = lua_rawget(L, lua_upvalueindex(1));
  if (type == LUA_TFUNCTION) return 1;
  if (type != LUA_TNUMBER) {
    if (lua_type(L, 2) != LUA_TSTRING)
      return lab_l_error(L, "a message has named fields only [E106]");
    return lab_l_unknown_key(L, "a message has no field or method", lua_tostring(L, 2));
  }
  lua_Integer key = lua_tointeger(L, -1);
  if (key <= LAB_FIELD_COUNT) return push_field(L, &m->b.view, (enum lab_field)(key - 1));
  if (key != KEY_OPTIONS) return push_extra(L, m, (enum key)key);
  if (lua_getiuservalue(L, 1, 1) == LUA_TNIL) {
    lab_l_push_options(L, 1);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, 1);
  }
  return 1;
}

/* Writing
 * ------------------------------------------------------------------------------------------------------- */

static int check_fits(lua_State *L, enum lab_status status, const char *name, lua_Integer room) {
  if (status == LAB_OK) return 0;
  return lab_l_error(L, "%s holds at most %d octets [E117]", name, (int)room);
}

static lua_Integer check_number(lua_State *L, int index, const char *name, size_t size) {
  lua_Integer most = size == 1 ? 0xff : size == 2 ? 0xffff : 0xffffffff;
  int is_integer;
  lua_Integer value = lua_tointegerx(L, index, &is_integer);
  if (!is_integer || value < 0 || value > most) {
    return lab_l_error(L, "%s is a whole number from 0 to %I, got %s [E117]", name,
                       (LUAI_UACINT)most, luaL_tolstring(L, index, NULL));
  }
  return value;
}

/* A hardware address of any length up to 16 octets, as text; sets hlen too (0 stays 0 on
 * purpose: it is then written). */
static void set_chaddr(lua_State *L, lab_l_message *m, int index) {
  size_t len;
  const char *text = luaL_checklstring(L, index, &len);
  uint8_t octets[16];
  size_t count = 0;
  bool good = (len + 1) % 3 == 0 && len > 0 && len <= 47;
  for (size_t i = 0; good && i < len; i += 3) {
    unsigned value = 0;
    for (size_t k = i; k < i + 2; k++) {
      char c = text[k];
      unsigned digit = c >= '0' && c <= '9'                 ? (unsigned)(c - '0')
                       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (unsigned)((c | 32) - 'a') + 10
                                                            : 16;
      if (digit > 15) good = false;
      value = value << 4 | (digit & 15);
    }
    if (i + 2 < len && text[i + 2] != ':' && text[i + 2] != '-') good = false;
    octets[count++] = (uint8_t)value;
  }
  if (!good)
    lab_l_error(L, "\"%s\" is not a hardware address such as \"02:00:00:00:00:01\" [E110]", text);
  lab_view view = {octets, count};
  lab_builder_bytes(&m->b, LAB_FIELD_chaddr, view);
  lab_builder_number(&m->b, LAB_FIELD_hlen, (uint32_t)count);
}

static void set_type(lua_State *L, lab_l_message *m, int index) {
  unsigned type = 0;
  if (lua_isinteger(L, index)) {
    lua_Integer value = lua_tointeger(L, index);
    type = value >= 0 && value <= 255 ? (unsigned)value : 256;
  } else if (lua_isnil(L, index)) {
    lab_builder_remove(&m->b, 53);
    return;
  } else {
    size_t len;
    const char *name = luaL_checklstring(L, index, &len);
    type = lab_message_type_by_name(name, len);
    if (type == 0) {
      const char *near = lab_l_nearest_type(name);
      if (near != NULL)
        lab_l_error(L, "no message type is called \"%s\"; did you mean \"%s\"? [E107]", name, near);
      lab_l_error(
          L,
          "no message type is called \"%s\"; they are discover, offer, request, decline, ack, nak, "
          "release, inform (or a number 0 to 255) [E107]",
          name);
    }
  }
  if (type > 255) lab_l_error(L, "a message type is a number from 0 to 255 [E109]");
  uint8_t octet = (uint8_t)type;
  lab_view view = {&octet, 1};
  lab_l_message_reserve(L, 1, m, 3);
  lab_builder_set(&m->b, 53, view);
}

static int set_field(lua_State *L, lab_l_message *m, enum lab_field field, int index) {
  lab_view text;
  switch (field) {
    case LAB_FIELD_ciaddr:
    case LAB_FIELD_yiaddr:
    case LAB_FIELD_siaddr:
    case LAB_FIELD_giaddr: lab_builder_number(&m->b, field, lab_l_check_ip4(L, index)); return 0;
    case LAB_FIELD_chaddr: set_chaddr(L, m, index); return 0;
    case LAB_FIELD_sname:
    case LAB_FIELD_file:
      text = lab_l_check_view(L, index);
      return check_fits(L, lab_builder_bytes(&m->b, field, text), lab_field_name(field),
                        (lua_Integer)lab_field_size(field));
    default:
      lab_builder_number(
          &m->b, field,
          (uint32_t)check_number(L, index, lab_field_name(field), lab_field_size(field)));
      return 0;
  }
}

static int set_options(lua_State *L, int index);

static int set_extra(lua_State *L, lab_l_message *m, enum key key, int index) {
  uint32_t flags;
  switch (key) {
    case KEY_TYPE: set_type(L, m, index); return 0;
    case KEY_MAC: set_chaddr(L, m, index); return 0;
    case KEY_BROADCAST:
      flags = lab_message_number(&m->b.view, LAB_FIELD_flags) & ~(uint32_t)LAB_FLAG_BROADCAST;
      lab_builder_number(&m->b, LAB_FIELD_flags,
                         flags | (lua_toboolean(L, index) ? LAB_FLAG_BROADCAST : 0u));
      return 0;
    case KEY_LIMIT: m->limit = (size_t)luaL_checkinteger(L, index); return 0;
    case KEY_OPTIONS: return set_options(L, index);
    case KEY_STRICT: m->lax = !lua_toboolean(L, index); return 0;
    case KEY_SOURCE: m->src = lab_l_check_endpoint(L, index); return 0;
    case KEY_DESTINATION: m->dst = lab_l_check_endpoint(L, index); return 0;
    case KEY_LOCAL: m->local = lab_l_check_ip4(L, index); return 0;
    default:
      return lab_l_error(L, "\"%s\" of a message can be read only [E116]",
                         extra_keys[key - KEY_TYPE]);
  }
}

/* message[key] = value with key and value at the given places; the message is at index 1. */
static int assign(lua_State *L, lab_l_message *m, int names, int key_index, int value_index) {
  lua_pushvalue(L, key_index);
  if (lua_rawget(L, names) != LUA_TNUMBER) {
    if (lua_type(L, key_index) != LUA_TSTRING)
      return lab_l_error(L, "a message has named fields only [E106]");
    return lab_l_unknown_key(L, "a message has no field", lua_tostring(L, key_index));
  }
  lua_Integer key = lua_tointeger(L, -1);
  lua_pop(L, 1);
  bool is_about = key == KEY_SOURCE || key == KEY_DESTINATION || key == KEY_LOCAL;
  if (!is_about) lab_l_message_reserve(L, 1, m, 0);
  if (key <= LAB_FIELD_COUNT) return set_field(L, m, (enum lab_field)(key - 1), value_index);
  return set_extra(L, m, (enum key)key, value_index);
}

static int newindex_message(lua_State *L) {
  return assign(L, lua_touserdata(L, 1), lua_upvalueindex(1), 2, 3);
}

/* message.options = { name = value, ... }: replaces nothing that is not named. */
static int set_options(lua_State *L, int index) {
  luaL_checktype(L, index, LUA_TTABLE);
  lua_getfield(L, 1, "options");
  int options = lua_gettop(L);
  /* in the order of the codes, not of the table, so that the bytes are the same each time */
  uint64_t seen[4] = {0};
  lua_newtable(L);
  int by_code = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, index) != 0;) {
    const lab_option_info *info = lab_l_check_option_key(L, -2);
    seen[info->code >> 6] |= (uint64_t)1 << (info->code & 63);
    lua_rawseti(L, by_code, info->code);
  }
  for (int code = 1; code < 255; code++) {
    if (((seen[code >> 6] >> (code & 63)) & 1) == 0) continue;
    lua_pushinteger(L, code);
    lua_rawgeti(L, by_code, code);
    lua_settable(L, options);
  }
  lua_settop(L, options - 1);
  return 0;
}

/* Methods
 * ------------------------------------------------------------------------------------------------------- */

/* message{ field = value, ..., options = {...} }: op 1, htype 1, hlen 6 unless said otherwise. */
static int new_message(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lab_l_message *m = lab_l_push_built(L, 400);
  lua_insert(L, 1); /* message 1, table 2 */
  lab_builder_number(&m->b, LAB_FIELD_op, 1);
  lab_builder_number(&m->b, LAB_FIELD_htype, 1);
  lab_builder_number(&m->b, LAB_FIELD_hlen, 6);
  /* the type first, then the fields in the order of the wire, then options; a wrong key is found
   * by the last walk */
  static const char *const first[] = {"strict", "type", "mac", NULL};
  for (int i = 0; first[i] != NULL; i++) {
    lua_pushstring(L, first[i]);
    if (lua_getfield(L, 2, first[i]) != LUA_TNIL) assign(L, m, lua_upvalueindex(1), 3, 4);
    lua_settop(L, 2);
  }
  bool has_chaddr = false;
  for (int field = 0; field < LAB_FIELD_COUNT; field++) {
    if (field == LAB_FIELD_hlen && has_chaddr) continue;
    if (lua_getfield(L, 2, lab_field_name((enum lab_field)field)) != LUA_TNIL) {
      set_field(L, m, (enum lab_field)field, 3);
    }
    lua_settop(L, 2);
  }
  if (lua_getfield(L, 2, "hlen") != LUA_TNIL) set_field(L, m, LAB_FIELD_hlen, 3);
  lua_settop(L, 2);
  for (lua_pushnil(L); lua_next(L, 2) != 0; lua_settop(L, 3)) {
    lua_pushvalue(L, 3);
    if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNUMBER &&
        lua_tointeger(L, -1) <= LAB_FIELD_COUNT)
      continue;
    lua_settop(L, 4);
    const char *key = lua_type(L, 3) == LUA_TSTRING ? lua_tostring(L, 3) : "";
    if (strcmp(key, "type") == 0 || strcmp(key, "strict") == 0 || strcmp(key, "mac") == 0 ||
        strcmp(key, "options") == 0)
      continue;
    assign(L, m, lua_upvalueindex(1), 3, 4);
  }
  lua_settop(L, 2);
  if (lua_getfield(L, 2, "options") != LUA_TNIL) set_options(L, 3);
  lua_settop(L, 1);
  return 1;
}

/* message.decode(bytes) */
static int decode(lua_State *L) {
  lab_view bytes = lab_l_check_view(L, 1);
  lab_packet packet = {.payload = bytes};
  enum lab_status status = lab_l_push_packet(L, &packet, 0);
  if (status == LAB_OK) return 1;
  lab_l_fail(L, status);
  lab_finding finding = {0, LAB_FAULT_SHORT, 0};
  lab_finding all[64];
  size_t count = lab_message_check(bytes, all, LAB_COUNTOF(all));
  for (size_t i = 0; i < count && i < LAB_COUNTOF(all); i++) { /* the one that stops a reader */
    if (all[i].fault == LAB_FAULT_SHORT || all[i].fault == LAB_FAULT_NO_COOKIE ||
        all[i].fault == LAB_FAULT_HLEN) {
      finding = all[i];
      break;
    }
  }
  lua_pushfstring(L, "%s, at offset %d (%s)", lab_fault_text(finding.fault), (int)finding.offset,
                  lab_fault_source(finding.fault));
  return 3;
}

static int get_bytes(lua_State *L) {
  lab_l_message *m = lab_l_check_message(L, 1);
  size_t limit = m->limit;
  if (!lua_isnoneornil(L, 2)) m->limit = (size_t)luaL_checkinteger(L, 2);
  size_t room = m->b.view.len + 1024;
  luaL_Buffer buffer;
  lab_span out = {(uint8_t *)luaL_buffinitsize(L, &buffer, room), room};
  lab_view wire = {NULL, 0};
  enum lab_status status = lab_l_message_wire(m, out, &wire);
  m->limit = limit;
  if (status != LAB_OK) return lab_l_fail(L, status);
  if (wire.data != out.data) memcpy(out.data, wire.data, wire.len);
  luaL_pushresultsize(&buffer, wire.len);
  return 1;
}

static int get_length(lua_State *L) {
  lua_settop(L, 1);
  get_bytes(L);
  lua_pushinteger(L, (lua_Integer)lua_rawlen(L, -1));
  return 1;
}

lab_l_message *lab_l_push_copy(lua_State *L, const lab_l_message *m) {
  lab_l_message *twin = push_new(L, m->b.view.len + 64);
  memcpy(room_behind(twin), m->b.data, m->b.view.len);
  twin->b.view = m->b.view;
  twin->b.data = room_behind(twin);
  twin->b.view.data = twin->b.data;
  twin->b.cap = m->b.view.len + (m->built ? 64 : 0);
  twin->built = m->built;
  twin->src = m->src;
  twin->dst = m->dst;
  twin->at = m->at;
  twin->local = m->local;
  twin->limit = m->limit;
  twin->lax = m->lax;
  return twin;
}

static int copy(lua_State *L) {
  lab_l_push_copy(L, lab_l_check_message(L, 1));
  return 1;
}

static int equal(lua_State *L) {
  if (lab_l_test_message(L, 1) == NULL || lab_l_test_message(L, 2) == NULL) return 0;
  for (int i = 1; i <= 2; i++) {
    lua_pushcfunction(L, get_bytes);
    lua_pushvalue(L, i);
    lua_call(L, 1, 1);
  }
  lua_pushboolean(L, lua_rawequal(L, -1, -2));
  return 1;
}

static const luaL_Reg methods[] = {{"bytes", get_bytes}, {"copy", copy}, {NULL, NULL}};

/* A method for all messages, written in Lua: core.add_method("summary", function(m) ... end). */
static int add_method(lua_State *L) {
  luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  bool is_summary = strcmp(lua_tostring(L, 1), "summary") == 0;
  lua_rawset(L, lua_upvalueindex(1));
  if (is_summary) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, MESSAGE);
    lua_pushliteral(L, "summary");
    lua_rawget(L, lua_upvalueindex(1));
    lua_setfield(L, -2, "__tostring");
  }
  return 0;
}

void lab_l_message_open(lua_State *L) {
  int module = lua_gettop(L);
  lab_l_new_metatable(L, MESSAGE);
  lua_newtable(L); /* name -> key number, or method */
  int names = lua_gettop(L);
  for (int field = 0; field < LAB_FIELD_COUNT; field++) {
    lua_pushinteger(L, field + 1);
    lua_setfield(L, names, lab_field_name((enum lab_field)field));
  }
  for (int i = 0; i < (int)LAB_COUNTOF(extra_keys); i++) {
    lua_pushinteger(L, KEY_TYPE + i);
    lua_setfield(L, names, extra_keys[i]);
  }
  luaL_setfuncs(L, methods, 0);
  luaL_setfuncs(L, lab_l_reply_methods, 0);
  luaL_setfuncs(L, lab_l_client_methods, 0);
  luaL_setfuncs(L, lab_l_apart_methods, 0);
  static const struct {
    const char *name;
    lua_CFunction function;
  } closures[] = {{"__index", index_message}, {"__newindex", newindex_message}};
  for (size_t i = 0; i < LAB_COUNTOF(closures); i++) {
    lua_pushvalue(L, names);
    lua_pushcclosure(L, closures[i].function, 1);
    lua_setfield(L, module + 1, closures[i].name);
  }
  lua_pushcfunction(L, equal);
  lua_setfield(L, module + 1, "__eq");
  lua_pushcfunction(L, get_length);
  lua_setfield(L, module + 1, "__len");
  lua_pushvalue(L, names);
  lua_pushcclosure(L, add_method, 1);
  lua_setfield(L, module, "add_method");
  lua_newtable(L); /* as functions, for those who call them too often to look them up each time */
  luaL_setfuncs(L, lab_l_reply_methods, 0);
  luaL_setfuncs(L, lab_l_client_methods, 0);
  lua_setfield(L, module, "methods");
  lua_pushvalue(L, names);
  lua_pushcclosure(L, new_message, 1);
  lua_setfield(L, module, "message");
  lua_pushcfunction(L, decode);
  lua_setfield(L, module, "decode");
  lua_settop(L, module);
}
