/* Option values from Lua to the wire: the entry point, and the types whose values are numbers,
 * words or lists of them.  The composite ones are in l_value_parts.c; the other direction is
 * l_value_push.c; see l_value.h. */
#include <lauxlib.h>

#include "bytes.h"
#include "l_value.h"
#include "l_writer.h"
#include "message.h"

enum { STACK_NEEDED = 24 };

static void write_empty(lab_l_writer *w, int index) {
  size_t len = 1;
  if (lua_type(w->L, index) == LUA_TSTRING) lua_tolstring(w->L, index, &len);
  if (len == 0 || (lua_isboolean(w->L, index) && lua_toboolean(w->L, index))) return;
  lab_l_writer_refuse(w, index, "true");
}

static void write_ips(lab_l_writer *w, int index) {
  lab_l_write_list(w, index, true, "a list of IPv4 addresses", lab_l_write_ip);
}

static void write_ip_pair(lab_l_writer *w, int index) {
  const char *first, *second;
  lab_l_pair_names(w->info->code, &first, &second);
  const char *expected =
      lua_pushfstring(w->L, "a pair { %s = \"10.0.0.0\", %s = \"10.0.0.1\" }", first, second);
  if (!lua_istable(w->L, index)) lab_l_writer_refuse(w, index, expected);
  lab_l_write_ip(w, lab_l_writer_field(w, index, first, 1));
  lab_l_write_ip(w, lab_l_writer_field(w, index, second, 2));
  lua_pop(w->L, 3);
}

static void write_ip_pairs(lab_l_writer *w, int index) {
  lab_l_write_list(w, index, false, "a list of address pairs", write_ip_pair);
}

static void write_u8(lab_l_writer *w, int index) {
  lab_l_writer_put_u8(
      w, (uint8_t)lab_l_writer_integer(w, index, 0, UINT8_MAX, "a whole number from 0 to 255"));
}

static void write_u16(lab_l_writer *w, int index) {
  uint8_t octets[2];
  lab_put_u16(octets, (uint16_t)lab_l_writer_integer(w, index, 0, UINT16_MAX,
                                                     "a whole number from 0 to 65535"));
  lab_l_writer_put(w, octets, sizeof octets);
}

static void write_u32(lab_l_writer *w, int index) {
  lab_l_writer_put_u32(w, (uint32_t)lab_l_writer_integer(w, index, 0, UINT32_MAX,
                                                         "a whole number from 0 to 4294967295"));
}

static void write_i32(lab_l_writer *w, int index) {
  static const char expected[] = "a whole number from -2147483648 to 2147483647";
  lab_l_writer_put_u32(w, (uint32_t)lab_l_writer_integer(w, index, INT32_MIN, INT32_MAX, expected));
}

static void write_seconds(lab_l_writer *w, int index) {
  int64_t us;
  bool known = lab_l_to_duration(w->L, index, &us);
  bool fits = known && us >= 0 && us % LAB_SECOND == 0 && us / LAB_SECOND <= UINT32_MAX;
  if (!fits && !(known && us == LAB_NEVER)) {
    lab_l_writer_refuse(w, index,
                        "a whole number from 0 to 4294967295 or a duration such as \"1h\"");
  }
  lab_l_writer_put_u32(w, us == LAB_NEVER ? UINT32_MAX : (uint32_t)(us / LAB_SECOND));
}

static void write_u8s(lab_l_writer *w, int index) {
  lab_l_write_list(w, index, true, "a list of numbers", write_u8);
}

static void write_u16s(lab_l_writer *w, int index) {
  lab_l_write_list(w, index, true, "a list of numbers", write_u16);
}

static void write_bool(lab_l_writer *w, int index) {
  if (!lua_isboolean(w->L, index)) lab_l_writer_refuse(w, index, "true or false");
  lab_l_writer_put_u8(w, lua_toboolean(w->L, index) ? 1 : 0);
}

