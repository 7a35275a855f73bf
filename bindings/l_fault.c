/* The faults of a network in Lua: settings, cuts, the schedule, what fired, and impaired sends
 * and arrivals on real sockets.
 *
 * scripts/dhcplab/faults.lua and arrivals.lua are the only callers: they check what scripts say,
 * and know nodes by their names. */
#include <string.h>

#include "l_value.h"
#include "l_world.h"

static const char FAULTS[] = "dhcplab.faults";

void lab_l_push_faults(lua_State *L, int world_index, lab_impair *impair, bool is_owned) {
  world_index = lua_absindex(L, world_index);
  lab_l_faults *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  lab_l_world *w = lua_touserdata(L, world_index);
  *handle = (lab_l_faults){{NULL}, impair, is_owned, w->faults};
  w->faults = handle;
  lua_pushvalue(L, world_index);
  lua_setiuservalue(L, -2, 1);
  lab_l_set_metatable(L, FAULTS);
  lua_getiuservalue(L, world_index, 1); /* the world keeps it */
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, handle);
  lua_pop(L, 1);
}

/* The world is being closed; a segment's faults go with the segment. */
void lab_l_close_faults(lab_l_world *w) {
  for (lab_l_faults *handle = w->faults; handle != NULL; handle = handle->next) {
    if (handle->is_owned) lab_impair_free(handle->impair);
    handle->impair = NULL;
  }
  w->faults = NULL;
}

static lab_impair *check_faults(lua_State *L) {
  lab_l_faults *handle = lab_l_check_object(L, 1, FAULTS);
  if (handle->impair == NULL) lab_l_error(L, "this network's world is closed [E115]");
  return handle->impair;
}

static lab_time get_duration(lua_State *L, int table, const char *name) {
  lua_getfield(L, table, name);
  lab_time value = lua_isnil(L, -1) ? 0 : lab_l_check_duration(L, -1);
  lua_pop(L, 1);
  return value;
}

/* A chance 0..1 as a ratio with nine decimal places. */
static lab_ratio get_chance(lua_State *L, int table, const char *name) {
  lab_ratio ratio = {0, 1000000000u};
  lua_getfield(L, table, name);
  lua_Number chance = lua_isnil(L, -1) ? 0 : luaL_checknumber(L, -1);
  if (!(chance >= 0 && chance <= 1))
    lab_l_error(L, "%s: a chance from 0 to 1 expected [E109]", name);
  ratio.part = (uint32_t)(chance * 1e9 + 0.5);
  lua_pop(L, 1);
  return ratio;
}

/* { latency, jitter, loss, duplicate, reorder, reorder_by, corrupt, truncate, capacity }; none
 * is 0 */
lab_fault_settings lab_l_get_fault_settings(lua_State *L, int table) {
  lab_fault_settings settings;
  settings.latency = get_duration(L, table, "latency");
  settings.jitter = get_duration(L, table, "jitter");
  settings.reorder_by = get_duration(L, table, "reorder_by");
  settings.loss = get_chance(L, table, "loss");
  settings.duplicate = get_chance(L, table, "duplicate");
  settings.reorder = get_chance(L, table, "reorder");
  settings.corrupt = get_chance(L, table, "corrupt");
  settings.truncate = get_chance(L, table, "truncate");
  lua_getfield(L, table, "capacity");
  lua_Integer capacity = luaL_optinteger(L, -1, 0);
  settings.capacity = capacity > 0 ? (uint64_t)capacity : 0;
  lua_pop(L, 1);
  return settings;
}

