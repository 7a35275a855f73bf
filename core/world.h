/* The world (layer L4): one clock, one ordered queue, the ports, and one call that says what
 * happens next.
 *
 * Whoever holds the world pulls: lab_world_next gives the earliest event, ordered by (time,
 * seq), seq given when the event was created; equal times leave first created, first served. A
 * virtual world's clock jumps to each event; a real one waits for it on CLOCK_MONOTONIC and on
 * its sockets. Nothing in the core calls back but the tap. The world knows no packet format.
 *
 * The clock starts at 0. One thread owns a world; only lab_world_interrupt may be called from a
 * signal handler. */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "base.h"
#include "port.h"
#include "rng.h"

enum lab_world_kind { LAB_WORLD_REAL, LAB_WORLD_VIRTUAL };

/* LAB_ERR_MEMORY.  `seed` feeds every random stream. */
enum lab_status lab_world_new(enum lab_world_kind kind, uint64_t seed, lab_world **out);
void lab_world_free(lab_world *world); /* frees its ports too; NULL is fine */

/* Of the current event; a real world's moves between events too. */
lab_time lab_world_now(const lab_world *world);
enum lab_world_kind lab_world_kind_of(const lab_world *world);
uint64_t lab_world_seed(const lab_world *world);
/* Microseconds since 1970 at time 0 of this world: the wall clock in a real world; in a virtual
 * one a fixed moment (2000-01-01 00:00:00 UTC), so that captures are the same each time. */
int64_t lab_world_epoch(const lab_world *world);
/* The stream of that name; the same (seed, name) is the same stream in every world. */
void lab_world_rng(const lab_world *world, const char *name, size_t len, lab_rng *out);

/* Timers. A timer is made once and set again and again; setting one that is set moves it, with
 * a new seq. Ids are small, from 0, and used again after lab_timer_free. */
enum lab_status lab_timer_new(lab_world *world, uint32_t *id);
void lab_timer_free(lab_world *world, uint32_t id);
/* A time gone by means now; LAB_NEVER clears.  LAB_ERR_MEMORY, after which it is clear. */
enum lab_status lab_timer_set(lab_world *world, uint32_t id, lab_time at);
void lab_timer_clear(lab_world *world, uint32_t id);
bool lab_timer_is_set(const lab_world *world, uint32_t id);

enum lab_event_kind {
  LAB_EVENT_TIMER,  /* `timer` was due and is now clear */
  LAB_EVENT_PACKET, /* `packet` arrived at `port` */
  LAB_EVENT_DROP    /* `packet` sent by `port` will not arrive because of `cause`; if watched */
};
typedef struct lab_event {
  enum lab_event_kind kind;
  lab_time at;
  uint64_t seq;
  uint32_t timer;
  lab_port *port;
  lab_packet packet; /* bytes are valid until the next lab_world_next, or until `port` is freed */
  const char *cause; /* a stable word, static */
} lab_event;

/* The next event not later than `until` (LAB_NEVER: however late).
 * 1: *event is filled and the clock stands at it.
 * 0: nothing until then; the clock stands at `until`, or, when nothing at all is queued and no
 * socket is attached, where it stood ("quiet").
 * LAB_ERR_INTERRUPTED after lab_world_interrupt; LAB_ERR_MEMORY; LAB_ERR_IO.
 * A datagram that lies in a socket when the call is made counts as come in time, even when `until`
 * is gone by: lab_world_next(world, lab_world_now(world), &event) looks without waiting. */
int lab_world_next(lab_world *world, lab_time until, lab_event *event);
bool lab_world_quiet(const lab_world *world); /* nothing queued and no port with a descriptor */

/* Makes the running or the next lab_world_next return LAB_ERR_INTERRUPTED, once. Safe in a
 * signal handler. */
void lab_world_interrupt(lab_world *world);

void lab_world_watch(lab_world *world, bool on); /* whether drops become events */
/* Over (time, kind, timer or port, packet) of all timers and packets given, in their order, and of all
 * packets sent and dropped, watched or not.  Neither a watch nor a tap changes it, nor the count of
 * timers, packets and drops. */
uint64_t lab_world_digest(const lab_world *world);
uint64_t lab_world_event_count(const lab_world *world);

/* Shows every packet once: when a port of this world sends it, or when it comes in from
 * outside. One tap at a time; NULL ends it. It must not touch the world. */
typedef void (*lab_world_tap_fn)(void *context, lab_time at, const lab_packet *packet);
void lab_world_tap(lab_world *world, lab_world_tap_fn tap, void *context);

/* For transports. */
/* LAB_ERR_MEMORY; LAB_ERR_WORLD for a port with a descriptor in a virtual world. */
enum lab_status lab_world_attach(lab_world *world, lab_port *port);
void lab_world_detach(lab_world *world, lab_port *port); /* its queued arrivals are discarded */
/* The packet that `cookie` stands for is at `port` at time `at`: receive(port, cookie) is
 * called then. LAB_ERR_MEMORY. */
enum lab_status lab_world_ready(lab_world *world, lab_port *port, lab_time at, void *cookie);
void lab_world_sent(lab_world *world, const lab_packet *packet); /* shows it to the tap */
/* Sends a packet through the port at that time, at once when it is gone by; the tap is not shown
 * it. The packet is copied; it is forgotten when the port goes. The statuses of lab_port_send for
 * what is sent at once; LAB_ERR_MEMORY. */
enum lab_status lab_world_send(lab_world *world, lab_port *port, const lab_packet *packet,
                               lab_time at);
/* Reports a drop at once: the event comes out at the current time. The packet is copied. Does
 * nothing unless watched. */
void lab_world_dropped(lab_world *world, lab_port *port, const lab_packet *packet,
                       const char *cause);

#endif
