/* Where datagrams leave and arrive (layer L3): one interface, several transports behind it.
 *
 * A port belongs to one world from its making until lab_port_free. Sending never blocks. What
 * arrives is fetched by the world, never by the port's owner: see world.h. A decorator
 * (capture, faults) is a port that holds another one. */
#ifndef LAB_PORT_H
#define LAB_PORT_H

#include "frame.h"

typedef struct lab_port lab_port;
typedef struct lab_world lab_world;

struct lab_port_ops {
  const char *name; /* "udp", "simnet" ... */
  enum lab_status (*send)(lab_port *port, const lab_packet *packet);
  /* One packet that has arrived. `cookie` is what lab_world_ready was given; NULL when the
   * world polled the descriptor. LAB_OK, or LAB_ERR_AGAIN when there is none (any more).
   * payload is valid until the next receive. */
  enum lab_status (*receive)(lab_port *port, void *cookie, lab_packet *out);
  enum lab_status (*flush)(lab_port *port); /* sends what was put off; NULL when nothing ever is */
  int (*fd)(const lab_port *port);          /* to poll for reading; -1 when there is none */
  /* The cookie's arrival will never be fetched; may be NULL. */
  void (*discard)(lab_port *port, void *cookie);
  void (*free)(lab_port *port);
};

/* Counted by the transports, per port. */
typedef struct lab_port_stats {
  uint64_t sent, sent_bytes;
  uint64_t received, received_bytes;
  uint64_t send_errors; /* refused by the system */
  uint64_t refused;     /* ICMP said that nobody listens there */
  uint64_t overrun;     /* dropped by the kernel because the buffer was full, as far as it tells */
  int last_errno;       /* of the last send error */
} lab_port_stats;

struct lab_port {
  const struct lab_port_ops *ops;
  lab_world *world;
  uint32_t id;        /* from 1, in the order of making; part of the digest */
  int64_t user;       /* the owner's; comes back in each event */
  lab_endpoint local; /* what it is bound to */
  lab_mac mac;        /* all zero where there is none */
  lab_port_stats stats;
  size_t world_slot; /* the world's bookkeeping */
};

static inline enum lab_status lab_port_send(lab_port *port, const lab_packet *packet) {
  return port->ops->send(port, packet);
}
static inline enum lab_status lab_port_flush(lab_port *port) {
  return port->ops->flush ? port->ops->flush(port) : LAB_OK;
}
void lab_port_free(lab_port *port); /* detaches from its world first; NULL is fine */

#endif
