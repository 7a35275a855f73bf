/* What a script that is being marked may use: instructions, memory, events; and nothing of the system. */
#ifndef LAB_L_LIMIT_H
#define LAB_L_LIMIT_H

#include <lua.h>

void lab_l_limit_open(lua_State *L); /* adds limit, charge, halt, confine to the table on top */

#endif
