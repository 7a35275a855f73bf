/* The lease table; see leases.h.
 *
 * A record is one cache line, in blocks that never move.  Two hash tables find records by
 * address and by client, a heap gives the one that ends first, and a list holds those that can
 * be given out again, longest free first.
 *
 * The heap is lazy: a lease that is extended keeps its place, so that renewing costs nothing;
 * the key of a queued record is never later than its end, and is put right when it comes to the
 * top.  What was forgotten keeps its slot, as "vacant", in a second heap by address, so that a
 * hole in a range is found again without a search. */
#include "leases.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "leases_inner.h"
#include "rng.h"

bool lab_lease_is_held(enum lab_lease_state state) {
  return state == LAB_LEASE_OFFERED || state == LAB_LEASE_BOUND || state == LAB_LEASE_DECLINED;
}

/* ---- records and slots */

static lab_lease_record *find_live(const lab_leases *table, lab_lease_id id) {
  uint32_t slot = (uint32_t)id;
  if (slot >= table->slot_count) return NULL;
  lab_lease_record *r = lab_lease_record_at(table, slot);
  return r->kind == KIND_LIVE && r->generation == id >> 32 ? r : NULL;
}

/* An unused slot, which stays unused until `use_slot`.  NULL: no memory. */
static lab_lease_record *find_unused(lab_leases *table) {
  if (table->unused != LAB_SLOT_NONE) return lab_lease_record_at(table, table->unused);
  size_t block = table->slot_count >> BLOCK_BITS;
  if (table->slot_count == LAB_SLOT_NONE) return NULL;
  if (block == table->block_count) {
    if ((block & (block - 1)) == 0) { /* the directory doubles at powers of two */
      lab_lease_record **grown =
          realloc(table->block, (block == 0 ? 1 : block * 2) * sizeof *grown);
      if (grown == NULL) return NULL;
      table->block = grown;
    }
    lab_lease_record *fresh = aligned_alloc(CACHE_LINE, BLOCK_RECORDS * sizeof *fresh);
    if (fresh == NULL) return NULL;
    memset(fresh, 0, BLOCK_RECORDS * sizeof *fresh);
    table->block[table->block_count++] = fresh;
  }
  lab_lease_record *r = lab_lease_record_at(table, table->slot_count);
  r->node.seq = table->slot_count++;
  r->next = LAB_SLOT_NONE;
  table->unused = lab_lease_slot_of(r);
  return r;
}

static void use_slot(lab_leases *table, lab_lease_record *r, lab_ip4 address) {
  assert(table->unused == lab_lease_slot_of(r));
  table->unused = r->next;
  r->node.seq = (uint64_t)address << 32 | lab_lease_slot_of(r);
}

static void drop_slot(lab_leases *table, lab_lease_record *r) {
  r->kind = KIND_UNUSED;
  r->next = table->unused;
  table->unused = lab_lease_slot_of(r);
}

/* ---- keys */

/* Both steps can be undone, so that different addresses have different tags. */
static uint32_t tag_of_address(lab_ip4 address) {
  uint32_t mixed = address * 0x9e3779b1u;
  return mixed ^ mixed >> 15;
}

static uint32_t tag_of_client(lab_view client) {
  return (uint32_t)lab_rng_hash(client.data, client.len);
}

static lab_view client_of(const lab_lease_record *r) {
  return (lab_view){r->client_len > CLIENT_NEAR ? r->client.far : r->client.near, r->client_len};
}

static lab_lease_record *find_address(const lab_leases *table, lab_ip4 address) {
  uint32_t tag = tag_of_address(address);
  uint32_t slot;
  size_t at = lab_slotmap_first(&table->by_address, tag);
  return lab_slotmap_find(&table->by_address, tag, &at, &slot) ? lab_lease_record_at(table, slot)
                                                               : NULL;
}

