/* The numbers here come from a second implementation of the description in core/rng.c, itself
 * checked against the published values of splitmix64 and xoshiro256**. They must never change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rng.h"

#include <string.h>

static lab_rng stream(uint64_t seed, const char *name) {
  lab_rng rng;
  lab_rng_seed(&rng, seed, name, strlen(name));
  return rng;
}

static void the_generator_gives_the_published_numbers(void **state) {
  (void)state;
  lab_rng rng = {{1, 2, 3, 4}};
  const uint64_t expected[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240)};
  for (size_t i = 0; i < LAB_COUNTOF(expected); i++) {
    assert_true(lab_rng_u64(&rng) == expected[i]);
  }
}

static void seeds_and_names_give_the_same_numbers_for_ever(void **state) {
  (void)state;
  const struct {
    uint64_t seed;
    const char *name;
    uint64_t number[3];
  } rows[] = {
      {0, "", {0xced86f056f66c65d, 0x3ebdfbe4d7123aba, 0xc40005035f243e46}},
      {1, "node:alice", {0xb712b7bf8c278119, 0xd4327cdb95f6e967, 0xe2accfc5b8bd81c7}},
      {UINT64_MAX,
       "link:lan/02:00:00:00:00:01",
       {0xd8e7300840cfc85e, 0x77be9983898621a0, 0xbdc402cffb973cef}},
  };
  for (size_t i = 0; i < LAB_COUNTOF(rows); i++) {
    lab_rng rng = stream(rows[i].seed, rows[i].name);
    for (size_t k = 0; k < 3; k++) {
      assert_true(lab_rng_u64(&rng) == rows[i].number[k]);
    }
  }
}

static void numbers_below_a_bound_are_pinned_and_below_it(void **state) {
  (void)state;
  lab_rng rng = stream(7, "below");
  const uint64_t tens[] = {7, 8, 4, 9, 9, 5, 2, 3};
  for (size_t i = 0; i < LAB_COUNTOF(tens); i++) {
    assert_true(lab_rng_below(&rng, 10) == tens[i]);
  }
  assert_true(lab_rng_below(&rng, 1) == 0);
  /* A bound just over half of 2^64 rejects every second number. */
  const uint64_t halves[] = {UINT64_C(3666121001523548533), UINT64_C(3018306792864391199),
                             UINT64_C(934845254419162718)};
  for (size_t i = 0; i < LAB_COUNTOF(halves); i++) {
    assert_true(lab_rng_below(&rng, (UINT64_C(1) << 63) + 1) == halves[i]);
  }
  for (int i = 0; i < 1000; i++) {
    assert_true(lab_rng_below(&rng, 3) < 3);
    assert_true(lab_rng_below(&rng, UINT64_MAX) < UINT64_MAX);
  }
}

static void numbers_between_two_include_both_ends(void **state) {
  (void)state;
  lab_rng rng = stream(7, "between");
  const int64_t expected[] = {0, 2, 3, -3, -3, -2, 5, 2};
  bool low = false, high = false;
  for (size_t i = 0; i < LAB_COUNTOF(expected); i++) {
    assert_true(lab_rng_between(&rng, -5, 5) == expected[i]);
  }
  for (int i = 0; i < 1000; i++) {
    int64_t number = lab_rng_between(&rng, -5, 5);
    assert_in_range(number + 5, 0, 10);
    low = low || number == -5;
    high = high || number == 5;
  }
  assert_true(low && high);
  assert_true(lab_rng_between(&rng, INT64_MIN, INT64_MIN) == INT64_MIN);
  assert_true(lab_rng_between(&rng, INT64_MAX, INT64_MAX) == INT64_MAX);
  lab_rng twin = rng;
  uint64_t whole_range = (uint64_t)INT64_MIN + lab_rng_u64(&twin);
  assert_true((uint64_t)lab_rng_between(&rng, INT64_MIN, INT64_MAX) == whole_range);
}

static void a_chance_consumes_exactly_one_number(void **state) {
  (void)state;
  const lab_ratio chances[] = {{0, 0},  {5, 0},          {0, 1},         {1, 1},
                               {3, 10}, {UINT32_MAX, 1}, {1, UINT32_MAX}};
  for (size_t i = 0; i < LAB_COUNTOF(chances); i++) {
    lab_rng rolled = stream(1, "x"), counted = rolled;
    lab_rng_chance(&rolled, chances[i]);
    lab_rng_u64(&counted);
    assert_memory_equal(&rolled, &counted, sizeof rolled);
  }
}

