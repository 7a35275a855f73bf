/* The simulated segment, core/simnet.c: who receives what, who answers ARP, who comes and goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scarce.h"
#include "testnet.h"

#include "simnet.c"
#include "simnet_traffic.c"

static const lab_fault_settings quick = {.latency = LAB_MILLISECOND};
static const lab_mac nobody = {{0}};

/* Who receives */

static void broadcast_reaches_every_other_port_of_that_number_in_the_order_of_making(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *client = make_host_port(lab.net, A, 68, 0, false);
  lab_port *one = make_host_port(lab.net, D, 67, 0, false),
           *two = make_host_port(lab.net, B, 67, 0, false);
  make_host_port(lab.net, C, 68, 0, false);
  assert_int_equal(send_text(client, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "discover"), LAB_OK);
  lab_event event = expect_arrival(lab.world, one);
  assert_true(event.at == LAB_MILLISECOND);
  assert_payload(&event, "discover");
  assert_int_equal(event.packet.src.ip, 0);
  assert_int_equal(event.packet.src.port, 68);
  assert_mac(event.packet.src_mac, mac_of(A));
  assert_true(lab_mac_is_broadcast(event.packet.dst_mac));
  expect_arrival(lab.world, two);
  expect_quiet(lab.world);

  lab_packet packet = {.dst = at(9, 67), .dst_mac = LAB_MAC_BROADCAST, .payload = view_of("x")};
  assert_int_equal(lab_port_send(one, &packet), LAB_OK); /* the MAC alone makes it one */
  expect_arrival(lab.world, two);
  expect_quiet(lab.world); /* not to the sender */
  end(lab);
}

static void unicast_reaches_the_owner_of_the_address(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, ip_of(A), false),
           *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  make_host_port(lab.net, C, 67, ip_of(C), false);
  assert_int_equal(lab_simnet_address_add(a, ip_of(99)), LAB_OK);
  assert_int_equal(send_text(a, at(B, 67), "renew"), LAB_OK);
  lab_event event = expect_arrival(lab.world, b);
  assert_memory_equal(&event.packet.src, &((lab_endpoint){ip_of(A), 68}), sizeof(lab_ip4));
  assert_mac(event.packet.dst_mac, mac_of(B));
  assert_int_equal(send_text(b, at(99, 68), "ack"), LAB_OK); /* any of its addresses */
  expect_arrival(lab.world, a);
  lab_simnet_address_remove(a, ip_of(A));
  lab_simnet_address_remove(a, ip_of(50)); /* nothing happens */
  assert_int_equal(send_text(a, at(B, 67), "x"), LAB_OK);
  assert_int_equal(expect_arrival(lab.world, b).packet.src.ip, ip_of(99));
  lab_packet forged = {.src = {ip_of(77), 7}, .src_mac = mac_of(78), .dst = at(B, 67)};
  assert_int_equal(lab_port_send(a, &forged), LAB_OK); /* what is given stays */
  event = expect_arrival(lab.world, b);
  assert_int_equal(event.packet.src.ip, ip_of(77));
  assert_int_equal(event.packet.src.port, 7);
  assert_mac(event.packet.src_mac, mac_of(78));
  expect_quiet(lab.world);
  end(lab);
}

static void a_mac_given_reaches_that_mac_whatever_the_address(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *server = make_host_port(lab.net, A, 67, ip_of(A), false),
           *client = make_host_port(lab.net, B, 68, 0, false);
  make_host_port(lab.net, C, 68, ip_of(50), false);
  const lab_ip4 addresses[] = {ip_of(50), ip_of(51), LAB_IP4_BROADCAST};
  for (size_t i = 0; i < LAB_COUNTOF(addresses); i++) {
    lab_packet packet = {
        .dst = {addresses[i], 68}, .dst_mac = mac_of(B), .payload = view_of("offer")};
    assert_int_equal(lab_port_send(server, &packet), LAB_OK);
    assert_int_equal(expect_arrival(lab.world, client).packet.dst.ip, addresses[i]);
    expect_quiet(lab.world);
  }
  end(lab);
}

