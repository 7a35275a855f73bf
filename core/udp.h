/* Real UDP sockets (layer L5): loopback or any local address, IPv4.
 *
 * Linux reads and writes in batches (recvmmsg, sendmmsg); elsewhere one call a packet. A socket
 * bound to 0.0.0.0 tells to which address each packet was sent (packet.dst: a local one, or a
 * broadcast) and sends from the address given in packet.src, if any. ICMP refusals are counted
 * in the port's stats and change nothing else. A gathered send reports its failure to the next
 * flush and to the stats only. */
#ifndef LAB_UDP_H
#define LAB_UDP_H

#include "world.h"

typedef struct lab_udp_options {
  lab_endpoint bind;     /* port 0: any free one; ask port->local afterwards */
  const char *interface; /* SO_BINDTODEVICE; NULL for all */
  bool batch; /* sends are gathered until the world has handled what had arrived, at most 64 */
  size_t buffer_bytes; /* receive and send buffers; 0 for 4 MiB, as far as the system allows */
} lab_udp_options;

/* LAB_ERR_IN_USE, LAB_ERR_PERMISSION (ports under 1024, SO_BINDTODEVICE), LAB_ERR_NO_ADDRESS,
 * LAB_ERR_WORLD, LAB_ERR_IO, LAB_ERR_MEMORY. Broadcast is allowed on every socket. */
enum lab_status lab_udp_open(lab_world *world, const lab_udp_options *options, lab_port **out);

#endif
