/* Lines of standard input for Lua: with an editor (l_editor.h) where a person types, plain
 * otherwise. Waiting ends at a time limit, so that whoever reads can let a world go on meanwhile,
 * and at Ctrl-C.
 *
 *   local lines = core.lines(true)   -- with an editor, if there is one
 *   lines:begin("> ")
 *   local what, text = lines:wait(0.02) */
#include "l_lines.h"

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "l_editor.h"
#include "util.h"

static const char LINES[] = "lines";

typedef struct lines {
  lab_l_object object;
  bool has_editor;
  bool is_over; /* the end of input was read */
  char *bytes;  /* plain: what was read and not yet given out */
  size_t len, cap;
} lines;

static volatile sig_atomic_t is_interrupted, is_resumed;

static void on_signal(int number) {
  if (number == SIGINT) is_interrupted = 1;
  if (number == SIGCONT) is_resumed = 1;
}

/* From here on Ctrl-C is heard by wait_for_input, until somebody else listens or stop_listening. */
static struct sigaction heard_before;

static void listen_to_signals(void) {
  struct sigaction action = {.sa_handler = on_signal}, before;
  sigaction(SIGINT, &action, &before);
  sigaction(SIGCONT, &action, NULL);
  if (before.sa_handler != on_signal) heard_before = before;
}

/* Gives Ctrl-C back to who guards a world. Where nobody does, it would end the program. */
static void stop_listening(void) {
  if (heard_before.sa_handler != SIG_DFL) sigaction(SIGINT, &heard_before, NULL);
}

static lines *check(lua_State *L) { return lab_l_check_object(L, 1, LINES); }

/* core.lines(edited) -> lines */
static int new_lines(lua_State *L) {
  bool is_wanted = lua_toboolean(L, 1);
  lines *self = lua_newuserdatauv(L, sizeof *self, 0);
  memset(self, 0, sizeof *self);
  lab_l_set_metatable(L, LINES);
  self->has_editor = is_wanted && lab_l_editor_load();
  return 1;
}

/* lines:edited() -> whether there is an editor */
static int is_edited(lua_State *L) {
  lua_pushboolean(L, check(L)->has_editor);
  return 1;
}

/* lines:begin(prompt): a new line; without an editor the prompt is only printed. That a Ctrl-C cut
 * short what was being printed is not held against the output any more. */
static int begin(lua_State *L) {
  lines *self = check(L);
  const char *prompt = luaL_checkstring(L, 2);
  clearerr(stdout);
  listen_to_signals(); /* before the prompt is seen */
  if (self->has_editor) {
    lab_l_editor_begin(prompt);
  } else {
    fputs(prompt, stdout);
    fflush(stdout);
  }
  return 0;
}

/* lines:stop(): leaves the line that is being edited, and gives the terminal back. */
static int stop(lua_State *L) {
  if (check(L)->has_editor) lab_l_editor_stop();
  return 0;
}

/* lines:insert(text): at the cursor. lines:redraw(): the line once more, on a new line. */
static int insert(lua_State *L) {
  if (check(L)->has_editor) lab_l_editor_insert(luaL_checkstring(L, 2));
  return 0;
}

static int redraw(lua_State *L) {
  if (check(L)->has_editor) lab_l_editor_redraw();
  return 0;
}

/* lines:remember(line): for the arrow keys. */
static int remember(lua_State *L) {
  if (check(L)->has_editor) lab_l_editor_remember(luaL_checkstring(L, 2));
  return 0;
}

/* Waiting
 * --------------------------------------------------------------------------------------------------------- */

static int tell(lua_State *L, const char *what, const char *text, size_t len) {
  lua_pushstring(L, what);
  if (text == NULL) return 1;
  lua_pushlstring(L, text, len);
  return 2;
}

/* Takes `len` bytes and the `skipped` ones after them off the buffer, as a line. */
static int take(lua_State *L, lines *self, size_t len, size_t skipped) {
  tell(L, "line", self->bytes, len);
  self->len -= len + skipped;
  memmove(self->bytes, self->bytes + len + skipped, self->len);
  return 2;
}

