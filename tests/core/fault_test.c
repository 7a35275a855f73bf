/* Verdicts, core/fault.c. The pinned ones come from a second implementation of the description
 * there; they must never change, since recorded runs depend on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "fault.h"

enum { PACKETS = 20000, LEN = 300 };

static const uint64_t a_link = 0x1234;

static const lab_fault_settings everything = {.jitter = 1000,
                                              .loss = {1, 10},
                                              .duplicate = {1, 4},
                                              .reorder = {1, 4},
                                              .corrupt = {1, 4},
                                              .truncate = {1, 4},
                                              .reorder_by = 5000};

static void verdicts_are_pinned_for_ever(void **state) {
  (void)state;
  const struct {
    uint32_t fired;
    uint64_t duplicate, reorder, corrupt, truncate, jitter;
  } rows[] = {{0x20, 0, 0, 0, 0, 566}, {0x32, 664, 0, 0, 41, 956},  {0x01, 0, 0, 0, 0, 0},
              {0x20, 0, 0, 0, 0, 837}, {0x24, 0, 6113, 0, 0, 520},  {0x22, 169, 0, 0, 0, 68},
              {0x01, 0, 0, 0, 0, 0},   {0x38, 0, 0, 1150, 165, 193}};
  for (size_t i = 0; i < LAB_COUNTOF(rows); i++) {
    lab_verdict verdict = lab_fault_roll(&everything, 7, a_link, i + 1, LEN);
    assert_int_equal(verdict.fired, rows[i].fired);
    assert_int_equal(verdict.detail[LAB_FAULT_DUPLICATE], rows[i].duplicate);
    assert_int_equal(verdict.detail[LAB_FAULT_REORDER], rows[i].reorder);
    assert_int_equal(verdict.detail[LAB_FAULT_CORRUPT], rows[i].corrupt);
    assert_int_equal(verdict.detail[LAB_FAULT_TRUNCATE], rows[i].truncate);
    assert_int_equal(verdict.detail[LAB_FAULT_JITTER], rows[i].jitter);
  }
}

static void a_network_without_faults_does_nothing(void **state) {
  (void)state;
  const lab_fault_settings none = {.latency = 5, .reorder_by = 10};
  for (uint64_t k = 1; k <= 1000; k++) {
    assert_int_equal(lab_fault_roll(&none, 1, a_link, k, LEN).fired, 0);
  }
}

static void a_chance_of_one_always_fires(void **state) {
  (void)state;
  const lab_fault_settings always = {
      .duplicate = {1, 1}, .reorder = {1, 1}, .corrupt = {1, 1}, .truncate = {1, 1}};
  const lab_fault_settings lost = {.loss = {1, 1}, .duplicate = {1, 1}};
  for (uint64_t k = 1; k <= 1000; k++) {
    assert_int_equal(lab_fault_roll(&always, 1, a_link, k, LEN).fired, 0x1e);
    assert_int_equal(lab_fault_roll(&lost, 1, a_link, k, LEN).fired, 0x01); /* and nothing else */
  }
}

static void each_kind_fires_about_as_often_as_its_chance_says(void **state) {
  (void)state;
  lab_fault_settings settings = everything;
  settings.loss = (lab_ratio){0, 1};
  int count[LAB_FAULT_KINDS] = {0};
  for (uint64_t k = 1; k <= PACKETS; k++) {
    lab_verdict verdict = lab_fault_roll(&settings, 3, a_link, k, LEN);
    for (unsigned kind = 0; kind < LAB_FAULT_KINDS; kind++) {
      count[kind] += lab_verdict_has(&verdict, (enum lab_fault_kind)kind);
    }
  }
  for (unsigned kind = LAB_FAULT_DUPLICATE; kind <= LAB_FAULT_TRUNCATE; kind++) {
    assert_in_range(count[kind], PACKETS / 4 - 300, PACKETS / 4 + 300);
  }
  assert_in_range(count[LAB_FAULT_JITTER], PACKETS - 60, PACKETS); /* one in 1001 is no delay */
}

static void one_kind_switched_off_moves_no_other(void **state) {
  (void)state;
  for (unsigned off = LAB_FAULT_LOSS; off <= LAB_FAULT_TRUNCATE; off++) {
    lab_fault_settings settings = everything;
    lab_ratio *chance[] = {&settings.loss, &settings.duplicate, &settings.reorder,
                           &settings.corrupt, &settings.truncate};
    *chance[off] = (lab_ratio){0, 1};
    for (uint64_t k = 1; k <= 2000; k++) {
      lab_verdict with = lab_fault_roll(&everything, 9, a_link, k, LEN);
      lab_verdict without = lab_fault_roll(&settings, 9, a_link, k, LEN);
      if (lab_verdict_has(&with, LAB_FAULT_LOSS)) {
        continue; /* a lost packet says nothing of the others */
      }
      with.fired &= ~(1u << off);
      with.detail[off] = 0;
      assert_int_equal(with.fired, without.fired);
      assert_memory_equal(with.detail, without.detail, sizeof with.detail);
    }
  }
}

