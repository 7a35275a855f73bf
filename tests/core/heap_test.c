/* The ordered queue against a sorted array, with removals in the middle and an allocator that
 * fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rng.h"
#include "scarce.h"

#include "heap.c"

enum { NODES = 1000 };
static lab_heap_node node[NODES];

static int compare(const void *a, const void *b) {
  const lab_heap_node *x = *(lab_heap_node *const *)a, *y = *(lab_heap_node *const *)b;
  if (x->at != y->at) {
    return x->at < y->at ? -1 : 1;
  }
  return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Few different times, so that ties are the rule. */
static void fill(lab_heap *heap, lab_rng *rng, size_t count) {
  lab_heap_init(heap);
  for (size_t i = 0; i < count; i++) {
    node[i] = (lab_heap_node){.at = lab_rng_between(rng, -20, 20), .seq = i};
    assert_int_equal(lab_heap_push(heap, &node[i]), LAB_OK);
    assert_true(lab_heap_holds(&node[i]));
  }
}

static void nodes_leave_in_the_order_of_a_sorted_array(void **state) {
  (void)state;
  lab_rng rng;
  lab_rng_seed(&rng, 1, "heap", 4);
  for (size_t count = 0; count <= NODES; count = count * 3 + 1) {
    lab_heap heap;
    lab_heap_node *sorted[NODES];
    fill(&heap, &rng, count);
    for (size_t i = 0; i < count; i++) {
      sorted[i] = &node[i];
    }
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 0; i < count; i++) {
      assert_ptr_equal(lab_heap_top(&heap), sorted[i]);
      assert_ptr_equal(lab_heap_pop(&heap), sorted[i]);
      assert_false(lab_heap_holds(sorted[i]));
    }
    assert_null(lab_heap_top(&heap));
    assert_null(lab_heap_pop(&heap));
    lab_heap_free(&heap);
  }
}

static void removing_any_node_keeps_the_order_of_the_others(void **state) {
  (void)state;
  lab_rng rng;
  lab_rng_seed(&rng, 2, "heap", 4);
  for (int round = 0; round < 20; round++) {
    lab_heap heap;
    lab_heap_node *sorted[NODES];
    size_t kept = 0;
    fill(&heap, &rng, NODES);
    for (size_t i = 0; i < NODES; i++) {
      if (lab_rng_chance(&rng, (lab_ratio){1, 2})) {
        lab_heap_remove(&heap, &node[i]);
        assert_false(lab_heap_holds(&node[i]));
        lab_heap_remove(&heap, &node[i]); /* nothing happens */
      } else {
        sorted[kept++] = &node[i];
      }
    }
    assert_int_equal(heap.count, kept);
    qsort(sorted, kept, sizeof *sorted, compare);
    for (size_t i = 0; i < kept; i++) {
      assert_ptr_equal(lab_heap_pop(&heap), sorted[i]);
    }
    lab_heap_free(&heap);
  }
}

static void equal_times_leave_first_created_first(void **state) {
  (void)state;
  lab_heap heap;
  lab_heap_init(&heap);
  for (size_t i = NODES; i > 0;
       i--) { /* pushed backwards: the sequence number decides, not the order of pushing */
    node[i - 1] = (lab_heap_node){.at = LAB_NEVER, .seq = i};
    assert_int_equal(lab_heap_push(&heap, &node[i - 1]), LAB_OK);
  }
  for (size_t i = 0; i < NODES; i++) {
    assert_ptr_equal(lab_heap_pop(&heap), &node[i]);
  }
  lab_heap_free(&heap);
}

static void a_push_without_memory_changes_nothing(void **state) {
  (void)state;
  lab_heap heap;
  lab_heap_init(&heap);
  size_t failures = 0;
  for (size_t i = 0; i < 100; i++) {
    node[i] = (lab_heap_node){.at = (lab_time)i};
    scarce_left = 0;
    enum lab_status status = lab_heap_push(&heap, &node[i]);
    scarce_left = UINT_MAX;
    if (status == LAB_ERR_MEMORY) {
      failures++;
      assert_int_equal(heap.count, i);
      assert_false(lab_heap_holds(&node[i]));
      status = lab_heap_push(&heap, &node[i]);
    }
    assert_int_equal(status, LAB_OK);
  }
  assert_true(failures > 1);
  for (size_t i = 0; i < 100; i++) {
    assert_ptr_equal(lab_heap_pop(&heap), &node[i]);
  }
  lab_heap_free(&heap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_leave_in_the_order_of_a_sorted_array),
      cmocka_unit_test(removing_any_node_keeps_the_order_of_the_others),
      cmocka_unit_test(equal_times_leave_first_created_first),
      cmocka_unit_test(a_push_without_memory_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
