/* The lease table (core/leases.h), rule by rule; long random histories are in
 * leases_model_test.c. */
#include "leases_help.h"

static void a_range_of_a_whole_network_costs_nothing(void **state) {
  (void)state;
  lab_leases *table = make_table(LAB_IP4(10, 0, 0, 0), LAB_IP4(10, 255, 255, 255));
  assert_true(lab_leases_bytes(table) < 4096);
  assert_int_equal(lab_leases_capacity(table), 1u << 24);
  assert_int_equal(next_free(table), LAB_IP4(10, 0, 0, 0));
  lab_leases_free(table);
}

static void the_whole_address_space_is_a_range(void **state) {
  (void)state;
  lab_leases *table = make_table(0, LAB_IP4_BROADCAST);
  assert_true(lab_leases_capacity(table) == (uint64_t)1 << 32);
  assert_int_equal(lab_leases_exclude(table, 0, LAB_IP4_BROADCAST - 1), LAB_OK);
  assert_true(next_free(table) == LAB_IP4_BROADCAST);
  put(table, LAB_IP4_BROADCAST, "a", LAB_LEASE_BOUND, 1);
  lab_ip4 address;
  assert_int_equal(lab_leases_next_free(table, &address), LAB_ERR_ABSENT);
  assert_int_equal(lab_leases_exclude(table, LAB_IP4_BROADCAST, LAB_IP4_BROADCAST), LAB_OK);
  assert_int_equal(lab_leases_capacity(table), 0);
  lab_leases_free(table);
}

static void ranges_that_overlap_or_run_backwards_are_refused(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(10), IP(20));
  assert_int_equal(lab_leases_range(table, IP(20), IP(30)), LAB_ERR_RANGE);
  assert_int_equal(lab_leases_range(table, IP(1), IP(10)), LAB_ERR_RANGE);
  assert_int_equal(lab_leases_range(table, IP(12), IP(13)), LAB_ERR_RANGE);
  assert_int_equal(lab_leases_range(table, IP(1), IP(40)), LAB_ERR_RANGE);
  assert_int_equal(lab_leases_range(table, IP(31), IP(30)), LAB_ERR_RANGE);
  assert_int_equal(lab_leases_exclude(table, IP(31), IP(30)), LAB_ERR_RANGE);
  assert_int_equal(lab_leases_range(table, IP(21), IP(21)), LAB_OK);
  assert_int_equal(lab_leases_range(table, IP(9), IP(9)), LAB_OK);
  assert_int_equal(lab_leases_capacity(table), 13);
  lab_leases_free(table);
}

static void ranges_are_used_in_the_order_of_their_adding(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(100), IP(101));
  lab_leases_range(table, IP(10), IP(11));
  lab_leases_exclude(table, IP(100), IP(100));
  static const uint8_t want[] = {101, 10, 11};
  for (size_t i = 0; i < sizeof want; i++) {
    char client[] = {(char)('a' + i), 0};
    assert_int_equal(next_free(table), IP(want[i]));
    put(table, IP(want[i]), client, LAB_LEASE_BOUND, LAB_NEVER);
  }
  lab_ip4 address;
  assert_int_equal(lab_leases_next_free(table, &address), LAB_ERR_ABSENT); /* S-28 */
  lab_leases_free(table);
}

