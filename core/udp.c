/* Real UDP sockets: a receive ring of 64 datagrams, sends at once or gathered, ICMP errors
 * counted and never fatal.
 *
 * On Linux a whole ring is filled by one recvmmsg and sent by one sendmmsg; elsewhere the same
 * code moves one packet per call. A refusal by ICMP belongs to an earlier packet, so it is
 * counted, taken out of the socket's error queue, and the call it disturbed is made again. */
#include "udp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/errqueue.h>
#else
struct mmsghdr {
  struct msghdr msg_hdr;
  unsigned msg_len;
};
#endif

enum {
  RING_COUNT = 64,
  /* Every datagram fits. Untouched pages cost nothing; the odd number of cache lines between
   * slots keeps the first lines of all slots from falling into the same few cache sets. */
  RECEIVE_LEN = 65536 + 7 * 64,
  SEND_LEN = 2048, /* longer ones are not gathered */
  TRY_COUNT = 8,   /* calls disturbed by ICMP errors, in a row */
  BUFFER_BYTES = 4 << 20
};

union control {
  size_t align;
  uint8_t bytes[128]; /* a packet info and a counter, or an error and who sent it */
};

struct ring {
  struct mmsghdr entry[RING_COUNT];
  struct iovec part[RING_COUNT];
  struct sockaddr_in peer[RING_COUNT];
  union control control[RING_COUNT];
  uint8_t *bytes;
};

struct udp_port {
  lab_port base;
  int fd;
  bool wildcard;
  struct ring *in;
  unsigned in_count, in_next; /* what was read, and what of it was handed out */
  bool is_last;               /* the socket was empty after this ring */
  uint32_t overrun;           /* the kernel's counter, when last told */
  struct ring *out;           /* NULL: sends at once */
  unsigned out_count;
};

static struct udp_port *self_of(lab_port *port) { return (struct udp_port *)port; }

static void set_address(struct sockaddr_in *address, lab_endpoint endpoint) {
  *address = (struct sockaddr_in){.sin_family = AF_INET,
                                  .sin_port = htons(endpoint.port),
                                  .sin_addr.s_addr = htonl(endpoint.ip)};
}

static lab_endpoint get_endpoint(const struct sockaddr_in *address) {
  return (lab_endpoint){ntohl(address->sin_addr.s_addr), ntohs(address->sin_port)};
}

/* Rings */

static struct ring *ring_new(size_t slot_len) {
  struct ring *ring = calloc(1, sizeof *ring);
  uint8_t *bytes = malloc(slot_len * RING_COUNT);
  if (!ring || !bytes) {
    free(ring);
    free(bytes);
    return NULL;
  }
  ring->bytes = bytes;
  for (size_t i = 0; i < RING_COUNT; i++) {
    ring->part[i] = (struct iovec){bytes + i * slot_len, slot_len};
    struct msghdr *header = &ring->entry[i].msg_hdr;
    header->msg_name = &ring->peer[i];
    header->msg_namelen = sizeof ring->peer[i];
    header->msg_iov = &ring->part[i];
    header->msg_iovlen = 1;
    header->msg_control = &ring->control[i];
    header->msg_controllen = sizeof ring->control[i];
  }
  return ring;
}

static void ring_free(struct ring *ring) {
  if (ring) {
    free(ring->bytes);
    free(ring);
  }
}

static int receive_some(int fd, struct mmsghdr *entry, unsigned count) {
#ifdef __linux__
  return recvmmsg(fd, entry, count, MSG_DONTWAIT, NULL);
#else
  (void)count;
  ssize_t len = recvmsg(fd, &entry->msg_hdr, MSG_DONTWAIT);
  entry->msg_len = len < 0 ? 0 : (unsigned)len;
  return len < 0 ? -1 : 1;
#endif
}

static int send_some(int fd, struct mmsghdr *entry, unsigned count) {
#ifdef __linux__
  return sendmmsg(fd, entry, count, MSG_DONTWAIT);
#else
  (void)count;
  return sendmsg(fd, &entry->msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
#endif
}

/* Errors */

/* Empties the error queue, so that poll does not report it for ever. Returns how many entries
 * there were. */
static unsigned drain_errors(struct udp_port *self) {
  unsigned count = 0;
#ifdef __linux__
  for (;;) {
    union control control;
    struct msghdr header = {.msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(self->fd, &header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
      return count;
    }
    count++;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
      struct sock_extended_err error;
      if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR &&
          c->cmsg_len >= CMSG_LEN(sizeof error)) {
        memcpy(&error, CMSG_DATA(c), sizeof error);
        self->base.stats.refused +=
            error.ee_origin == SO_EE_ORIGIN_ICMP && error.ee_errno == ECONNREFUSED;
      }
    }
  }
#else
  (void)self;
  return count;
#endif
}

/* Whether a failed call is worth making again: it was interrupted, or told of the fate of an
 * earlier packet. */
static bool is_worth_retrying(struct udp_port *self, int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) {
    return false;
  }
  return drain_errors(self) > 0 || error == EINTR || error == ECONNREFUSED;
}