static void write_message(lab_l_writer *w, int index) {
  static const char expected[] = "a message type such as \"discover\" or a number from 0 to 255";
  if (lua_type(w->L, index) == LUA_TSTRING) {
    lab_view name = lab_l_writer_string(w, index, expected);
    unsigned type = lab_message_type_by_name((const char *)name.data, name.len);
    if (type == 0) lab_l_writer_refuse(w, index, expected);
    lab_l_writer_put_u8(w, (uint8_t)type);
    return;
  }
  lab_l_writer_put_u8(w, (uint8_t)lab_l_writer_integer(w, index, 0, UINT8_MAX, expected));
}

static void write_code(lab_l_writer *w, int index) {
  static const char expected[] = "an option's name such as \"routers\" or a number from 0 to 255";
  if (lua_type(w->L, index) == LUA_TSTRING) {
    lab_view name = lab_l_writer_string(w, index, expected);
    const lab_option_info *info = lab_option_by_name((const char *)name.data, name.len);
    if (info != NULL) {
      lab_l_writer_put_u8(w, info->code);
      return;
    }
  }
  lab_l_writer_put_u8(w, (uint8_t)lab_l_writer_integer(w, index, 0, UINT8_MAX, expected));
}

static void write_codes(lab_l_writer *w, int index) {
  lab_l_write_list(w, index, true, "a list of options", write_code);
}

static lab_l_write_value *const writers[LAB_TYPE_COUNT] = {
    [LAB_TYPE_NONE] = write_empty,
    [LAB_TYPE_EMPTY] = write_empty,
    [LAB_TYPE_IP] = lab_l_write_ip,
    [LAB_TYPE_IPS] = write_ips,
    [LAB_TYPE_IP_PAIRS] = write_ip_pairs,
    [LAB_TYPE_U8] = write_u8,
    [LAB_TYPE_U16] = write_u16,
    [LAB_TYPE_U32] = write_u32,
    [LAB_TYPE_I32] = write_i32,
    [LAB_TYPE_SECONDS] = write_seconds,
    [LAB_TYPE_U8S] = write_u8s,
    [LAB_TYPE_U16S] = write_u16s,
    [LAB_TYPE_BOOL] = write_bool,
    [LAB_TYPE_TEXT] = lab_l_write_string,
    [LAB_TYPE_BYTES] = lab_l_write_string,
    [LAB_TYPE_MESSAGE] = write_message,
    [LAB_TYPE_CODES] = write_codes,
    [LAB_TYPE_DOMAINS] = lab_l_write_domains,
    [LAB_TYPE_ROUTES] = lab_l_write_routes,
    [LAB_TYPE_FQDN] = lab_l_write_fqdn,
    [LAB_TYPE_SUBOPTIONS] = lab_l_write_suboptions,
    [LAB_TYPE_ENTERPRISES] = lab_l_write_enterprises,
    [LAB_TYPE_ENTERPRISE_TLVS] = lab_l_write_enterprises,
    [LAB_TYPE_SIP] = lab_l_write_sip,
    [LAB_TYPE_SLP_AGENTS] = lab_l_write_slp,
    [LAB_TYPE_SLP_SCOPE] = lab_l_write_slp,
    [LAB_TYPE_INTERFACE] = lab_l_write_interface,
    [LAB_TYPE_IP_LISTS] = lab_l_write_ip_lists,
};

size_t lab_l_check_value(lua_State *L, int index, const lab_option_info *info, lab_span out) {
  luaL_checkstack(L, STACK_NEEDED, "option value");
  int top = lua_gettop(L);
  lab_l_writer w = {.L = L, .info = info, .out = out};
  index = lua_absindex(L, index);
  if (!lab_l_write_raw(&w, index)) {
    lab_l_write_value *write =
        info->type < LAB_TYPE_COUNT ? writers[info->type] : lab_l_write_string;
    write(&w, index);
  }
  lua_settop(L, top);
  return w.used;
}