static void seed_link_and_number_each_change_the_luck(void **state) {
  (void)state;
  const lab_fault_settings half = {.loss = {1, 2}};
  int other_seed = 0, other_link = 0, next = 0;
  for (uint64_t k = 1; k <= 1000; k++) {
    uint32_t fired = lab_fault_roll(&half, 1, 1, k, LEN).fired;
    other_seed += fired != lab_fault_roll(&half, 2, 1, k, LEN).fired;
    other_link += fired != lab_fault_roll(&half, 1, 2, k, LEN).fired;
    next += fired != lab_fault_roll(&half, 1, 1, k + 1, LEN).fired;
  }
  assert_in_range(other_seed, 400, 600);
  assert_in_range(other_link, 400, 600);
  assert_in_range(next, 400, 600);
}

static void details_keep_within_their_bounds(void **state) {
  (void)state;
  const size_t sizes[] = {0, 1, 2, 300, 65507};
  for (size_t i = 0; i < LAB_COUNTOF(sizes); i++) {
    for (uint64_t k = 1; k <= 2000; k++) {
      lab_verdict verdict = lab_fault_roll(&everything, 5, a_link, k, sizes[i]);
      const uint64_t *detail = verdict.detail;
      assert_true(detail[LAB_FAULT_JITTER] <= 1000 && detail[LAB_FAULT_DUPLICATE] <= 1000);
      if (lab_verdict_has(&verdict, LAB_FAULT_REORDER)) {
        assert_in_range(detail[LAB_FAULT_REORDER], 5000, 10000);
      }
      bool hurts = lab_verdict_has(&verdict, LAB_FAULT_CORRUPT) ||
                   lab_verdict_has(&verdict, LAB_FAULT_TRUNCATE);
      assert_true(!hurts || sizes[i] > 0);
      assert_true(detail[LAB_FAULT_CORRUPT] < 8 * sizes[i] || detail[LAB_FAULT_CORRUPT] == 0);
      assert_true(detail[LAB_FAULT_TRUNCATE] < sizes[i] || detail[LAB_FAULT_TRUNCATE] == 0);
    }
  }
}

static void words_name_each_kind_and_back(void **state) {
  (void)state;
  for (unsigned kind = 0; kind < LAB_FAULT_KINDS; kind++) {
    const char *word = lab_fault_word((enum lab_fault_kind)kind);
    enum lab_fault_kind back = LAB_FAULT_KINDS;
    assert_int_equal(lab_fault_of_word(word, strlen(word), &back), LAB_OK);
    assert_int_equal(back, kind);
    assert_int_equal(lab_fault_of_word(word, strlen(word) - 1, &back), LAB_ERR_ABSENT);
  }
  enum lab_fault_kind none;
  assert_null(lab_fault_word(LAB_FAULT_KINDS));
  assert_int_equal(lab_fault_of_word("", 0, &none), LAB_ERR_ABSENT);
  assert_int_equal(lab_fault_of_word("losses", 6, &none), LAB_ERR_ABSENT);
}

static void a_drop_names_what_was_meant_before_what_was_chance(void **state) {
  (void)state;
  const enum lab_fault_kind order[] = {LAB_FAULT_LOSS, LAB_FAULT_TAP, LAB_FAULT_RULE,
                                       LAB_FAULT_CUT};
  lab_verdict verdict = {0};
  lab_verdict_add(&verdict, LAB_FAULT_DELAY, 1);
  assert_null(lab_verdict_cause(&verdict));
  for (size_t i = 0; i < LAB_COUNTOF(order); i++) {
    lab_verdict_add(&verdict, order[i], 0);
    assert_string_equal(lab_verdict_cause(&verdict), lab_fault_word(order[i]));
  }
}

static void delays_add_up_and_the_copy_has_its_own(void **state) {
  (void)state;
  lab_verdict verdict = {0};
  assert_true(lab_verdict_delay(&verdict) == 0);
  lab_verdict_add(&verdict, LAB_FAULT_JITTER, 3);
  lab_verdict_add(&verdict, LAB_FAULT_REORDER, 50);
  lab_verdict_add(&verdict, LAB_FAULT_DELAY, 700);
  lab_verdict_add(&verdict, LAB_FAULT_DUPLICATE, 8);
  assert_true(lab_verdict_delay(&verdict) == 753);
  assert_true(lab_verdict_copy_delay(&verdict) == 708);
  lab_verdict_add(&verdict, LAB_FAULT_REORDER, UINT64_MAX); /* as a file may say */
  lab_verdict_add(&verdict, LAB_FAULT_DELAY, UINT64_MAX);
  lab_verdict_add(&verdict, LAB_FAULT_JITTER, UINT64_MAX);
  assert_true(lab_verdict_delay(&verdict) > 0 && lab_verdict_delay(&verdict) < LAB_NEVER / 2);
}