static void what_nobody_receives_is_dropped_with_no_host(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, ip_of(A), false),
           *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  assert_int_equal(send_text(a, at(9, 67), "x"), LAB_OK); /* no such address */
  expect_drop(lab.world, a, "no host");
  assert_int_equal(send_text(a, at(B, 1067), "x"), LAB_OK); /* nobody listens there */
  expect_drop(lab.world, a, "no host");
  lab_packet packet = {.dst = at(B, 67), .dst_mac = mac_of(9)};
  assert_int_equal(lab_port_send(a, &packet), LAB_OK); /* no such MAC */
  expect_drop(lab.world, a, "no host");
  lab_simnet_address_remove(b, ip_of(B));
  assert_int_equal(send_text(a, at(B, 67), "x"), LAB_OK); /* not its address any more */
  expect_drop(lab.world, a, "no host");
  lab_port_free(b);
  packet.dst_mac = mac_of(B);
  assert_int_equal(lab_port_send(a, &packet), LAB_OK); /* gone */
  expect_drop(lab.world, a, "no host");
  assert_int_equal(lab_simnet_stats_of(lab.net).no_host, 5);
  assert_int_equal(send_text(a, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
  expect_quiet(lab.world); /* a broadcast that nobody hears is no drop */
  end(lab);
}

static void what_is_sent_to_oneself_stays_with_oneself(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  make_host_port(lab.net, B, 67, ip_of(A), false); /* a squatter, who came first */
  lab_port *a = make_host_port(lab.net, A, 67, ip_of(A), false);
  assert_int_equal(send_text(a, at(A, 67), "to me"), LAB_OK);
  expect_arrival(lab.world, a);
  expect_quiet(lab.world);
  end(lab);
}

static void a_host_may_have_several_ports(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *host67 = make_host_port(lab.net, A, 67, ip_of(A), false);
  lab_port *host68 = make_host_port(lab.net, A, 68, 0, false),
           *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  assert_int_equal(send_text(b, at(A, 68), "x"), LAB_OK); /* the address is the host's */
  expect_arrival(lab.world, host68);
  assert_int_equal(send_text(b, at(A, 67), "x"), LAB_OK);
  expect_arrival(lab.world, host67);
  assert_int_equal(send_text(host68, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
  expect_arrival(lab.world, host67);
  expect_arrival(lab.world, b);
  lab_port_free(host67);
  lab_port *again = make_host_port(lab.net, A, 67, ip_of(A), false);
  lab_port_free(host68);
  assert_int_equal(send_text(b, at(A, 67), "x"), LAB_OK);
  expect_arrival(lab.world, again);
  lab_port_free(again); /* the last of the host; the host comes back all the same */
  again = make_host_port(lab.net, A, 67, ip_of(A), false);
  assert_int_equal(send_text(b, at(A, 67), "x"), LAB_OK);
  expect_arrival(lab.world, again);
  end(lab);
}

static void adding_an_address_twice_is_adding_it_once(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 67, ip_of(A), false),
           *b = make_host_port(lab.net, B, 67, 0, false);
  assert_int_equal(lab_simnet_address_add(a, ip_of(A)), LAB_OK);
  lab_simnet_address_remove(a, ip_of(A));
  assert_int_equal(send_text(b, at(A, 67), "x"), LAB_OK);
  expect_drop(lab.world, b, "no host");
  end(lab);
}

/* ARP */

static enum lab_status send_arp_request(lab_port *port, lab_ip4 sender, lab_ip4 target) {
  uint8_t bytes[LAB_ARP_LEN];
  lab_arp_build(bytes, 1, port->mac, sender, nobody, target);
  lab_packet packet = {.kind = LAB_PACKET_ARP, .payload = {bytes, sizeof bytes}};
  return lab_port_send(port, &packet);
}

static void expect_arp_reply(lab_world *world, const lab_port *port, lab_ip4 address, lab_mac mac) {
  lab_event event = expect_arrival(world, port);
  uint16_t op;
  lab_mac sender_mac, target_mac;
  lab_ip4 sender, target;
  assert_int_equal(event.packet.kind, LAB_PACKET_ARP);
  assert_true(lab_arp_parse(event.packet.payload, &op, &sender_mac, &sender, &target_mac, &target));
  assert_int_equal(op, 2);
  assert_int_equal(sender, address);
  assert_mac(sender_mac, mac);
  assert_mac(target_mac, port->mac);
  assert_mac(event.packet.dst_mac, port->mac);
  assert_int_equal(event.packet.src.ip, address);
}

static void the_owner_answers_arp_after_its_own_latency(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, ip_of(A), true),
           *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  lab_port *hearer = make_host_port(lab.net, C, 67, ip_of(C), true);
  make_host_port(lab.net, D, 67, ip_of(D), false); /* hears nothing, answers nothing */
  assert_int_equal(send_arp_request(a, ip_of(A), ip_of(B)), LAB_OK);
  lab_event event = expect_arrival(lab.world, hearer); /* the request itself */
  assert_int_equal(event.packet.kind, LAB_PACKET_ARP);
  assert_int_equal(event.packet.src.ip, ip_of(A));
  assert_int_equal(event.packet.dst.ip, ip_of(B));
  assert_true(lab_mac_is_broadcast(event.packet.dst_mac));
  expect_arp_reply(lab.world, a, ip_of(B), mac_of(B));
  assert_true(lab_world_now(lab.world) == 2 * LAB_MILLISECOND);
  expect_quiet(lab.world);
  assert_int_equal(b->stats.sent, 1);
  assert_int_equal(b->stats.received, 0);
  assert_int_equal(lab_simnet_stats_of(lab.net).in_flight, 0);
  end(lab);
}

static void probes_find_every_squatter_once(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *prober =
      make_host_port(lab.net, A, 68, ip_of(50), true); /* already believes it is its own */
  make_host_port(lab.net, B, 67, ip_of(50), false);
  make_host_port(lab.net, B, 68, ip_of(50), false); /* the same host: one answer */
  lab_port *c = make_host_port(lab.net, C, 67, ip_of(50), true);
  assert_int_equal(send_arp_request(prober, 0, ip_of(50)), LAB_OK);
  assert_int_equal(expect_arrival(lab.world, c).packet.src.ip, 0);
  expect_arp_reply(lab.world, prober, ip_of(50), mac_of(C));
  expect_arp_reply(lab.world, prober, ip_of(50), mac_of(B));
  expect_quiet(lab.world);
  assert_int_equal(send_arp_request(prober, 0, ip_of(51)), LAB_OK);
  expect_arrival(lab.world, c);
  expect_quiet(lab.world); /* nobody has that one */
  end(lab);
}

static void an_address_given_up_on_the_way_is_not_defended(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, 0, true),
           *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  assert_int_equal(send_arp_request(a, 0, ip_of(B)), LAB_OK);
  lab_simnet_address_remove(b, ip_of(B));
  expect_quiet(lab.world);
  end(lab);
}

