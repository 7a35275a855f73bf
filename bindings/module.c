/* require "dhcplab.core": everything that the Lua library gets from C, under a stock lua5.4 or
 * inside the executable. */
#include <lauxlib.h>
#include <lua.h>

#include "l_leases.h"
#include "l_lines.h"
#include "l_limit.h"
#include "l_message.h"
#include "l_misc.h"
#include "l_order.h"
#include "l_watch.h"
#include "l_world.h"

#ifndef LAB_VERSION
#define LAB_VERSION "unversioned"
#endif

LAB_EXPORT int luaopen_dhcplab_core(lua_State *L);

int luaopen_dhcplab_core(lua_State *L) {
  luaL_checkversion(L);
  lua_newtable(L);
  lua_pushliteral(L, LAB_VERSION);
  lua_setfield(L, -2, "version");
  lab_l_options_open(L);
  lab_l_message_open(L);
  lab_l_apart_open(L);
  lab_l_port_open(L);
  lab_l_fault_open(L);
  lab_l_world_open(L);
  lab_l_misc_open(L);
  lab_l_watch_open(L);
  lab_l_limit_open(L);
  lab_l_order_open(L);
  lab_l_lines_open(L);
  lab_l_leases_open(L);
  lua_setfield(L, -2, "leases");
  return 1;
}
