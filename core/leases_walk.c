/* The lease table as a whole (layer L5): its records in the order of their addresses, how many
 * there are, what they weigh, and the names of states.  See leases.h; changing and finding
 * single records is leases.c. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "leases_inner.h"

static const char *const state_names[LAB_LEASE_STATE_COUNT] = {"free",     "offered", "bound",
                                                               "released", "expired", "declined"};

const char *lab_lease_state_name(enum lab_lease_state state) {
  assert((unsigned)state < LAB_LEASE_STATE_COUNT);
  return state_names[state];
}

enum lab_status lab_lease_state_by_name(const char *name, size_t len, enum lab_lease_state *out) {
  for (unsigned i = 0; i < LAB_LEASE_STATE_COUNT; i++) {
    if (strlen(state_names[i]) != len || memcmp(state_names[i], name, len) != 0) continue;
    *out = (enum lab_lease_state)i;
    return LAB_OK;
  }
  return LAB_ERR_ABSENT;
}

static int compare_addresses(const void *left, const void *right) {
  lab_ip4 a = ((const lab_lease_place *)left)->address;
  lab_ip4 b = ((const lab_lease_place *)right)->address;
  return (a > b) - (a < b);
}

static enum lab_status sort_records(lab_leases *table) {
  size_t live = lab_leases_count_all(table);
  if (live > table->order_cap) {
    lab_lease_place *grown = malloc(live * sizeof *grown);
    if (grown == NULL) return LAB_ERR_MEMORY;
    free(table->order);
    table->order = grown;
    table->order_cap = live;
  }
  table->order_count = 0;
  for (uint32_t slot = 0; slot < table->slot_count; slot++) {
    const lab_lease_record *r = lab_lease_record_at(table, slot);
    if (r->kind == KIND_LIVE)
      table->order[table->order_count++] = (lab_lease_place){lab_lease_address_of(r), slot};
  }
  if (live > 1) qsort(table->order, live, sizeof *table->order, compare_addresses);
  table->is_sorted = true;
  return LAB_OK;
}

/* Without memory for sorting: looks at every record. */
static lab_lease_id search_from(const lab_leases *table, lab_ip4 from) {
  const lab_lease_record *best = NULL;
  for (uint32_t slot = 0; slot < table->slot_count; slot++) {
    const lab_lease_record *r = lab_lease_record_at(table, slot);
    if (r->kind != KIND_LIVE || lab_lease_address_of(r) < from) continue;
    if (best == NULL || lab_lease_address_of(r) < lab_lease_address_of(best)) best = r;
  }
  return best != NULL ? lab_lease_id_of(best) : LAB_LEASE_NONE;
}

lab_lease_id lab_leases_from(lab_leases *table, lab_ip4 from) {
  if (!table->is_sorted && sort_records(table) != LAB_OK) return search_from(table, from);
  size_t low = 0;
  size_t high = table->order_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (table->order[middle].address < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < table->order_count; low++) { /* those forgotten since are passed over */
    const lab_lease_record *r = lab_lease_record_at(table, table->order[low].slot);
    if (r->kind == KIND_LIVE && lab_lease_address_of(r) == table->order[low].address)
      return lab_lease_id_of(r);
  }
  return LAB_LEASE_NONE;
}

size_t lab_leases_count(const lab_leases *table, enum lab_lease_state state) {
  assert((unsigned)state < LAB_LEASE_STATE_COUNT);
  return table->count[state];
}

size_t lab_leases_count_all(const lab_leases *table) {
  size_t sum = 0;
  for (size_t i = 0; i < LAB_LEASE_STATE_COUNT; i++) sum += table->count[i];
  return sum;
}

size_t lab_leases_bytes(const lab_leases *table) {
  size_t directory = 1;
  while (directory < table->block_count) directory *= 2;
  return sizeof *table + directory * sizeof *table->block +
         table->block_count * BLOCK_RECORDS * sizeof(lab_lease_record) +
         lab_slotmap_bytes(&table->by_address) + lab_slotmap_bytes(&table->by_client) +
         (table->due.cap + table->vacant.cap) * sizeof(lab_heap_node *) +
         lab_pool_bytes(&table->pool) + table->order_cap * sizeof *table->order +
         table->extra_bytes;
}
