/* Open addressing with linear probing, never more than half full. Keys are spread by one
 * multiplication, of which the upper bits count, so that neighbouring addresses do not crowd. */
#include "table.h"

#include <stdlib.h>

/* Where `key` is, or the free cell where it belongs. */
static lab_table_cell *find_cell(const lab_table *table, uint64_t key) {
  size_t mask = table->cap - 1;
  size_t index = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask;
  while (table->cell[index].used && table->cell[index].key != key) {
    index = (index + 1) & mask;
  }
  return &table->cell[index];
}

void lab_table_init(lab_table *table) { *table = (lab_table){0}; }

void lab_table_free(lab_table *table) {
  free(table->cell);
  lab_table_init(table);
}

void *lab_table_get(const lab_table *table, uint64_t key) {
  return table->cap == 0 ? NULL : find_cell(table, key)->value;
}

static bool grow(lab_table *table) {
  size_t cap = table->cap == 0 ? 16 : table->cap * 2;
  lab_table grown = {calloc(cap, sizeof(lab_table_cell)), table->count, cap};
  if (!grown.cell) {
    return false;
  }
  for (size_t i = 0; i < table->cap; i++) {
    if (table->cell[i].used) {
      *find_cell(&grown, table->cell[i].key) = table->cell[i];
    }
  }
  free(table->cell);
  *table = grown;
  return true;
}

enum lab_status lab_table_put(lab_table *table, uint64_t key, void *value) {
  if (table->count >= table->cap / 2 && !grow(table)) {
    return LAB_ERR_MEMORY;
  }
  lab_table_cell *cell = find_cell(table, key);
  table->count += !cell->used;
  *cell = (lab_table_cell){key, value, true};
  return LAB_OK;
}
