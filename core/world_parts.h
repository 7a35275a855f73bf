/* What a world is made of (layer L4): shared by world.c (making, timers, ports) and world_next.c
 * (the next event), by nobody else.
 *
 * Everything queued is an `entry` of one size from chunks that never move: a timer, an arrival
 * at a port, the report of a drop, or a packet put off. Datagrams on real sockets never enter
 * the queue: one at most is read ahead ("held"), stamped like any other event, and compared with
 * the head of the queue. */
#ifndef LAB_WORLD_PARTS_H
#define LAB_WORLD_PARTS_H

#include <stdatomic.h>

#include "clock.h"
#include "heap.h"
#include "world.h"

enum {
  CHUNK_COUNT = 256 /* entries made at a time */
};

enum entry_kind { ENTRY_TIMER, ENTRY_ARRIVAL, ENTRY_DROP, ENTRY_SEND };

/* A port's place in the world. Arrivals point here, so that a decorator may take over the place
 * of the port it holds. */
struct slot {
  lab_port *port;
  struct entry *first; /* its queued arrivals, drops and sends, newest first */
  size_t index;        /* in world->slot */
  size_t watch;        /* index + 1 in world->watch; 0 without a descriptor */
};

struct entry {
  lab_heap_node node; /* first, so that a node is an entry */
  enum entry_kind kind;
  uint32_t timer;
  struct slot *slot;         /* NULL for timers */
  struct entry *prev, *next; /* among its slot's; `next` also links free entries and free timers */
  void *data; /* arrival: the cookie; drop, send: a struct kept; timer: itself while in use */
};

/* A packet kept: a dropped one until it has been told, a late one until it is sent. */
struct kept {
  lab_packet packet;
  const char *cause; /* of a drop */
  uint8_t bytes[];
};

struct chunk {
  struct chunk *next;
  struct entry entry[CHUNK_COUNT];
};

/* A port with a descriptor. */
struct watch {
  struct slot *slot;
  bool readable; /* since a poll said so, until receive says that there is no more */
};

struct held {
  struct slot *slot; /* NULL when nothing is held */
  lab_heap_node stamp;
  lab_packet packet;
};

struct lab_world {
  lab_clock *clock;
  enum lab_world_kind kind;
  uint64_t seed;
  uint64_t seq;
  lab_time now; /* the clock when it was last looked at */
  lab_heap queue;

  struct chunk *chunks;
  struct entry *free_entries;
  struct entry **timer; /* by id */
  size_t timer_count, timer_cap;
  struct entry *free_timers;

  struct slot **slot; /* by port->world_slot - 1; NULL where free */
  size_t slot_count, slot_cap;
  size_t slot_hint; /* no free slot before this one */
  uint32_t port_id;

  struct pollfd *fds; /* fds[0] is the clock's; fds[1 + i] is watch[i]'s */
  struct watch *watch;
  size_t watch_count, watch_cap, fds_cap;
  size_t readable_count;
  size_t cursor;   /* the watch to read next */
  unsigned streak; /* datagrams in a row from it */
  unsigned turn;   /* events since the last poll */
  struct held held;

  lab_time told_at;  /* the time of the last event */
  struct kept *told; /* its drop, whose bytes the caller may still read */
  bool watch_drops;
  bool lost_report; /* no memory for the report of a drop */
  bool is_muted;    /* what is sent now has been shown to the tap */
  lab_world_tap_fn tap;
  void *tap_context;
  atomic_bool interrupted;
  uint64_t digest;
  uint64_t event_count;
};

static inline void put_entry(lab_world *world, struct entry *entry) {
  entry->next = world->free_entries;
  world->free_entries = entry;
}

/* Takes it from its slot's list and gives it back. */
static inline void unlink_entry(lab_world *world, struct entry *entry) {
  if (entry->prev) {
    entry->prev->next = entry->next;
  } else {
    entry->slot->first = entry->next;
  }
  if (entry->next) {
    entry->next->prev = entry->prev;
  }
  put_entry(world, entry);
}

/* world_next.c: folds what has happened into the digest; no packet for a timer.  Nothing that depends on who
 * watches counts: not the numbers of events, nor when a drop is told. */
enum fold_kind { FOLD_TIMER, FOLD_PACKET, FOLD_DROP, FOLD_SENT };
void lab_world_fold(lab_world *world, enum fold_kind kind, lab_time at, uint32_t who,
                    const lab_packet *packet);

/* world.c: sends a packet that the tap has been shown. */
enum lab_status lab_world_send_muted(lab_world *world, lab_port *port, const lab_packet *packet);

#endif
