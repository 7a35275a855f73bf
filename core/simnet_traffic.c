/* Packets under way on a simulated segment (layer L5): who gets them, when, and what is lost.
 *
 * A packet is kept once, however many receivers it has, and counts its arrivals still to come; a
 * receiver whose link alters the packet gets a flight of its own. */
#include <stdlib.h>
#include <string.h>

#include "simnet_parts.h"

enum {
  BLOCK_LEN = 640,            /* payloads up to this come from the free list */
  FLIGHT_COUNT_MAX = 1000000, /* arrivals to come, a segment */
  PAYLOAD_LEN_MAX = 65507     /* what IPv4 and UDP leave */
};

/* Packets in flight */

static struct flight *flight_new(lab_simnet *net, const lab_packet *packet) {
  size_t len = packet->payload.len;
  struct flight *flight = len <= BLOCK_LEN ? net->free_flights : NULL;
  if (flight) {
    net->free_flights = flight->next;
  } else {
    size_t cap = len <= BLOCK_LEN ? BLOCK_LEN : len;
    flight = cap <= SIZE_MAX - sizeof *flight ? malloc(sizeof *flight + cap) : NULL;
    if (!flight) {
      return NULL;
    }
    flight->cap = cap;
  }
  flight->packet = *packet;
  flight->packet.payload.data = flight->bytes;
  if (len > 0) {
    memcpy(flight->bytes, packet->payload.data, len);
  }
  flight->holds = 1;
  return flight;
}

static void let_go(lab_simnet *net, struct flight *flight) {
  if (!flight || --flight->holds > 0) {
    return;
  }
  if (flight->cap > BLOCK_LEN) {
    free(flight);
  } else {
    flight->next = net->free_flights;
    net->free_flights = flight;
  }
}

/* Sending */

/* One packet under way from one host. */
struct sending {
  lab_simnet *net;
  struct sim_port *from;
  struct flight *flight;
  lab_shot shot;
  enum lab_status status;
};

static void report_drop(struct sending *s, const struct sim_port *to, const char *cause) {
  lab_packet packet = s->flight->packet;
  if (to) {
    packet.dst_mac = to->base.mac;
  }
  lab_world_dropped(s->net->world, &s->from->base, &packet, cause);
}

static void queue_arrival(struct sending *s, struct sim_port *to, struct flight *flight,
                          lab_time delay) {
  lab_simnet *net = s->net;
  if (net->stats.in_flight >= FLIGHT_COUNT_MAX) {
    net->stats.lost++;
    report_drop(s, to, "full");
    return;
  }
  lab_time now = lab_world_now(net->world);
  lab_time at = delay < LAB_NEVER - now ? now + delay : LAB_NEVER - 1;
  enum lab_status status = lab_world_ready(net->world, &to->base, at, flight);
  if (status != LAB_OK) {
    s->status = status;
    return;
  }
  flight->holds++;
  net->stats.in_flight++;
}

/* The packet as it arrives: the common flight held once more, or one of its own. */
static struct flight *alter(struct sending *s, const lab_verdict *verdict) {
  struct flight *flight = s->flight;
  if (!lab_verdict_alters(verdict, flight->packet.payload.len)) {
    flight->holds++;
    return flight;
  }
  struct flight *altered = flight_new(s->net, &flight->packet);
  if (altered) {
    altered->packet.payload.len =
        lab_verdict_alter(verdict, flight->packet.payload, altered->bytes);
  }
  return altered;
}

