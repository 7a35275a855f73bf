/* The mechanical part of a client's work, in few calls: whether a message is for it and answers
 * what it asked, the messages of a handshake, and what an ACK grants. What to do about them is
 * policy, in scripts/dhcplab/client.lua. */
#include <assert.h>
#include <string.h>

#include "bytes.h"
#include "l_message.h"

static int refuse(lua_State *L, const char *reason) {
  lua_pushnil(L);
  lua_pushstring(L, reason);
  return 2;
}

static bool same_view(lab_view a, lab_view b) {
  return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool same_option(const lab_message *a, const lab_message *b, uint8_t code) {
  uint8_t joined_a[512], joined_b[512];
  lab_span room_a = {joined_a, sizeof joined_a}, room_b = {joined_b, sizeof joined_b};
  lab_view value_a = {NULL, 0}, value_b = {NULL, 0};
  return lab_message_option(a, code, room_a, &value_a) == LAB_OK &&
         lab_message_option(b, code, room_b, &value_b) == LAB_OK && same_view(value_a, value_b);
}

/* message:is_for(own) -> true and the message's type, when it is a reply to the client that sends
 * `own`: with its hardware address (RFC 2131 4.4.1) and, where both have one, its identifier (RFC
 * 6842 3); else nil and why not. */
static int is_for(lua_State *L) {
  const lab_message *view = &lab_l_check_message(L, 1)->b.view;
  const lab_message *own = &lab_l_check_message(L, 2)->b.view;
  if (lab_message_number(view, LAB_FIELD_op) != 2) return refuse(L, "not a reply");
  if (!same_view(lab_message_chaddr(view), lab_message_chaddr(own)))
    return refuse(L, "another client's chaddr");
  if (lab_message_has(view, 61) && lab_message_has(own, 61) && !same_option(view, own, 61))
    return refuse(L, "another client's identifier");
  lua_pushboolean(L, 1);
  lab_l_push_type(L, view->type);
  return 2;
}

/* message:answers(request) -> nil when the transaction ids differ; else the type, whether a server
 * is named (54), whether rapid commit (80) is there, and whether it grants anything: an address,
 * and a lease of more than 0 seconds. */
static int answers(lua_State *L) {
  const lab_message *view = &lab_l_check_message(L, 1)->b.view;
  const lab_message *request = &lab_l_check_message(L, 2)->b.view;
  uint32_t number;
  if (lab_message_number(view, LAB_FIELD_xid) != lab_message_number(request, LAB_FIELD_xid))
    return 0;
  lab_l_push_type(L, view->type);
  lua_pushboolean(L, lab_message_option_u32(view, 54, &number));
  lua_pushboolean(L, lab_message_has(view, 80));
  lua_pushboolean(L, lab_message_number(view, LAB_FIELD_yiaddr) != 0 &&
                         lab_message_option_u32(view, 51, &number) && number > 0);
  return 4;
}

static void push_seconds(lua_State *L, const lab_message *view, uint8_t code) {
  uint32_t seconds;
  if (lab_message_option_u32(view, code, &seconds)) {
    lua_pushinteger(L, seconds);
  } else {
    lua_pushnil(L);
  }
}

/* ack:granted() -> yiaddr, the server it names, lease time, renewal time, rebinding time, and
 * whether there are options that make routes (3, 33, 121); malformed options are nil. */
static int granted(lua_State *L) {
  const lab_message *view = &lab_l_check_message(L, 1)->b.view;
  uint32_t server;
  lab_l_push_ip4(L, lab_message_number(view, LAB_FIELD_yiaddr));
  if (lab_message_option_u32(view, 54, &server)) {
    lab_l_push_ip4(L, server);
  } else {
    lua_pushnil(L);
  }
  push_seconds(L, view, 51);
  push_seconds(L, view, 58);
  push_seconds(L, view, 59);
  lua_pushboolean(
      L, lab_message_has(view, 3) || lab_message_has(view, 33) || lab_message_has(view, 121));
  return 6;
}

static void set_u32(lab_l_message *m, uint8_t code, uint32_t number) {
  uint8_t octets[4];
  lab_put_u32(octets, number);
  lab_view value = {octets, sizeof octets};
  enum lab_status status = lab_builder_set(&m->b, code, value);
  assert(status == LAB_OK);
}

/* message:copy_as(xid [, requested_ip]): a copy with another transaction id, and option 50 unless
 * that is nil or false. */
static int copy_as(lua_State *L) {
  const lab_l_message *m = lab_l_check_message(L, 1);
  lua_Integer xid = luaL_checkinteger(L, 2);
  bool wants = lua_toboolean(L, 3);
  lab_ip4 wanted = wants ? lab_l_check_ip4(L, 3) : 0;
  lab_l_message *twin = lab_l_push_copy(L, m);
  lab_l_message_reserve(L, -1, twin, 6);
  lab_builder_number(&twin->b, LAB_FIELD_xid, (uint32_t)xid);
  if (wants) set_u32(twin, 50, wanted);
  return 1;
}

/* discover:request_for(offer): the REQUEST that answers an OFFER (RFC 2131 4.4.1). */
static int request_for(lua_State *L) {
  const lab_l_message *discover = lab_l_check_message(L, 1);
  const lab_message *offer = &lab_l_check_message(L, 2)->b.view;
  uint8_t type = LAB_REQUEST;
  lab_view kind = {&type, 1};
  uint32_t server;
  lab_l_message *request = lab_l_push_copy(L, discover);
  lab_l_message_reserve(L, -1, request, 16);
  enum lab_status status = lab_builder_set(&request->b, 53, kind);
  assert(status == LAB_OK);
  lab_builder_remove(&request->b, 80); /* in a DISCOVER only (RFC 4039 3) */
  lab_builder_number(&request->b, LAB_FIELD_xid, lab_message_number(offer, LAB_FIELD_xid));
  set_u32(request, 50, lab_message_number(offer, LAB_FIELD_yiaddr));
  if (lab_message_option_u32(offer, 54, &server)) {
    set_u32(request, 54, server);
  } else {
    lab_builder_remove(&request->b, 54);
  }
  return 1;
}

const luaL_Reg lab_l_client_methods[] = {{"is_for", is_for},           {"answers", answers},
                                         {"granted", granted},         {"copy_as", copy_as},
                                         {"request_for", request_for}, {NULL, NULL}};
