/* What scripts/dhcplab/order.lua needs from C, so that no address and no chance shows in a script. */
#ifndef LAB_L_ORDER_H
#define LAB_L_ORDER_H

#include <lua.h>

void lab_l_order_open(lua_State *L); /* adds core.born, core.careful_format to the table on top */

#endif
