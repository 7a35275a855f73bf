/* What a simulated segment is made of (layer L5): shared by simnet.c (who is there) and
 * simnet_traffic.c (what is under way).
 *
 * A host is a MAC with all its ports; addresses belong to ports, and through them to hosts.
 * Receivers are found by exact look-up or by walking lists in the order in which ports were
 * made: no run depends on the order of a hash. */
#ifndef LAB_SIMNET_PARTS_H
#define LAB_SIMNET_PARTS_H

#include "simnet.h"
#include "table.h"

enum { NAME_LEN_MAX = 64 };

#define KEY_NONE UINT64_C(0) /* a MAC left open */
#define KEY_BROADCAST UINT64_C(0xffffffffffff)

struct flight {
  struct flight *next; /* in the free list */
  lab_packet packet;
  uint32_t holds; /* arrivals to come, and one while it is being sent or read */
  size_t cap;
  uint8_t bytes[];
};

/* Ports in the order of making, with gaps where one has gone. */
enum list_kind { LIST_UDP, LIST_ARP, LIST_KINDS };
struct list {
  struct sim_port **port;
  size_t count, cap, live_count;
};

struct host {
  struct host *next; /* of the segment */
  lab_mac mac;
  struct sim_port *first, *last; /* in the order of making */
};

/* Who has an address, in the order of adding; never freed before the segment. */
struct owners {
  struct owners *next;
  struct sim_port **port;
  size_t count, cap;
};

struct sim_port {
  lab_port base;
  lab_simnet *net;
  struct host *host;
  lab_end *end; /* of its links; ports of one name share it */
  struct sim_port *next_of_host;
  struct sim_port *prev, *next; /* of the segment */
  bool hear_arp;
  size_t place[LIST_KINDS];
  lab_ip4 *address;
  size_t address_count, address_cap;
};

struct group {
  struct group *next;
  struct list members;
};

struct lab_simnet {
  lab_world *world;
  lab_impair *impair;
  lab_simnet_stats stats;
  struct sim_port *last; /* the newest port */
  struct host *hosts;
  struct owners *all_owners;
  struct group *groups;
  lab_table host_by_mac, owners_by_ip, group_by_port;
  struct list hearers;
  struct flight *free_flights;
  struct flight *read; /* what the last receive handed out */
};

static inline struct sim_port *self_of(lab_port *port) { return (struct sim_port *)port; }

static inline uint64_t key_of(lab_mac mac) {
  uint64_t key = 0;
  for (size_t i = 0; i < sizeof mac.octet; i++) {
    key = key << 8 | mac.octet[i];
  }
  return key;
}

/* simnet.c */
struct owners *lab_simnet_owners(const lab_simnet *net,
                                 lab_ip4 ip); /* NULL where nobody ever had it */
/* The port that speaks for its host where an address is concerned: the first of them that has
 * it. NULL: none. */
struct sim_port *lab_simnet_speaker(const lab_simnet *net, const struct host *host, lab_ip4 ip);

/* simnet_traffic.c */
enum lab_status lab_simnet_send(lab_port *port, const lab_packet *packet);
enum lab_status lab_simnet_receive(lab_port *port, void *cookie, lab_packet *out);
void lab_simnet_discard(lab_port *port, void *cookie);
void lab_simnet_drain(
    lab_simnet *net); /* frees what is kept for packets; none is under way any more */

#endif
