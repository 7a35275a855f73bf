/* Long random histories of the lease table (core/leases.h) beside a model that keeps everything
 * in plain arrays and searches them from end to end.  A failure is replayed by its seed, the
 * number of the table. */
#include "leases_help.h"
#include "rng.h"

enum { ADDRESSES = 40, CLIENTS = 24, TABLES = 40, STEPS = 1500, STALE = 16 };

typedef struct model_record {
  bool live;
  lab_lease_id id;
  enum lab_lease_state state;
  lab_time expires;
  unsigned client; /* CLIENTS: nobody */
  unsigned note;   /* octets */
  unsigned turn;   /* when it became free */
} model_record;

typedef struct model {
  model_record record[ADDRESSES];
  int range[ADDRESSES]; /* the order of its range, -1 outside */
  bool excluded[ADDRESSES];
  int ranges;
  unsigned turns;
  lab_lease_id stale[STALE];
  unsigned stale_count;
} model;

/* Keys of many lengths: in the record, beside it, and of the same beginning. */
static lab_view client_key(unsigned client, uint8_t octets[256]) {
  static const uint8_t lengths[] = {1, 7, 8, 9, 19, 255};
  memset(octets, 'k', 255);
  size_t len = client == CLIENTS ? 0 : lengths[client % LAB_COUNTOF(lengths)];
  if (len > 0) octets[len - 1] = (uint8_t)client;
  return (lab_view){octets, len};
}

static bool is_available(const model *m, unsigned a) { return m->range[a] >= 0 && !m->excluded[a]; }

static int model_next_free(const model *m) {
  for (int order = 0; order < m->ranges; order++) {
    for (unsigned a = 0; a < ADDRESSES; a++) {
      if (m->range[a] == order && is_available(m, a) && !m->record[a].live) return (int)a;
    }
  }
  int best = -1;
  for (unsigned a = 0; a < ADDRESSES; a++) {
    const model_record *r = &m->record[a];
    if (!r->live || !is_available(m, a) || lab_lease_is_held(r->state)) continue;
    if (best < 0 || r->turn < m->record[best].turn) best = (int)a;
  }
  return best;
}

static int model_due(const model *m) {
  int best = -1;
  for (unsigned a = 0; a < ADDRESSES; a++) {
    const model_record *r = &m->record[a];
    if (!r->live || !lab_lease_is_held(r->state) || r->expires == LAB_NEVER) continue;
    if (best < 0 || r->expires < m->record[best].expires) best = (int)a;
  }
  return best;
}

static void model_set(model *m, unsigned a, enum lab_lease_state state, lab_time expires) {
  model_record *r = &m->record[a];
  bool was_free = r->live && !lab_lease_is_held(r->state);
  if (!lab_lease_is_held(state) && !was_free) r->turn = m->turns++;
  r->live = true;
  r->state = state;
  r->expires = expires;
}

static void model_put(model *m, unsigned a, unsigned client, enum lab_lease_state state,
                      lab_time expires) {
  for (unsigned other = 0; other < ADDRESSES; other++) {
    model_record *r = &m->record[other];
    if (other == a || !r->live || client == CLIENTS || r->client != client) continue;
    model_set(m, other, LAB_LEASE_FREE, LAB_NEVER);
    r->client = CLIENTS;
    r->note = 0;
  }
  model_record *r = &m->record[a];
  if (!r->live || r->client != client || client == CLIENTS) r->note = 0;
  r->client = client;
  model_set(m, a, state, expires);
}

/* What became available or stopped being so gets a new turn, in the old order. */
static void model_follow(model *m, const bool before[ADDRESSES]) {
  unsigned limit = m->turns;
  for (;;) {
    int first = -1;
    for (unsigned a = 0; a < ADDRESSES; a++) {
      const model_record *r = &m->record[a];
      if (!r->live || lab_lease_is_held(r->state) || before[a] == is_available(m, a)) continue;
      if (r->turn < limit && (first < 0 || r->turn < m->record[first].turn)) first = (int)a;
    }
    if (first < 0) return;
    m->record[first].turn = m->turns++;
  }
}

static void compare(const model *m, lab_leases *table, lab_time at) {
  size_t counts[LAB_LEASE_STATE_COUNT] = {0};
  uint64_t capacity = 0;
  uint8_t octets[256];
  for (unsigned a = 0; a < ADDRESSES; a++) {
    const model_record *r = &m->record[a];
    capacity += is_available(m, a);
    assert_true(lab_leases_in_range(table, IP(a)) == is_available(m, a));
    lab_lease_id id = lab_leases_by_address(table, IP(a));
    assert_true(id == (r->live ? r->id : LAB_LEASE_NONE));
    if (!r->live) continue;
    counts[r->state]++;
    lab_lease lease = get(table, id);
    lab_view want = client_key(r->client, octets);
    assert_int_equal(lease.address, IP(a));
    assert_int_equal(lease.state, r->state);
    assert_true(lease.expires == r->expires);
    assert_int_equal(lease.client.len, want.len);
    assert_memory_equal(lease.client.data, want.data, want.len);
    assert_int_equal(lease.note.len, r->note);
    if (want.len > 0) assert_true(lab_leases_by_client(table, want) == id);
  }
  assert_true(lab_leases_capacity(table) == capacity);
  for (unsigned s = 0; s < LAB_LEASE_STATE_COUNT; s++) {
    assert_int_equal(lab_leases_count(table, (enum lab_lease_state)s), counts[s]);
  }
  lab_lease lease;
  for (unsigned i = 0; i < m->stale_count && i < STALE; i++) {
    assert_int_equal(lab_leases_get(table, m->stale[i], &lease), LAB_ERR_ABSENT);
  }
  int free_one = model_next_free(m);
  lab_ip4 address = 0;
  assert_int_equal(lab_leases_next_free(table, &address), free_one < 0 ? LAB_ERR_ABSENT : LAB_OK);
  if (free_one >= 0) assert_int_equal(address, IP(free_one));
  int due = model_due(m);
  assert_true(lab_leases_next_end(table) == (due < 0 ? LAB_NEVER : m->record[due].expires));
  bool is_due = due >= 0 && m->record[due].expires <= at;
  assert_true(lab_leases_due(table, at) == (is_due ? m->record[due].id : LAB_LEASE_NONE));
}

