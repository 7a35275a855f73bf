/* A map from 64-bit keys to pointers (layer L1): exact look-up, and no way to walk through it.
 *
 * There is no iteration on purpose: what cannot be listed in hash order cannot make a run
 * depend on it. Keys stay until the table is freed; a value may become NULL. */
#ifndef LAB_TABLE_H
#define LAB_TABLE_H

#include "base.h"

typedef struct lab_table_cell {
  uint64_t key;
  void *value; /* NULL: as good as absent */
  bool used;
} lab_table_cell;

typedef struct lab_table {
  lab_table_cell *cell;
  size_t count;
  size_t cap; /* 0 or a power of two */
} lab_table;

void lab_table_init(lab_table *table);
void lab_table_free(lab_table *table); /* the cells, not what the values point to */
void *lab_table_get(const lab_table *table, uint64_t key);                  /* NULL when absent */
enum lab_status lab_table_put(lab_table *table, uint64_t key, void *value); /* LAB_ERR_MEMORY */

#endif