static void next_free_prefers_the_unused_then_the_longest_free(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(1), IP(4));
  lab_lease_id a = put(table, IP(1), "a", LAB_LEASE_BOUND, 10);
  lab_lease_id b = put(table, IP(3), "b", LAB_LEASE_BOUND, 10);
  lab_lease_id c = put(table, IP(2), "c", LAB_LEASE_OFFERED, 10);
  lab_leases_update(table, b, LAB_LEASE_RELEASED, 3);
  lab_leases_update(table, a, LAB_LEASE_EXPIRED, 10);
  assert_int_equal(next_free(table), IP(4));
  put(table, IP(4), "d", LAB_LEASE_BOUND, 10);
  lab_leases_update(table, c, LAB_LEASE_FREE, 10);
  assert_int_equal(next_free(table), IP(3));
  lab_leases_update(table, b, LAB_LEASE_FREE, 0); /* it was free already: keeps its turn */
  assert_int_equal(next_free(table), IP(3));
  lab_leases_update(table, b, LAB_LEASE_BOUND, 20);
  assert_int_equal(next_free(table), IP(1));
  lab_leases_update(table, b, LAB_LEASE_RELEASED, 20); /* now the last in turn */
  put(table, IP(1), "a", LAB_LEASE_BOUND, 30);
  assert_int_equal(next_free(table), IP(2));
  put(table, IP(2), "e", LAB_LEASE_BOUND, 30);
  assert_int_equal(next_free(table), IP(3));
  lab_leases_free(table);
}

static void a_client_that_comes_back_finds_its_old_record(void **state) { /* S-21, RFC 2131 4.3.1 */
  (void)state;
  lab_leases *table = make_table(IP(1), IP(4));
  lab_lease_id id = put(table, IP(1), "a", LAB_LEASE_BOUND, 10);
  lab_leases_update(table, id, LAB_LEASE_EXPIRED, 10);
  assert_true(lab_leases_by_client(table, key("a")) == id);
  assert_true(lab_leases_by_address(table, IP(1)) == id);
  lab_lease lease = get(table, id);
  assert_int_equal(lease.address, IP(1));
  assert_int_equal(lease.state, LAB_LEASE_EXPIRED);
  assert_int_equal(lease.expires, 10);
  assert_int_equal(lease.client.len, 1);
  assert_int_equal(lease.client.data[0], 'a');
  lab_leases_free(table);
}

static void a_client_holds_one_address_and_leaves_the_other(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(1), IP(4));
  lab_lease_id old = put(table, IP(1), "a", LAB_LEASE_BOUND, 10);
  assert_int_equal(lab_leases_note(table, old, key("desk")), LAB_OK);
  lab_lease_id moved = put(table, IP(2), "a", LAB_LEASE_OFFERED, 20);
  assert_true(lab_leases_by_client(table, key("a")) == moved);
  lab_lease lease = get(table, old);
  assert_int_equal(lease.state, LAB_LEASE_FREE);
  assert_int_equal(lease.client.len, 0);
  assert_int_equal(lease.note.len, 0);
  assert_true(lease.expires == LAB_NEVER);
  assert_int_equal(lab_leases_count(table, LAB_LEASE_BOUND), 0);
  assert_int_equal(lab_leases_count(table, LAB_LEASE_FREE), 1);
  lab_leases_free(table);
}

static void a_new_holder_ousts_the_old_one_and_its_note(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(1), IP(4));
  lab_lease_id id = put(table, IP(1), "a", LAB_LEASE_RELEASED, 10);
  lab_leases_note(table, id, key("of a"));
  assert_true(put(table, IP(1), "b", LAB_LEASE_BOUND, 20) == id);
  assert_true(lab_leases_by_client(table, key("a")) == LAB_LEASE_NONE);
  assert_int_equal(get(table, id).note.len, 0);
  lab_leases_note(table, id, key("of b"));
  assert_true(put(table, IP(1), "b", LAB_LEASE_BOUND, 30) == id); /* a renewal keeps it */
  assert_int_equal(get(table, id).note.len, 4);
  lab_leases_free(table);
}

