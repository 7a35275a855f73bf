/* What a script that is being marked may use: instructions, memory, events; and nothing of the system. */
#ifndef LAB_L_LIMIT_H
#define LAB_L_LIMIT_H

#include <lua.h>

/* The script was stopped for this, by somebody else; nothing where no limit is on. */
void lab_l_limit_note(const char *why);

void lab_l_limit_open(lua_State *L); /* adds limit, charge, halt, confine to the table on top */

#endif
