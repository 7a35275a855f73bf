/* What time it is, and how to wait (layer L3): all that differs between a real and a virtual
 * world.
 *
 * `now` counts microseconds from 0 at the clock's making and never goes back. `wait` returns
 * once `until` has come or a descriptor has something; a virtual clock is there in no time.
 * `wake` and `free` are upkeep. Only the world uses this. */
#ifndef LAB_CLOCK_H
#define LAB_CLOCK_H

#include <poll.h>

#include "base.h"

typedef struct lab_clock lab_clock;

struct lab_clock_ops {
  lab_time (*now)(const lab_clock *clock);
  /* Fills `revents` of the `count` >= 1 entries; fds[0] is the clock's own, for waking, the
   * others are the caller's. May return early (a signal, a wake). LAB_OK or LAB_ERR_IO. */
  enum lab_status (*wait)(lab_clock *clock, lab_time until, struct pollfd *fds, size_t count);
  void (*wake)(lab_clock *clock); /* ends the running or the next wait; safe in a signal handler */
  void (*free)(lab_clock *clock);
};

struct lab_clock {
  const struct lab_clock_ops *ops;
  int64_t epoch; /* microseconds from 1970 to this clock's 0 */
};

enum lab_status lab_clock_real_new(lab_clock **out); /* LAB_ERR_MEMORY, LAB_ERR_IO */
enum lab_status lab_clock_virtual_new(
    lab_clock **out); /* LAB_ERR_MEMORY; its 0 is 2000-01-01 00:00:00 UTC */

#endif
