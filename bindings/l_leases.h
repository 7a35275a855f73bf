/* The lease table for Lua: `core.leases.new()`, whose methods are those of core/leases.h with
 * addresses as text. */
#ifndef LAB_L_LEASES_H
#define LAB_L_LEASES_H

#include <lua.h>

int lab_l_leases_open(lua_State *L); /* pushes the table { new = } */

#endif
