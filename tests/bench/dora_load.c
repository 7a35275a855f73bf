/* The load for servers: clients that take a lease over and over, as fast as plain sockets and one
 * core allow.
 *
 * The loop is closed: `window` clients are under way at any time, each waits for its answer, and
 * one that has its ACK makes room for the next.  A client that hears nothing for a second is given
 * up and counted as lost; an answer that nobody waits for any more is a stray.  With --macs, that
 * many clients come back again and again; otherwise each is new.  With --relay, everything goes
 * through a relay agent at that address.  Linux only (recvmmsg).
 *   dora_load [--server ADDRESS:PORT] [--seconds N] [--window N] [--macs N] [--relay ADDRESS:PORT]
 * Prints one line: handshakes/s=, p50_ms= p99_ms= max_ms= of a whole handshake, and how many were
 * done= lost= stray= nak= . */
#include <getopt.h>
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

enum { BATCH = 64, ROOM = 1500, WINDOW_MAX = 4096, BUFFER_BYTES = 4 << 20, PATIENCE_US = 20000 };
enum { XID = 4, YIADDR = 16, GIADDR = 24, CHADDR = 28 }; /* offsets in the header */
static const double give_up = 1.0, look_every = 0.1;     /* seconds */

struct settings {
  lab_endpoint server, relay;
  double seconds;
  uint32_t window, macs; /* macs 0: no end of them */
};

/* One place in the window.  The low 12 bits of its xid are its index, the rest is a counter, so
 * that an old answer never fits. */
struct client {
  uint32_t mac, xid;
  uint8_t sent_type; /* of the message that it wants an answer to */
  double started, sent_at;
};

struct batch {
  struct mmsghdr entry[BATCH];
  struct iovec part[BATCH];
  uint8_t packet[BATCH][ROOM];
  unsigned count;
};

struct load {
  struct settings set;
  int fd;
  struct sockaddr_in server;
  struct client client[WINDOW_MAX];
  struct batch in, out;
  uint32_t messages;
  uint32_t *took_us; /* of each handshake */
  size_t done, took_cap;
  unsigned long lost, stray, nak;
};