static void keys_from_1_to_255_octets_are_told_apart(void **state) {
  (void)state;
  lab_leases *table = make_table(LAB_IP4(10, 0, 0, 0), LAB_IP4(10, 0, 255, 255));
  uint8_t octets[256];
  memset(octets, 7, sizeof octets);
  lab_lease_id id;
  for (unsigned len = 1; len <= 255; len++) {
    assert_int_equal(
        lab_leases_put(table, IP(0) + len, (lab_view){octets, len}, LAB_LEASE_BOUND, 1, &id),
        LAB_OK);
  }
  assert_int_equal(lab_leases_put(table, IP(0), (lab_view){octets, 256}, LAB_LEASE_BOUND, 1, &id),
                   LAB_ERR_RANGE);
  assert_true(lab_leases_by_client(table, (lab_view){octets, 256}) == LAB_LEASE_NONE);
  for (unsigned len = 1; len <= 255; len++) {
    lab_lease lease = get(table, lab_leases_by_client(table, (lab_view){octets, len}));
    assert_int_equal(lease.address, IP(0) + len);
    assert_int_equal(lease.client.len, len);
    octets[len - 1] = 8; /* another last octet is another key */
    assert_true(lab_leases_by_client(table, (lab_view){octets, len}) == LAB_LEASE_NONE);
    octets[len - 1] = 7;
  }
  lab_leases_free(table);
}

static void a_key_may_be_a_view_into_the_table(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(1), IP(9));
  static const char *const clients[] = {"short", "a key that does not fit into a record"};
  for (size_t i = 0; i < LAB_COUNTOF(clients); i++) {
    lab_lease_id id = put(table, IP(1), clients[i], LAB_LEASE_BOUND, 10);
    lab_lease lease = get(table, id);
    assert_int_equal(lab_leases_put(table, IP(2), lease.client, LAB_LEASE_BOUND, 10, &id), LAB_OK);
    assert_true(lab_leases_by_client(table, key(clients[i])) == id);
    lab_leases_note(table, id, key("note"));
    assert_int_equal(lab_leases_note(table, id, get(table, id).note), LAB_OK);
    assert_memory_equal(get(table, id).note.data, "note", 4);
  }
  lab_leases_free(table);
}

static void an_address_may_be_held_by_nobody(void **state) { /* S-50: quarantine */
  (void)state;
  lab_leases *table = make_table(IP(1), IP(2));
  put(table, IP(1), "", LAB_LEASE_DECLINED, 100);
  put(table, IP(2), "", LAB_LEASE_DECLINED, 50);
  assert_true(lab_leases_by_client(table, key("")) == LAB_LEASE_NONE);
  lab_ip4 address;
  assert_int_equal(lab_leases_next_free(table, &address), LAB_ERR_ABSENT);
  assert_int_equal(lab_leases_next_end(table), 50);
  assert_true(lab_leases_due(table, 49) == LAB_LEASE_NONE);
  lab_lease_id due = lab_leases_due(table, 50);
  assert_int_equal(get(table, due).address, IP(2));
  lab_leases_update(table, due, LAB_LEASE_FREE, 50);
  assert_int_equal(next_free(table), IP(2));
  lab_leases_free(table);
}

static void what_ends_first_is_due_first_and_ties_go_by_address(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(1), IP(9));
  put(table, IP(3), "a", LAB_LEASE_BOUND, 30);
  put(table, IP(2), "b", LAB_LEASE_OFFERED, 20);
  put(table, IP(1), "c", LAB_LEASE_BOUND, 30);
  put(table, IP(4), "d", LAB_LEASE_BOUND, LAB_NEVER);
  put(table, IP(5), "e", LAB_LEASE_RELEASED, 1);
  static const uint8_t want[] = {2, 1, 3};
  for (size_t i = 0; i < sizeof want; i++) {
    lab_lease_id id = lab_leases_due(table, LAB_NEVER);
    assert_true(lab_leases_due(table, 30) == id);
    assert_int_equal(get(table, id).address, IP(want[i]));
    lab_leases_update(table, id, LAB_LEASE_EXPIRED, 30);
  }
  assert_true(lab_leases_due(table, LAB_NEVER) == LAB_LEASE_NONE);
  assert_true(lab_leases_next_end(table) == LAB_NEVER);
  lab_leases_free(table);
}

