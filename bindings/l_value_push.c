/* Option values from the wire to Lua: one function per shape, each of which leaves one value and
 * says true, or says false when the octets are not what their type promises.  See l_value.h; the
 * other direction is l_value_check.c. */
#include <lauxlib.h>

#include "addr.h"
#include "bytes.h"
#include "domain.h"
#include "l_value.h"
#include "message.h"

enum {
  STACK_NEEDED = 12,
  /* Compression lets 2 octets name 255; a list that would expand beyond what any message carries
   * is not expanded. */
  DOMAINS_WIRE_MAX = 65535
};

typedef bool push_value(lua_State *L, const lab_option_info *info, lab_view raw);

static bool take(lab_view *rest, size_t len, lab_view *out) {
  if (len > rest->len) return false;
  out->data = rest->data;
  out->len = len;
  if (len == 0) return true;
  rest->data += len;
  rest->len -= len;
  return true;
}

/* A length octet and as many octets as it says. */
static bool take_counted(lab_view *rest, lab_view *out) {
  lab_view head;
  return take(rest, 1, &head) && take(rest, head.data[0], out);
}

static void push_view(lua_State *L, lab_view view) {
  lua_pushlstring(L, (const char *)view.data, view.len);
}

static void push_ip4(lua_State *L, const uint8_t *octets) {
  char text[LAB_IP4_TEXT];
  size_t len = lab_ip4_format(lab_get_u32(octets), text);
  lua_pushlstring(L, text, len);
}

static void set_integer(lua_State *L, const char *key, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, key);
}

static bool push_flag(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len != 0) return false;
  lua_pushboolean(L, 1);
  return true;
}

static bool push_ip(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len != 4) return false;
  push_ip4(L, raw.data);
  return true;
}

static bool push_ips(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len % 4 != 0) return false;
  lua_createtable(L, (int)(raw.len / 4), 0);
  for (size_t i = 0; i < raw.len / 4; i++) {
    push_ip4(L, raw.data + 4 * i);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return true;
}

static bool push_ip_pairs(lua_State *L, const lab_option_info *info, lab_view raw) {
  if (raw.len % 8 != 0) return false;
  const char *first, *second;
  lab_l_pair_names(info->code, &first, &second);
  lua_createtable(L, (int)(raw.len / 8), 0);
  for (size_t i = 0; i < raw.len / 8; i++) {
    lua_createtable(L, 0, 2);
    push_ip4(L, raw.data + 8 * i);
    lua_setfield(L, -2, first);
    push_ip4(L, raw.data + 8 * i + 4);
    lua_setfield(L, -2, second);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return true;
}

static bool push_u8(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len != 1) return false;
  lua_pushinteger(L, raw.data[0]);
  return true;
}

static bool push_u16(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len != 2) return false;
  lua_pushinteger(L, lab_get_u16(raw.data));
  return true;
}

static bool push_u32(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len != 4) return false;
  lua_pushinteger(L, lab_get_u32(raw.data));
  return true;
}

static bool push_i32(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len != 4) return false;
  lua_Integer value = lab_get_u32(raw.data);
  lua_pushinteger(L, value > INT32_MAX ? value - ((lua_Integer)1 << 32) : value);
  return true;
}