/* world:faults(name, settings): for a network of real sockets */
int lab_l_world_faults(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  const char *name = luaL_checkstring(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  lab_fault_settings settings = lab_l_get_fault_settings(L, 3);
  lab_impair *impair;
  enum lab_status status = lab_impair_new(lab_world_seed(w->world), name, &settings, &impair);
  if (status != LAB_OK) return lab_l_fail(L, status);
  lab_l_push_faults(L, 1, impair, true);
  return 1;
}

static int succeed(lua_State *L, enum lab_status status) {
  if (status != LAB_OK) return lab_l_error(L, "faults: %s [E109]", lab_status_text(status));
  return 0;
}

static int set(lua_State *L) {
  lab_impair *impair = check_faults(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lab_fault_settings settings = lab_l_get_fault_settings(L, 2);
  return succeed(L, lab_impair_set(impair, &settings));
}

/* A node by its name; NULL for "*", which is all of them. */
static lab_end *check_end(lua_State *L, lab_impair *impair, int index) {
  size_t len;
  const char *name = luaL_checklstring(L, index, &len);
  if (strcmp(name, "*") == 0) return NULL;
  lab_end *end = lab_impair_end(impair, name, len);
  if (end == NULL) lab_l_error(L, "out of memory [E135]");
  return end;
}

/* faults:cut(from, to, on) */
static int cut(lua_State *L) {
  lab_impair *impair = check_faults(L);
  const lab_end *from = check_end(L, impair, 2), *to = check_end(L, impair, 3);
  return succeed(L, lab_impair_cut(impair, from, to, lua_toboolean(L, 4)));
}

static int heal(lua_State *L) {
  lab_impair_heal(check_faults(L));
  return 0;
}

static lab_end *check_sender(lua_State *L, lab_impair *impair, int index) {
  lab_end *end = check_end(L, impair, index);
  if (end == NULL) lab_l_error(L, "a sender is one node [E108]");
  return end;
}

/* faults:sent(from): how many packets that node has sent on a segment */
static int get_sent(lua_State *L) {
  lab_impair *impair = check_faults(L);
  lua_pushinteger(L, (lua_Integer)check_sender(L, impair, 2)->sent[0]);
  return 1;
}

/* faults:counted(from, to): how many packets went that way */
static int get_counted(lua_State *L) {
  lab_impair *impair = check_faults(L);
  lab_end *from = check_sender(L, impair, 2), *to = check_sender(L, impair, 3);
  lua_pushinteger(L, (lua_Integer)lab_impair_counted(impair, from, to));
  return 1;
}

/* faults:tally(from, to1, to2 ...): one packet went there, past everything in this file */
static int tally(lua_State *L) {
  lab_impair *impair = check_faults(L);
  lab_shot shot = {.from = check_sender(L, impair, 2)};
  shot.from->sent[0]++;
  for (int i = 3, last = lua_gettop(L); i <= last; i++) {
    lab_end *to = check_sender(L, impair, i);
    if (lab_impair_count(impair, &shot, to) != LAB_OK)
      return lab_l_error(L, "out of memory [E135]");
  }
  return 0;
}

/* faults:overheard(from, to): by somebody whom a broadcast would have reached */
static int overhear(lua_State *L) {
  lab_impair *impair = check_faults(L);
  const lab_shot shot = {.from = check_sender(L, impair, 2)};
  return succeed(L, lab_impair_count(impair, &shot, check_sender(L, impair, 3)));
}

/* faults:plan(from, to, k, word, detail, arp) */
static int plan(lua_State *L) {
  lab_impair *impair = check_faults(L);
  const lab_end *from = check_sender(L, impair, 2), *to = check_end(L, impair, 3);
  uint64_t k = (uint64_t)luaL_checkinteger(L, 4);
  lab_view word = lab_l_check_view(L, 5);
  enum lab_fault_kind kind;
  if (lab_fault_of_word((const char *)word.data, word.len, &kind) != LAB_OK)
    return lab_l_error(L, "there is no fault called \"%s\" [E107]", (const char *)word.data);
  uint64_t detail = (uint64_t)luaL_optinteger(L, 6, 0);
  return succeed(L, lab_impair_plan(impair, from, to, lua_toboolean(L, 7), k, kind, detail));
}

static int replay(lua_State *L) {
  lab_impair_replay(check_faults(L), lua_toboolean(L, 2));
  return 0;
}

static int record(lua_State *L) {
  lab_impair_record(check_faults(L), lua_toboolean(L, 2));
  return 0;
}

static void push_fired(lua_State *L, const lab_fired *fired) {
  lua_createtable(L, 0, 7);
  lab_l_push_time(L, fired->at);
  lua_setfield(L, -2, "at");
  lua_pushlstring(L, fired->from->name, fired->from->name_len);
  lua_setfield(L, -2, "from");
  if (fired->to != NULL) {
    lua_pushlstring(L, fired->to->name, fired->to->name_len);
  } else {
    lua_pushliteral(L, "*");
  }
  lua_setfield(L, -2, "to");
  lua_pushinteger(L, (lua_Integer)fired->k);
  lua_setfield(L, -2, "k");
  lua_pushstring(L, lab_fault_word(fired->kind));
  lua_setfield(L, -2, "kind");
  lua_pushinteger(L, (lua_Integer)fired->detail);
  lua_setfield(L, -2, "detail");
  lua_pushboolean(L, fired->is_arp);
  lua_setfield(L, -2, "arp");
}

/* faults:fired(): what fired since the last call, or nil: { at, from, to, k, kind, detail, arp }
 * each */
static int get_fired(lua_State *L) {
  lab_impair *impair = check_faults(L);
  const lab_fired *fired;
  size_t count;
  if (lab_impair_fired(impair, &fired, &count) != LAB_OK)
    return lab_l_error(L, "out of memory [E135]");
  if (count == 0) return 0;
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    push_fired(L, &fired[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lab_impair_forget(impair);
  return 1;
}

/* Index of the first receiver among the arguments of faults:send. */
enum { FIRST_RECEIVER = 7 };

/* Sends the shot to each receiver; one that is dropped for all of them is reported once, with
 * the destination at index 6. */
static enum lab_status send_to_each(lua_State *L, lab_impair *impair, const lab_shot *shot,
                                    lab_port *port, lab_packet *packet, int last) {
  enum lab_status status = LAB_OK;
  if (shot->cause != NULL) {
    packet->dst = lab_l_check_endpoint(L, FIRST_RECEIVER - 1);
    return lab_impair_send(impair, shot, NULL, port, packet);
  }
  for (int i = FIRST_RECEIVER; i < last; i += 2) {
    lab_end *to = check_sender(L, impair, i);
    packet->dst = lab_l_check_endpoint(L, i + 1);
    enum lab_status one = lab_impair_send(impair, shot, to, port, packet);
    if (one != LAB_OK) status = one;
  }
  return status;
}

/* faults:send(port, from, message or bytes, source or nil, destination, to1, endpoint1, to2,
 * endpoint2 ...) -> octets, or nil, word. */
static int send(lua_State *L) {
  lab_impair *impair = check_faults(L);
  lab_port *port = lab_l_check_port(L, 2);
  lab_end *from = check_sender(L, impair, 3);
  int last = lua_gettop(L);
  lab_packet packet = {.kind = LAB_PACKET_UDP, .src = port->local, .src_mac = port->mac};
  if (!lua_isnil(L, 5)) packet.src.ip = lab_l_check_ip4(L, 5);
  uint8_t small[2048];
  enum lab_status status = lab_l_wire(L, 4, (lab_span){small, sizeof small}, &packet.payload);
  if (status != LAB_OK) return lab_l_fail(L, status);
  lab_shot shot;
  lab_impair_shoot(impair, from, false, packet.payload.len, lab_world_now(port->world), &shot);
  status = send_to_each(L, impair, &shot, port, &packet, last);
  if (status != LAB_OK) return lab_l_fail(L, status);
  lua_pushinteger(L, (lua_Integer)packet.payload.len);
  return 1;
}

/* faults:arrive(from, to, bytes) -> nil, cause | delay, delay of the second copy or false, the
 * octets as they arrive: what becomes of a packet from outside, in seconds from now. */
static int arrive(lua_State *L) {
  lab_impair *impair = check_faults(L);
  lab_end *from = check_sender(L, impair, 2), *to = check_sender(L, impair, 3);
  lab_view payload = lab_l_check_view(L, 4);
  lua_getiuservalue(L, 1, 1);
  lab_time now = lab_world_now(lab_l_check_world(L, -1)->world);
  lab_shot shot;
  lab_verdict verdict = {0};
  lab_impair_shoot(impair, from, false, payload.len, now, &shot);
  enum lab_status status = LAB_OK;
  if (shot.cause == NULL)
    status = shot.is_judged ? lab_impair_judge(impair, &shot, to, &verdict)
                            : lab_impair_count(impair, &shot, to);
  if (status != LAB_OK) return succeed(L, status);
  const char *cause = shot.cause != NULL ? shot.cause : lab_verdict_cause(&verdict);
  if (cause != NULL) {
    lua_pushnil(L);
    lua_pushstring(L, cause);
    return 2;
  }
  lab_time delay = lab_impair_settings(impair)->latency + shot.wait;
  lab_l_push_time(L, delay + lab_verdict_delay(&verdict));
  if (lab_verdict_has(&verdict, LAB_FAULT_DUPLICATE)) {
    lab_l_push_time(L, delay + lab_verdict_copy_delay(&verdict));
  } else {
    lua_pushboolean(L, 0);
  }
  if (!lab_verdict_alters(&verdict, payload.len)) {
    lua_pushvalue(L, 4);
    return 3;
  }
  luaL_Buffer buffer;
  uint8_t *altered = (uint8_t *)luaL_buffinitsize(L, &buffer, payload.len);
  luaL_pushresultsize(&buffer, lab_verdict_alter(&verdict, payload, altered));
  return 3;
}

static const luaL_Reg methods[] = {
    {"set", set},
    {"cut", cut},
    {"heal", heal},
    {"sent", get_sent},
    {"counted", get_counted},
    {"tally", tally},
    {"overheard", overhear},
    {"plan", plan},
    {"replay", replay},
    {"record", record},
    {"fired", get_fired},
    {"send", send},
    {"arrive", arrive},
    {NULL, NULL},
};

void lab_l_fault_open(lua_State *L) {
  lab_l_new_metatable(L, FAULTS);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
