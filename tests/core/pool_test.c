/* Ranges less exclusions (core/pool.h), beside a model that has one flag for each of a few
 * addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pool.h"
#include "rng.h"

enum { ADDRESSES = 64, TABLES = 200, STEPS = 60 };

/* The universe ends at 255.255.255.255, so that nothing may count beyond it. */
static lab_ip4 address_of(unsigned a) { return LAB_IP4_BROADCAST - (ADDRESSES - 1) + a; }

typedef struct model {
  int range[ADDRESSES];
  bool gap[ADDRESSES];
  bool passed[ADDRESSES];
  int ranges;
} model;

static int find_fresh(const model *m) {
  for (int order = 0; order < m->ranges; order++) {
    for (unsigned a = 0; a < ADDRESSES; a++) {
      if (m->range[a] == order && !m->gap[a] && !m->passed[a]) return (int)a;
    }
  }
  return -1;
}

static void change(model *m, lab_pool *pool, lab_rng *rng) {
  unsigned low = (unsigned)lab_rng_below(rng, ADDRESSES);
  unsigned high = low + (unsigned)lab_rng_below(rng, 10);
  if (high >= ADDRESSES) high = ADDRESSES - 1;
  uint64_t roll = lab_rng_below(rng, 4);
  if (roll == 0) {
    assert_int_equal(lab_pool_exclude(pool, address_of(low), address_of(high)), LAB_OK);
    for (unsigned a = low; a <= high; a++) m->gap[a] = true;
  } else if (roll == 1) {
    bool overlaps = false;
    for (unsigned a = low; a <= high; a++) overlaps |= m->range[a] >= 0;
    assert_int_equal(lab_pool_add(pool, address_of(low), address_of(high)),
                     overlaps ? LAB_ERR_RANGE : LAB_OK);
    if (overlaps) return;
    for (unsigned a = low; a <= high; a++) m->range[a] = m->ranges;
    m->ranges++;
  } else {
    int fresh = find_fresh(m);
    if (fresh < 0) return;
    lab_pool_pass(pool);
    m->passed[fresh] = true;
  }
}

static void random_changes_agree_with_the_model(void **state) {
  (void)state;
  for (unsigned seed = 0; seed < TABLES; seed++) {
    model m = {0};
    for (unsigned a = 0; a < ADDRESSES; a++) m.range[a] = -1;
    lab_rng rng;
    lab_rng_seed(&rng, seed, "pool", 4);
    lab_pool pool;
    lab_pool_init(&pool);
    for (unsigned step = 0; step < STEPS; step++) {
      change(&m, &pool, &rng);
      uint64_t size = 0;
      for (unsigned a = 0; a < ADDRESSES; a++) {
        uint32_t order = 99;
        bool has = m.range[a] >= 0 && !m.gap[a];
        size += has;
        assert_true(lab_pool_has(&pool, address_of(a), &order) == has);
        if (!has) continue;
        assert_int_equal(order, m.range[a]);
        assert_true(lab_pool_is_passed(&pool, address_of(a), order) == m.passed[a]);
      }
      assert_true(lab_pool_size(&pool) == size);
      lab_ip4 address;
      uint32_t order;
      int fresh = find_fresh(&m);
      assert_true(lab_pool_fresh(&pool, &address, &order) == (fresh >= 0));
      if (fresh < 0) continue;
      assert_true(address == address_of((unsigned)fresh));
      assert_int_equal(order, m.range[fresh]);
    }
    lab_pool_free(&pool);
  }
}

static void exclusions_that_touch_become_one(void **state) {
  (void)state;
  lab_pool pool;
  lab_pool_init(&pool);
  for (lab_ip4 low = 0; low < 100; low += 2)
    assert_int_equal(lab_pool_exclude(&pool, low, low), LAB_OK);
  assert_int_equal(pool.gap_count, 50);
  for (lab_ip4 low = 1; low < 99; low += 2)
    assert_int_equal(lab_pool_exclude(&pool, low, low), LAB_OK);
  assert_int_equal(pool.gap_count, 1);
  assert_int_equal(lab_pool_exclude(&pool, 50, LAB_IP4_BROADCAST), LAB_OK);
  assert_int_equal(lab_pool_exclude(&pool, 0, LAB_IP4_BROADCAST), LAB_OK);
  assert_int_equal(pool.gap_count, 1);
  assert_int_equal(lab_pool_add(&pool, 0, LAB_IP4_BROADCAST), LAB_OK);
  assert_int_equal(lab_pool_size(&pool), 0);
  lab_ip4 address;
  uint32_t order;
  assert_false(lab_pool_fresh(&pool, &address, &order));
  lab_pool_free(&pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_changes_agree_with_the_model),
      cmocka_unit_test(exclusions_that_touch_become_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