static void chances_of_none_and_all_are_never_and_always(void **state) {
  (void)state;
  lab_rng rng = stream(7, "chance");
  const char *expected = "01001000011100001101111000010001";
  for (size_t i = 0; expected[i]; i++) {
    assert_int_equal(lab_rng_chance(&rng, (lab_ratio){3, 10}), expected[i] == '1');
  }
  for (int i = 0; i < 1000; i++) {
    assert_false(lab_rng_chance(&rng, (lab_ratio){0, 10}));
    assert_false(lab_rng_chance(&rng, (lab_ratio){10, 0}));
    assert_true(lab_rng_chance(&rng, (lab_ratio){10, 10}));
    assert_true(lab_rng_chance(&rng, (lab_ratio){UINT32_MAX, UINT32_MAX}));
  }
  assert_true(lab_rng_hit(0, (lab_ratio){1, UINT32_MAX}));
  assert_false(lab_rng_hit(UINT64_MAX, (lab_ratio){UINT32_MAX - 1, UINT32_MAX}));
}

static void dice_depend_on_every_argument(void **state) {
  (void)state;
  assert_true(lab_rng_dice(0, 0, 0, 0) == 0x2130748aaac80268);
  assert_true(lab_rng_dice(1, 2, 3, 4) == 0xd55ccd4aeb3ccafb);
  assert_true(lab_rng_dice(UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT32_MAX) == 0xd6fa02381ad9733a);
  assert_true(lab_rng_dice(1, 2, 3, 5) != lab_rng_dice(1, 2, 3, 4));
  assert_true(lab_rng_dice(1, 2, 4, 4) != lab_rng_dice(1, 2, 3, 4));
  assert_true(lab_rng_dice(1, 3, 3, 4) != lab_rng_dice(1, 2, 3, 4));
  assert_true(lab_rng_dice(2, 2, 3, 4) != lab_rng_dice(1, 2, 3, 4));
}

static void hashes_are_pinned_at_every_kind_of_length(void **state) {
  (void)state;
  static const struct {
    size_t len;
    uint64_t hash;
  } rows[] = {{0, 0xb5fb77b2d8cbcf7b},  {1, 0xd102351c2b24594e},  {7, 0xaa39614bc5023750},
              {8, 0xa15773e8aec7f96e},  {9, 0xd628142fccaae0cf},  {31, 0xcb9fef9d732fdf00},
              {32, 0xa696ed88457b8240}, {33, 0xa2fe84059d195c24}, {63, 0xe67958cbda0e53db},
              {64, 0x1a977311c2bfe82c}, {300, 0x467d55c0074e00b4}};
  uint8_t bytes[301];
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (uint8_t)(i * 7 + 3);
  }
  for (size_t i = 0; i < LAB_COUNTOF(rows); i++) {
    assert_true(lab_rng_hash(bytes, rows[i].len) == rows[i].hash);
    uint8_t moved[301]; /* and wherever the bytes lie */
    memcpy(moved + 1, bytes, rows[i].len);
    assert_true(lab_rng_hash(moved + 1, rows[i].len) == rows[i].hash);
  }
}

static void every_octet_changes_the_hash(void **state) {
  (void)state;
  uint8_t bytes[100] = {0};
  uint64_t plain = lab_rng_hash(bytes, sizeof bytes);
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = 1;
    assert_true(lab_rng_hash(bytes, sizeof bytes) != plain);
    bytes[i] = 0;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_generator_gives_the_published_numbers),
      cmocka_unit_test(seeds_and_names_give_the_same_numbers_for_ever),
      cmocka_unit_test(numbers_below_a_bound_are_pinned_and_below_it),
      cmocka_unit_test(numbers_between_two_include_both_ends),
      cmocka_unit_test(a_chance_consumes_exactly_one_number),
      cmocka_unit_test(chances_of_none_and_all_are_never_and_always),
      cmocka_unit_test(dice_depend_on_every_argument),
      cmocka_unit_test(hashes_are_pinned_at_every_kind_of_length),
      cmocka_unit_test(every_octet_changes_the_hash),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
