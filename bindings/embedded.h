/* The Lua files inside the executable; the table is written by embed.lua at build time, sorted
 * by name. */
#ifndef LAB_EMBEDDED_H
#define LAB_EMBEDDED_H

#include <stddef.h>

struct lab_embedded {
  const char *name; /* relative to scripts/: "dhcplab/init.lua" */
  const unsigned char *data;
  size_t len;
  const unsigned char *code; /* the same, compiled; code_len 0: not */
  size_t code_len;
};
extern const struct lab_embedded lab_embedded[];
extern const size_t lab_embedded_count;

#endif
