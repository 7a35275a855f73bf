/* Limits for scripts of strangers: what they use is counted, not timed, so that a script is stopped at the same place
 * on every machine.
 *
 * A counting hook adds up the instructions of all coroutines made while the limits are on; an allocator around the
 * state's own counts octets. What goes beyond raises an error in the coroutine that runs, and again at each of its next
 * instructions, so that no pcall saves it. Time that a library function would take unseen is charged for as
 * instructions (core.charge). core.confine is the last resort: the system ends a process that takes too long, and lets
 * it open nothing any more. Costs nothing while it is off. */
#include "l_limit.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "l_watch.h"
#include "util.h"

enum { STEP = 1000 }; /* instructions between two looks */
enum {
  LARGE = 1024,
  PRICE = 32
}; /* a block above LARGE octets costs an instruction for each PRICE */

static struct {
  bool on;
  lua_State *outside; /* who drives the run: never stopped */
  lua_Alloc alloc;    /* the state's own */
  void *alloc_data;
  lua_Integer used, most;               /* instructions */
  size_t bytes, bytes_peak, bytes_most; /* beyond what there was at the beginning */
  uint64_t events_most;
  size_t refused; /* what the last one that got no memory asked for */
  char why[160];  /* empty while all is well */
} limit;

static void halt(const char *why) {
  if (limit.why[0] == '\0') snprintf(limit.why, sizeof limit.why, "%s", why);
}

void lab_l_limit_note(const char *why) {
  if (limit.on) halt(why);
}

/* Lua cannot go below what it had at the beginning by more than that: then the count stays at 0. */
static void count_bytes(size_t old_size, size_t new_size) {
  if (new_size >= old_size) {
    limit.bytes += new_size - old_size;
    if (limit.bytes > limit.bytes_peak) limit.bytes_peak = limit.bytes;
  } else {
    size_t less = old_size - new_size;
    limit.bytes -= less < limit.bytes ? less : limit.bytes;
  }
}

/* Lua collects its garbage when it gets no memory, and asks for the same once more. */
static void *refuse(size_t size) {
  if (size == limit.refused) {
    char text[sizeof limit.why];
    snprintf(text, sizeof text, "it needs more than %zu MiB of memory", limit.bytes_most >> 20);
    halt(text);
  }
  limit.refused = size;
  return NULL;
}

static void *count_alloc(void *data, void *block, size_t old_size, size_t new_size) {
  (void)data;
  size_t before = block != NULL ? old_size : 0; /* else it is the kind of an object */
  bool grows = new_size > before;
  size_t left = limit.bytes < limit.bytes_most ? limit.bytes_most - limit.bytes : 0;
  if (grows && new_size - before > left) return refuse(new_size);
  void *made = limit.alloc(limit.alloc_data, block, old_size, new_size);
  if (made == NULL && new_size > 0) return NULL;
  count_bytes(before, new_size);
  if (grows && new_size > LARGE) limit.used += (lua_Integer)(new_size / PRICE);
  return made;
}

static void find_reason(void) {
  char text[sizeof limit.why];
  if (limit.used > limit.most) {
    snprintf(text, sizeof text,
             "it computed for more than %lld million instructions; is this a loop without end?",
             (long long)(limit.most / 1000000));
    halt(text);
  } else if (lab_l_watch_events() > limit.events_most) {
    snprintf(text, sizeof text, "it caused more than %llu events: packets and timers without end",
             (unsigned long long)limit.events_most);
    halt(text);
  }
}

/* Each STEP instructions of a coroutine; each one once the script is to stop. */
static void look(lua_State *L, lua_Debug *where) {
  (void)where;
  if (!limit.on) {
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  if (limit.why[0] == '\0') {
    limit.used += STEP;
    find_reason();
    if (limit.why[0] == '\0') return;
  }
  if (L == limit.outside) return;
  lua_sethook(L, look, LUA_MASKCOUNT, 1);
  lab_l_error(L, "stopped: %s", limit.why);
}

/* core.limit(instructions, octets, events): from now on; core.limit() ends it and gives why the script was stopped (nil
 * when it was not), the instructions, and the most octets that it had at once. For who drives the run. */
static int set_limit(lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    if (limit.on) lua_setallocf(L, limit.alloc, limit.alloc_data);
    limit.on = false;
    lua_sethook(L, NULL, 0, 0);
    if (limit.why[0] != '\0')
      lua_pushstring(L, limit.why);
    else
      lua_pushnil(L);
    lua_pushinteger(L, limit.used);
    lua_pushinteger(L, (lua_Integer)limit.bytes_peak);
    limit.why[0] = '\0';
    return 3;
  }
  if (limit.on) return lab_l_error(L, "the limits are on already");
  limit.most = luaL_checkinteger(L, 1);
  limit.bytes_most = (size_t)luaL_checkinteger(L, 2);
  limit.events_most = (uint64_t)luaL_checkinteger(L, 3);
  lua_gc(L, LUA_GCCOLLECT); /* what is left of before is not the script's */
  limit.used = 0;
  limit.bytes = limit.bytes_peak = limit.refused = 0;
  limit.why[0] = '\0';
  limit.outside = L;
  limit.alloc = lua_getallocf(L, &limit.alloc_data);
  limit.on = true;
  lua_setallocf(L, count_alloc, NULL);
  lua_sethook(L, look, LUA_MASKCOUNT, STEP);
  return 0;
}

/* core.charge(n): what is about to be done takes as long as n instructions. */
static int charge(lua_State *L) {
  lua_Number n = luaL_checknumber(L, 1);
  if (!limit.on || !(n > 0)) return 0;
  limit.used += n < (lua_Number)limit.most ? (lua_Integer)n : limit.most + 1;
  find_reason();
  return limit.why[0] != '\0' ? lab_l_error(L, "stopped: %s", limit.why) : 0;
}

/* core.halt(why): stops the script. */
static int stop_script(lua_State *L) {
  halt(luaL_checkstring(L, 1));
  return lab_l_error(L, "stopped: %s", limit.why);
}

/* `bound` is what holds now. */
static const struct rlimit *lower(struct rlimit *bound, rlim_t most) {
  if (bound->rlim_max == RLIM_INFINITY || most < bound->rlim_max) bound->rlim_max = most;
  bound->rlim_cur = bound->rlim_max;
  return bound;
}

/* core.confine(cpu, wall[, sealed]): this process ends after so many seconds, and when sealed it opens nothing any
 * more: no file, no socket, no pipe. */
static int confine(lua_State *L) {
  struct rlimit bound;
  rlim_t seconds = (rlim_t)luaL_checkinteger(L, 1);
  if (getrlimit(RLIMIT_CPU, &bound) == 0) setrlimit(RLIMIT_CPU, lower(&bound, seconds));
  alarm((unsigned)luaL_checkinteger(L, 2));
  if (!lua_toboolean(L, 3)) return 0;
  if (getrlimit(RLIMIT_CORE, &bound) == 0) setrlimit(RLIMIT_CORE, lower(&bound, 0));
  if (getrlimit(RLIMIT_FSIZE, &bound) == 0) setrlimit(RLIMIT_FSIZE, lower(&bound, 0));
  if (getrlimit(RLIMIT_NOFILE, &bound) == 0) setrlimit(RLIMIT_NOFILE, lower(&bound, 0));
  return 0;
}

void lab_l_limit_open(lua_State *L) {
  static const luaL_Reg functions[] = {{"limit", set_limit},
                                       {"charge", charge},
                                       {"halt", stop_script},
                                       {"confine", confine},
                                       {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
