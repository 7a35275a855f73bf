/* The few lines that the tests of world, udp and simnet all need.  Include after cmocka.h. */
#ifndef TESTS_TESTNET_H
#define TESTS_TESTNET_H

#include <string.h>

#include "simnet.h"
#include "udp.h"

static inline lab_view view_of(const char *text) {
  return (lab_view){(const uint8_t *)text, strlen(text)};
}

static inline lab_world *make_world(enum lab_world_kind kind, uint64_t seed) {
  lab_world *world = NULL;
  assert_int_equal(lab_world_new(kind, seed, &world), LAB_OK);
  return world;
}

static inline uint32_t make_timer(lab_world *world, lab_time at) {
  uint32_t id;
  assert_int_equal(lab_timer_new(world, &id), LAB_OK);
  assert_int_equal(lab_timer_set(world, id, at), LAB_OK);
  return id;
}

static inline void assert_payload(const lab_event *event, const char *text) {
  assert_int_equal(event->packet.payload.len, strlen(text));
  assert_memory_equal(event->packet.payload.data, text, strlen(text));
}

static inline lab_port *open_loopback(lab_world *world, bool batch) {
  lab_port *port = NULL;
  lab_udp_options options = {.bind = {LAB_IP4(127, 0, 0, 1), 0}, .batch = batch};
  assert_int_equal(lab_udp_open(world, &options, &port), LAB_OK);
  return port;
}

static inline enum lab_status send_text(lab_port *port, lab_endpoint to, const char *text) {
  lab_packet packet = {.dst = to, .payload = view_of(text)};
  return lab_port_send(port, &packet);
}

static inline lab_simnet *make_net(lab_world *world, lab_fault_settings options) {
  lab_simnet *net = NULL;
  assert_int_equal(lab_simnet_new(world, "lan", &options, &net), LAB_OK);
  return net;
}

/* A host 02:00:00:00:00:`number`; an address of 0 is none. */
static inline lab_port *make_host_port(lab_simnet *net, uint8_t number, uint16_t udp_port,
                                       lab_ip4 address, bool hear_arp) {
  lab_port *port = NULL;
  lab_simnet_port_options options = {
      .mac = {{2, 0, 0, 0, 0, number}}, .udp_port = udp_port, .hear_arp = hear_arp};
  assert_int_equal(lab_simnet_port(net, &options, &port), LAB_OK);
  if (address != 0) {
    assert_int_equal(lab_simnet_address_add(port, address), LAB_OK);
  }
  return port;
}

/* Hosts of a simulated segment. */
enum { A = 1, B = 2, C = 3, D = 4 };

static inline lab_ip4 ip_of(unsigned number) { return LAB_IP4(10, 0, 0, number); }
static inline lab_mac mac_of(uint8_t number) { return (lab_mac){{2, 0, 0, 0, 0, number}}; }
static inline lab_endpoint at(unsigned number, uint16_t port) {
  return (lab_endpoint){ip_of(number), port};
}

static inline lab_event next_event(lab_world *world) {
  lab_event event;
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
  return event;
}

static inline lab_event expect_arrival(lab_world *world, const lab_port *port) {
  lab_event event = next_event(world);
  assert_int_equal(event.kind, LAB_EVENT_PACKET);
  assert_ptr_equal(event.port, port);
  return event;
}

static inline void expect_drop(lab_world *world, const lab_port *port, const char *cause) {
  lab_event event = next_event(world);
  assert_int_equal(event.kind, LAB_EVENT_DROP);
  assert_ptr_equal(event.port, port);
  assert_string_equal(event.cause, cause);
}

static inline void expect_quiet(lab_world *world) {
  lab_event event;
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 0);
}

static inline void assert_mac(lab_mac mac, lab_mac expected) {
  assert_memory_equal(mac.octet, expected.octet, 6);
}

/* A world with a net that lasts for one test. */
struct lab {
  lab_world *world;
  lab_simnet *net;
};

static inline struct lab begin(uint64_t seed, lab_fault_settings options) {
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, seed);
  lab_world_watch(world, true);
  return (struct lab){world, make_net(world, options)};
}

static inline void end(struct lab lab) {
  lab_simnet_free(lab.net);
  lab_world_free(lab.world);
}

#endif