static void a_port_may_begin_to_hear_arp(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, ip_of(A), true),
           *b = make_host_port(lab.net, B, 67, 0, false);
  assert_int_equal(send_arp_request(a, ip_of(A), ip_of(A)), LAB_OK);
  expect_quiet(lab.world);
  for (int i = 0; i < 2; i++) { /* once more is nothing */
    assert_int_equal(lab_simnet_hear_arp(b), LAB_OK);
  }
  assert_int_equal(send_arp_request(a, ip_of(A), ip_of(A)), LAB_OK);
  expect_arrival(lab.world, b);
  expect_quiet(lab.world);
  end(lab);
}

static void announcements_and_replies_are_heard(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, ip_of(A), true),
           *b = make_host_port(lab.net, B, 67, 0, true);
  lab_port *c = make_host_port(lab.net, C, 67, 0, true);
  assert_int_equal(send_arp_request(a, ip_of(A), ip_of(A)), LAB_OK); /* gratuitous */
  expect_arrival(lab.world, b);
  expect_arrival(lab.world, c);
  uint8_t bytes[LAB_ARP_LEN];
  lab_arp_build(bytes, 2, a->mac, ip_of(A), c->mac, ip_of(C));
  lab_packet packet = {.kind = LAB_PACKET_ARP, .dst_mac = c->mac, .payload = {bytes, sizeof bytes}};
  assert_int_equal(lab_port_send(a, &packet), LAB_OK);
  expect_arrival(lab.world, c);
  expect_quiet(lab.world);
  packet.payload.len--;
  assert_int_equal(lab_port_send(a, &packet), LAB_ERR_FORMAT);
  end(lab);
}

