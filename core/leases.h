/* The lease table (layer L5): by client, by address, by end; one table for one subnet's worth of
 * bindings.
 *
 * It keeps order and finds things; which address a client gets and what is answered is policy,
 * elsewhere.  A range of addresses costs nothing until one of them is used.  A record, once
 * made, stays for its address until it is forgotten, so that a client that comes back finds its
 * old address (RFC 2131 4.3.1).
 *
 * An address is held while its record is offered, bound or declined, and can be given out while
 * it is free, released or expired, or has no record.  Finding, claiming, changing and ending
 * cost O(1) or O(log n), taken over many calls.  No order is ever decided by hashing: the same
 * calls give the same answers on every machine. */
#ifndef LAB_LEASES_H
#define LAB_LEASES_H

#include "addr.h"
#include "base.h"

enum lab_lease_state {
  LAB_LEASE_FREE,
  LAB_LEASE_OFFERED, /* held until the client answers or `expires` */
  LAB_LEASE_BOUND,
  LAB_LEASE_RELEASED, /* free, and its last holder gave it back */
  LAB_LEASE_EXPIRED,  /* free, and its last holder let it run out */
  LAB_LEASE_DECLINED, /* in use by a stranger: in quarantine until `expires` (RFC 2131 4.3.3) */
  LAB_LEASE_STATE_COUNT
};
const char *lab_lease_state_name(enum lab_lease_state state); /* "free", "offered", ... */
enum lab_status lab_lease_state_by_name(const char *name, size_t len,
                                        enum lab_lease_state *out); /* LAB_ERR_ABSENT */
bool lab_lease_is_held(enum lab_lease_state state);                 /* offered, bound, declined */

/* Names one record for as long as it exists.  Afterwards every function says LAB_ERR_ABSENT to
 * it, also when the address or the memory has a new record. */
typedef uint64_t lab_lease_id;
#define LAB_LEASE_NONE UINT64_MAX

typedef struct lab_leases lab_leases;
enum lab_status lab_leases_new(lab_leases **out);
void lab_leases_free(lab_leases *table);

/* Adds low..high (both included) to what may be given out; ranges are used in the order of their
 * adding. LAB_ERR_RANGE: low > high, or it overlaps a range already there. */
enum lab_status lab_leases_range(lab_leases *table, lab_ip4 low, lab_ip4 high);
/* Takes low..high out of what lab_leases_next_free gives, for good.  Before or after ranges are
 * added, and in any overlap. Records may exist outside ranges: for reserved addresses.
 * LAB_ERR_RANGE: low > high. */
enum lab_status lab_leases_exclude(lab_leases *table, lab_ip4 low, lab_ip4 high);
bool lab_leases_in_range(const lab_leases *table,
                         lab_ip4 address);             /* in a range and not excluded */
uint64_t lab_leases_capacity(const lab_leases *table); /* how many addresses that is true of */

lab_lease_id lab_leases_by_client(const lab_leases *table, lab_view client); /* LAB_LEASE_NONE */
lab_lease_id lab_leases_by_address(const lab_leases *table, lab_ip4 address);

/* An address in range that nobody holds: first one without a record, in order of ranges and then
 * of addresses; then the one that stopped being held longest ago (or, when a change of ranges
 * made it available, since that change).  Moves nothing: it is the same until the table changes.
 * LAB_ERR_ABSENT when all are held. */
enum lab_status lab_leases_next_free(const lab_leases *table, lab_ip4 *out);

/* Writes the record of `address`: holder, state, end.  A client has at most one record: its
 * record for another address is dissolved (that address becomes free, without holder, end or
 * note).  A new holder drops the old one's note. `client` at most 255 octets, none for an
 * address without holder; `expires` LAB_NEVER for infinite. LAB_ERR_MEMORY, LAB_ERR_RANGE:
 * nothing has changed. */
enum lab_status lab_leases_put(lab_leases *table, lab_ip4 address, lab_view client,
                               enum lab_lease_state state, lab_time expires, lab_lease_id *out);
/* The same record, other state and end; the holder stays.  LAB_ERR_ABSENT, LAB_ERR_MEMORY. */
enum lab_status lab_leases_update(lab_leases *table, lab_lease_id id, enum lab_lease_state state,
                                  lab_time expires);
/* As if the address had never been used: it is again among the first to be given out.  An
 * address that should rest, such as one that was declined, is better made free.  Nothing happens
 * when there is no such record. */
void lab_leases_forget(lab_leases *table, lab_lease_id id);

/* Free-form octets kept with a record: the host name, option 82 ...; replaced as a whole, 0
 * octets to drop. LAB_ERR_RANGE above 65535. */
enum lab_status lab_leases_note(lab_leases *table, lab_lease_id id, lab_view note);

typedef struct lab_lease {
  lab_ip4 address;
  enum lab_lease_state state;
  lab_time expires; /* of a held record, its end; of another, what was written last */
  lab_view client;  /* views are valid until the table changes */
  lab_view note;
} lab_lease;
enum lab_status lab_leases_get(const lab_leases *table, lab_lease_id id,
                               lab_lease *out); /* LAB_ERR_ABSENT */

/* The held record that ends first; the lower address when several end together.  LAB_LEASE_NONE
 * when none ends at or before `at`.  The caller decides what becomes of it and writes it with
 * lab_leases_update; until then it is given again. */
lab_lease_id lab_leases_due(lab_leases *table, lab_time at);
/* When that will be: the earliest end of an offer, a lease or a quarantine; LAB_NEVER when
 * nothing ends. */
lab_time lab_leases_next_end(lab_leases *table);

/* Records in the order of their addresses: the first with address >= `from`, LAB_LEASE_NONE at
 * the end.  Sorts when records were made since the last time; then O(log n).  Records may be
 * changed and forgotten during a walk. */
lab_lease_id lab_leases_from(lab_leases *table, lab_ip4 from);
size_t lab_leases_count(const lab_leases *table, enum lab_lease_state state);
size_t lab_leases_count_all(const lab_leases *table);
size_t lab_leases_bytes(const lab_leases *table); /* memory in use */

#endif
