/* Words for statuses, and the one place where an errno becomes a status.
 *
 * Layer L0.  The words are stable: scripts compare them (`nil, "timeout"` style), so they may be
 * added to but never changed.  The mapping names only errors that a caller can act on; everything
 * else is LAB_ERR_IO, with errno kept. */
#include "base.h"

#include <errno.h>

const char *lab_status_text(enum lab_status status) {
  switch (status) {
    case LAB_OK: return "ok";
    case LAB_ERR_SHORT: return "short";
    case LAB_ERR_FORMAT: return "format";
    case LAB_ERR_ABSENT: return "absent";
    case LAB_ERR_SPACE: return "space";
    case LAB_ERR_RANGE: return "range";
    case LAB_ERR_AGAIN: return "again";
    case LAB_ERR_MEMORY: return "memory";
    case LAB_ERR_IN_USE: return "in use";
    case LAB_ERR_PERMISSION: return "permission";
    case LAB_ERR_NO_ADDRESS: return "no address";
    case LAB_ERR_UNREACHABLE: return "unreachable";
    case LAB_ERR_INTERRUPTED: return "interrupted";
    case LAB_ERR_WORLD: return "world";
    case LAB_ERR_CLOSED: return "closed";
    case LAB_ERR_IO: return "io";
    case LAB_ERR_TOO_BIG: return "too big";
  }
  return "unknown";
}

enum lab_status lab_status_from_errno(int error) {
  /* On most systems EWOULDBLOCK is EAGAIN, which a switch would refuse as a duplicate. */
  if (error == EAGAIN || error == EWOULDBLOCK) return LAB_ERR_AGAIN;
  switch (error) {
    case 0: return LAB_OK;
    case ENOMEM:
    case ENOBUFS: return LAB_ERR_MEMORY;
    case EADDRINUSE: return LAB_ERR_IN_USE;
    case EACCES:
    case EPERM: return LAB_ERR_PERMISSION;
    case EADDRNOTAVAIL: return LAB_ERR_NO_ADDRESS;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ECONNREFUSED: return LAB_ERR_UNREACHABLE;
    case EINTR: return LAB_ERR_INTERRUPTED;
    case EMSGSIZE: return LAB_ERR_TOO_BIG;
    default: return LAB_ERR_IO;
  }
}
