/* The few types that every other file of the core speaks: time, views over bytes, and status
 * words.
 *
 * Layer L0: includes nothing of the project.  Time is int64 microseconds on the world's clock,
 * which starts at 0 when the world is made.  A view never owns its bytes; whoever hands one out
 * says how long it is valid. */
#ifndef LAB_BASE_H
#define LAB_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_COUNTOF(array) (sizeof(array) / sizeof((array)[0]))

typedef int64_t lab_time;
#define LAB_MILLISECOND ((lab_time)1000)
#define LAB_SECOND ((lab_time)1000000)
#define LAB_NEVER INT64_MAX

/* Bytes to read. */
typedef struct lab_view {
  const uint8_t *data;
  size_t len;
} lab_view;

/* Room to write into. */
typedef struct lab_span {
  uint8_t *data;
  size_t len;
} lab_span;

/* What can go wrong in the world.  Bugs are asserts, never statuses. */
enum lab_status {
  LAB_OK = 0,
  LAB_ERR_SHORT = -1,        /* the input ends too early */
  LAB_ERR_FORMAT = -2,       /* the input is not what it claims to be */
  LAB_ERR_ABSENT = -3,       /* there is no such thing here */
  LAB_ERR_SPACE = -4,        /* it does not fit into the room given */
  LAB_ERR_RANGE = -5,        /* a value outside what is allowed */
  LAB_ERR_AGAIN = -6,        /* nothing now, ask again later */
  LAB_ERR_MEMORY = -7,       /* the allocator said no */
  LAB_ERR_IN_USE = -8,       /* the address or port is taken */
  LAB_ERR_PERMISSION = -9,   /* the system refused for lack of rights */
  LAB_ERR_NO_ADDRESS = -10,  /* not an address of this machine */
  LAB_ERR_UNREACHABLE = -11, /* no route, network down, or port refused */
  LAB_ERR_INTERRUPTED = -12, /* a signal or lab_world_interrupt asked to stop */
  LAB_ERR_WORLD = -13,       /* a real port in a virtual world */
  LAB_ERR_CLOSED = -14,      /* the object was closed */
  LAB_ERR_IO = -15,          /* any other failure of the system; errno is kept */
  LAB_ERR_TOO_BIG = -16      /* the datagram is larger than the network carries */
};

/* A stable lower-case word for a status: "ok", "short", "format", "absent", "space" ... Never
 * NULL. */
const char *lab_status_text(enum lab_status status);

/* Maps an errno to a status; every system call's failure goes through here, once, where it
 * happens. */
enum lab_status lab_status_from_errno(int error);

#endif