static enum lab_status fail_send(struct udp_port *self, int error, unsigned count) {
  self->base.stats.send_errors += count;
  self->base.stats.last_errno = error;
  errno = error;
  return lab_status_from_errno(error);
}

/* Receiving */

static bool fill_ring(struct udp_port *self) {
  struct ring *ring = self->in;
  for (unsigned i = 0; i < self->in_count; i++) { /* the kernel wrote over these */
    struct msghdr *header = &ring->entry[i].msg_hdr;
    header->msg_namelen = sizeof ring->peer[i];
    header->msg_controllen = sizeof ring->control[i];
  }
  self->in_next = self->in_count = 0;
  for (unsigned i = 0; i < TRY_COUNT; i++) {
    int count = receive_some(self->fd, ring->entry, RING_COUNT);
    if (count > 0) {
      self->in_count = (unsigned)count;
#ifdef __linux__
      self->is_last = count < RING_COUNT;
#endif
      return true;
    }
    if (!is_worth_retrying(self, errno)) {
      break;
    }
  }
  drain_errors(self);
  return false;
}

/* The local address a datagram was sent to, where the kernel tells; and its count of those it
 * had no room for. */
static void read_control(struct udp_port *self, struct msghdr *header, lab_packet *out) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
#ifdef IP_PKTINFO
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof info);
      out->dst.ip = ntohl(info.ipi_addr.s_addr);
      out->local = ntohl(info.ipi_spec_dst.s_addr);
    }
#endif
#ifdef SO_RXQ_OVFL
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
      uint32_t overrun;
      memcpy(&overrun, CMSG_DATA(c), sizeof overrun);
      self->base.stats.overrun += overrun - self->overrun; /* modulo 2^32, like the counter */
      self->overrun = overrun;
    }
#endif
  }
}

static enum lab_status flush(lab_port *port);

static enum lab_status receive(lab_port *port, void *cookie, lab_packet *out) {
  struct udp_port *self = self_of(port);
  (void)cookie;
  if (self->in_next == self->in_count) {
    flush(port);
    bool was_last = self->is_last;
    self->is_last = false;
    if (was_last || !fill_ring(self)) {
      return LAB_ERR_AGAIN;
    }
  }
  struct mmsghdr *entry = &self->in->entry[self->in_next];
  *out = (lab_packet){.kind = LAB_PACKET_UDP,
                      .src = get_endpoint(&self->in->peer[self->in_next]),
                      .dst = port->local,
                      .local = port->local.ip,
                      .payload = {self->in->part[self->in_next].iov_base, entry->msg_len}};
  if (entry->msg_hdr.msg_controllen > 0) {
    read_control(self, &entry->msg_hdr, out);
  }
  self->in_next++;
  port->stats.received++;
  port->stats.received_bytes += entry->msg_len;
  return LAB_OK;
}

/* Sending */

/* Chooses the source address, which only a wildcard socket can. */
static void write_control(const struct udp_port *self, const lab_packet *packet,
                          struct msghdr *header, union control *control) {
  header->msg_control = NULL;
  header->msg_controllen = 0;
#ifdef IP_PKTINFO
  if (self->wildcard && packet->src.ip != LAB_IP4_ANY && packet->src.ip != LAB_IP4_BROADCAST) {
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(packet->src.ip)};
    memset(control, 0, sizeof *control);
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(sizeof info);
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(c), &info, sizeof info);
  }
#else
  (void)self;
  (void)packet;
  (void)control;
#endif
}

static void count_sent(struct udp_port *self, size_t len) {
  self->base.stats.sent++;
  self->base.stats.sent_bytes += len;
}

/* Sends what was gathered, in order. A packet the system refuses is counted and the next one
 * tried; a full buffer ends it. */
static enum lab_status flush(lab_port *port) {
  struct udp_port *self = self_of(port);
  enum lab_status status = LAB_OK;
  unsigned done = 0, tries = 0;
  while (done < self->out_count) {
    int count = send_some(self->fd, self->out->entry + done, self->out_count - done);
    for (int i = 0; i < count; i++) {
      count_sent(self, self->out->part[done++].iov_len);
    }
    if (count > 0) {
      tries = 0;
      continue;
    }
    int error = errno;
    if (is_worth_retrying(self, error) && ++tries < TRY_COUNT) {
      continue;
    }
    tries = 0;
    unsigned refused = error == EAGAIN || error == ENOBUFS ? self->out_count - done : 1;
    status = fail_send(self, error, refused);
    done += refused;
  }
  self->out_count = 0;
  return status;
}

static enum lab_status send_now(struct udp_port *self, const lab_packet *packet) {
  struct sockaddr_in peer;
  set_address(&peer, packet->dst);
  struct iovec part = {(void *)(uintptr_t)packet->payload.data, packet->payload.len};
  union control control;
  struct mmsghdr entry = {
      .msg_hdr = {
          .msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &part, .msg_iovlen = 1}};
  write_control(self, packet, &entry.msg_hdr, &control);
  for (unsigned tries = 0;;) {
    if (sendmsg(self->fd, &entry.msg_hdr, MSG_DONTWAIT) >= 0) {
      count_sent(self, part.iov_len);
      return LAB_OK;
    }
    int error = errno;
    if (!is_worth_retrying(self, error) || ++tries == TRY_COUNT) {
      return fail_send(self, error, 1);
    }
  }
}

