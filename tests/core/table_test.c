/* The look-up table against plain arithmetic: many keys, close neighbours, replaced values, no
 * memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scarce.h"

#include "table.c"

enum { KEYS = 5000 };
static int value[KEYS];

static uint64_t key_of(size_t i) { return i % 2 == 0 ? i : (uint64_t)i << 48 | 0xffff; }

static void every_key_finds_its_own_value(void **state) {
  (void)state;
  lab_table table;
  lab_table_init(&table);
  assert_null(lab_table_get(&table, 0));
  for (size_t i = 0; i < KEYS; i++) {
    assert_null(lab_table_get(&table, key_of(i)));
    assert_int_equal(lab_table_put(&table, key_of(i), &value[i]), LAB_OK);
  }
  for (size_t i = 0; i < KEYS; i++) {
    assert_ptr_equal(lab_table_get(&table, key_of(i)), &value[i]);
  }
  assert_int_equal(table.count, KEYS);
  lab_table_free(&table);
}

static void putting_again_replaces(void **state) {
  (void)state;
  lab_table table;
  lab_table_init(&table);
  assert_int_equal(lab_table_put(&table, UINT64_MAX, &value[0]), LAB_OK);
  assert_int_equal(lab_table_put(&table, UINT64_MAX, &value[1]), LAB_OK);
  assert_ptr_equal(lab_table_get(&table, UINT64_MAX), &value[1]);
  assert_int_equal(lab_table_put(&table, UINT64_MAX, NULL), LAB_OK);
  assert_null(lab_table_get(&table, UINT64_MAX));
  assert_int_equal(table.count, 1);
  lab_table_free(&table);
}

static void a_put_without_memory_changes_nothing(void **state) {
  (void)state;
  lab_table table;
  lab_table_init(&table);
  size_t failures = 0;
  for (size_t i = 0; i < 200; i++) {
    scarce_left = 0;
    enum lab_status status = lab_table_put(&table, key_of(i), &value[i]);
    scarce_left = UINT_MAX;
    if (status == LAB_ERR_MEMORY) {
      failures++;
      assert_null(lab_table_get(&table, key_of(i)));
      assert_int_equal(lab_table_put(&table, key_of(i), &value[i]), LAB_OK);
    }
  }
  assert_true(failures > 1);
  for (size_t i = 0; i < 200; i++) {
    assert_ptr_equal(lab_table_get(&table, key_of(i)), &value[i]);
  }
  lab_table_free(&table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_key_finds_its_own_value),
      cmocka_unit_test(putting_again_replaces),
      cmocka_unit_test(a_put_without_memory_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
