/* Stopping what runs away: Ctrl-C, and scripts that compute without end. */
#ifndef LAB_L_WATCH_H
#define LAB_L_WATCH_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "world.h"

/* Why world:next() gives nothing, beside 0: what the loop must end for. */
enum { LAB_L_INTERRUPTED = -1, LAB_L_STANDSTILL = -2 };

int lab_l_world_guard(lua_State *L);       /* world:guard(on[, seconds]) */
void lab_l_watch_forget(lab_world *world); /* before a world is freed */

/* Called where the loop asks for its next event: the script has waited, so nothing runs away any
 * more. True when virtual time stands still although events go on and on. */
bool lab_l_watch_heard(void);

uint64_t lab_l_watch_events(void); /* how many the guarded world has handled; 0 without one */

void lab_l_watch_open(lua_State *L); /* adds core.resume, core.interrupted to the table on top */

#endif
