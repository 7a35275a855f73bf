/* Ports and simulated segments in Lua: world:udp{...}, world:segment(...):port{...},
 * port:send(message, to). */
#include <errno.h>
#include <string.h>

#include "l_message.h"
#include "l_value.h"
#include "l_world.h"
#include "route.h"
#include "simnet.h"
#include "udp.h"

static const char PORT[] = "dhcplab.port";
static const char SEGMENT[] = "dhcplab.segment";

typedef struct port_handle {
  lab_l_object object;
  lab_port *port; /* NULL once closed, or with its world */
  lab_l_world *world;
} port_handle;

void lab_l_push_port(lua_State *L, int world_index, lab_port *port, int64_t user) {
  world_index = lua_absindex(L, world_index);
  port_handle *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  handle->port = port;
  handle->world = lua_touserdata(L, world_index);
  port->user = user;
  lua_pushvalue(L, world_index);
  lua_setiuservalue(L, -2, 1);
  lab_l_set_metatable(L, PORT);
  lua_getiuservalue(L, world_index, 1); /* the world keeps it */
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, port->id);
  lua_pop(L, 1);
}

lab_port *lab_l_check_port(lua_State *L, int index) {
  port_handle *handle = lab_l_check_object(L, index, PORT);
  if (handle->port == NULL || handle->world->world == NULL)
    lab_l_error(L, "this port is closed [E115]");
  return handle->port;
}

/* Opening
 * -------------------------------------------------------------------------------------------------------- */

static int64_t get_user(lua_State *L, int table) {
  lua_getfield(L, table, "user");
  int64_t user = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return user;
}

/* world:udp{ bind = "127.0.0.1:6767", interface = nil, batch = false, user = 0 } -> port, or
 * nil, word, text */
int lab_l_world_udp(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  lab_udp_options options = {{0, 0}, NULL, false, 0};
  lua_getfield(L, 2, "bind");
  options.bind = lab_l_check_endpoint(L, -1);
  lua_getfield(L, 2, "interface");
  options.interface = luaL_optstring(L, -1, NULL);
  lua_getfield(L, 2, "batch");
  options.batch = lua_toboolean(L, -1);
  lab_port *port;
  enum lab_status status = lab_udp_open(w->world, &options, &port);
  if (status != LAB_OK) {
    int error = errno;
    lab_l_fail(L, status);
    lua_pushstring(L, strerror(error));
    return 3;
  }
  lab_l_push_port(L, 1, port, get_user(L, 2));
  return 1;
}

/* world:segment(name, { latency, jitter, loss ... }), as in l_fault.c */
int lab_l_world_simnet(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  const char *name = luaL_checkstring(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  lab_fault_settings settings = lab_l_get_fault_settings(L, 3);
  lab_l_segment *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  handle->net = NULL;
  handle->world = w;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lab_l_set_metatable(L, SEGMENT);
  enum lab_status status = lab_simnet_new(w->world, name, &settings, &handle->net);
  if (status != LAB_OK) return lab_l_fail(L, status);
  handle->next = w->segments;
  w->segments = handle;
  lua_getiuservalue(L, 1, 1); /* the world keeps it */
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, handle);
  lua_pop(L, 1);
  return 1;
}

static lab_simnet *check_segment(lua_State *L) {
  lab_l_segment *handle = lab_l_check_object(L, 1, SEGMENT);
  if (handle->net == NULL) lab_l_error(L, "this segment's world is closed [E115]");
  return handle->net;
}