static bool push_u8s(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  lua_createtable(L, (int)raw.len, 0);
  for (size_t i = 0; i < raw.len; i++) {
    lua_pushinteger(L, raw.data[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return true;
}

static bool push_u16s(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len % 2 != 0) return false;
  lua_createtable(L, (int)(raw.len / 2), 0);
  for (size_t i = 0; i < raw.len / 2; i++) {
    lua_pushinteger(L, lab_get_u16(raw.data + 2 * i));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return true;
}

static bool push_bool(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len != 1 || raw.data[0] > 1) return false;
  lua_pushboolean(L, raw.data[0]);
  return true;
}

static bool push_text(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  while (raw.len > 0 && raw.data[raw.len - 1] == 0) raw.len--;
  push_view(L, raw);
  return true;
}

static bool push_message(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len != 1) return false;
  const char *name = lab_message_type_name(raw.data[0]);
  if (name != NULL) {
    lua_pushstring(L, name);
  } else {
    lua_pushinteger(L, raw.data[0]);
  }
  return true;
}

static bool push_domains(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  uint8_t wire[LAB_DOMAIN_WIRE];
  char text[LAB_DOMAIN_TEXT];
  size_t total = 0;
  lua_Integer count = 0;
  lua_newtable(L);
  for (size_t at = 0; at < raw.len;) {
    size_t len;
    if (lab_domain_read(raw, &at, true, wire, &len) != LAB_OK) return false;
    if (len > DOMAINS_WIRE_MAX - total) return false;
    total += len;
    lua_pushlstring(L, text, lab_domain_format(wire, text));
    lua_rawseti(L, -2, ++count);
  }
  return true;
}

static bool push_routes(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  lua_Integer count = 0;
  lua_newtable(L);
  while (raw.len > 0) {
    lab_view width, significant, router;
    if (!take(&raw, 1, &width) || width.data[0] > 32) return false;
    unsigned bits = width.data[0];
    if (!take(&raw, (bits + 7) / 8, &significant) || !take(&raw, 4, &router)) return false;
    uint8_t network[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < significant.len; i++) network[i] = significant.data[i];
    char text[LAB_IP4_TEXT];
    lab_ip4_format(lab_get_u32(network), text);
    lua_createtable(L, 0, 2);
    lua_pushfstring(L, "%s/%d", text, (int)bits);
    lua_setfield(L, -2, "destination");
    push_ip4(L, router.data);
    lua_setfield(L, -2, "router");
    lua_rawseti(L, -2, ++count);
  }
  return true;
}

/* The name of option 81 in wire format: whole, or partial when the closing zero is missing (RFC
 * 4702 2.3.1). */
static bool push_fqdn_name(lua_State *L, lab_view name, bool *partial) {
  uint8_t padded[LAB_DOMAIN_WIRE + 1];
  uint8_t wire[LAB_DOMAIN_WIRE];
  char text[LAB_DOMAIN_TEXT];
  if (name.len > LAB_DOMAIN_WIRE) return false;
  for (size_t i = 0; i < name.len; i++) padded[i] = name.data[i];
  padded[name.len] = 0; /* ends a partial name; a whole one ends before it */
  lab_view closed = {padded, name.len + 1};
  size_t at = 0;
  size_t len;
  if (lab_domain_read(closed, &at, false, wire, &len) != LAB_OK || at < name.len) return false;
  *partial = at > name.len;
  lua_pushlstring(L, text, name.len == 0 ? 0 : lab_domain_format(wire, text));
  return true;
}

static bool push_fqdn(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  lab_view head;
  if (!take(&raw, 3, &head)) return false;
  lua_createtable(L, 0, 5);
  set_integer(L, "flags", head.data[0]);
  set_integer(L, "rcode1", head.data[1]);
  set_integer(L, "rcode2", head.data[2]);
  bool partial = false;
  if ((head.data[0] & 4) == 0) {
    push_view(L, raw);
  } else if (!push_fqdn_name(L, raw, &partial)) {
    return false;
  }
  lua_setfield(L, -2, "name");
  if (partial) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "partial");
  }
  return true;
}

static bool push_suboptions(lua_State *L, const lab_option_info *info, lab_view raw) {
  uint64_t seen[4] = {0, 0, 0, 0};
  lua_newtable(L);
  while (raw.len > 0) {
    lab_view head, value;
    if (!take(&raw, 1, &head) || !take_counted(&raw, &value)) return false;
    uint8_t sub = head.data[0];
    if ((seen[sub >> 6] >> (sub & 63)) & 1) return false;
    seen[sub >> 6] |= (uint64_t)1 << (sub & 63);
    if (lab_l_suboption_is_ip(info->code, sub) && value.len == 4) {
      push_ip4(L, value.data);
    } else {
      push_view(L, value);
    }
    const char *name = lab_l_suboption_name(info->code, sub);
    if (name != NULL) {
      lua_setfield(L, -2, name);
    } else {
      lua_rawseti(L, -2, sub);
    }
  }
  return true;
}

/* Both vendor-identifying options (RFC 3925): an enterprise number, a length octet, and data,
 * which in option 125 are suboptions without names. */
