/* What the tests of the lease table share: tables, keys and records in one short call each. */
#ifndef LEASES_HELP_H
#define LEASES_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "leases.h"
#include "rng.h"

#define IP(last) LAB_IP4(10, 0, 0, last)

static inline lab_leases *make_table(lab_ip4 low, lab_ip4 high) {
  lab_leases *table;
  assert_int_equal(lab_leases_new(&table), LAB_OK);
  assert_int_equal(lab_leases_range(table, low, high), LAB_OK);
  return table;
}

static inline lab_view key(const char *text) {
  return (lab_view){(const uint8_t *)text, strlen(text)};
}

static inline lab_lease_id put(lab_leases *table, lab_ip4 address, const char *client,
                               enum lab_lease_state state, lab_time expires) {
  lab_lease_id id = LAB_LEASE_NONE;
  assert_int_equal(lab_leases_put(table, address, key(client), state, expires, &id), LAB_OK);
  return id;
}

static inline lab_lease get(lab_leases *table, lab_lease_id id) {
  lab_lease lease = {0};
  assert_int_equal(lab_leases_get(table, id, &lease), LAB_OK);
  return lease;
}

static inline lab_ip4 next_free(lab_leases *table) {
  lab_ip4 address = 0;
  assert_int_equal(lab_leases_next_free(table, &address), LAB_OK);
  return address;
}

#endif
