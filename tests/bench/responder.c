/* The yardstick for servers: the least that anything which answers DHCP over UDP has to do.
 *
 * Every DISCOVER becomes an OFFER and every REQUEST an ACK, inside the buffer that it came in.
 * There is no lease table and there are no checks: an address is made from the client's MAC.  What
 * is left is the cost of the kernel; a real server's handshakes per second are told as a share of
 * this one's (server_bench.sh).  Linux only (recvmmsg).
 *   responder ADDRESS:PORT SECONDS */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "addr.h"
#include "bytes.h"
#include "message.h"

enum { BATCH = 64, ROOM = 1500, BUFFER_BYTES = 4 << 20, PATIENCE_US = 100000 };
enum { YIADDR = 16, GIADDR = 24, CHADDR = 28 }; /* offsets in the header */

static struct mmsghdr entries[BATCH];
static struct iovec parts[BATCH];
static struct sockaddr_in peers[BATCH];
static uint8_t packets[BATCH][ROOM];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_socket(lab_endpoint local) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(local.port), .sin_addr.s_addr = htonl(local.ip)};
  struct timeval patience = {0, PATIENCE_US};
  int bytes = BUFFER_BYTES;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

/* What option 53 says, 0 when it is not there. */
static unsigned find_type(const uint8_t *packet, size_t len) {
  size_t at = LAB_MESSAGE_OPTIONS;
  while (at < len && packet[at] != 255) {
    if (packet[at] == 0) {
      at++;
      continue;
    }
    if (len - at < 3) return 0;
    if (packet[at] == 53) return packet[at + 2];
    at += 2u + packet[at + 1];
  }
  return 0;
}

static size_t put_option(uint8_t *packet, size_t at, uint8_t code, uint32_t value) {
  packet[at] = code;
  packet[at + 1] = 4;
  lab_put_u32(packet + at + 2, value);
  return at + 6;
}

/* Writes the options that the usual client asks for, and returns where the padded message ends. */
static size_t write_options(uint8_t *packet, uint8_t type, lab_ip4 server) {
  static const struct {
    uint8_t code;
    uint32_t value;
  } terms[] = {{51, 3600},
               {58, 1800},
               {59, 3150},
               {1, LAB_IP4(255, 0, 0, 0)},
               {3, LAB_IP4(10, 0, 0, 1)},
               {6, LAB_IP4(10, 0, 0, 1)}};
  size_t at = LAB_MESSAGE_OPTIONS;
  packet[at++] = 53;
  packet[at++] = 1;
  packet[at++] = type;
  at = put_option(packet, at, 54, server);
  for (size_t i = 0; i < LAB_COUNTOF(terms); i++) {
    at = put_option(packet, at, terms[i].code, terms[i].value);
  }
  packet[at++] = 255;
  memset(packet + at, 0, LAB_MESSAGE_PADDED - at);
  return LAB_MESSAGE_PADDED;
}

/* Makes the reply out of request `i`, in its place.  False when there is nothing to answer. */
static bool answer(size_t i, lab_endpoint local) {
  uint8_t *packet = packets[i];
  size_t len = entries[i].msg_len;
  if (len < LAB_MESSAGE_OPTIONS || packet[0] != 1) return false;
  unsigned type = find_type(packet, len);
  if (type != LAB_DISCOVER && type != LAB_REQUEST) return false;
  packet[0] = 2;
  lab_put_u32(packet + YIADDR,
              LAB_IP4(10, packet[CHADDR + 3] | 1, packet[CHADDR + 4], packet[CHADDR + 5]));
  parts[i].iov_len = write_options(packet, type == LAB_DISCOVER ? LAB_OFFER : LAB_ACK, local.ip);
  lab_ip4 relay = lab_get_u32(packet + GIADDR);
  if (relay != 0) {
    peers[i].sin_addr.s_addr = htonl(relay);
    peers[i].sin_port = htons(local.port);
  }
  return true;
}

static unsigned receive_batch(int fd) {
  for (size_t i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){packets[i], ROOM};
    entries[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                         .msg_namelen = sizeof peers[i],
                                         .msg_iov = &parts[i],
                                         .msg_iovlen = 1};
  }
  int count = recvmmsg(fd, entries, BATCH, MSG_WAITFORONE, NULL);
  return count > 0 ? (unsigned)count : 0;
}

static void send_batch(int fd, unsigned count) {
  for (unsigned done = 0; done < count;) {
    int sent = sendmmsg(fd, entries + done, count - done, 0);
    done += sent > 0 ? (unsigned)sent : 1; /* one that the kernel refuses is lost */
  }
}

static void serve(int fd, lab_endpoint local, double seconds) {
  double end = now() + seconds;
  while (now() < end) {
    unsigned count = receive_batch(fd), replies = 0;
    for (unsigned i = 0; i < count; i++) {
      if (answer(i, local))
        entries[replies++] = entries[i]; /* its pointers still lead to buffer i */
    }
    send_batch(fd, replies);
  }
}

int main(int argc, char **argv) {
  lab_endpoint local;
  if (argc != 3 || lab_endpoint_parse(argv[1], strlen(argv[1]), &local) != LAB_OK) {
    fputs("usage: responder ADDRESS:PORT SECONDS\n", stderr);
    return 2;
  }
  int fd = open_socket(local);
  if (fd < 0) {
    perror(argv[1]);
    return 3;
  }
  fprintf(stderr, "listening on %s\n", argv[1]);
  serve(fd, local, strtod(argv[2], NULL));
  close(fd);
  return 0;
}