static lab_lease_record *find_client(const lab_leases *table, lab_view client, uint32_t tag) {
  uint32_t slot;
  if (client.len == 0) return NULL;
  for (size_t at = lab_slotmap_first(&table->by_client, tag);
       lab_slotmap_find(&table->by_client, tag, &at, &slot); at++) {
    lab_lease_record *r = lab_lease_record_at(table, slot);
    if (r->client_len == client.len && memcmp(client_of(r).data, client.data, client.len) == 0)
      return r;
  }
  return NULL;
}

static void drop_note(lab_leases *table, lab_lease_record *r) {
  if (r->note == NULL) return;
  table->extra_bytes -= sizeof *r->note + r->note->len;
  free(r->note);
  r->note = NULL;
}

/* Takes holder and note away. */
static void drop_client(lab_leases *table, lab_lease_record *r) {
  drop_note(table, r);
  if (r->client_len == 0) return;
  lab_slotmap_remove(&table->by_client, tag_of_client(client_of(r)), lab_lease_slot_of(r));
  if (r->client_len > CLIENT_NEAR) {
    table->extra_bytes -= r->client_len;
    free(r->client.far);
  }
  r->client_len = 0;
}

/* `far` is a copy of the client's octets when they do not fit into the record. */
static void set_client(lab_leases *table, lab_lease_record *r, lab_view client, uint32_t tag,
                       uint8_t *far) {
  if (client.len == 0) return;
  if (far != NULL) {
    r->client.far = far;
    table->extra_bytes += client.len;
  } else {
    memcpy(r->client.near, client.data, client.len);
  }
  r->client_len = (uint8_t)client.len;
  lab_slotmap_add(&table->by_client, tag, lab_lease_slot_of(r));
}

/* ---- lists of what can be given out again */

static void unlink_record(lab_leases *table, lab_lease_record *r) {
  lab_lease_list *l = &table->lists[r->list];
  if (r->list == LIST_NONE) return;
  *(r->previous == LAB_SLOT_NONE ? &l->head : &lab_lease_record_at(table, r->previous)->next) =
      r->next;
  *(r->next == LAB_SLOT_NONE ? &l->tail : &lab_lease_record_at(table, r->next)->previous) =
      r->previous;
  r->list = LIST_NONE;
}

static void append_record(lab_leases *table, lab_lease_record *r, enum list_name name) {
  lab_lease_list *l = &table->lists[name];
  r->list = (uint8_t)name;
  r->previous = l->tail;
  r->next = LAB_SLOT_NONE;
  *(l->tail == LAB_SLOT_NONE ? &l->head : &lab_lease_record_at(table, l->tail)->next) =
      lab_lease_slot_of(r);
  l->tail = lab_lease_slot_of(r);
}

/* Puts a record where its state belongs.  One that was free already keeps its turn. */
static void set_state(lab_leases *table, lab_lease_record *r, enum lab_lease_state state,
                      lab_time expires) {
  if (r->kind == KIND_LIVE) table->count[r->state]--;
  table->count[state]++;
  r->kind = KIND_LIVE;
  r->state = (uint8_t)state;
  r->expires = expires;
  if (lab_lease_is_held(state)) {
    unlink_record(table, r);
  } else if (r->list == LIST_NONE) {
    append_record(
        table, r,
        lab_pool_has(&table->pool, lab_lease_address_of(r), NULL) ? LIST_USABLE : LIST_ASIDE);
  }
}

/* ---- ends */

static void push_back(lab_heap *heap, lab_lease_record *r) {
  enum lab_status status = lab_heap_push(heap, &r->node);
  assert(status == LAB_OK); /* there is room: it was just there */
}

static void move_in_heap(lab_heap *heap, lab_lease_record *r, lab_time at) {
  lab_heap_remove(heap, &r->node);
  r->node.at = at;
  push_back(heap, r);
}

/* Queues a live or new record for its end, before it is written, because this alone can fail. */
static enum lab_status queue_end(lab_leases *table, lab_lease_record *r, enum lab_lease_state state,
                                 lab_time expires) {
  if (!lab_lease_is_held(state) || expires == LAB_NEVER) return LAB_OK;
  if (!lab_heap_holds(&r->node)) {
    r->node.at = expires;
    return lab_heap_push(&table->due, &r->node);
  }
  if (expires < r->node.at) move_in_heap(&table->due, r, expires);
  return LAB_OK;
}