/* Life and memory */

static void a_port_may_be_freed_while_its_event_is_handled(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, 0, false),
           *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  lab_port *c = make_host_port(lab.net, C, 67, ip_of(C), false);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(send_text(a, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
  }
  assert_int_equal(lab_simnet_stats_of(lab.net).in_flight, 6);
  lab_event event = expect_arrival(lab.world, b);
  lab_port_free(b);
  assert_payload(&event, "x"); /* the bytes are the segment's, not the port's */
  lab_port_free(a);
  assert_int_equal(lab_simnet_stats_of(lab.net).in_flight, 3);
  for (int i = 0; i < 3; i++) {
    expect_arrival(lab.world, c);
  }
  expect_quiet(lab.world);
  end(lab); /* and a segment with packets under way: */
  lab = begin(1, quick);
  a = make_host_port(lab.net, A, 68, 0, false);
  make_host_port(lab.net, B, 67, ip_of(B), false);
  assert_int_equal(send_text(a, at(B, 67), "x"), LAB_OK);
  end(lab);
  lab_simnet_free(NULL);
}

static void broadcast_order_survives_coming_and_going(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *sender = make_host_port(lab.net, 200, 68, 0, false), *port[100];
  for (uint8_t i = 0; i < 100; i++) {
    port[i] = make_host_port(lab.net, i, 67, 0, i % 2 == 0);
  }
  for (int i = 0; i < 100; i++) {
    if (i % 10 != 3) {
      lab_port_free(port[i]);
      port[i] = NULL;
    }
  }
  lab_port *late = make_host_port(lab.net, 150, 67, 0, true);
  assert_int_equal(send_text(sender, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
  for (int i = 3; i < 100; i += 10) {
    expect_arrival(lab.world, port[i]);
  }
  expect_arrival(lab.world, late);
  expect_quiet(lab.world);
  end(lab);
}

static void options_out_of_range_are_refused(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  lab_simnet *net = NULL;
  const lab_fault_settings wrong[] = {
      {.latency = -1}, {.jitter = -1}, {.latency = LAB_NEVER / 2, .jitter = LAB_NEVER / 2 + 2}};
  for (size_t i = 0; i < LAB_COUNTOF(wrong); i++) {
    assert_int_equal(lab_simnet_new(world, "lan", &wrong[i], &net), LAB_ERR_RANGE);
  }
  char name[66];
  memset(name, 'n', 65);
  name[65] = 0;
  assert_int_equal(lab_simnet_new(world, name, &quick, &net), LAB_ERR_RANGE);
  assert_int_equal(lab_simnet_new(world, name + 1, &quick, &net), LAB_OK);
  lab_port *port = NULL;
  assert_int_equal(lab_simnet_port(net, &(lab_simnet_port_options){.udp_port = 67}, &port),
                   LAB_ERR_RANGE);
  assert_int_equal(
      lab_simnet_port(net, &(lab_simnet_port_options){.mac = LAB_MAC_BROADCAST, .udp_port = 67},
                      &port),
      LAB_ERR_RANGE);
  port = make_host_port(net, A, 67, ip_of(A), false);
  lab_fault_settings endless = {.latency = LAB_NEVER / 8};
  assert_int_equal(lab_impair_set(lab_simnet_impair(net), &endless), LAB_OK); /* no overflow */
  make_timer(world, 1000);
  next_event(world);
  assert_int_equal(send_text(port, at(A, 67), "x"), LAB_OK);
  assert_true(expect_arrival(world, port).at == 1000 + LAB_NEVER / 8);
  lab_simnet_free(net);
  lab_world_free(world);
}

/* Everything that allocates, once; true when nothing failed. */
static bool live_through_everything(lab_world *world) {
  lab_simnet *net;
  if (lab_simnet_new(world, "lan", &quick, &net) != LAB_OK) {
    return false;
  }
  unsigned failures = 0;
  lab_port *port[5] = {NULL};
  for (uint8_t i = 0; i < 5; i++) {
    lab_simnet_port_options options = {
        .mac = mac_of((uint8_t)(i + 1)), .udp_port = (uint16_t)(67 + i % 2), .hear_arp = true};
    if (lab_simnet_port(net, &options, &port[i]) != LAB_OK) {
      failures++;
    } else if (lab_simnet_address_add(port[i], ip_of(i % 2)) != LAB_OK) {
      failures++;
    }
  }
  for (int i = 0; i < 5; i++) {
    if (port[i]) {
      failures += send_text(port[i], at(0, 67), "x") != LAB_OK;
      failures += send_arp_request(port[i], 0, ip_of(1)) != LAB_OK;
    }
  }
  lab_event event;
  while (lab_world_next(world, LAB_NEVER, &event) == 1) {
  }
  for (int i = 0; i < 5; i++) {
    failures +=
        port[i] && port[i]->stats.send_errors > 0; /* an answer to ARP that could not be made */
  }
  lab_simnet_free(net);
  return failures == 0;
}

static void every_failing_allocation_is_reported_and_nothing_leaks(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  unsigned failures = 0;
  for (;;) { /* the first `failures` succeed, all later ones fail */
    scarce_left = failures;
    bool fine = live_through_everything(world);
    scarce_left = UINT_MAX;
    if (fine) {
      break;
    }
    failures++;
    assert_true(failures < 1000);
  }
  assert_true(failures > 20);
  lab_world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(broadcast_reaches_every_other_port_of_that_number_in_the_order_of_making),
      cmocka_unit_test(unicast_reaches_the_owner_of_the_address),
      cmocka_unit_test(a_mac_given_reaches_that_mac_whatever_the_address),
      cmocka_unit_test(what_nobody_receives_is_dropped_with_no_host),
      cmocka_unit_test(what_is_sent_to_oneself_stays_with_oneself),
      cmocka_unit_test(a_host_may_have_several_ports),
      cmocka_unit_test(adding_an_address_twice_is_adding_it_once),
      cmocka_unit_test(the_owner_answers_arp_after_its_own_latency),
      cmocka_unit_test(probes_find_every_squatter_once),
      cmocka_unit_test(an_address_given_up_on_the_way_is_not_defended),
      cmocka_unit_test(a_port_may_begin_to_hear_arp),
      cmocka_unit_test(announcements_and_replies_are_heard),
      cmocka_unit_test(a_port_may_be_freed_while_its_event_is_handled),
      cmocka_unit_test(broadcast_order_survives_coming_and_going),
      cmocka_unit_test(options_out_of_range_are_refused),
      cmocka_unit_test(every_failing_allocation_is_reported_and_nothing_leaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
