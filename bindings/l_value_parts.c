/* Composite option values from Lua to the wire: names, routes, suboptions and the other tables
 * with named fields.  Called by l_value_check.c; see l_value.h for their shapes. */
#include <lauxlib.h>
#include <string.h>

#include "addr.h"
#include "bytes.h"
#include "domain.h"
#include "l_value.h"
#include "l_writer.h"

static const char a_domain[] = "a domain name such as \"example.com\"";

static size_t read_domain(const lab_l_writer *w, int index, uint8_t wire[LAB_DOMAIN_WIRE]) {
  lab_view text = lab_l_writer_string(w, index, a_domain);
  size_t len;
  if (lab_domain_parse((const char *)text.data, text.len, wire, &len) != LAB_OK)
    lab_l_writer_refuse(w, index, a_domain);
  return len;
}

static void write_domain(lab_l_writer *w, int index) {
  uint8_t wire[LAB_DOMAIN_WIRE];
  size_t len = read_domain(w, index, wire);
  lab_l_writer_put(w, wire, len);
}

static void write_compressed(lab_l_writer *w, int index) {
  uint8_t wire[LAB_DOMAIN_WIRE];
  size_t len = read_domain(w, index, wire);
  if (lab_domain_append(w->names, wire, len) != LAB_OK) lab_l_writer_refuse_length(w);
}

/* RFC 3397: an ending that was written before is pointed to. */
void lab_l_write_domains(lab_l_writer *w, int index) {
  lab_domain_list names = {.out = {w->out.data + w->used, w->out.len - w->used}};
  w->names = &names;
  lab_l_write_list(w, index, true, "a list of domain names", write_compressed);
  w->used += names.used;
  w->names = NULL;
}

static void write_route(lab_l_writer *w, int index) {
  static const char expected[] = "a network such as \"10.0.0.0/8\", with no bits below its mask,";
  if (!lua_istable(w->L, index)) {
    lab_l_writer_refuse(w, index,
                        "a route { destination = \"10.0.0.0/8\", router = \"192.168.1.1\" }");
  }
  int field = lab_l_writer_field(w, index, "destination", 1);
  lab_view text = lab_l_writer_string(w, field, expected);
  lab_ip4 network;
  unsigned bits;
  if (lab_ip4_parse_prefix((const char *)text.data, text.len, &network, &bits) != LAB_OK)
    lab_l_writer_refuse(w, field, expected);
  uint8_t octets[5] = {(uint8_t)bits};
  lab_put_u32(octets + 1, network);
  lab_l_writer_put(w, octets, 1 + (bits + 7) / 8);
  lab_l_write_ip(w, lab_l_writer_field(w, index, "router", 2));
  lua_pop(w->L, 2);
}

void lab_l_write_routes(lab_l_writer *w, int index) {
  lab_l_write_list(w, index, false, "a list of routes", write_route);
}

/* A field with a whole number of one octet, `otherwise` when it is absent. */
static uint8_t read_octet_field(lab_l_writer *w, int index, const char *name,
                                lua_Integer otherwise) {
  int field = lab_l_writer_field(w, index, name, 0);
  lua_Integer value = otherwise;
  if (otherwise < 0 || !lua_isnil(w->L, field)) {
    value = lab_l_writer_integer(w, field, 0, UINT8_MAX,
                                 lua_pushfstring(w->L, "%s = a whole number from 0 to 255", name));
  }
  lua_settop(w->L, field - 1);
  return (uint8_t)value;
}

static bool read_bool_field(lab_l_writer *w, int index, const char *name, bool otherwise) {
  int field = lab_l_writer_field(w, index, name, 0);
  bool value = otherwise;
  if (!lua_isnil(w->L, field)) {
    if (!lua_isboolean(w->L, field))
      lab_l_writer_refuse(w, field, lua_pushfstring(w->L, "%s = true or false", name));
    value = lua_toboolean(w->L, field);
  }
  lua_pop(w->L, 1);
  return value;
}