/* What arrives of "abc", as a C string. */
static const char *arrives(const lab_verdict *verdict) {
  static uint8_t altered[4];
  const lab_view abc = {(const uint8_t *)"abc", 3};
  memset(altered, 0, sizeof altered);
  size_t len = lab_verdict_alter(verdict, abc, altered);
  assert_true(len <= 3);
  altered[len] = 0;
  return (const char *)altered;
}

static void bits_flip_from_the_highest_of_the_first_octet_on(void **state) {
  (void)state;
  lab_verdict verdict = {0};
  assert_false(lab_verdict_alters(&verdict, 3));
  assert_string_equal(arrives(&verdict), "abc");
  lab_verdict_add(&verdict, LAB_FAULT_CORRUPT, 2);
  assert_true(lab_verdict_alters(&verdict, 3));
  assert_string_equal(arrives(&verdict), "Abc");
  lab_verdict_add(&verdict, LAB_FAULT_CORRUPT, 23);
  assert_string_equal(arrives(&verdict), "abb");
  lab_verdict_add(&verdict, LAB_FAULT_CORRUPT, 24); /* beyond the end: of a longer packet */
  assert_false(lab_verdict_alters(&verdict, 3));
  assert_string_equal(arrives(&verdict), "abc");
  lab_verdict_add(&verdict, LAB_FAULT_CORRUPT, UINT64_MAX);
  assert_string_equal(arrives(&verdict), "abc");
}

static void what_is_cut_off_cannot_be_corrupted(void **state) {
  (void)state;
  lab_verdict verdict = {0};
  lab_verdict_add(&verdict, LAB_FAULT_TRUNCATE, 2);
  assert_true(lab_verdict_alters(&verdict, 3));
  assert_string_equal(arrives(&verdict), "ab");
  lab_verdict_add(&verdict, LAB_FAULT_CORRUPT, 16);
  assert_string_equal(arrives(&verdict), "ab");
  lab_verdict_add(&verdict, LAB_FAULT_CORRUPT, 10);
  assert_string_equal(arrives(&verdict), "aB");
  lab_verdict_add(&verdict, LAB_FAULT_TRUNCATE, 0);
  assert_string_equal(arrives(&verdict), "");
  lab_verdict_add(&verdict, LAB_FAULT_TRUNCATE, 3); /* nothing is missing */
  assert_string_equal(arrives(&verdict), "aBc");
  const lab_verdict whole = {.fired = 1u << LAB_FAULT_TRUNCATE, .detail[LAB_FAULT_TRUNCATE] = 99};
  assert_false(lab_verdict_alters(&whole, 3));
  assert_false(lab_verdict_alters(&whole, 0));
}

static void settings_are_sane_when_their_times_are(void **state) {
  (void)state;
  const lab_fault_settings sane[] = {
      {0}, {.latency = LAB_NEVER / 8}, {.jitter = LAB_NEVER / 8}, {.reorder_by = LAB_NEVER / 8}};
  const lab_fault_settings insane[] = {{.latency = -1},
                                       {.jitter = -1},
                                       {.reorder_by = -1},
                                       {.latency = LAB_NEVER / 8 + 1},
                                       {.jitter = LAB_NEVER / 8 + 1},
                                       {.reorder_by = LAB_NEVER}};
  for (size_t i = 0; i < LAB_COUNTOF(sane); i++) {
    assert_true(lab_fault_settings_are_sane(&sane[i]));
  }
  for (size_t i = 0; i < LAB_COUNTOF(insane); i++) {
    assert_false(lab_fault_settings_are_sane(&insane[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(verdicts_are_pinned_for_ever),
      cmocka_unit_test(a_network_without_faults_does_nothing),
      cmocka_unit_test(a_chance_of_one_always_fires),
      cmocka_unit_test(each_kind_fires_about_as_often_as_its_chance_says),
      cmocka_unit_test(one_kind_switched_off_moves_no_other),
      cmocka_unit_test(seed_link_and_number_each_change_the_luck),
      cmocka_unit_test(details_keep_within_their_bounds),
      cmocka_unit_test(words_name_each_kind_and_back),
      cmocka_unit_test(a_drop_names_what_was_meant_before_what_was_chance),
      cmocka_unit_test(delays_add_up_and_the_copy_has_its_own),
      cmocka_unit_test(bits_flip_from_the_highest_of_the_first_octet_on),
      cmocka_unit_test(what_is_cut_off_cannot_be_corrupted),
      cmocka_unit_test(settings_are_sane_when_their_times_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