/* The record that ends first, with its true end as key; NULL when none ends. */
static lab_lease_record *find_first_end(lab_leases *table, lab_time until) {
  for (;;) {
    lab_heap_node *top = lab_heap_top(&table->due);
    if (top == NULL || top->at > until) return NULL;
    lab_lease_record *r = lab_lease_of_node(top);
    if (!lab_lease_is_held(r->state) || r->expires == LAB_NEVER) {
      lab_heap_remove(&table->due, top);
    } else if (r->expires > top->at) {
      move_in_heap(&table->due, r, r->expires);
    } else {
      return r;
    }
  }
}

lab_lease_id lab_leases_due(lab_leases *table, lab_time at) {
  lab_lease_record *r = find_first_end(table, at);
  return r != NULL ? lab_lease_id_of(r) : LAB_LEASE_NONE;
}

lab_time lab_leases_next_end(lab_leases *table) {
  lab_lease_record *r = find_first_end(table, LAB_NEVER);
  return r != NULL ? r->expires : LAB_NEVER;
}

/* ---- making and freeing the table */

enum lab_status lab_leases_new(lab_leases **out) {
  lab_leases *table = calloc(1, sizeof *table);
  if (table == NULL) return LAB_ERR_MEMORY;
  table->unused = LAB_SLOT_NONE;
  for (size_t i = 0; i < LAB_COUNTOF(table->lists); i++)
    table->lists[i] = (lab_lease_list){LAB_SLOT_NONE, LAB_SLOT_NONE};
  lab_pool_init(&table->pool);
  lab_heap_init(&table->due);
  lab_heap_init(&table->vacant);
  enum lab_status first = lab_slotmap_init(&table->by_address);
  enum lab_status second = lab_slotmap_init(&table->by_client);
  if (first != LAB_OK || second != LAB_OK) {
    lab_leases_free(table);
    return LAB_ERR_MEMORY;
  }
  *out = table;
  return LAB_OK;
}

void lab_leases_free(lab_leases *table) {
  if (table == NULL) return;
  for (uint32_t slot = 0; slot < table->slot_count; slot++) {
    lab_lease_record *r = lab_lease_record_at(table, slot);
    if (r->kind == KIND_LIVE && r->client_len > CLIENT_NEAR) free(r->client.far);
    free(r->note);
  }
  for (size_t i = 0; i < table->block_count; i++) free(table->block[i]);
  free(table->block);
  free(table->order);
  lab_pool_free(&table->pool);
  lab_slotmap_free(&table->by_address);
  lab_slotmap_free(&table->by_client);
  lab_heap_free(&table->due);
  lab_heap_free(&table->vacant);
  free(table);
}

/* ---- ranges */

/* The pool's next address never has a record. */
static void pass_used(lab_leases *table) {
  lab_ip4 address;
  uint32_t order;
  while (lab_pool_fresh(&table->pool, &address, &order) && find_address(table, address) != NULL) {
    lab_pool_pass(&table->pool);
  }
}

static void remove_record(lab_leases *table, lab_lease_record *r) {
  lab_slotmap_remove(&table->by_address, tag_of_address(lab_lease_address_of(r)),
                     lab_lease_slot_of(r));
  drop_slot(table, r);
}

/* After a change of ranges: records that are free change lists, vacant ones that left the pool
 * are given up. */
static void follow_pool(lab_leases *table) {
  for (int name = LIST_USABLE; name <= LIST_ASIDE; name++) {
    uint32_t last = table->lists[name].tail;
    uint32_t slot = table->lists[name].head;
    while (slot != LAB_SLOT_NONE) {
      lab_lease_record *r = lab_lease_record_at(table, slot);
      bool is_last = slot == last;
      slot = r->next;
      enum list_name wanted =
          lab_pool_has(&table->pool, lab_lease_address_of(r), NULL) ? LIST_USABLE : LIST_ASIDE;
      if (wanted != r->list) {
        unlink_record(table, r);
        append_record(table, r, wanted);
      }
      if (is_last) break;
    }
  }
  for (uint32_t slot = 0; slot < table->slot_count; slot++) {
    lab_lease_record *r = lab_lease_record_at(table, slot);
    if (r->kind != KIND_VACANT || lab_pool_has(&table->pool, lab_lease_address_of(r), NULL))
      continue;
    lab_heap_remove(&table->vacant, &r->node);
    remove_record(table, r);
  }
  pass_used(table);
}

