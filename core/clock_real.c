/* The real clock (layer L3): CLOCK_MONOTONIC for the time, poll for waiting, a pipe to one's
 * self for being woken.
 *
 * A byte in the pipe makes the poll return even when the signal came just before it, so no wake
 * is ever lost to the moment between "is there anything?" and falling asleep. The wall clock is
 * read once, for the epoch. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

struct real_clock {
  lab_clock base;
  int64_t start_ns; /* CLOCK_MONOTONIC at the clock's 0 */
  int pipe[2];      /* read end, write end */
};

static int64_t read_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (int64_t)t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static lab_time tell(const lab_clock *clock) {
  return (read_ns(CLOCK_MONOTONIC) - ((const struct real_clock *)clock)->start_ns) / 1000;
}

static int poll_for(struct pollfd *fds, size_t count, lab_time timeout, bool forever) {
#ifdef __linux__
  struct timespec t = {(time_t)(timeout / LAB_SECOND), (long)(timeout % LAB_SECOND) * 1000};
  return ppoll(fds, (nfds_t)count, forever ? NULL : &t, NULL);
#else
  lab_time ms = timeout / 1000 + (timeout % 1000 != 0);
  return poll(fds, (nfds_t)count, forever ? -1 : ms > 60000 ? 60000 : (int)ms);
#endif
}

static enum lab_status wait_for(lab_clock *clock, lab_time until, struct pollfd *fds,
                                size_t count) {
  struct real_clock *self = (struct real_clock *)clock;
  lab_time now = until == LAB_NEVER || until <= 0 ? until : tell(clock);
  lab_time timeout = until > now ? until - now : 0;
  fds[0] = (struct pollfd){.fd = self->pipe[0], .events = POLLIN};
  if (poll_for(fds, count, timeout, until == LAB_NEVER) < 0) {
    for (size_t i = 0; i < count; i++) {
      fds[i].revents = 0;
    }
    return errno == EINTR || errno == EAGAIN ? LAB_OK : lab_status_from_errno(errno);
  }
  if (fds[0].revents != 0) {
    char drained[64];
    while (read(self->pipe[0], drained, sizeof drained) > 0) {
    }
  }
  return LAB_OK;
}

/* A full pipe is as good as one more byte in it. */
static void wake(lab_clock *clock) {
  int saved = errno;
  ssize_t written = write(((struct real_clock *)clock)->pipe[1], "", 1);
  (void)written;
  errno = saved;
}

static void release(lab_clock *clock) {
  struct real_clock *self = (struct real_clock *)clock;
  close(self->pipe[0]);
  close(self->pipe[1]);
  free(self);
}

static const struct lab_clock_ops real_ops = {tell, wait_for, wake, release};

static bool open_pipe(int ends[2]) {
  if (pipe(ends) != 0) {
    return false;
  }
  for (int i = 0; i < 2; i++) {
    int flags = fcntl(ends[i], F_GETFL);
    if (flags < 0 || fcntl(ends[i], F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(ends[i], F_SETFD, FD_CLOEXEC) < 0) {
      close(ends[0]);
      close(ends[1]);
      return false;
    }
  }
  return true;
}

enum lab_status lab_clock_real_new(lab_clock **out) {
  struct real_clock *self = calloc(1, sizeof *self);
  if (!self) {
    return LAB_ERR_MEMORY;
  }
  if (!open_pipe(self->pipe)) {
    enum lab_status status = lab_status_from_errno(errno);
    free(self);
    return status;
  }
  self->start_ns = read_ns(CLOCK_MONOTONIC);
  self->base = (lab_clock){&real_ops, read_ns(CLOCK_REALTIME) / 1000};
  *out = &self->base;
  return LAB_OK;
}
