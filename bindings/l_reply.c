/* The mechanical part of a server's work, in few calls: what a request asks for, and a reply
 * that satisfies Table 3 of RFC 2131. Which address and which options is policy, in
 * scripts/dhcplab/server.lua. */
#include <assert.h>
#include <string.h>

#include "bytes.h"
#include "l_message.h"
#include "l_value.h"
#include "route.h"

enum { VALUE_MAX = 16384 };

/* request:reply(type [, yiaddr]): what every reply has in common (RFC 2131 table 3); its limit
 * follows option 57. */
static int make_reply(lua_State *L) {
  const lab_l_message *request = lab_l_check_message(L, 1);
  unsigned type;
  if (lua_isinteger(L, 2)) {
    type = (unsigned)luaL_checkinteger(L, 2);
  } else {
    size_t len;
    const char *name = luaL_checklstring(L, 2, &len);
    type = lab_message_type_by_name(name, len);
  }
  if (type == 0 || type > 255)
    return lab_l_error(L, "no message type is called \"%s\" [E107]", lua_tostring(L, 2));
  lab_ip4 yiaddr = lua_isnoneornil(L, 3) ? 0 : lab_l_check_ip4(L, 3);
  lab_l_message *reply = lab_l_push_reply(L, request, (uint8_t)type);
  if (yiaddr != 0) lab_builder_number(&reply->b, LAB_FIELD_yiaddr, yiaddr);
  return 1;
}

/* The destination of a reply under RFC 2131 4.1: "address:port", and the MAC it is meant for
 * where that is known. */
static int reply_destination(lua_State *L) {
  const lab_l_message *reply = lab_l_check_message(L, 1);
  const lab_l_message *request = lab_l_check_message(L, 2);
  lab_route route =
      lab_reply_route(&request->b.view, &reply->b.view, (uint16_t)luaL_optinteger(L, 3, 67),
                      (uint16_t)luaL_optinteger(L, 4, 68));
  lab_l_push_endpoint(L, route.to);
  if (!route.to_chaddr) return 1;
  lab_l_push_chaddr(L, &reply->b.view);
  return 2;
}

/* Sets an option's octets. */
static void set_option(lua_State *L, int index, lab_l_message *m, uint8_t code, lab_view value) {
  lab_l_message_reserve(L, index, m, value.len + 2 * (value.len / 255 + 1));
  enum lab_status status = lab_builder_set(&m->b, code, value);
  assert(status == LAB_OK);
}

/* message:has(code, ...): whether at least one of these options is there. */
static int has(lua_State *L) {
  const lab_l_message *m = lab_l_check_message(L, 1);
  bool found = false;
  for (int i = 2, top = lua_gettop(L); i <= top && !found; i++) {
    found = lab_message_has(&m->b.view, (uint8_t)luaL_checkinteger(L, i));
  }
  lua_pushboolean(L, found);
  return 1;
}

/* request:what() -> its type, whether it is a request at all (op 1), which kind of REQUEST it is, and
 * whether it came through a relay. */
static int what(lua_State *L) {
  const lab_l_message *m = lab_l_check_message(L, 1);
  lab_l_push_type(L, m->b.view.type);
  lua_pushboolean(L, lab_message_number(&m->b.view, LAB_FIELD_op) == 1);
  lua_pushstring(L, lab_request_kind_name(lab_request_kind_of(&m->b.view, m->dst.ip)));
  lua_pushboolean(L, lab_message_number(&m->b.view, LAB_FIELD_giaddr) != 0);
  return 4;
}

/* request:wishes() -> client key, requested address or nil, lease time in seconds or nil, whether it
 * came through a relay, whether it has a client_fqdn, the server it names or nil, ciaddr or nil;
 * malformed options are nil. */
static int wishes(lua_State *L) {
  const lab_message *view = &lab_l_check_message(L, 1)->b.view;
  uint32_t number;
  lab_l_push_client_key(L, view);
  if (lab_message_option_u32(view, 50, &number)) {
    lab_l_push_ip4(L, number);
  } else {
    lua_pushnil(L);
  }
  if (lab_message_option_u32(view, 51, &number)) {
    lua_pushinteger(L, number);
  } else {
    lua_pushnil(L);
  }
  lua_pushboolean(L, lab_message_number(view, LAB_FIELD_giaddr) != 0);
  lua_pushboolean(L, lab_message_has(view, 81));
  if (lab_message_option_u32(view, 54, &number)) {
    lab_l_push_ip4(L, number);
  } else {
    lua_pushnil(L);
  }
  number = lab_message_number(view, LAB_FIELD_ciaddr);
  if (number != 0) {
    lab_l_push_ip4(L, number);
  } else {
    lua_pushnil(L);
  }
  return 7;
}

