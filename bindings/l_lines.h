/* Lines from whoever sits before the program, one at a time, while the world goes on. */
#ifndef LAB_L_LINES_H
#define LAB_L_LINES_H

#include <lua.h>

void lab_l_lines_open(lua_State *L); /* adds core.lines to the table on top */

#endif
