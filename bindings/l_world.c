/* The world in Lua: clock, timers, random streams, and the one call that says what happens next.
 *
 * world:next() gives plain values, no tables: the loop in scripts/dhcplab/task.lua is the only
 * caller, and the busiest. */
#include "l_world.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "l_message.h"
#include "l_value.h"
#include "l_watch.h"

static const char WORLD[] = "dhcplab.world";
static const char STREAM[] = "dhcplab.stream";

lab_l_world *lab_l_check_world(lua_State *L, int index) {
  lab_l_world *w = lab_l_check_object(L, index, WORLD);
  if (w->world == NULL) lab_l_error(L, "this world is closed [E115]");
  return w;
}

/* core.world{ virtual = false, seed = 1 } */
static int new_world(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_getfield(L, 1, "virtual");
  enum lab_world_kind kind = lua_toboolean(L, -1) ? LAB_WORLD_VIRTUAL : LAB_WORLD_REAL;
  lua_getfield(L, 1, "seed");
  uint64_t seed = (uint64_t)luaL_checkinteger(L, -1);
  lab_l_world *w = lua_newuserdatauv(L, sizeof *w, 1);
  w->world = NULL;
  w->capture = NULL;
  w->segments = NULL;
  w->faults = NULL;
  lab_l_set_metatable(L, WORLD);
  lua_newtable(L);
  lua_setiuservalue(L, -2, 1);
  enum lab_status status = lab_world_new(kind, seed, &w->world);
  return status == LAB_OK ? 1 : lab_l_fail(L, status);
}

static int close_world(lua_State *L) {
  lab_l_world *w = lab_l_check_object(L, 1, WORLD);
  enum lab_status status = LAB_OK;
  if (w->world == NULL) return 0;
  if (w->capture != NULL) status = lab_capture_close(w->capture);
  lab_l_watch_forget(w->world);
  lab_l_close_faults(w);
  for (lab_l_segment *segment = w->segments; segment != NULL; segment = segment->next) {
    lab_simnet_free(segment->net);
    segment->net = NULL;
  }
  w->segments = NULL;
  lab_world_free(w->world);
  w->world = NULL;
  w->capture = NULL;
  if (status != LAB_OK) return lab_l_fail(L, status);
  lua_pushboolean(L, 1);
  return 1;
}

/* Events
 * --------------------------------------------------------------------------------------------------------- */

enum { TELL_TIMER = 1, TELL_PACKET = 2, TELL_ARP = 3, TELL_DROP = 4 };

static int tell_packet(lua_State *L, const lab_event *event) {
  const lab_packet *packet = &event->packet;
  lua_pushinteger(L, TELL_PACKET);
  lua_pushinteger(L, event->port->user);
  enum lab_status status = lab_l_push_packet(L, packet, event->at);
  if (status == LAB_OK) return 3;
  lab_l_fail(L, status);
  lua_pushlstring(L, (const char *)packet->payload.data, packet->payload.len);
  lab_l_push_endpoint(L, packet->src);
  lab_l_push_endpoint(L, packet->dst);
  return 7;
}

static int tell_arp(lua_State *L, const lab_event *event) {
  uint16_t op;
  lab_mac sender_mac, target_mac;
  lab_ip4 sender, target;
  lua_pushinteger(L, TELL_ARP);
  lua_pushinteger(L, event->port->user);
  if (!lab_arp_parse(event->packet.payload, &op, &sender_mac, &sender, &target_mac, &target))
    return 2;
  lua_pushinteger(L, op);
  lab_l_push_mac(L, sender_mac.octet, 6);
  lab_l_push_ip4(L, sender);
  lab_l_push_mac(L, target_mac.octet, 6);
  lab_l_push_ip4(L, target);
  return 7;
}

static int tell_drop(lua_State *L, const lab_event *event) {
  lua_pushinteger(L, TELL_DROP);
  lua_pushinteger(L, event->port->user);
  lua_pushstring(L, event->cause);
  lua_pushlstring(L, (const char *)event->packet.payload.data, event->packet.payload.len);
  lab_l_push_endpoint(L, event->packet.src);
  lab_l_push_endpoint(L, event->packet.dst);
  if (lab_mac_equal(event->packet.dst_mac, LAB_MAC_NONE)) return 6;
  lab_l_push_mac(L, event->packet.dst_mac.octet, 6);
  return 7;
}

