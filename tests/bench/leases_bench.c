/* The lease table at 1,000,000 leases with 7-octet keys (hardware type and address): octets per
 * lease, and nanoseconds for claiming, renewing, finding and ending, each beside the same work
 * at 1,000 leases.  `leases_bench 2000000` for another size. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "leases.h"
#include "rng.h"

enum { KEY = 7, SMALL = 1000, LEASE_SECONDS = 3600 };
static const lab_ip4 first_address = LAB_IP4(10, 0, 0, 0);

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Keys as they come in life: one vendor's addresses, counting up. */
static lab_view make_key(uint32_t number, uint8_t key[KEY]) {
  static const uint8_t vendor[4] = {1, 2, 0, 0};
  for (int i = 0; i < 4; i++) key[i] = vendor[i];
  for (int i = 0; i < 3; i++) key[4 + i] = (uint8_t)(number >> (16 - 8 * i));
  return (lab_view){key, KEY};
}

static void insist(bool fine, const char *what) {
  if (fine) return;
  fprintf(stderr, "leases_bench: %s failed\n", what);
  exit(1);
}

typedef struct timings {
  double claim, find, renew, random_renew, end, claim_again, bytes;
} timings;

static timings measure(uint32_t count) {
  timings t = {0};
  lab_leases *table;
  uint8_t key[KEY];
  insist(lab_leases_new(&table) == LAB_OK, "new");
  insist(lab_leases_range(table, first_address, first_address | 0x00ffffff) == LAB_OK, "range");
  double start = now_ns();
  for (uint32_t i = 0; i < count; i++) {
    lab_ip4 address;
    lab_lease_id id;
    lab_view client = make_key(i, key);
    insist(lab_leases_by_client(table, client) == LAB_LEASE_NONE &&
               lab_leases_next_free(table, &address) == LAB_OK &&
               lab_leases_put(table, address, client, LAB_LEASE_BOUND,
                              LEASE_SECONDS * LAB_SECOND + i, &id) == LAB_OK,
           "claim");
  }
  t.claim = (now_ns() - start) / count;
  t.bytes = (double)lab_leases_bytes(table) / count;
  lab_rng rng;
  lab_rng_seed(&rng, 1, "bench", 5);
  uint32_t rounds = count < 100000 ? 100000 : count;
  uint64_t sum = 0;
  start = now_ns();
  for (uint32_t i = 0; i < rounds; i++) {
    lab_lease lease;
    lab_lease_id id =
        lab_leases_by_client(table, make_key((uint32_t)lab_rng_below(&rng, count), key));
    insist(lab_leases_get(table, id, &lease) == LAB_OK, "get");
    sum += lease.address;
  }
  t.find = (now_ns() - start) / rounds;
  insist(sum != 0, "find");
  start = now_ns();
  for (uint32_t i = 0; i < rounds; i++) { /* each at its half time, in the order of their making */
    lab_lease_id id = lab_leases_by_client(table, make_key(i % count, key));
    insist(lab_leases_update(table, id, LAB_LEASE_BOUND, LEASE_SECONDS * LAB_SECOND * 3 / 2 + i) ==
               LAB_OK,
           "renew");
  }
  t.renew = (now_ns() - start) / rounds;
  start = now_ns();
  for (uint32_t i = 0; i < rounds; i++) {
    lab_lease lease;
    lab_lease_id id =
        lab_leases_by_client(table, make_key((uint32_t)lab_rng_below(&rng, count), key));
    insist(lab_leases_get(table, id, &lease) == LAB_OK &&
               lab_leases_update(table, id, LAB_LEASE_BOUND, lease.expires + LAB_SECOND) == LAB_OK,
           "renew in random order");
  }
  t.random_renew = (now_ns() - start) / rounds;
  start = now_ns();
  uint32_t ended = 0;
  for (lab_lease_id id; (id = lab_leases_due(table, LAB_NEVER - 1)) != LAB_LEASE_NONE; ended++) {
    insist(lab_leases_update(table, id, LAB_LEASE_EXPIRED, 0) == LAB_OK, "expire");
  }
  t.end = (now_ns() - start) / count;
  insist(ended == count, "expiring all");
  insist(lab_leases_exclude(table, first_address, first_address) == LAB_OK, "exclude");
  start = now_ns();
  for (uint32_t i = 0; i < count - 1;
       i++) { /* returning clients take their old addresses, whoever they are */
    lab_lease lease;
    lab_lease_id id =
        lab_leases_by_client(table, make_key((uint32_t)lab_rng_below(&rng, count), key));
    insist(lab_leases_get(table, id, &lease) == LAB_OK &&
               lab_leases_put(table, lease.address, lease.client, LAB_LEASE_BOUND, LAB_SECOND * i,
                              &id) == LAB_OK,
           "claim again");
  }
  t.claim_again = (now_ns() - start) / count;
  lab_leases_free(table);
  return t;
}

int main(int argc, char **argv) {
  uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
  insist(count >= 2 && count <= 0xffffff, "reading the number of leases (2 to 16777215)");
  timings small = measure(SMALL);
  timings large = measure(count);
  printf("%-44s %10d %10" PRIu32 "   ratio\n", "leases", SMALL, count);
#define ROW(text, name) \
  printf("%-44s %10.0f %10.0f %7.2f\n", text, small.name, large.name, large.name / small.name)
  ROW("octets per lease, indexes included", bytes);
  ROW("ns: new client, next free address, bound", claim);
  ROW("ns: find a random client and read it", find);
  ROW("ns: renew in order", renew);
  ROW("ns: renew a random client", random_renew);
  ROW("ns: end, all in turn", end);
  ROW("ns: a random client comes back", claim_again);
#undef ROW
  printf("%.0f MB in all; at most 200 are allowed for 1000000\n", large.bytes * count / 1e6);
  return large.bytes * 1e6 > 200e6;
}