static void deliver(struct sending *s, struct sim_port *to) {
  lab_simnet *net = s->net;
  lab_time delay = lab_impair_settings(net->impair)->latency + s->shot.wait;
  if (!s->shot.is_judged) {
    s->status = lab_impair_count(net->impair, &s->shot, to->end);
    queue_arrival(s, to, s->flight, delay);
    return;
  }
  lab_verdict verdict;
  enum lab_status status = lab_impair_judge(net->impair, &s->shot, to->end, &verdict);
  if (status != LAB_OK) {
    s->status = status;
    return;
  }
  const char *cause = lab_verdict_cause(&verdict);
  if (cause) {
    net->stats.lost++;
    report_drop(s, to, cause);
    return;
  }
  struct flight *flight = alter(s, &verdict);
  if (!flight) {
    s->status = LAB_ERR_MEMORY;
    return;
  }
  queue_arrival(s, to, flight, delay + lab_verdict_delay(&verdict));
  if (lab_verdict_has(&verdict, LAB_FAULT_DUPLICATE)) {
    net->stats.duplicated++;
    queue_arrival(s, to, flight, delay + lab_verdict_copy_delay(&verdict));
  }
  let_go(net, flight);
}

/* The host that a packet for one host goes to. What is addressed to the sender itself stays
 * there. */
static struct host *find_host(const lab_simnet *net, const struct host *from,
                              const lab_packet *packet) {
  if (key_of(packet->dst_mac) != KEY_NONE) {
    return lab_table_get(&net->host_by_mac, key_of(packet->dst_mac));
  }
  const struct owners *owners = lab_simnet_owners(net, packet->dst.ip);
  if (!owners || owners->count == 0) {
    return NULL;
  }
  struct sim_port *own = lab_simnet_speaker(net, from, packet->dst.ip);
  return own ? own->host : owners->port[0]->host;
}

static void send_to_host(struct sending *s) {
  lab_packet *packet = &s->flight->packet;
  struct host *host = find_host(s->net, s->from->host, packet);
  bool found = false;
  if (host) {
    packet->dst_mac = host->mac;
    for (struct sim_port *port = host->first; port; port = port->next_of_host) {
      if (port->base.local.port == packet->dst.port) {
        found = true;
        deliver(s, port);
      }
    }
  }
  if (!found) {
    s->net->stats.no_host++;
    report_drop(s, NULL, "no host");
  }
}

static void send_to_all(struct sending *s) {
  const lab_packet *packet = &s->flight->packet;
  const struct group *group = lab_table_get(&s->net->group_by_port, packet->dst.port);
  for (size_t i = 0; group && i < group->members.count; i++) {
    struct sim_port *port = group->members.port[i];
    if (port && port != s->from) {
      deliver(s, port);
    }
  }
}

/* ARP goes to the ports that want to hear it, and to those that have to answer. */
static void send_arp(struct sending *s) {
  const lab_packet *packet = &s->flight->packet;
  lab_simnet *net = s->net;
  uint64_t key = key_of(packet->dst_mac);
  for (size_t i = 0; i < net->hearers.count; i++) {
    struct sim_port *port = net->hearers.port[i];
    if (port && port != s->from && (key == KEY_BROADCAST || key == key_of(port->base.mac))) {
      deliver(s, port);
    }
  }
  const struct owners *owners = lab_simnet_owners(net, packet->dst.ip);
  for (size_t i = 0; owners && i < owners->count; i++) {
    struct sim_port *port = owners->port[i];
    if (!port->hear_arp && port->host != s->from->host &&
        (key == KEY_BROADCAST || key == key_of(port->base.mac))) {
      deliver(s, port);
    }
  }
}

/* Fills in what the sender left open.  False for ARP that is none. */
static bool complete(const struct sim_port *self, lab_packet *packet) {
  if (key_of(packet->src_mac) == KEY_NONE) {
    packet->src_mac = self->base.mac;
  }
  if (key_of(packet->dst_mac) == KEY_NONE &&
      (packet->kind == LAB_PACKET_ARP || packet->dst.ip == LAB_IP4_BROADCAST)) {
    packet->dst_mac = LAB_MAC_BROADCAST;
  }
  if (packet->kind == LAB_PACKET_ARP) {
    uint16_t op;
    lab_mac sender, target;
    packet->src.port = packet->dst.port = 0;
    return lab_arp_parse(packet->payload, &op, &sender, &packet->src.ip, &target, &packet->dst.ip);
  }
  if (packet->src.ip == LAB_IP4_ANY && self->address_count > 0) {
    packet->src.ip = self->address[0];
  }
  if (packet->src.port == 0) {
    packet->src.port = self->base.local.port;
  }
  return true;
}

