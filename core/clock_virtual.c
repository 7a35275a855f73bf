/* The virtual clock (layer L3): a number that jumps to whatever is waited for. It has no
 * descriptors and knows no system call. */
#include "clock.h"

#include <stdlib.h>

#define EPOCH_2000 (INT64_C(946684800) * LAB_SECOND)

struct virtual_clock {
  lab_clock base;
  lab_time now;
};

static lab_time tell(const lab_clock *clock) { return ((const struct virtual_clock *)clock)->now; }

static enum lab_status jump(lab_clock *clock, lab_time until, struct pollfd *fds, size_t count) {
  struct virtual_clock *self = (struct virtual_clock *)clock;
  for (size_t i = 0; i < count; i++) {
    fds[i].revents = 0;
  }
  if (until > self->now) {
    self->now = until;
  }
  return LAB_OK;
}

static void ignore(lab_clock *clock) { (void)clock; /* nobody ever sleeps here */ }

static void release(lab_clock *clock) { free(clock); }

static const struct lab_clock_ops virtual_ops = {tell, jump, ignore, release};

enum lab_status lab_clock_virtual_new(lab_clock **out) {
  struct virtual_clock *self = calloc(1, sizeof *self);
  if (!self) {
    return LAB_ERR_MEMORY;
  }
  self->base = (lab_clock){&virtual_ops, EPOCH_2000};
  *out = &self->base;
  return LAB_OK;
}