static void a_lease_may_be_extended_shortened_and_made_infinite(void **state) { /* M-18 */
  (void)state;
  lab_leases *table = make_table(IP(1), IP(9));
  lab_lease_id id = put(table, IP(1), "a", LAB_LEASE_BOUND, 10);
  lab_leases_update(table, id, LAB_LEASE_BOUND, 50);
  assert_true(lab_leases_due(table, 49) == LAB_LEASE_NONE);
  assert_int_equal(lab_leases_next_end(table), 50);
  lab_leases_update(table, id, LAB_LEASE_BOUND, 5);
  assert_true(lab_leases_due(table, 5) == id);
  lab_leases_update(table, id, LAB_LEASE_BOUND, LAB_NEVER);
  assert_true(lab_leases_due(table, LAB_NEVER) == LAB_LEASE_NONE);
  lab_leases_update(table, id, LAB_LEASE_BOUND, LAB_NEVER - 1);
  assert_true(lab_leases_next_end(table) == LAB_NEVER - 1);
  lab_leases_free(table);
}

static void a_forgotten_address_is_unused_again_and_its_handle_dead(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(1), IP(9));
  lab_lease_id a = put(table, IP(1), "a", LAB_LEASE_BOUND, 10);
  put(table, IP(2), "b", LAB_LEASE_BOUND, 10);
  lab_lease_id outside = put(table, IP(99), "c", LAB_LEASE_BOUND, 10);
  lab_leases_forget(table, a);
  lab_leases_forget(table, a);
  lab_leases_forget(table, outside);
  lab_lease lease;
  assert_int_equal(lab_leases_get(table, a, &lease), LAB_ERR_ABSENT);
  assert_int_equal(lab_leases_update(table, a, LAB_LEASE_BOUND, 1), LAB_ERR_ABSENT);
  assert_int_equal(lab_leases_note(table, a, key("x")), LAB_ERR_ABSENT);
  assert_true(lab_leases_by_client(table, key("a")) == LAB_LEASE_NONE);
  assert_true(lab_leases_by_address(table, IP(1)) == LAB_LEASE_NONE);
  assert_int_equal(lab_leases_count_all(table), 1);
  assert_int_equal(next_free(table), IP(1));
  lab_lease_id again = put(table, IP(1), "a", LAB_LEASE_BOUND, 10);
  assert_true(again != a);
  assert_int_equal(lab_leases_get(table, a, &lease), LAB_ERR_ABSENT);
  assert_int_equal(next_free(table), IP(3));
  assert_int_equal(lab_leases_get(table, LAB_LEASE_NONE, &lease), LAB_ERR_ABSENT);
  assert_int_equal(lab_leases_get(table, 12345, &lease), LAB_ERR_ABSENT);
  lab_leases_free(table);
}

static void exclusions_hold_before_and_after_use(void **state) {
  (void)state;
  lab_leases *table;
  assert_int_equal(lab_leases_new(&table), LAB_OK);
  assert_int_equal(lab_leases_exclude(table, IP(1), IP(2)), LAB_OK);
  assert_int_equal(lab_leases_range(table, IP(1), IP(6)), LAB_OK);
  assert_int_equal(next_free(table), IP(3));
  lab_lease_id id = put(table, IP(3), "a", LAB_LEASE_RELEASED, 1);
  put(table, IP(4), "b", LAB_LEASE_BOUND, 1);
  lab_leases_forget(table, lab_leases_by_address(table, IP(4))); /* a hole */
  assert_int_equal(next_free(table), IP(4));
  assert_int_equal(lab_leases_exclude(table, IP(3), IP(5)), LAB_OK);
  assert_false(lab_leases_in_range(table, IP(3)));
  assert_int_equal(lab_leases_capacity(table), 1);
  assert_int_equal(next_free(table), IP(6));
  put(table, IP(6), "c", LAB_LEASE_BOUND, 1);
  lab_ip4 address;
  assert_int_equal(lab_leases_next_free(table, &address), LAB_ERR_ABSENT);
  assert_int_equal(get(table, id).address, IP(3)); /* the record itself stays */
  lab_leases_free(table);
}