enum lab_status lab_leases_range(lab_leases *table, lab_ip4 low, lab_ip4 high) {
  enum lab_status status = lab_pool_add(&table->pool, low, high);
  if (status == LAB_OK) follow_pool(table);
  return status;
}

enum lab_status lab_leases_exclude(lab_leases *table, lab_ip4 low, lab_ip4 high) {
  enum lab_status status = lab_pool_exclude(&table->pool, low, high);
  if (status == LAB_OK) follow_pool(table);
  return status;
}

bool lab_leases_in_range(const lab_leases *table, lab_ip4 address) {
  return lab_pool_has(&table->pool, address, NULL);
}

uint64_t lab_leases_capacity(const lab_leases *table) { return lab_pool_size(&table->pool); }

/* ---- finding */

lab_lease_id lab_leases_by_client(const lab_leases *table, lab_view client) {
  lab_lease_record *r = find_client(table, client, tag_of_client(client));
  return r != NULL ? lab_lease_id_of(r) : LAB_LEASE_NONE;
}

lab_lease_id lab_leases_by_address(const lab_leases *table, lab_ip4 address) {
  lab_lease_record *r = find_address(table, address);
  return r != NULL && r->kind == KIND_LIVE ? lab_lease_id_of(r) : LAB_LEASE_NONE;
}

enum lab_status lab_leases_next_free(const lab_leases *table, lab_ip4 *out) {
  lab_heap_node *vacant = lab_heap_top(&table->vacant);
  uint32_t order;
  bool fresh = lab_pool_fresh(&table->pool, out, &order);
  if (vacant != NULL &&
      (!fresh || vacant->at <= order)) { /* a hole lies before what is fresh of its range */
    *out = lab_lease_address_of(lab_lease_of_node(vacant));
    return LAB_OK;
  }
  if (fresh) return LAB_OK;
  uint32_t head = table->lists[LIST_USABLE].head;
  if (head == LAB_SLOT_NONE) return LAB_ERR_ABSENT;
  *out = lab_lease_address_of(lab_lease_record_at(table, head));
  return LAB_OK;
}

enum lab_status lab_leases_get(const lab_leases *table, lab_lease_id id, lab_lease *out) {
  const lab_lease_record *r = find_live(table, id);
  if (r == NULL) return LAB_ERR_ABSENT;
  out->address = lab_lease_address_of(r);
  out->state = (enum lab_lease_state)r->state;
  out->expires = r->expires;
  out->client = client_of(r);
  out->note = r->note != NULL ? (lab_view){r->note->octet, r->note->len} : (lab_view){NULL, 0};
  return LAB_OK;
}

/* ---- changing */

/* Everything that can fail, before anything is written; on failure all is as it was. */
static enum lab_status prepare(lab_leases *table, lab_lease_record *r, lab_view client,
                               enum lab_lease_state state, lab_time expires, uint8_t **far) {
  if (lab_slotmap_reserve(&table->by_address) != LAB_OK ||
      lab_slotmap_reserve(&table->by_client) != LAB_OK) {
    return LAB_ERR_MEMORY;
  }
  if (client.len > CLIENT_NEAR) {
    *far = malloc(client.len);
    if (*far == NULL) return LAB_ERR_MEMORY;
    memcpy(*far, client.data, client.len);
  }
  bool vacant = r->kind == KIND_VACANT;
  lab_time order = r->node.at;
  if (vacant) lab_heap_remove(&table->vacant, &r->node);
  enum lab_status status = queue_end(table, r, state, expires);
  if (status == LAB_OK) return LAB_OK;
  if (vacant) {
    r->node.at = order;
    push_back(&table->vacant, r);
  }
  free(*far);
  return status;
}