static bool make_room(lines *self) {
  if (self->cap - self->len >= BUFSIZ) return true;
  size_t cap = self->cap + 2 * (size_t)BUFSIZ;
  char *bytes = realloc(self->bytes, cap);
  if (bytes == NULL) return false;
  self->bytes = bytes;
  self->cap = cap;
  return true;
}

/* A whole line of what has been read, or the rest at the end: the number of results; else 0. */
static int give_buffered(lua_State *L, lines *self) {
  char *end = self->len > 0 ? memchr(self->bytes, '\n', self->len) : NULL;
  if (end != NULL) return take(L, self, (size_t)(end - self->bytes), 1);
  if (!self->is_over) return 0;
  return self->len > 0 ? take(L, self, self->len, 0) : tell(L, "end", NULL, 0);
}

/* There is input: the number of results, or 0 when it is no whole line yet. */
static int read_plain(lua_State *L, lines *self) {
  if (!make_room(self)) return lab_l_error(L, "out of memory [E135]");
  ssize_t got = read(STDIN_FILENO, self->bytes + self->len, self->cap - self->len);
  if (got > 0) self->len += (size_t)got;
  if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) self->is_over = true;
  return give_buffered(L, self);
}

static int read_edited(lua_State *L) {
  char *text = NULL;
  enum lab_l_editor_event event = lab_l_editor_read(&text);
  if (event == LAB_L_EDITOR_NOTHING) return 0;
  if (event == LAB_L_EDITOR_END) return tell(L, "end", NULL, 0);
  const char *what = event == LAB_L_EDITOR_LINE ? "line" : "complete";
  int count = tell(L, what, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
  free(text);
  return count;
}

/* Waits for input: 1 there is some, 0 the time is over, -1 Ctrl-C came, now or since the last wait.
 * Signals come in while it waits and at no other moment, so that none is lost. */
static int wait_for_input(lab_time limit) {
  sigset_t interrupts, before;
  sigemptyset(&interrupts);
  sigaddset(&interrupts, SIGINT);
  sigprocmask(SIG_BLOCK, &interrupts, &before);
  listen_to_signals();
  struct timespec t = {(time_t)(limit / LAB_SECOND), (long)(limit % LAB_SECOND) * 1000};
  fd_set input;
  FD_ZERO(&input);
  FD_SET(STDIN_FILENO, &input);
  int got = 0;
  if (!is_interrupted) {
    got = pselect(1, &input, NULL, NULL, limit == LAB_NEVER ? NULL : &t, &before);
    if (got < 0 && errno != EINTR) got = 1; /* reading will tell what is wrong */
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
  if (is_interrupted) {
    is_interrupted = 0;
    return -1;
  }
  return got > 0;
}

static int wait_for_event(lua_State *L, lines *self, lab_time limit) {
  int count = self->has_editor ? 0 : give_buffered(L, self);
  while (count == 0) {
    int got = wait_for_input(limit);
    if (is_resumed && self->has_editor) lab_l_editor_resume();
    is_resumed = 0;
    if (got < 0) return tell(L, "interrupt", NULL, 0);
    if (got == 0) return tell(L, "idle", NULL, 0);
    count = self->has_editor ? read_edited(L) : read_plain(L, self);
  }
  return count;
}

/* lines:wait([seconds]) -> "line", text | "complete", the word before the cursor | "end" |
 * "interrupt" | "idle" when the time is over */
static int wait_for_line(lua_State *L) {
  lines *self = check(L);
  int count =
      wait_for_event(L, self, lua_isnoneornil(L, 2) ? LAB_NEVER : lab_l_check_duration(L, 2));
  stop_listening();
  return count;
}

static int free_lines(lua_State *L) {
  lines *self = check(L);
  if (self->has_editor) lab_l_editor_stop();
  free(self->bytes);
  self->bytes = NULL;
  self->len = self->cap = 0;
  return 0;
}

static const luaL_Reg methods[] = {
    {"edited", is_edited}, {"begin", begin},       {"stop", stop},          {"insert", insert},
    {"redraw", redraw},    {"remember", remember}, {"wait", wait_for_line}, {NULL, NULL},
};

void lab_l_lines_open(lua_State *L) {
  lab_l_new_metatable(L, LINES);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, free_lines);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_pushcfunction(L, new_lines);
  lua_setfield(L, -2, "lines");
}
