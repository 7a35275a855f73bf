/* Stopping what runs away: Ctrl-C in a loop that never waits, a script that computes without end,
 * and virtual time that stands still.
 *
 * A counting hook from the start would nearly double what plain Lua costs. So there is none: a
 * signal counts processor time (not waiting), and only when no event was handled for the whole
 * budget does the handler put a hook on the coroutine that runs, which raises an error there -
 * as lua.c does on Ctrl-C. core.resume is coroutine.resume that remembers which coroutine that
 * is. The hook stays until the script waits or ends, so that no pcall of its own saves it. */
#include "l_watch.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "l_limit.h"
#include "l_world.h"
#include "util.h"

enum { TICK_MS = 100, GRACE_TICKS = 2, ECHO_MS = 200 };
enum reason { REASON_NONE, REASON_INTERRUPT, REASON_COMPUTES, REASON_STANDSTILL };

/* What the signal handlers read and write. One world at a time is watched; around the worlds of
 * many tests another one may be, so that Ctrl-C between two of them is heard. */
static struct {
  lua_State *volatile running; /* the coroutine that runs now */
  lua_State *volatile outside; /* who drives the loop: never stopped by a hook */
  lab_world *volatile world;
  lab_world *outer; /* who was watched before, and will be again */
  volatile sig_atomic_t interrupted;
  struct timespec first; /* when that was */
  volatile sig_atomic_t reason;
  volatile sig_atomic_t budget; /* ticks; 0: without limit */
  /* of the tick handler alone */
  uint64_t events;
  lab_time now;
  int idle, still, pending;
} watch;

static _Noreturn void give_up(void) {
  static const char text[] =
      "dhcplab: the script is stuck inside one call of a library function: ended\n";
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  _exit(written < 0 ? 3 : 4);
}

/* Runs in the coroutine, before one of its instructions. */
static void stop_here(lua_State *L, lua_Debug *where) {
  (void)where;
  switch (watch.reason) {
    case REASON_INTERRUPT: lab_l_error(L, "interrupted while computing"); break;
    case REASON_COMPUTES:
      lab_l_limit_note("it computed for too long; is this a loop without end?");
      lab_l_error(L,
                  "computed for %f s without waiting for anything; is this a loop without end? "
                  "(--budget allows more) [E407]",
                  (lua_Number)watch.budget * TICK_MS / 1000);
      break;
    default: lua_sethook(L, NULL, 0, 0);
  }
}

static enum reason find_reason(void) {
  if (watch.interrupted && ++watch.pending >= GRACE_TICKS) return REASON_INTERRUPT;
  if (watch.budget == 0) return REASON_NONE;
  if (watch.idle >= watch.budget) return REASON_COMPUTES;
  return watch.still >= watch.budget ? REASON_STANDSTILL : REASON_NONE;
}

/* Every TICK_MS of processor time. */
static void on_tick(int number) {
  (void)number;
  lab_world *world = watch.world;
  if (world == NULL) return;
  uint64_t events = lab_world_event_count(world);
  watch.idle = events == watch.events ? watch.idle + 1 : 0;
  watch.events = events;
  if (lab_world_kind_of(world) == LAB_WORLD_VIRTUAL) {
    lab_time now = lab_world_now(world);
    watch.still = now == watch.now ? watch.still + 1 : 0;
    watch.now = now;
  }
  watch.reason = (sig_atomic_t)find_reason();
  if (watch.budget > 0 && watch.idle >= 3 * watch.budget) give_up();
  if (watch.reason == REASON_NONE || watch.reason == REASON_STANDSTILL) return;
  lua_State *running = watch.running;
  if (running != NULL && running != watch.outside) {
    lua_sethook(running, stop_here, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
  }
}

/* Whether the first Ctrl-C came just now: some programs that pass signals on do it twice. */
static bool is_echo(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t gone_ms = (int64_t)(now.tv_sec - watch.first.tv_sec) * 1000 +
                    (now.tv_nsec - watch.first.tv_nsec) / 1000000;
  return gone_ms < ECHO_MS;
}

/* The first Ctrl-C stops the world, or what computes in it; a second one, or one that nobody heeds,
 * ends the process. */
static void on_signal(int number) {
  lab_world *world = watch.world;
  if (watch.interrupted && is_echo()) return;
  if (watch.interrupted || world == NULL) {
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  clock_gettime(CLOCK_MONOTONIC, &watch.first);
  watch.interrupted = 1;
  lab_world_interrupt(world);
}

static void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, NULL);
}