static void compare_clients_and_order(const model *m, lab_leases *table, unsigned from) {
  uint8_t octets[256];
  for (unsigned c = 0; c < CLIENTS; c++) {
    lab_lease_id want = LAB_LEASE_NONE;
    for (unsigned a = 0; a < ADDRESSES; a++) {
      if (m->record[a].live && m->record[a].client == c) want = m->record[a].id;
    }
    assert_true(lab_leases_by_client(table, client_key(c, octets)) == want);
  }
  while (from < ADDRESSES && !m->record[from].live) from++;
  assert_true(lab_leases_from(table, IP(from)) ==
              (from < ADDRESSES ? m->record[from].id : LAB_LEASE_NONE));
}

static void change_ranges(model *m, lab_leases *table, lab_rng *rng) {
  unsigned low = (unsigned)lab_rng_below(rng, ADDRESSES);
  unsigned high = low + (unsigned)lab_rng_below(rng, 8);
  if (high >= ADDRESSES) high = ADDRESSES - 1;
  bool before[ADDRESSES];
  for (unsigned a = 0; a < ADDRESSES; a++) before[a] = is_available(m, a);
  if (lab_rng_below(rng, 8) == 0) {
    assert_int_equal(lab_leases_exclude(table, IP(low), IP(high)), LAB_OK);
    for (unsigned a = low; a <= high; a++) m->excluded[a] = true;
  } else {
    bool overlaps = false;
    for (unsigned a = low; a <= high; a++) overlaps |= m->range[a] >= 0;
    assert_int_equal(lab_leases_range(table, IP(low), IP(high)), overlaps ? LAB_ERR_RANGE : LAB_OK);
    if (overlaps) return;
    for (unsigned a = low; a <= high; a++) m->range[a] = m->ranges;
    m->ranges++;
  }
  model_follow(m, before);
}

static void change_record(model *m, lab_leases *table, lab_rng *rng) {
  uint8_t octets[256];
  unsigned a = (unsigned)lab_rng_below(rng, ADDRESSES);
  int free_one = model_next_free(m);
  if (free_one >= 0 && lab_rng_below(rng, 2) == 0) a = (unsigned)free_one;
  model_record *r = &m->record[a];
  enum lab_lease_state state = (enum lab_lease_state)lab_rng_below(rng, LAB_LEASE_STATE_COUNT);
  lab_time expires = lab_rng_below(rng, 6) == 0 ? LAB_NEVER : (lab_time)lab_rng_below(rng, 50);
  uint64_t roll = lab_rng_below(rng, 10);
  if (roll < 4) {
    unsigned client = (unsigned)lab_rng_below(rng, CLIENTS + 1);
    lab_lease_id id = LAB_LEASE_NONE;
    assert_int_equal(lab_leases_put(table, IP(a), client_key(client, octets), state, expires, &id),
                     LAB_OK);
    if (r->live) assert_true(id == r->id);
    r->id = id;
    model_put(m, a, client, state, expires);
  } else if (r->live && roll < 7) {
    assert_int_equal(lab_leases_update(table, r->id, state, expires), LAB_OK);
    model_set(m, a, state, expires);
  } else if (r->live && roll < 9) {
    lab_leases_forget(table, r->id);
    m->stale[m->stale_count++ % STALE] = r->id;
    r->live = false;
  } else if (r->live) {
    r->note = (unsigned)lab_rng_below(rng, 40);
    assert_int_equal(lab_leases_note(table, r->id, (lab_view){octets, r->note}), LAB_OK);
  }
}

static void random_histories_agree_with_the_model(void **state) {
  (void)state;
  for (unsigned seed = 0; seed < TABLES; seed++) {
    model m = {0};
    for (unsigned a = 0; a < ADDRESSES; a++) m.range[a] = -1;
    lab_rng rng;
    lab_rng_seed(&rng, seed, "leases", 6);
    lab_leases *table;
    assert_int_equal(lab_leases_new(&table), LAB_OK);
    for (unsigned step = 0; step < STEPS; step++) {
      if (lab_rng_below(&rng, step < 20 ? 4 : 200) == 0) {
        change_ranges(&m, table, &rng);
      } else {
        change_record(&m, table, &rng);
      }
      compare(&m, table, (lab_time)lab_rng_below(&rng, 60));
      if (step % 4 == 0)
        compare_clients_and_order(&m, table, (unsigned)lab_rng_below(&rng, ADDRESSES));
    }
    lab_leases_free(table);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_histories_agree_with_the_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