/* RFC 4702 2: without flags, the E bit alone (4), which clients must set.  A partial name lacks
 * the closing zero. */
void lab_l_write_fqdn(lab_l_writer *w, int index) {
  if (!lua_istable(w->L, index))
    lab_l_writer_refuse(w, index, "a table { flags = 5, name = \"host.example.com\" }");
  uint8_t flags = read_octet_field(w, index, "flags", 4);
  lab_l_writer_put_u8(w, flags);
  lab_l_writer_put_u8(w, read_octet_field(w, index, "rcode1", 0));
  lab_l_writer_put_u8(w, read_octet_field(w, index, "rcode2", 0));
  bool partial = read_bool_field(w, index, "partial", false);
  int field = lab_l_writer_field(w, index, "name", 0);
  lab_view text = lab_l_writer_string(w, field, "name = a string");
  if ((flags & 4) == 0) {
    lab_l_writer_put(w, text.data, text.len);
  } else if (text.len > 0) {
    uint8_t wire[LAB_DOMAIN_WIRE];
    size_t len = read_domain(w, field, wire);
    lab_l_writer_put(w, wire, partial ? len - 1 : len);
  }
  lua_pop(w->L, 1);
}

/* Every key must be a code or a name, else a misspelt one would vanish in silence. */
static void check_suboption_keys(lab_l_writer *w, int index, uint8_t code) {
  lua_State *L = w->L;
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    lua_pop(L, 1);
    int key = lua_gettop(L);
    lua_Integer sub = lua_isinteger(L, key) ? lua_tointeger(L, key) : -1;
    const char *text = lua_type(L, key) == LUA_TSTRING ? lua_tostring(L, key) : NULL;
    for (unsigned i = 0; sub < 0 && text != NULL && i <= UINT8_MAX; i++) {
      const char *name = lab_l_suboption_name(code, i);
      if (name != NULL && strcmp(name, text) == 0) sub = (lua_Integer)i;
    }
    if (sub < 0 || sub > UINT8_MAX)
      lab_l_writer_refuse(w, key, "a suboption's name or a number from 0 to 255 as key");
  }
}

static void write_suboptions_of(lab_l_writer *w, int index, uint8_t code) {
  lua_State *L = w->L;
  if (!lua_istable(L, index)) lab_l_writer_refuse(w, index, "a table of suboptions");
  check_suboption_keys(w, index, code);
  for (unsigned sub = 0; sub <= UINT8_MAX; sub++) {
    const char *name = lab_l_suboption_name(code, sub);
    lua_rawgeti(L, index, (lua_Integer)sub);
    int value = lua_gettop(L);
    if (name != NULL) {
      lua_pushstring(L, name);
      if (lua_rawget(L, index) != LUA_TNIL) {
        if (!lua_isnil(L, value))
          lab_l_writer_refuse_with(
              w, lua_pushfstring(L, "%s is given twice, by name and as %d", name, (int)sub));
        lua_replace(L, value);
      }
    }
    lua_settop(L, value);
    if (!lua_isnil(L, value)) {
      lab_l_writer_put_u8(w, (uint8_t)sub);
      size_t start = lab_l_writer_begin_counted(w);
      if (lab_l_write_raw(w, value)) {
        /* written */
      } else if (lab_l_suboption_is_ip(code, sub)) {
        lab_l_write_ip(w, value);
      } else {
        lab_l_write_string(w, value);
      }
      lab_l_writer_end_counted(w, start);
    }
    lua_pop(L, 1);
  }
}

void lab_l_write_suboptions(lab_l_writer *w, int index) {
  write_suboptions_of(w, index, w->info->code);
}