static bool push_enterprises(lua_State *L, const lab_option_info *info, lab_view raw) {
  static const lab_option_info nameless = {.type = LAB_TYPE_SUBOPTIONS};
  lua_Integer count = 0;
  lua_newtable(L);
  while (raw.len > 0) {
    lab_view number, data;
    if (!take(&raw, 4, &number) || !take_counted(&raw, &data)) return false;
    lua_createtable(L, 0, 2);
    set_integer(L, "enterprise", lab_get_u32(number.data));
    if (info->type == LAB_TYPE_ENTERPRISES) {
      push_view(L, data);
      lua_setfield(L, -2, "data");
    } else {
      if (!push_suboptions(L, &nameless, data)) return false;
      lua_setfield(L, -2, "options");
    }
    lua_rawseti(L, -2, ++count);
  }
  return true;
}

static bool push_sip(lua_State *L, const lab_option_info *info, lab_view raw) {
  lab_view encoding;
  if (!take(&raw, 1, &encoding) || raw.len == 0) return false;
  if (encoding.data[0] == 0) return push_domains(L, info, raw);
  return encoding.data[0] == 1 && push_ips(L, info, raw);
}

static bool push_slp(lua_State *L, const lab_option_info *info, lab_view raw) {
  lab_view mandatory;
  if (!take(&raw, 1, &mandatory) || mandatory.data[0] > 1) return false;
  lua_createtable(L, 0, 2);
  lua_pushboolean(L, mandatory.data[0]);
  lua_setfield(L, -2, "mandatory");
  if (info->type == LAB_TYPE_SLP_SCOPE) {
    push_view(L, raw);
    lua_setfield(L, -2, "scope");
    return true;
  }
  if (!push_ips(L, info, raw)) return false;
  lua_setfield(L, -2, "addresses");
  return true;
}

static bool push_interface(lua_State *L, const lab_option_info *info, lab_view raw) {
  (void)info;
  if (raw.len != 3) return false;
  lua_createtable(L, 0, 3);
  set_integer(L, "type", raw.data[0]);
  set_integer(L, "major", raw.data[1]);
  set_integer(L, "minor", raw.data[2]);
  return true;
}

static bool push_ip_lists(lua_State *L, const lab_option_info *info, lab_view raw) {
  lua_Integer count = 0;
  lua_newtable(L);
  while (raw.len > 0) {
    lab_view list;
    if (!take_counted(&raw, &list) || !push_ips(L, info, list)) return false;
    lua_rawseti(L, -2, ++count);
  }
  return true;
}

static push_value *const pushers[LAB_TYPE_COUNT] = {
    [LAB_TYPE_NONE] = push_flag,
    [LAB_TYPE_EMPTY] = push_flag,
    [LAB_TYPE_IP] = push_ip,
    [LAB_TYPE_IPS] = push_ips,
    [LAB_TYPE_IP_PAIRS] = push_ip_pairs,
    [LAB_TYPE_U8] = push_u8,
    [LAB_TYPE_U16] = push_u16,
    [LAB_TYPE_U32] = push_u32,
    [LAB_TYPE_I32] = push_i32,
    [LAB_TYPE_SECONDS] = push_u32,
    [LAB_TYPE_U8S] = push_u8s,
    [LAB_TYPE_U16S] = push_u16s,
    [LAB_TYPE_BOOL] = push_bool,
    [LAB_TYPE_TEXT] = push_text,
    [LAB_TYPE_BYTES] = NULL, /* a string as it is */
    [LAB_TYPE_MESSAGE] = push_message,
    [LAB_TYPE_CODES] = push_u8s,
    [LAB_TYPE_DOMAINS] = push_domains,
    [LAB_TYPE_ROUTES] = push_routes,
    [LAB_TYPE_FQDN] = push_fqdn,
    [LAB_TYPE_SUBOPTIONS] = push_suboptions,
    [LAB_TYPE_ENTERPRISES] = push_enterprises,
    [LAB_TYPE_ENTERPRISE_TLVS] = push_enterprises,
    [LAB_TYPE_SIP] = push_sip,
    [LAB_TYPE_SLP_AGENTS] = push_slp,
    [LAB_TYPE_SLP_SCOPE] = push_slp,
    [LAB_TYPE_INTERFACE] = push_interface,
    [LAB_TYPE_IP_LISTS] = push_ip_lists,
};

void lab_l_push_value(lua_State *L, const lab_option_info *info, lab_view raw) {
  luaL_checkstack(L, STACK_NEEDED, "option value");
  int top = lua_gettop(L);
  if (info->type < LAB_TYPE_COUNT && pushers[info->type] != NULL &&
      pushers[info->type](L, info, raw))
    return;
  lua_settop(L, top);
  push_view(L, raw);
}