static void gather(struct udp_port *self, const lab_packet *packet) {
  struct ring *ring = self->out;
  unsigned i = self->out_count++;
  set_address(&ring->peer[i], packet->dst);
  ring->part[i].iov_len = packet->payload.len;
  if (packet->payload.len > 0) {
    memcpy(ring->part[i].iov_base, packet->payload.data, packet->payload.len);
  }
  write_control(self, packet, &ring->entry[i].msg_hdr, &ring->control[i]);
}

static enum lab_status send_packet(lab_port *port, const lab_packet *packet) {
  struct udp_port *self = self_of(port);
  lab_packet shown = *packet;
  if (shown.src.ip == LAB_IP4_ANY || !self->wildcard) {
    shown.src.ip = port->local.ip;
  }
  shown.src.port = port->local.port;
  lab_world_sent(port->world, &shown);
  if (!self->out) {
    return send_now(self, packet);
  }
  enum lab_status status = LAB_OK;
  if (packet->payload.len > SEND_LEN) {
    flush(port); /* the order is kept */
    return send_now(self, packet);
  }
  gather(self, packet);
  if (self->out_count == RING_COUNT) {
    status = flush(port);
  }
  return status;
}

/* Opening and closing */

static int get_fd(const lab_port *port) { return ((const struct udp_port *)port)->fd; }

static void release(lab_port *port) {
  struct udp_port *self = self_of(port);
  if (self->fd >= 0) {
    flush(port);
    close(self->fd);
  }
  ring_free(self->in);
  ring_free(self->out);
  free(self);
}

static const struct lab_port_ops udp_ops = {"udp",  send_packet, receive, flush,
                                            get_fd, NULL,        release};

static bool set_flag(int fd, int level, int option) {
  int one = 1;
  return setsockopt(fd, level, option, &one, sizeof one) == 0;
}

/* As large as the system allows: past its limit with the right to, else up to it. */
static void set_buffers(int fd, size_t bytes) {
  int size = bytes == 0 ? BUFFER_BYTES : bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int)bytes;
#ifdef SO_RCVBUFFORCE
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0) {
    return;
  }
#endif
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

/* False with errno. */
static bool set_options(struct udp_port *self, const lab_udp_options *options) {
  int fd = self->fd;
  int flags = fcntl(fd, F_GETFL);
  bool fine = flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) >= 0 &&
              fcntl(fd, F_SETFD, FD_CLOEXEC) >= 0 && set_flag(fd, SOL_SOCKET, SO_BROADCAST);
  set_buffers(fd, options->buffer_bytes);
#ifdef __linux__
  fine = fine && set_flag(fd, IPPROTO_IP, IP_RECVERR) && set_flag(fd, SOL_SOCKET, SO_RXQ_OVFL);
#endif
#ifdef IP_PKTINFO
  fine = fine && (!self->wildcard || set_flag(fd, IPPROTO_IP, IP_PKTINFO));
#endif
  if (options->interface) {
#ifdef SO_BINDTODEVICE
    fine = fine && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options->interface,
                              (socklen_t)strlen(options->interface)) == 0;
#else
    errno = EOPNOTSUPP;
    fine = false;
#endif
  }
  return fine;
}

static enum lab_status open_socket(struct udp_port *self, const lab_udp_options *options) {
  struct sockaddr_in local;
  socklen_t local_len = sizeof local;
  set_address(&local, options->bind);
  self->fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (self->fd < 0 || !set_options(self, options) ||
      bind(self->fd, (const struct sockaddr *)&local, sizeof local) != 0 ||
      getsockname(self->fd, (struct sockaddr *)&local, &local_len) != 0) {
    return lab_status_from_errno(errno);
  }
  self->base.local = get_endpoint(&local);
  return LAB_OK;
}

enum lab_status lab_udp_open(lab_world *world, const lab_udp_options *options, lab_port **out) {
  if (lab_world_kind_of(world) == LAB_WORLD_VIRTUAL) {
    return LAB_ERR_WORLD;
  }
  struct udp_port *self = calloc(1, sizeof *self);
  if (!self) {
    return LAB_ERR_MEMORY;
  }
  self->base.ops = &udp_ops;
  self->fd = -1;
  self->wildcard = options->bind.ip == LAB_IP4_ANY;
  self->in = ring_new(RECEIVE_LEN);
  self->out = options->batch ? ring_new(SEND_LEN) : NULL;
  enum lab_status status = !self->in || (options->batch && !self->out) ? LAB_ERR_MEMORY : LAB_OK;
  if (status == LAB_OK) {
    status = open_socket(self, options);
  }
  if (status == LAB_OK) {
    status = lab_world_attach(world, &self->base);
  }
  if (status != LAB_OK) {
    int error = errno;
    release(&self->base);
    errno = error;
    return status;
  }
  *out = &self->base;
  return LAB_OK;
}