/* The parts of an answer that a client looks at. */
struct answer {
  uint32_t xid;
  unsigned type;
  lab_ip4 address, server;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sockaddr_in socket_address(lab_endpoint endpoint) {
  return (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_port = htons(endpoint.port),
                              .sin_addr.s_addr = htonl(endpoint.ip)};
}

/* ---- sending */

static void send_batch(struct load *load) {
  for (unsigned done = 0; done < load->out.count;) {
    int sent = sendmmsg(load->fd, load->out.entry + done, load->out.count - done, 0);
    done += sent > 0 ? (unsigned)sent : 1; /* one that the kernel refuses will count as lost */
  }
  load->out.count = 0;
}

static void write_header(const struct load *load, const struct client *client, uint8_t *packet) {
  memset(packet, 0, LAB_MESSAGE_PADDED);
  packet[0] = 1; /* BOOTREQUEST */
  packet[1] = 1; /* Ethernet */
  packet[2] = 6;
  packet[3] = load->set.relay.ip != 0; /* hops */
  lab_put_u32(packet + XID, client->xid);
  lab_put_u32(packet + GIADDR, load->set.relay.ip);
  packet[CHADDR] = 2; /* locally administered */
  lab_put_u32(packet + CHADDR + 2, client->mac);
  lab_put_u32(packet + LAB_MESSAGE_HEADER, LAB_COOKIE);
}

/* A DISCOVER, or with an OFFER the REQUEST that takes it. */
static void send_next(struct load *load, uint32_t index, const struct answer *offer) {
  static const uint8_t wanted[] = {55, 7, 1, 2, 3, 6, 12, 15, 28};
  struct client *client = &load->client[index];
  unsigned slot = load->out.count++;
  uint8_t *packet = load->out.packet[slot];
  client->xid = ++load->messages << 12 | index;
  client->sent_type = offer ? LAB_REQUEST : LAB_DISCOVER;
  client->sent_at = now();
  write_header(load, client, packet);
  uint8_t *option = packet + LAB_MESSAGE_OPTIONS;
  option[0] = 53;
  option[1] = 1;
  option[2] = client->sent_type;
  option += 3;
  if (offer) {
    option[0] = 50;
    option[1] = 4;
    lab_put_u32(option + 2, offer->address);
    option[6] = 54;
    option[7] = 4;
    lab_put_u32(option + 8, offer->server);
    option += 12;
  }
  memcpy(option, wanted, sizeof wanted);
  option[sizeof wanted] = 255;
  if (load->out.count == BATCH) send_batch(load);
}

static void start_client(struct load *load, uint32_t index) {
  send_next(load, index, NULL);
  load->client[index].started = load->client[index].sent_at;
}

/* The place in the window goes to the next client.  Each place has MACs of its own: no two clients
 * share one at a time. */
static void replace_client(struct load *load, uint32_t index) {
  struct client *client = &load->client[index];
  client->mac += load->set.window;
  if (load->set.macs != 0 && client->mac >= load->set.macs) client->mac = index;
  start_client(load, index);
}

/* ---- receiving */

static bool read_answer(const uint8_t *packet, size_t len, struct answer *out) {
  if (len < LAB_MESSAGE_OPTIONS || packet[0] != 2) return false;
  *out = (struct answer){.xid = lab_get_u32(packet + XID), .address = lab_get_u32(packet + YIADDR)};
  for (size_t at = LAB_MESSAGE_OPTIONS; at < len && packet[at] != 255;) {
    if (packet[at] == 0) {
      at++;
      continue;
    }
    if (len - at < 2 || len - at - 2 < packet[at + 1]) return false;
    if (packet[at] == 53 && packet[at + 1] == 1) out->type = packet[at + 2];
    if (packet[at] == 54 && packet[at + 1] == 4) out->server = lab_get_u32(packet + at + 2);
    at += 2u + packet[at + 1];
  }
  return true;
}

static void note_success(struct load *load, double took) {
  if (load->done == load->took_cap) {
    load->took_cap = load->took_cap ? 2 * load->took_cap : 1 << 16;
    load->took_us = realloc(load->took_us, load->took_cap * sizeof *load->took_us);
    if (!load->took_us) {
      fputs("dora_load: out of memory\n", stderr);
      exit(3);
    }
  }
  load->took_us[load->done++] = (uint32_t)(took * 1e6);
}

static void take_answer(struct load *load, const struct answer *answer, double at) {
  uint32_t index = answer->xid & (WINDOW_MAX - 1);
  struct client *client = &load->client[index];
  if (index >= load->set.window || client->xid != answer->xid) {
    load->stray++;
  } else if (answer->type == LAB_OFFER && client->sent_type == LAB_DISCOVER) {
    send_next(load, index, answer);
  } else if (answer->type == LAB_ACK && client->sent_type == LAB_REQUEST) {
    note_success(load, at - client->started);
    replace_client(load, index);
  } else {
    load->nak++;
    replace_client(load, index);
  }
}

static void receive_batch(struct load *load) {
  int count = recvmmsg(load->fd, load->in.entry, BATCH, MSG_WAITFORONE, NULL);
  double at = now();
  for (int i = 0; i < count; i++) {
    struct answer answer;
    if (read_answer(load->in.packet[i], load->in.entry[i].msg_len, &answer)) {
      take_answer(load, &answer, at);
    } else {
      load->stray++;
    }
  }
}

static void give_up_silent_ones(struct load *load) {
  double at = now();
  for (uint32_t i = 0; i < load->set.window; i++) {
    if (at - load->client[i].sent_at > give_up) {
      load->lost++;
      replace_client(load, i);
    }
  }
}

/* ---- the run */

static void prepare_batch(struct batch *batch, struct sockaddr_in *peer, size_t len) {
  for (size_t i = 0; i < BATCH; i++) {
    batch->part[i] = (struct iovec){batch->packet[i], len};
    batch->entry[i].msg_hdr = (struct msghdr){.msg_name = peer,
                                              .msg_namelen = peer ? sizeof *peer : 0,
                                              .msg_iov = &batch->part[i],
                                              .msg_iovlen = 1};
  }
}

static bool open_load(struct load *load) {
  struct sockaddr_in local =
      socket_address(load->set.relay); /* without a relay: any address, any port */
  struct timeval patience = {0, PATIENCE_US};
  int bytes = BUFFER_BYTES;
  load->fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (load->fd < 0) return false;
  setsockopt(load->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(load->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (bind(load->fd, (struct sockaddr *)&local, sizeof local) != 0) return false;
  load->server = socket_address(load->set.server);
  prepare_batch(&load->in, NULL, ROOM);
  prepare_batch(&load->out, &load->server, LAB_MESSAGE_PADDED);
  return true;
}

static int compare_times(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static double percentile_ms(const struct load *load, unsigned percent) {
  if (load->done == 0) return 0;
  return load->took_us[(load->done - 1) * percent / 100] / 1e3;
}

static void run(struct load *load) {
  double start = now(), end = start + load->set.seconds, look_at = start + look_every;
  for (uint32_t i = 0; i < load->set.window; i++) {
    load->client[i].mac = i;
    start_client(load, i);
  }
  send_batch(load);
  while (now() < end) {
    receive_batch(load);
    if (now() > look_at) {
      give_up_silent_ones(load);
      look_at = now() + look_every;
    }
    send_batch(load);
  }
  double took = now() - start;
  if (load->done > 0) qsort(load->took_us, load->done, sizeof *load->took_us, compare_times);
  printf(
      "window=%u handshakes/s=%.0f p50_ms=%.3f p99_ms=%.3f max_ms=%.3f done=%zu lost=%lu stray=%lu "
      "nak=%lu\n",
      load->set.window, (double)load->done / took, percentile_ms(load, 50), percentile_ms(load, 99),
      percentile_ms(load, 100), load->done, load->lost, load->stray, load->nak);
}

static bool read_flags(int argc, char **argv, struct settings *out) {
  static const struct option flags[] = {
      {"server", required_argument, NULL, 's'}, {"seconds", required_argument, NULL, 't'},
      {"window", required_argument, NULL, 'w'}, {"macs", required_argument, NULL, 'm'},
      {"relay", required_argument, NULL, 'r'},  {NULL, 0, NULL, 0}};
  bool fine = true;
  int flag;
  while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
    switch (flag) {
      case 's': fine &= lab_endpoint_parse(optarg, strlen(optarg), &out->server) == LAB_OK; break;
      case 'r': fine &= lab_endpoint_parse(optarg, strlen(optarg), &out->relay) == LAB_OK; break;
      case 't': out->seconds = strtod(optarg, NULL); break;
      case 'w': out->window = (uint32_t)strtoul(optarg, NULL, 10); break;
      case 'm': out->macs = (uint32_t)strtoul(optarg, NULL, 10); break;
      default: return false;
    }
  }
  return fine && optind == argc && out->seconds > 0 && out->window >= 1 &&
         out->window <= WINDOW_MAX && (out->macs == 0 || out->macs >= out->window);
}

int main(int argc, char **argv) {
  static struct load load = {
      .set = {.server = {LAB_IP4(127, 0, 0, 1), 6767}, .seconds = 2, .window = 256}};
  if (!read_flags(argc, argv, &load.set)) {
    fputs(
        "usage: dora_load [--server ADDRESS:PORT] [--seconds N] [--window 1..4096] [--macs N, not "
        "under the window]\n"
        "                 [--relay ADDRESS:PORT]\n",
        stderr);
    return 2;
  }
  if (!open_load(&load)) {
    perror("dora_load");
    return 3;
  }
  run(&load);
  close(load.fd);
  free(load.took_us);
  return load.done > 0 ? 0 : 1;
}