/* world:next([until]) -> 1, timer | 2, user, message | 2, user, nil, word, bytes, source,
 * destination | 3, user, op, sender_mac, sender, target_mac, target | 4, user, cause, bytes,
 * source, destination, mac | 0 when nothing happens until then | -1 when interrupted | -2 when
 * events go on and on and virtual time stands still.  Raises when the system fails. */
static int next_event(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  if (lab_l_watch_heard()) {
    lua_pushinteger(L, LAB_L_STANDSTILL);
    return 1;
  }
  lab_time until = lua_toboolean(L, 2) ? lab_l_check_time(L, 2) : LAB_NEVER;
  lab_event event;
  int got = lab_world_next(w->world, until, &event);
  if (got == LAB_ERR_INTERRUPTED) {
    lua_pushinteger(L, LAB_L_INTERRUPTED);
    return 1;
  }
  if (got < 0) {
    return lab_l_error(L, "the network failed: %s [E304]",
                       got == LAB_ERR_IO ? strerror(errno) : lab_status_text((enum lab_status)got));
  }
  if (got == 0) {
    lua_pushinteger(L, 0);
    return 1;
  }
  switch (event.kind) {
    case LAB_EVENT_TIMER:
      lua_pushinteger(L, TELL_TIMER);
      lua_pushinteger(L, event.timer);
      return 2;
    case LAB_EVENT_PACKET:
      return event.packet.kind == LAB_PACKET_ARP ? tell_arp(L, &event) : tell_packet(L, &event);
    default: return tell_drop(L, &event);
  }
}

static int get_now(lua_State *L) {
  lab_l_push_time(L, lab_world_now(lab_l_check_world(L, 1)->world));
  return 1;
}

/* Timers
 * --------------------------------------------------------------------------------------------------------- */

static int new_timer(lua_State *L) {
  uint32_t id;
  enum lab_status status = lab_timer_new(lab_l_check_world(L, 1)->world, &id);
  if (status != LAB_OK) return lab_l_error(L, "out of memory [E135]");
  lua_pushinteger(L, id);
  return 1;
}

static int free_timer(lua_State *L) {
  lab_timer_free(lab_l_check_world(L, 1)->world, (uint32_t)luaL_checkinteger(L, 2));
  return 0;
}

static lab_time add_times(lab_time a, lab_time b) { return b > LAB_NEVER - a ? LAB_NEVER : a + b; }

/* world:after(timer, duration); an infinite duration leaves the timer clear */
static int set_after(lua_State *L) {
  lab_world *world = lab_l_check_world(L, 1)->world;
  lab_time delay = lab_l_check_duration(L, 3);
  if (lab_timer_set(world, (uint32_t)luaL_checkinteger(L, 2),
                    add_times(lab_world_now(world), delay)) != LAB_OK) {
    return lab_l_error(L, "out of memory [E135]");
  }
  return 0;
}

/* world:at(timer, time) */
static int set_at(lua_State *L) {
  lab_world *world = lab_l_check_world(L, 1)->world;
  if (lab_timer_set(world, (uint32_t)luaL_checkinteger(L, 2), lab_l_check_time(L, 3)) != LAB_OK) {
    return lab_l_error(L, "out of memory [E135]");
  }
  return 0;
}

static int clear_timer(lua_State *L) {
  lab_timer_clear(lab_l_check_world(L, 1)->world, (uint32_t)luaL_checkinteger(L, 2));
  return 0;
}

/* Random streams
 * ------------------------------------------------------------------------------------------------- */

typedef struct stream {
  lab_l_object object;
  lab_rng rng;
} stream;

static int new_stream(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  lab_view name = lab_l_check_view(L, 2);
  stream *self = lua_newuserdatauv(L, sizeof *self, 0);
  lab_world_rng(w->world, (const char *)name.data, name.len, &self->rng);
  lab_l_set_metatable(L, STREAM);
  return 1;
}

/* stream(), stream(m), stream(m, n) as math.random: [0,1), 1..m, m..n */
static int draw(lua_State *L) {
  lab_rng *rng = &((stream *)lab_l_check_object(L, 1, STREAM))->rng;
  lua_Integer low = 1, high;
  switch (lua_gettop(L)) {
    case 1:
      lua_pushnumber(L, (lua_Number)(lab_rng_u64(rng) >> 11) * (0.5 / ((uint64_t)1 << 52)));
      return 1;
    case 2:
      high = luaL_checkinteger(L, 2);
      if (high == 0) {
        lua_pushinteger(L, (lua_Integer)lab_rng_u64(rng));
        return 1;
      }
      break;
    default: low = luaL_checkinteger(L, 2); high = luaL_checkinteger(L, 3);
  }
  if (low > high) return lab_l_error(L, "random: the interval is empty [E109]");
  lua_pushinteger(L, lab_rng_between(rng, low, high));
  return 1;
}

