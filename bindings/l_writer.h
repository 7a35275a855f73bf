/* What the files that turn Lua values into octets share: a bounded output, errors that name the
 * option, and the readers of plain parts.  Private to l_writer.c, l_value_check.c and
 * l_value_parts.c.
 *
 * Errors leave by longjmp, so everything lives on the C stack or on Lua's.  `index` is always
 * absolute; every function leaves the Lua stack as it was unless it says otherwise. */
#ifndef LAB_L_WRITER_H
#define LAB_L_WRITER_H

#include <lua.h>

#include "option.h"

typedef struct lab_l_writer {
  lua_State *L;
  const lab_option_info *info;
  lab_span out;
  size_t used;
  struct lab_domain_list *names; /* set while a list of compressed names is being written */
  lua_Integer item; /* the item of the outermost list that is being read, 0 outside lists */
} lab_l_writer;

/* Appends the octets of the Lua value at `index`, or raises. */
typedef void lab_l_write_value(lab_l_writer *w, int index);

/* Raise "lease_time (51): EXPECTED expected, got VALUE", and "lease_time (51): PROBLEM". */
_Noreturn void lab_l_writer_refuse(const lab_l_writer *w, int index, const char *expected);
_Noreturn void lab_l_writer_refuse_with(const lab_l_writer *w, const char *problem);
_Noreturn void lab_l_writer_refuse_length(const lab_l_writer *w);

void lab_l_writer_put(lab_l_writer *w, const void *bytes, size_t len);
void lab_l_writer_put_u8(lab_l_writer *w, uint8_t value);
void lab_l_writer_put_u32(lab_l_writer *w, uint32_t value);
/* Octets behind a length octet, which is set once they have been written. */
size_t lab_l_writer_begin_counted(lab_l_writer *w);
void lab_l_writer_end_counted(lab_l_writer *w, size_t start);

/* The value at `index`, which must be what they say. */
lua_Integer lab_l_writer_integer(const lab_l_writer *w, int index, lua_Integer low,
                                 lua_Integer high, const char *expected);
lab_view lab_l_writer_string(const lab_l_writer *w, int index, const char *expected);

/* Pushes a named field of the table at `index`, or its k-th item when k > 0 and the name is
 * absent; returns where it stands. */
int lab_l_writer_field(const lab_l_writer *w, int index, const char *name, int k);

/* Every item of a list with `write`; with `single`, something that is no table stands for a list
 * of one. */
void lab_l_write_list(lab_l_writer *w, int index, bool single, const char *expected,
                      lab_l_write_value *write);
void lab_l_write_ip(lab_l_writer *w, int index);
void lab_l_write_string(lab_l_writer *w, int index);
bool lab_l_write_raw(lab_l_writer *w,
                     int index); /* { raw= } or { hex= }; false when it is neither */

/* The composite types, in l_value_parts.c. */
void lab_l_write_domains(lab_l_writer *w, int index);
void lab_l_write_routes(lab_l_writer *w, int index);
void lab_l_write_fqdn(lab_l_writer *w, int index);
void lab_l_write_suboptions(lab_l_writer *w, int index);
void lab_l_write_enterprises(lab_l_writer *w, int index);
void lab_l_write_sip(lab_l_writer *w, int index);
void lab_l_write_slp(lab_l_writer *w, int index);
void lab_l_write_interface(lab_l_writer *w, int index);
void lab_l_write_ip_lists(lab_l_writer *w, int index);

#endif