enum lab_status lab_simnet_send(lab_port *port, const lab_packet *given) {
  struct sim_port *self = self_of(port);
  lab_simnet *net = self->net;
  lab_packet packet = *given;
  if (!complete(self, &packet)) {
    return LAB_ERR_FORMAT;
  }
  if (packet.payload.len > PAYLOAD_LEN_MAX) {
    return LAB_ERR_TOO_BIG;
  }
  struct sending s = {.net = net, .from = self, .flight = flight_new(net, &packet)};
  if (!s.flight) {
    return LAB_ERR_MEMORY;
  }
  lab_impair_shoot(net->impair, self->end, packet.kind == LAB_PACKET_ARP, packet.payload.len,
                   lab_world_now(net->world), &s.shot);
  net->stats.sent++;
  port->stats.sent++;
  port->stats.sent_bytes += packet.payload.len;
  if (s.shot.cause) {
    net->stats.lost++;
    report_drop(&s, NULL, s.shot.cause);
  } else if (packet.kind == LAB_PACKET_ARP) {
    send_arp(&s);
  } else if (key_of(packet.dst_mac) == KEY_BROADCAST) {
    send_to_all(&s);
  } else {
    send_to_host(&s);
  }
  lab_world_sent(net->world, &s.flight->packet);
  let_go(net, s.flight);
  return s.status;
}

/* Receiving */

/* A request for an address of this port's host is answered by the first port that has it, if it
 * still has. */
static void answer_arp(struct sim_port *self, const lab_packet *packet) {
  uint16_t op;
  lab_mac sender_mac, target_mac;
  lab_ip4 sender, target;
  if (!lab_arp_parse(packet->payload, &op, &sender_mac, &sender, &target_mac, &target) || op != 1 ||
      key_of(packet->src_mac) == key_of(self->base.mac) ||
      lab_simnet_speaker(self->net, self->host, target) != self) {
    return;
  }
  uint8_t reply[LAB_ARP_LEN];
  lab_arp_build(reply, 2, self->base.mac, target, sender_mac, sender);
  lab_packet answer = {
      .kind = LAB_PACKET_ARP, .dst_mac = packet->src_mac, .payload = {reply, sizeof reply}};
  if (lab_simnet_send(&self->base, &answer) != LAB_OK) {
    self->base.stats.send_errors++;
  }
}

enum lab_status lab_simnet_receive(lab_port *port, void *cookie, lab_packet *out) {
  struct sim_port *self = self_of(port);
  lab_simnet *net = self->net;
  struct flight *flight = cookie;
  let_go(net, net->read);
  net->read = flight;
  net->stats.in_flight--;
  net->stats.delivered++;
  *out = flight->packet;
  if (flight->packet.kind == LAB_PACKET_ARP) {
    answer_arp(self, &flight->packet);
    if (!self->hear_arp) {
      return LAB_ERR_AGAIN;
    }
  }
  port->stats.received++;
  port->stats.received_bytes += flight->packet.payload.len;
  return LAB_OK;
}

void lab_simnet_discard(lab_port *port, void *cookie) {
  lab_simnet *net = self_of(port)->net;
  net->stats.in_flight--;
  net->stats.gone++;
  let_go(net, cookie);
}

void lab_simnet_drain(lab_simnet *net) {
  let_go(net, net->read);
  net->read = NULL;
  while (net->free_flights) {
    struct flight *flight = net->free_flights;
    net->free_flights = flight->next;
    free(flight);
  }
}