/* Everything else
 * ------------------------------------------------------------------------------------------------ */

static int get_digest(lua_State *L) {
  char text[17];
  snprintf(text, sizeof text, "%016llx",
           (unsigned long long)lab_world_digest(lab_l_check_world(L, 1)->world));
  lua_pushstring(L, text);
  return 1;
}

static int get_events(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)lab_world_event_count(lab_l_check_world(L, 1)->world));
  return 1;
}

static int is_virtual(lua_State *L) {
  lua_pushboolean(L, lab_world_kind_of(lab_l_check_world(L, 1)->world) == LAB_WORLD_VIRTUAL);
  return 1;
}

static int is_quiet(lua_State *L) {
  lua_pushboolean(L, lab_world_quiet(lab_l_check_world(L, 1)->world));
  return 1;
}

/* Seconds since 1970 at the world's time 0. */
static int get_epoch(lua_State *L) {
  lua_pushnumber(
      L, (lua_Number)lab_world_epoch(lab_l_check_world(L, 1)->world) / (lua_Number)LAB_SECOND);
  return 1;
}

static int watch(lua_State *L) {
  lab_world_watch(lab_l_check_world(L, 1)->world, lua_toboolean(L, 2));
  return 0;
}

/* world:capture(path [, commented]): "-" is stdout; with comments it is pcapng.  true, or nil
 * and what the system said. */
static int start_capture(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  const char *path = luaL_checkstring(L, 2);
  if (w->capture != NULL) return lab_l_error(L, "this world is being captured already [E115]");
  FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "wbe");
  enum lab_status (*begin)(lab_world *, FILE *, lab_capture **) =
      lua_toboolean(L, 3) ? lab_capture_new_commented : lab_capture_new;
  if (file == NULL || begin(w->world, file, &w->capture) != LAB_OK) {
    int error = errno;
    if (file != NULL && file != stdout) fclose(file);
    lua_pushnil(L);
    lua_pushstring(L, strerror(error));
    return 2;
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* world:comment(bytes, text): what the captured packet with this payload is.
 * world:comment_fate(bytes, text): what became of it.  Whether somebody will read it. */
static int add_comment(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  lab_view payload = lab_l_check_view(L, 2), text = lab_l_check_view(L, 3);
  bool is_done = w->capture != NULL && lab_capture_comment(w->capture, payload, text) == LAB_OK;
  lua_pushboolean(L, is_done);
  return 1;
}

static int add_fate(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  lab_view payload = lab_l_check_view(L, 2), text = lab_l_check_view(L, 3);
  bool is_done = w->capture != NULL && lab_capture_add(w->capture, payload, text) == LAB_OK;
  lua_pushboolean(L, is_done);
  return 1;
}

static int stop_capture(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  lab_capture *capture = w->capture;
  w->capture = NULL;
  if (capture == NULL || lab_capture_close(capture) == LAB_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}

static int interrupt(lua_State *L) {
  lab_world_interrupt(lab_l_check_world(L, 1)->world);
  return 0;
}

static const luaL_Reg methods[] = {
    {"next", next_event},
    {"now", get_now},
    {"timer", new_timer},
    {"free_timer", free_timer},
    {"after", set_after},
    {"at", set_at},
    {"clear", clear_timer},
    {"stream", new_stream},
    {"digest", get_digest},
    {"events", get_events},
    {"virtual", is_virtual},
    {"quiet", is_quiet},
    {"epoch", get_epoch},
    {"watch", watch},
    {"capture", start_capture},
    {"comment", add_comment},
    {"comment_fate", add_fate},
    {"stop_capture", stop_capture},
    {"guard", lab_l_world_guard},
    {"interrupt", interrupt},
    {"udp", lab_l_world_udp},
    {"segment", lab_l_world_simnet},
    {"faults", lab_l_world_faults},
    {"close", close_world},
    {NULL, NULL},
};

void lab_l_world_open(lua_State *L) {
  lab_l_new_metatable(L, STREAM);
  lua_pushcfunction(L, draw);
  lua_setfield(L, -2, "__call");
  lua_pop(L, 1);
  lab_l_new_metatable(L, WORLD);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, close_world);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, close_world);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
  lua_pushcfunction(L, new_world);
  lua_setfield(L, -2, "world");
}
