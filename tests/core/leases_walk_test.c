/* The lease table as a whole (core/leases_walk.c): walks in the order of addresses, counts,
 * names. */
#include "leases_help.h"

static void a_walk_goes_by_address_and_survives_forgetting(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(1), IP(200));
  static const uint8_t made[] = {50, 3, 199, 7, 120, 8};
  static const uint8_t want[] = {3, 7, 8, 50, 120, 199};
  for (size_t i = 0; i < sizeof made; i++) {
    char client[] = {(char)('a' + i), 0};
    put(table, IP(made[i]), client, LAB_LEASE_BOUND, 1);
  }
  size_t seen = 0;
  lab_ip4 from = 0;
  for (lab_lease_id id; (id = lab_leases_from(table, from)) != LAB_LEASE_NONE;) {
    lab_lease lease = get(table, id);
    assert_int_equal(lease.address, IP(want[seen++]));
    from = lease.address + 1;
    lab_leases_forget(table, lab_leases_by_address(table, IP(120)));
    if (seen == 4) seen++; /* 120 is gone by now */
  }
  assert_int_equal(seen, sizeof want);
  put(table, IP(120), "z", LAB_LEASE_BOUND, 1);
  assert_int_equal(get(table, lab_leases_from(table, IP(51))).address, IP(120));
  lab_leases_free(table);
}

static void counts_follow_every_change(void **state) {
  (void)state;
  lab_leases *table = make_table(IP(1), IP(9));
  assert_int_equal(lab_leases_count_all(table), 0);
  assert_true(lab_leases_from(table, 0) == LAB_LEASE_NONE);
  lab_lease_id id = put(table, IP(1), "a", LAB_LEASE_OFFERED, 1);
  put(table, IP(2), "b", LAB_LEASE_BOUND, 1);
  assert_int_equal(lab_leases_count(table, LAB_LEASE_OFFERED), 1);
  lab_leases_update(table, id, LAB_LEASE_BOUND, 1);
  assert_int_equal(lab_leases_count(table, LAB_LEASE_OFFERED), 0);
  assert_int_equal(lab_leases_count(table, LAB_LEASE_BOUND), 2);
  lab_leases_forget(table, id);
  assert_int_equal(lab_leases_count(table, LAB_LEASE_BOUND), 1);
  assert_int_equal(lab_leases_count_all(table), 1);
  lab_leases_free(table);
}

static void a_walk_reaches_the_last_address_of_all(void **state) {
  (void)state;
  lab_leases *table = make_table(0, LAB_IP4_BROADCAST);
  put(table, LAB_IP4_BROADCAST, "a", LAB_LEASE_BOUND, 1);
  put(table, 0, "b", LAB_LEASE_BOUND, 1);
  assert_int_equal(get(table, lab_leases_from(table, 0)).address, 0);
  assert_true(get(table, lab_leases_from(table, 1)).address == LAB_IP4_BROADCAST);
  assert_true(get(table, lab_leases_from(table, LAB_IP4_BROADCAST)).address == LAB_IP4_BROADCAST);
  lab_leases_free(table);
}

static void states_have_names(void **state) {
  (void)state;
  static const char *const names[] = {"free",     "offered", "bound",
                                      "released", "expired", "declined"};
  for (unsigned i = 0; i < LAB_LEASE_STATE_COUNT; i++) {
    enum lab_lease_state found;
    assert_string_equal(lab_lease_state_name((enum lab_lease_state)i), names[i]);
    assert_int_equal(lab_lease_state_by_name(names[i], strlen(names[i]), &found), LAB_OK);
    assert_int_equal(found, i);
    assert_int_equal(lab_lease_state_by_name(names[i], strlen(names[i]) - 1, &found),
                     LAB_ERR_ABSENT);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_walk_goes_by_address_and_survives_forgetting),
      cmocka_unit_test(counts_follow_every_change),
      cmocka_unit_test(a_walk_reaches_the_last_address_of_all),
      cmocka_unit_test(states_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
