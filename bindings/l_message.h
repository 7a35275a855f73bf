/* Messages as Lua userdata: a datagram's bytes with named fields, read and changed in place. */
#ifndef LAB_L_MESSAGE_H
#define LAB_L_MESSAGE_H

#include "builder.h"
#include "frame.h"
#include "option.h"
#include "util.h"

/* A message as Lua holds it.  Received ones keep the datagram as it came (`built` false) until
 * they are changed; built ones have no END or padding yet (builder.h).  The bytes lie behind the
 * struct, or, once they outgrow it, in a buffer that the second user value keeps alive.  The
 * first user value is the `options` object, made when it is first asked for. */
typedef struct lab_l_message {
  lab_l_object object;
  lab_builder b;
  bool built;
  bool lax;              /* `strict = false`: option values are not held against the catalogue */
  lab_endpoint src, dst; /* as received; zero for built ones */
  lab_ip4 local;         /* our address that it came to, where the transport tells */
  lab_time at;
  size_t limit; /* the largest wire form that bytes() and send() make */
} lab_l_message;

/* Each pushes a new message.  `push_packet` returns LAB_OK with a message on the stack, or a
 * status and nothing. */
enum lab_status lab_l_push_packet(lua_State *L, const lab_packet *packet, lab_time at);
lab_l_message *lab_l_push_built(lua_State *L, size_t room);

lab_l_message *lab_l_push_copy(lua_State *L, const lab_l_message *m);

/* What every reply to `request` has in common (builder.h), with the limit that the request sets. */
lab_l_message *lab_l_push_reply(lua_State *L, const lab_l_message *request, uint8_t type);

lab_l_message *lab_l_check_message(lua_State *L, int index);
lab_l_message *lab_l_test_message(lua_State *L, int index); /* NULL when it is something else */

/* The wire form: received and unchanged messages as they came, others laid out into `out`. */
enum lab_status lab_l_message_wire(const lab_l_message *m, lab_span out, lab_view *wire);

/* Room for `more` further octets of options, and the built form; raises when memory runs out. */
void lab_l_message_reserve(lua_State *L, int index, lab_l_message *m, size_t more);

/* Makes the metatables in registry and pushes nothing; adds decode, message and others to the
 * table on top. */
void lab_l_message_open(lua_State *L);
extern const luaL_Reg lab_l_reply_methods[];       /* l_reply.c */
extern const luaL_Reg lab_l_client_methods[];      /* l_client.c */
extern const luaL_Reg lab_l_apart_methods[];       /* l_apart.c */
void lab_l_apart_open(lua_State *L);               /* adds check() to the table on top */
void lab_l_push_type(lua_State *L, unsigned type); /* its name, or number; nil for 0 */
void lab_l_push_chaddr(lua_State *L, const lab_message *view);
void lab_l_push_client_key(lua_State *L, const lab_message *view);
void lab_l_options_open(lua_State *L); /* l_options.c */
void lab_l_push_options(lua_State *L,
                        int message_index); /* a new options object for that message */

/* The catalogue's row for an option's name or number at that index; raises for names nobody
 * knows, and numbers out of 1 to 254. */
const lab_option_info *lab_l_check_option_key(lua_State *L, int index);

/* The nearest name of a message type, or NULL. */
const char *lab_l_nearest_type(const char *word);

/* Raises "WHAT called "KEY"", with the nearest name of a message's fields, when one is near. */
int lab_l_unknown_key(lua_State *L, const char *what, const char *key);

#endif