static void write_enterprise(lab_l_writer *w, int index) {
  bool tlvs = w->info->type == LAB_TYPE_ENTERPRISE_TLVS;
  if (!lua_istable(w->L, index)) {
    lab_l_writer_refuse(w, index,
                        tlvs ? "a table { enterprise = 9, options = { [1] = \"octets\" } }"
                             : "a table { enterprise = 9, data = \"octets\" }");
  }
  int field = lab_l_writer_field(w, index, "enterprise", 0);
  lab_l_writer_put_u32(
      w, (uint32_t)lab_l_writer_integer(w, field, 0, UINT32_MAX,
                                        "enterprise = a whole number from 0 to 4294967295"));
  lua_pop(w->L, 1);
  field = lab_l_writer_field(w, index, tlvs ? "options" : "data", 0);
  size_t start = lab_l_writer_begin_counted(w);
  if (tlvs) {
    if (!lab_l_write_raw(w, field)) write_suboptions_of(w, field, 0);
  } else {
    lab_view data = lab_l_writer_string(w, field, "data = a string");
    lab_l_writer_put(w, data.data, data.len);
  }
  lab_l_writer_end_counted(w, start);
  lua_pop(w->L, 1);
}

void lab_l_write_enterprises(lab_l_writer *w, int index) {
  lab_l_write_list(w, index, false, "a list of tables with an enterprise number each",
                   write_enterprise);
}

static bool is_ip(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TSTRING) return false;
  size_t len;
  const char *text = lua_tolstring(L, index, &len);
  lab_ip4 ip;
  return lab_ip4_parse(text, len, &ip) == LAB_OK;
}

/* RFC 3361: the first item decides between addresses (1) and names (0).  Names are not
 * compressed, since it is open whether a pointer counts from the encoding octet or from the
 * first name. */
void lab_l_write_sip(lab_l_writer *w, int index) {
  static const char expected[] = "a list of names or a list of addresses, at least one,";
  bool ips = is_ip(w->L, index);
  if (lua_istable(w->L, index)) {
    if (lua_rawlen(w->L, index) == 0) lab_l_writer_refuse(w, index, expected);
    lua_rawgeti(w->L, index, 1);
    ips = is_ip(w->L, -1);
    lua_pop(w->L, 1);
  }
  lab_l_writer_put_u8(w, ips ? 1 : 0);
  lab_l_write_list(w, index, true, expected, ips ? lab_l_write_ip : write_domain);
}

void lab_l_write_slp(lab_l_writer *w, int index) {
  bool scope = w->info->type == LAB_TYPE_SLP_SCOPE;
  if (!lua_istable(w->L, index)) {
    lab_l_writer_refuse(w, index,
                        scope ? "a table { mandatory = true, scope = \"default\" }"
                              : "a table { mandatory = true, addresses = { \"10.0.0.1\" } }");
  }
  lab_l_writer_put_u8(w, read_bool_field(w, index, "mandatory", false) ? 1 : 0);
  int field = lab_l_writer_field(w, index, scope ? "scope" : "addresses", 0);
  if (scope) {
    lab_view text = lab_l_writer_string(w, field, "scope = a string");
    lab_l_writer_put(w, text.data, text.len);
  } else {
    lab_l_write_list(w, field, true, "addresses = a list of IPv4 addresses", lab_l_write_ip);
  }
  lua_pop(w->L, 1);
}

void lab_l_write_interface(lab_l_writer *w, int index) {
  if (!lua_istable(w->L, index))
    lab_l_writer_refuse(w, index, "a table { type = 1, major = 2, minor = 1 }");
  lab_l_writer_put_u8(w, read_octet_field(w, index, "type", -1));
  lab_l_writer_put_u8(w, read_octet_field(w, index, "major", -1));
  lab_l_writer_put_u8(w, read_octet_field(w, index, "minor", -1));
}

static void write_ip_list(lab_l_writer *w, int index) {
  size_t start = lab_l_writer_begin_counted(w);
  lab_l_write_list(w, index, true, "a list of IPv4 addresses", lab_l_write_ip);
  lab_l_writer_end_counted(w, start);
}

void lab_l_write_ip_lists(lab_l_writer *w, int index) {
  lab_l_write_list(w, index, true, "a list of lists of IPv4 addresses", write_ip_list);
}