static void set_ticks(int milliseconds) {
  struct timeval every = {.tv_usec = (suseconds_t)milliseconds * 1000};
  struct itimerval timer = {.it_interval = every, .it_value = every};
  setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

bool lab_l_watch_heard(void) {
  if (watch.reason == REASON_NONE) return false;
  bool still = watch.reason == REASON_STANDSTILL;
  watch.reason = REASON_NONE;
  return still;
}

uint64_t lab_l_watch_events(void) {
  return watch.world != NULL ? lab_world_event_count(watch.world) : 0;
}

void lab_l_watch_forget(lab_world *world) {
  if (watch.outer == world) watch.outer = NULL;
  if (watch.world != world) return;
  watch.world = NULL;
  watch.reason = REASON_NONE;
  watch.running = NULL;
}

/* world:guard(true[, seconds]) from now on Ctrl-C stops this world, and so does a script that
 * computes for so long (processor time) without waiting, or without virtual time moving.
 * world:guard(false) ends it, and the world that was guarded before, if any, is so again. Called by
 * who drives the loop. */
int lab_l_world_guard(lua_State *L) {
  lab_l_world *w = lab_l_check_world(L, 1);
  if (!lua_toboolean(L, 2)) {
    set_ticks(0);
    lab_l_watch_forget(w->world);
    watch.world = watch.outer;
    watch.outer = NULL;
    if (watch.world != NULL) return 0;
    handle(SIGINT, watch.interrupted ? on_signal : SIG_DFL, 0);
    handle(SIGTERM, watch.interrupted ? on_signal : SIG_DFL, 0);
    return 0;
  }
  lab_time budget = lua_isnoneornil(L, 3) ? LAB_NEVER : lab_l_check_duration(L, 3);
  lab_time ticks = budget / (TICK_MS * LAB_MILLISECOND);
  if (watch.world != w->world) watch.outer = watch.world;
  watch.world = NULL; /* no handler looks at what is half set */
  watch.budget = budget == LAB_NEVER || ticks > INT32_MAX / 4 ? 0 : ticks < 1 ? 1 : (int)ticks;
  watch.events = lab_world_event_count(w->world);
  watch.now = lab_world_now(w->world);
  watch.idle = watch.still = watch.pending = 0;
  watch.reason = REASON_NONE;
  if (watch.outer == NULL) watch.interrupted = 0; /* else it may have come between two worlds */
  watch.running = watch.outside = L;
  watch.world = w->world;
  handle(SIGINT, on_signal, 0);
  handle(SIGTERM, on_signal, 0);
  handle(SIGVTALRM, on_tick, SA_RESTART);
  set_ticks(TICK_MS);
  return 0;
}

/* core.interrupted() -> whether Ctrl-C came while the last world was guarded */
static int was_interrupted(lua_State *L) {
  lua_pushboolean(L, watch.interrupted);
  return 1;
}

static int refuse(lua_State *L, const char *why) {
  lua_pushboolean(L, 0);
  lua_pushstring(L, why);
  return 2;
}

/* core.resume(coroutine, ...) -> true, values | false, error; as coroutine.resume */
static int resume(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  if (co == NULL) return luaL_typeerror(L, 1, "coroutine");
  int given = lua_gettop(L) - 1, got = 0;
  if (!lua_checkstack(co, given)) return refuse(L, "too many arguments to resume");
  lua_xmove(L, co, given);
  lua_State *before = watch.running;
  watch.running = co;
  int status = lua_resume(co, L, given, &got);
  watch.running = before;
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
  }
  if (!lua_checkstack(L, got + 1)) {
    lua_pop(co, got);
    return refuse(L, "too many results to resume");
  }
  lua_pushboolean(L, 1);
  lua_xmove(co, L, got);
  return got + 1;
}

void lab_l_watch_open(lua_State *L) {
  lua_pushcfunction(L, resume);
  lua_setfield(L, -2, "resume");
  lua_pushcfunction(L, was_interrupted);
  lua_setfield(L, -2, "interrupted");
}
