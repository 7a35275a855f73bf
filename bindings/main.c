/* The executable `dhcplab`: a Lua state with the library embedded, and nothing else.
 *
 * Scripts come from the executable itself, so that it runs from any folder; `--scripts DIR` as
 * the first arguments takes them from a folder instead (for those who change them).  All that
 * happens next is in scripts/dhcplab/cli.lua, whose main(arguments) returns the exit status;
 * arguments.scripts is that folder, arguments[0] this program. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "embedded.h"
#include "pool.h"

int luaopen_dhcplab_core(lua_State *L);

static const struct lab_embedded *find_embedded(const char *name) {
  for (size_t i = 0; i < lab_embedded_count; i++) {
    if (strcmp(lab_embedded[i].name, name) == 0) return &lab_embedded[i];
  }
  return NULL;
}

/* False where this Lua does not read what the Lua of the build has compiled: the text does then. */
static bool load_compiled(lua_State *L, const struct lab_embedded *file, const char *chunk) {
  if (file->code_len == 0) return false;
  if (luaL_loadbufferx(L, (const char *)file->code, file->code_len, chunk, "b") == LUA_OK)
    return true;
  lua_pop(L, 1);
  return false;
}

/* package.searchers entry: "dhcplab.task" -> dhcplab/task.lua, dhcplab/task/init.lua */
static int search_embedded(lua_State *L) {
  const char *name = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
  static const char *const patterns[] = {"%s.lua", "%s/init.lua"};
  for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
    const char *path = lua_pushfstring(L, patterns[i], name);
    const struct lab_embedded *file = find_embedded(path);
    if (file == NULL) continue;
    const char *chunk = lua_pushfstring(L, "=(dhcplab)/%s", path);
    if (!load_compiled(L, file, chunk) &&
        luaL_loadbufferx(L, (const char *)file->data, file->len, chunk, "t") != LUA_OK)
      return lua_error(L);
    lua_pushstring(L, chunk + 1);
    return 2;
  }
  lua_pushfstring(L, "no embedded file '%s.lua'", name);
  return 1;
}

/* embedded(name) -> the text of a bundled file such as "handshake.lua", or nil; embedded() ->
 * the list of names */
static int get_embedded(lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    lua_newtable(L);
    for (size_t i = 0; i < lab_embedded_count; i++) {
      lua_pushstring(L, lab_embedded[i].name);
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
  }
  const struct lab_embedded *file = find_embedded(luaL_checkstring(L, 1));
  if (file == NULL) return 0;
  lua_pushlstring(L, (const char *)file->data, file->len);
  return 1;
}

static void add_searcher(lua_State *L) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchers");
  lua_Integer count = luaL_len(L, -1);
  for (lua_Integer i = count; i >= 2; i--) { /* behind preload, before the files */
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, -2, i + 1);
  }
  lua_pushcfunction(L, search_embedded);
  lua_rawseti(L, -2, 2);
  lua_pop(L, 2);
}

static void set_path(lua_State *L, const char *folder) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", folder, folder, lua_tostring(L, -1));
  lua_setfield(L, -3, "path");
  lua_pop(L, 2);
}

static int trace_back(lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

/* Runs in a protected call: argc, argv */
static int run(lua_State *L) {
  int argc = (int)lua_tointeger(L, 1);
  char **argv = lua_touserdata(L, 2);
  int first = 1;
  luaL_openlibs(L);
  lua_gc(L, LUA_GCGEN, 0, 0); /* most objects are a packet's, and die with it */
  luaL_requiref(L, "dhcplab.core", luaopen_dhcplab_core, 0);
  lua_pushcfunction(L, get_embedded);
  lua_setfield(L, -2, "embedded");
  if (argc > 2 && strcmp(argv[1], "--scripts") == 0) {
    set_path(L, argv[2]);
    first = 3;
  } else {
    add_searcher(L);
  }
  lua_getglobal(L, "require");
  lua_pushliteral(L, "dhcplab.cli");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "main");
  lua_createtable(L, argc, 1);
  lua_pushstring(L, argv[0] != NULL ? argv[0] : "dhcplab");
  lua_rawseti(L, -2, 0);
  if (first == 3) {
    lua_pushstring(L, argv[2]);
    lua_setfield(L, -2, "scripts");
  }
  for (int i = first; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - first + 1);
  }
  lua_call(L, 1, 1);
  return 1;
}

static int exit_status; /* 0 also where Lua's os.exit ends the program */

static void check_output(void) {
  if (exit_status != 0 || (fflush(stdout) == 0 && !ferror(stdout))) return;
  perror("dhcplab: standard output");
  _exit(3);
}

/* An error outside every protected call: out of memory while the state is being made. */
static int panic(lua_State *L) {
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "dhcplab: %s\n", message != NULL ? message : "an error without a message");
  return 0; /* Lua ends the process */
}

int main(int argc, char **argv) {
  atexit(check_output);
  lua_State *L = lua_newstate(lab_pool_alloc, NULL);
  if (L == NULL) {
    fputs("dhcplab: out of memory\n", stderr);
    return 3;
  }
  lua_atpanic(L, panic);
  lua_pushcfunction(L, trace_back);
  lua_pushcfunction(L, run);
  lua_pushinteger(L, argc);
  lua_pushlightuserdata(L, argv);
  int status = 4;
  if (lua_pcall(L, 2, 1, 1) == LUA_OK) {
    status = (int)lua_tointeger(L, -1);
  } else {
    fprintf(stderr, "dhcplab: %s\n", lua_tostring(L, -1));
  }
  lua_close(L);
  exit_status = status; /* check_output may still change it */
  return status;
}