enum lab_status lab_leases_put(lab_leases *table, lab_ip4 address, lab_view client,
                               enum lab_lease_state state, lab_time expires, lab_lease_id *out) {
  if (client.len > UINT8_MAX || (unsigned)state >= LAB_LEASE_STATE_COUNT) return LAB_ERR_RANGE;
  uint32_t tag = tag_of_client(client);
  lab_lease_record *r = find_address(table, address);
  lab_lease_record *other = find_client(table, client, tag);
  if (r != NULL && r == other) {
    enum lab_status status = lab_leases_update(table, lab_lease_id_of(r), state, expires);
    if (status == LAB_OK) *out = lab_lease_id_of(r);
    return status;
  }
  bool known = r != NULL;
  uint8_t *far = NULL;
  if (!known) {
    r = find_unused(table);
    if (r == NULL) return LAB_ERR_MEMORY;
    r->node.seq = (uint64_t)address << 32 |
                  lab_lease_slot_of(r); /* before it is queued: ties are broken by it */
  }
  enum lab_status status = prepare(table, r, client, state, expires, &far);
  if (status != LAB_OK) return status;
  if (other != NULL) {
    drop_client(table, other);
    set_state(table, other, LAB_LEASE_FREE, LAB_NEVER);
  }
  if (!known) {
    use_slot(table, r, address);
    lab_slotmap_add(&table->by_address, tag_of_address(address), lab_lease_slot_of(r));
    r->list = LIST_NONE;
    r->client_len = 0;
  }
  if (r->kind != KIND_LIVE) table->is_sorted = false;
  drop_client(table, r);
  set_client(table, r, client, tag, far);
  set_state(table, r, state, expires);
  pass_used(table);
  *out = lab_lease_id_of(r);
  return LAB_OK;
}

enum lab_status lab_leases_update(lab_leases *table, lab_lease_id id, enum lab_lease_state state,
                                  lab_time expires) {
  lab_lease_record *r = find_live(table, id);
  if (r == NULL) return LAB_ERR_ABSENT;
  if ((unsigned)state >= LAB_LEASE_STATE_COUNT) return LAB_ERR_RANGE;
  enum lab_status status = queue_end(table, r, state, expires);
  if (status == LAB_OK) set_state(table, r, state, expires);
  return status;
}

void lab_leases_forget(lab_leases *table, lab_lease_id id) {
  lab_lease_record *r = find_live(table, id);
  if (r == NULL) return;
  drop_client(table, r);
  lab_heap_remove(&table->due, &r->node);
  uint32_t order;
  bool leaves_hole = lab_pool_has(&table->pool, lab_lease_address_of(r), &order) &&
                     lab_pool_is_passed(&table->pool, lab_lease_address_of(r), order);
  if (leaves_hole) {
    r->node.at = order;
    if (lab_heap_push(&table->vacant, &r->node) !=
        LAB_OK) { /* no memory to remember the hole: free will do */
      set_state(table, r, LAB_LEASE_FREE, LAB_NEVER);
      return;
    }
  }
  unlink_record(table, r);
  table->count[r->state]--;
  r->generation++;
  r->kind = KIND_VACANT;
  if (!leaves_hole) remove_record(table, r);
}

enum lab_status lab_leases_note(lab_leases *table, lab_lease_id id, lab_view octets) {
  lab_lease_record *r = find_live(table, id);
  if (r == NULL) return LAB_ERR_ABSENT;
  if (octets.len > UINT16_MAX) return LAB_ERR_RANGE;
  lab_lease_note *fresh = NULL;
  if (octets.len > 0) {
    fresh = malloc(sizeof *fresh + octets.len);
    if (fresh == NULL) return LAB_ERR_MEMORY;
    fresh->len = (uint16_t)octets.len;
    memcpy(fresh->octet, octets.data, octets.len);
    table->extra_bytes += sizeof *fresh + octets.len;
  }
  drop_note(table, r); /* after the copy: the octets may be the old note's own */
  r->note = fresh;
  return LAB_OK;
}