static void notes_hold_up_to_65535_octets(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(1), IP(9));
  lab_lease_id id = put(table, IP(1), "a", LAB_LEASE_BOUND, 1);
  size_t before = lab_leases_bytes(table);
  uint8_t *octets = calloc(65536, 1);
  octets[65534] = 9;
  assert_int_equal(lab_leases_note(table, id, (lab_view){octets, 65536}), LAB_ERR_RANGE);
  assert_int_equal(lab_leases_note(table, id, (lab_view){octets, 65535}), LAB_OK);
  assert_int_equal(get(table, id).note.data[65534], 9);
  assert_true(lab_leases_bytes(table) >= before + 65535);
  assert_int_equal(lab_leases_note(table, id, (lab_view){NULL, 0}), LAB_OK);
  assert_int_equal(get(table, id).note.len, 0);
  assert_int_equal(lab_leases_bytes(table), before);
  free(octets);
  lab_leases_free(table);
}

static void fifty_thousand_leases_end_in_order(void **state) {
  (void)state;
  enum { COUNT = 50000 };
  lab_leases *table = make_table(LAB_IP4(10, 0, 0, 0), LAB_IP4(10, 255, 255, 255));
  lab_rng rng;
  lab_rng_seed(&rng, 5, "order", 5);
  for (uint32_t i = 0; i < COUNT; i++) {
    lab_lease_id id;
    uint8_t octets[7] = {1, 0, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
    lab_time end = (lab_time)lab_rng_below(&rng, 1000);
    assert_int_equal(
        lab_leases_put(table, next_free(table), (lab_view){octets, 7}, LAB_LEASE_BOUND, end, &id),
        LAB_OK);
    if (i % 3 == 0)
      lab_leases_update(table, id, LAB_LEASE_BOUND, end + (lab_time)lab_rng_below(&rng, 500));
  }
  assert_true(lab_leases_bytes(table) < (size_t)COUNT * 140);
  lab_time last = 0;
  lab_ip4 last_address = 0;
  for (uint32_t i = 0; i < COUNT; i++) {
    lab_lease_id id = lab_leases_due(table, LAB_NEVER);
    lab_lease lease = get(table, id);
    assert_true(lease.expires > last ||
                (lease.expires == last && (i == 0 || lease.address > last_address)));
    last = lease.expires;
    last_address = lease.address;
    lab_leases_update(table, id, LAB_LEASE_EXPIRED, last);
  }
  assert_true(lab_leases_due(table, LAB_NEVER) == LAB_LEASE_NONE);
  lab_leases_free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_range_of_a_whole_network_costs_nothing),
      cmocka_unit_test(the_whole_address_space_is_a_range),
      cmocka_unit_test(ranges_that_overlap_or_run_backwards_are_refused),
      cmocka_unit_test(ranges_are_used_in_the_order_of_their_adding),
      cmocka_unit_test(next_free_prefers_the_unused_then_the_longest_free),
      cmocka_unit_test(a_client_that_comes_back_finds_its_old_record),
      cmocka_unit_test(a_client_holds_one_address_and_leaves_the_other),
      cmocka_unit_test(a_new_holder_ousts_the_old_one_and_its_note),
      cmocka_unit_test(keys_from_1_to_255_octets_are_told_apart),
      cmocka_unit_test(a_key_may_be_a_view_into_the_table),
      cmocka_unit_test(an_address_may_be_held_by_nobody),
      cmocka_unit_test(what_ends_first_is_due_first_and_ties_go_by_address),
      cmocka_unit_test(a_lease_may_be_extended_shortened_and_made_infinite),
      cmocka_unit_test(a_forgotten_address_is_unused_again_and_its_handle_dead),
      cmocka_unit_test(exclusions_hold_before_and_after_use),
      cmocka_unit_test(notes_hold_up_to_65535_octets),
      cmocka_unit_test(fifty_thousand_leases_end_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
