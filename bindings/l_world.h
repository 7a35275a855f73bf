/* The world and its ports as Lua userdata. */
#ifndef LAB_L_WORLD_H
#define LAB_L_WORLD_H

#include "capture.h"
#include "simnet.h"
#include "util.h"
#include "world.h"

/* The world's user value 1 is a table port id -> port object: the world keeps its ports alive,
 * so that garbage collection never changes what happens; each port's user value 1 is its world. */
typedef struct lab_l_world lab_l_world;

/* A simulated segment; kept alive by the world's table, freed before the world. */
typedef struct lab_l_segment {
  lab_l_object object;
  lab_simnet *net; /* NULL once closed */
  lab_l_world *world;
  struct lab_l_segment *next;
} lab_l_segment;

/* What may go wrong on a network: a segment's, or one of its own for real sockets. */
typedef struct lab_l_faults {
  lab_l_object object;
  lab_impair *impair; /* NULL once closed */
  bool is_owned;
  struct lab_l_faults *next;
} lab_l_faults;

struct lab_l_world {
  lab_l_object object;
  lab_world *world; /* NULL once closed */
  lab_capture *capture;
  lab_l_segment *segments;
  lab_l_faults *faults;
};

lab_l_world *lab_l_check_world(lua_State *L, int index); /* raises for a closed one */
void lab_l_push_port(lua_State *L, int world_index, lab_port *port, int64_t user);
void lab_l_world_open(lua_State *L); /* adds world() to the table on top */
void lab_l_port_open(lua_State *L);  /* l_port.c: metatables of ports and simulated segments */

lab_port *lab_l_check_port(lua_State *L, int index);
/* The octets of the message or string at `index`: in `small`, or in a userdata left on the
 * stack. */
enum lab_status lab_l_wire(lua_State *L, int index, lab_span small, lab_view *out);

/* l_fault.c */
void lab_l_fault_open(lua_State *L);
void lab_l_push_faults(lua_State *L, int world_index, lab_impair *impair, bool is_owned);
void lab_l_close_faults(lab_l_world *w);
lab_fault_settings lab_l_get_fault_settings(lua_State *L, int table);
int lab_l_world_faults(lua_State *L); /* world:faults(name, {...}) */

int lab_l_world_udp(lua_State *L);    /* world:udp{...} */
int lab_l_world_simnet(lua_State *L); /* world:segment(name, {...}) */

#endif
