/* The table from tags to slots (core/slotmap.h), mostly with tags that are as bad as can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rng.h"
#include "slotmap.h"

static void add(lab_slotmap *map, uint32_t tag, uint32_t slot) {
  assert_int_equal(lab_slotmap_reserve(map), LAB_OK);
  lab_slotmap_add(map, tag, slot);
}

static unsigned count_tag(const lab_slotmap *map, uint32_t tag, uint32_t slot) {
  unsigned count = 0;
  uint32_t found;
  for (size_t at = lab_slotmap_first(map, tag); lab_slotmap_find(map, tag, &at, &found); at++)
    count += found == slot;
  return count;
}

static void slots_of_one_tag_are_all_found(void **state) {
  (void)state;
  lab_slotmap map;
  assert_int_equal(lab_slotmap_init(&map), LAB_OK);
  for (uint32_t slot = 0; slot < 100; slot++) add(&map, 7, slot);
  for (uint32_t slot = 0; slot < 100; slot++) assert_int_equal(count_tag(&map, 7, slot), 1);
  for (uint32_t slot = 0; slot < 100; slot += 2) lab_slotmap_remove(&map, 7, slot);
  for (uint32_t slot = 0; slot < 100; slot++) assert_int_equal(count_tag(&map, 7, slot), slot % 2);
  lab_slotmap_free(&map);
}

static void a_run_of_tags_wraps_round_the_end(void **state) {
  (void)state;
  lab_slotmap map;
  assert_int_equal(lab_slotmap_init(&map), LAB_OK);
  uint32_t last = (uint32_t)map.mask;
  for (uint32_t i = 0; i < 8; i++)
    add(&map, last - i % 2, i); /* 62 and 63 in turn: they run on at 0 */
  add(&map, 0, 8);
  lab_slotmap_remove(&map, last, 0);
  for (uint32_t i = 1; i < 8; i++) assert_int_equal(count_tag(&map, last - i % 2, i), 1);
  assert_int_equal(count_tag(&map, 0, 8), 1);
  lab_slotmap_free(&map);
}

static void random_adding_and_removing_agrees_with_a_list(void **state) {
  (void)state;
  enum { SLOTS = 300, STEPS = 20000 };
  for (unsigned spread = 1; spread <= 1000; spread *= 10) { /* how many different tags there are */
    uint32_t tags[SLOTS];
    bool held[SLOTS] = {false};
    size_t count = 0;
    lab_slotmap map;
    lab_rng rng;
    lab_rng_seed(&rng, spread, "slotmap", 7);
    assert_int_equal(lab_slotmap_init(&map), LAB_OK);
    for (unsigned step = 0; step < STEPS; step++) {
      uint32_t slot = (uint32_t)lab_rng_below(&rng, SLOTS);
      if (held[slot]) {
        lab_slotmap_remove(&map, tags[slot], slot);
        count--;
      } else {
        tags[slot] = (uint32_t)lab_rng_below(&rng, spread) * 0xfffffff1u;
        add(&map, tags[slot], slot);
        count++;
      }
      held[slot] = !held[slot];
      uint32_t other = (uint32_t)lab_rng_below(&rng, SLOTS);
      if (held[other]) assert_int_equal(count_tag(&map, tags[other], other), 1);
      if (held[slot]) assert_int_equal(count_tag(&map, tags[slot], slot), 1);
      assert_int_equal(map.count, count);
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
      if (held[slot]) assert_int_equal(count_tag(&map, tags[slot], slot), 1);
    }
    lab_slotmap_free(&map);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slots_of_one_tag_are_all_found),
      cmocka_unit_test(a_run_of_tags_wraps_round_the_end),
      cmocka_unit_test(random_adding_and_removing_agrees_with_a_list),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