/* segment:port{ mac = "02:...", udp_port = 68, hear_arp = false, name = "client", user = 0 } */
static int open_simnet_port(lua_State *L) {
  lab_simnet *net = check_segment(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lab_simnet_port_options options;
  lua_getfield(L, 2, "mac");
  options.mac = lab_l_check_mac(L, -1);
  lua_getfield(L, 2, "udp_port");
  options.udp_port = (uint16_t)luaL_checkinteger(L, -1);
  lua_getfield(L, 2, "hear_arp");
  options.hear_arp = lua_toboolean(L, -1);
  lua_getfield(L, 2, "name");
  options.name = luaL_optstring(L, -1, NULL);
  lab_port *port;
  enum lab_status status = lab_simnet_port(net, &options, &port);
  if (status != LAB_OK) return lab_l_fail(L, status);
  lua_getiuservalue(L, 1, 1);
  lab_l_push_port(L, -1, port, get_user(L, 2));
  return 1;
}

/* segment:faults(): what may go wrong on it */
static int get_segment_faults(lua_State *L) {
  lab_simnet *net = check_segment(L);
  lua_getiuservalue(L, 1, 1);
  lab_l_push_faults(L, -1, lab_simnet_impair(net), false);
  return 1;
}

static int get_segment_stats(lua_State *L) {
  lab_simnet_stats stats = lab_simnet_stats_of(check_segment(L));
  lua_createtable(L, 0, 7);
  const struct {
    const char *name;
    uint64_t value;
  } row[] = {{"sent", stats.sent},
             {"delivered", stats.delivered},
             {"duplicated", stats.duplicated},
             {"lost", stats.lost},
             {"no_host", stats.no_host},
             {"gone", stats.gone},
             {"in_flight", stats.in_flight}};
  for (size_t i = 0; i < LAB_COUNTOF(row); i++) {
    lua_pushinteger(L, (lua_Integer)row[i].value);
    lua_setfield(L, -2, row[i].name);
  }
  return 1;
}

/* Sending
 * -------------------------------------------------------------------------------------------------------- */

static int send_view(lua_State *L, lab_port *port, lab_packet *packet, lab_view payload) {
  packet->payload = payload;
  enum lab_status status = lab_port_send(port, packet);
  if (status != LAB_OK) return lab_l_fail(L, status);
  lua_pushinteger(L, (lua_Integer)payload.len);
  return 1;
}

enum lab_status lab_l_wire(lua_State *L, int index, lab_span small, lab_view *out) {
  const lab_l_message *m = lab_l_test_message(L, index);
  if (m == NULL) {
    *out = lab_l_check_view(L, index);
    return LAB_OK;
  }
  if (m->b.view.len + 512 > small.len) {
    small.len = m->b.view.len + 1024;
    small.data = lua_newuserdatauv(L, small.len, 0);
  }
  return lab_l_message_wire(m, small, out);
}

/* Sends the message or string at index 2. */
static int send_any(lua_State *L, lab_port *port, lab_packet *packet) {
  uint8_t small[2048];
  lab_view wire;
  enum lab_status status = lab_l_wire(L, 2, (lab_span){small, sizeof small}, &wire);
  if (status != LAB_OK) return lab_l_fail(L, status);
  return send_view(L, port, packet, wire);
}

/* port:send(message or bytes, "address:port" [, mac [, source_address]]) -> octets, or nil, word.
 * source_address "0.0.0.0" or none: the port's own. */
static int send_to(lua_State *L) {
  lab_port *port = lab_l_check_port(L, 1);
  lab_packet packet = {.kind = LAB_PACKET_UDP, .src = port->local, .src_mac = port->mac};
  packet.dst = lab_l_check_endpoint(L, 3);
  if (!lua_isnoneornil(L, 4)) packet.dst_mac = lab_l_check_mac(L, 4);
  if (!lua_isnoneornil(L, 5)) packet.src.ip = lab_l_check_ip4(L, 5);
  return send_any(L, port, &packet);
}

/* port:answer(reply, request): back to where the request came from, from where it came to. */
static int answer(lua_State *L) {
  lab_port *port = lab_l_check_port(L, 1);
  const lab_l_message *request = lab_l_check_message(L, 3);
  lab_packet packet = {.kind = LAB_PACKET_UDP, .src = port->local, .src_mac = port->mac};
  packet.dst = request->src;
  if (request->local != 0) packet.src.ip = request->local;
  return send_any(L, port, &packet);
}

/* port:ask(message): a client's broadcast, from the address that it has, if any (RFC 2131 4.1). */
static int ask(lua_State *L) {
  lab_port *port = lab_l_check_port(L, 1);
  const lab_l_message *message = lab_l_check_message(L, 2);
  lab_packet packet = {.kind = LAB_PACKET_UDP, .src = port->local, .src_mac = port->mac};
  packet.dst = (lab_endpoint){0xffffffff, 67};
  lab_ip4 ciaddr = lab_message_number(&message->b.view, LAB_FIELD_ciaddr);
  if (ciaddr != 0) packet.src.ip = ciaddr;
  return send_any(L, port, &packet);
}

/* port:reply(reply, request [, source_address]): where RFC 2131 4.1 sends it; nothing is sent, and
 * nil returned, when the hardware address that it is meant for is not an Ethernet one. */
static int reply_to(lua_State *L) {
  lab_port *port = lab_l_check_port(L, 1);
  const lab_message *reply = &lab_l_check_message(L, 2)->b.view;
  const lab_message *request = &lab_l_check_message(L, 3)->b.view;
  lab_route route = lab_reply_route(request, reply, 67, 68);
  lab_packet packet = {.kind = LAB_PACKET_UDP, .src = port->local, .src_mac = port->mac};
  packet.dst = route.to;
  if (!lua_isnoneornil(L, 4)) packet.src.ip = lab_l_check_ip4(L, 4);
  if (route.to_chaddr) {
    lab_view chaddr = lab_message_chaddr(reply);
    if (chaddr.len != sizeof packet.dst_mac.octet) return 0;
    memcpy(packet.dst_mac.octet, chaddr.data, chaddr.len);
  }
  return send_any(L, port, &packet);
}

/* port:arp(op, sender_ip, target_ip [, target_mac]); a probe has sender 0.0.0.0 (RFC 5227) */
static int send_arp(lua_State *L) {
  lab_port *port = lab_l_check_port(L, 1);
  uint16_t op = (uint16_t)luaL_checkinteger(L, 2);
  lab_packet packet = {.kind = LAB_PACKET_ARP, .src_mac = port->mac, .dst_mac = LAB_MAC_BROADCAST};
  packet.src.ip = lab_l_check_ip4(L, 3);
  packet.dst.ip = lab_l_check_ip4(L, 4);
  lab_mac target = LAB_MAC_NONE;
  if (!lua_isnoneornil(L, 5)) {
    target = lab_l_check_mac(L, 5);
    packet.dst_mac = target;
  }
  uint8_t payload[LAB_ARP_LEN];
  lab_arp_build(payload, op, port->mac, packet.src.ip, target, packet.dst.ip);
  lab_view view = {payload, sizeof payload};
  return send_view(L, port, &packet, view);
}

/* The rest
 * ------------------------------------------------------------------------------------------------------- */

static int get_local(lua_State *L) {
  lab_l_push_endpoint(L, lab_l_check_port(L, 1)->local);
  return 1;
}

static int add_address(lua_State *L) {
  lab_port *port = lab_l_check_port(L, 1);
  if (strcmp(port->ops->name, "simnet") != 0) return 0; /* the system's business */
  enum lab_status status = lab_simnet_address_add(port, lab_l_check_ip4(L, 2));
  if (status != LAB_OK) return lab_l_error(L, "out of memory [E135]");
  return 0;
}

static int remove_address(lua_State *L) {
  lab_port *port = lab_l_check_port(L, 1);
  if (strcmp(port->ops->name, "simnet") == 0)
    lab_simnet_address_remove(port, lab_l_check_ip4(L, 2));
  return 0;
}

/* port:hear_arp(): from now on it does. */
static int hear_arp(lua_State *L) {
  lab_port *port = lab_l_check_port(L, 1);
  if (strcmp(port->ops->name, "simnet") != 0) return 0;
  if (lab_simnet_hear_arp(port) != LAB_OK) return luaL_error(L, "out of memory");
  return 0;
}

static int get_stats(lua_State *L) {
  const lab_port_stats *stats = &lab_l_check_port(L, 1)->stats;
  const struct {
    const char *name;
    uint64_t value;
  } row[] = {{"sent", stats->sent},
             {"sent_bytes", stats->sent_bytes},
             {"received", stats->received},
             {"received_bytes", stats->received_bytes},
             {"send_errors", stats->send_errors},
             {"refused", stats->refused},
             {"overrun", stats->overrun}};
  lua_createtable(L, 0, LAB_COUNTOF(row));
  for (size_t i = 0; i < LAB_COUNTOF(row); i++) {
    lua_pushinteger(L, (lua_Integer)row[i].value);
    lua_setfield(L, -2, row[i].name);
  }
  if (stats->last_errno != 0) {
    lua_pushstring(L, strerror(stats->last_errno));
    lua_setfield(L, -2, "last_error");
  }
  return 1;
}

static int flush(lua_State *L) {
  enum lab_status status = lab_port_flush(lab_l_check_port(L, 1));
  if (status != LAB_OK) return lab_l_fail(L, status);
  lua_pushboolean(L, 1);
  return 1;
}

static int close_port(lua_State *L) {
  port_handle *handle = lab_l_check_object(L, 1, PORT);
  if (handle->port == NULL || handle->world->world == NULL) return 0;
  lab_port_flush(handle->port);
  lua_getiuservalue(L, 1, 1);
  lua_getiuservalue(L, -1, 1);
  lua_pushnil(L);
  lua_rawseti(L, -2, handle->port->id);
  lab_port_free(handle->port);
  handle->port = NULL;
  return 0;
}

static const luaL_Reg port_methods[] = {{"send", send_to},
                                        {"answer", answer},
                                        {"ask", ask},
                                        {"reply", reply_to},
                                        {"arp", send_arp},
                                        {"hear_arp", hear_arp},
                                        {"local_address", get_local},
                                        {"add_address", add_address},
                                        {"remove_address", remove_address},
                                        {"stats", get_stats},
                                        {"flush", flush},
                                        {"close", close_port},
                                        {NULL, NULL}};
static const luaL_Reg segment_methods[] = {{"port", open_simnet_port},
                                           {"faults", get_segment_faults},
                                           {"stats", get_segment_stats},
                                           {NULL, NULL}};

void lab_l_port_open(lua_State *L) {
  lab_l_new_metatable(L, PORT);
  luaL_newlib(L, port_methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lab_l_new_metatable(L, SEGMENT);
  luaL_newlib(L, segment_methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
