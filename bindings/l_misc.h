/* The option catalogue, values, capture files, frames and the terminal, for Lua. */
#ifndef LAB_L_MISC_H
#define LAB_L_MISC_H

#include <lua.h>

void lab_l_misc_open(lua_State *L); /* adds its functions to the table on top */

#endif