/* Options 54, 51, 58, 59 in this order, from the arguments at `first`; nil ends them. */
static void set_terms(lua_State *L, lab_l_message *m, int first) {
  static const uint8_t code[] = {54, 51, 58, 59};
  for (int i = 0; i < 4 && !lua_isnoneornil(L, first + i); i++) {
    uint8_t octets[4];
    lab_put_u32(octets,
                i == 0 ? lab_l_check_ip4(L, first) : (uint32_t)luaL_checkinteger(L, first + i));
    lab_view value = {octets, sizeof octets};
    set_option(L, 1, m, code[i], value);
  }
}

/* Appends what the template holds for a code that the reply does not have yet. */
static void append_template(lua_State *L, lab_l_message *reply, int template, uint8_t code) {
  if (lab_message_has(&reply->b.view, code)) return;
  if (lua_rawgeti(L, template, code) == LUA_TSTRING) {
    lab_view value = lab_l_check_view(L, -1);
    lab_l_message_reserve(L, 1, reply, value.len + 2 * (value.len / 255 + 1));
    lab_builder_append(&reply->b, code, value);
  }
  lua_pop(L, 1);
}

static void append_asked(lua_State *L, lab_l_message *reply, const lab_message *request,
                         int template) {
  uint8_t joined[512];
  lab_span scratch = {joined, sizeof joined};
  lab_view wanted = {NULL, 0};
  luaL_checktype(L, template, LUA_TTABLE);
  if (lab_message_option(request, 55, scratch, &wanted) != LAB_OK) {
    lua_getfield(L, template, "order"); /* stays on the stack: it owns the octets */
    wanted = lab_l_check_view(L, -1);
  }
  for (size_t i = 0; i < wanted.len; i++) {
    uint8_t code = wanted.data[i];
    if (code == 0 || code == 255) continue;
    if (code == 3 && memchr(wanted.data, 1, wanted.len) != NULL)
      append_template(L, reply, template, 1);
    append_template(L, reply, template, code);
  }
}

/* reply:fill(request, template): in the order of the request's option 55, the template's options
 * that the reply does not have yet; the subnet mask before the routers (RFC 2132 3.3).  Without
 * option 55, all of them in the template's own order. The template is a table code -> octets,
 * with the order of its codes in the string "order". */
static int fill(lua_State *L) {
  lab_l_message *reply = lab_l_check_message(L, 1);
  append_asked(L, reply, &lab_l_check_message(L, 2)->b.view, 3);
  return 0;
}

/* reply:terms(server_id [, lease_time [, renewal_time, rebinding_time]]) */
static int terms(lua_State *L) {
  set_terms(L, lab_l_check_message(L, 1), 2);
  return 0;
}

static void copy_option(lua_State *L, lab_l_message *reply, const lab_message *request,
                        uint8_t code) {
  uint8_t joined[VALUE_MAX];
  lab_span scratch = {joined, sizeof joined};
  lab_view value;
  if (!lab_message_has(request, code)) return;
  if (lab_message_option(request, code, scratch, &value) == LAB_OK)
    set_option(L, 1, reply, code, value);
}

/* reply:echo(request, code, ...): what a reply gives back as it came. */
static int echo(lua_State *L) {
  lab_l_message *reply = lab_l_check_message(L, 1);
  const lab_message *request = &lab_l_check_message(L, 2)->b.view;
  for (int i = 3, top = lua_gettop(L); i <= top; i++) {
    copy_option(L, reply, request, (uint8_t)luaL_checkinteger(L, i));
  }
  return 0;
}

/* reply:grant(request, template, server_id, lease_time, renewal_time, rebinding_time): terms,
 * fill and the echo of options 61 and 82 in one call, for the server's usual answer. */
static int grant(lua_State *L) {
  lab_l_message *reply = lab_l_check_message(L, 1);
  const lab_message *request = &lab_l_check_message(L, 2)->b.view;
  set_terms(L, reply, 4);
  append_asked(L, reply, request, 3);
  copy_option(L, reply, request, 61);
  copy_option(L, reply, request, 82);
  return 0;
}

const luaL_Reg lab_l_reply_methods[] = {
    {"reply", make_reply}, {"reply_destination", reply_destination},
    {"has", has},          {"what", what},
    {"wishes", wishes},    {"terms", terms},
    {"fill", fill},        {"echo", echo},
    {"grant", grant},      {NULL, NULL}};
