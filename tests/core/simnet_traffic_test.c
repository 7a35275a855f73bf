/* Packets under way, core/simnet_traffic.c: what is lost, doubled or late, and how it is
 * decided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "testnet.h"

static const lab_fault_settings quick = {.latency = LAB_MILLISECOND};

/* What is lost, doubled, late */

static void loss_of_one_in_one_loses_everything(void **state) {
  (void)state;
  struct lab lab = begin(1, (lab_fault_settings){.loss = {1, 1}});
  lab_port *a = make_host_port(lab.net, A, 68, ip_of(A), false);
  make_host_port(lab.net, B, 67, ip_of(B), false);
  make_host_port(lab.net, C, 67, ip_of(C), false);
  for (int i = 0; i < 20; i++) {
    assert_int_equal(send_text(a, at(B, 67), "x"), LAB_OK);
    expect_drop(lab.world, a, "loss");
  }
  assert_int_equal(send_text(a, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
  lab_event event = next_event(lab.world); /* one for each who does not get it */
  assert_mac(event.packet.dst_mac, mac_of(B));
  event = next_event(lab.world);
  assert_mac(event.packet.dst_mac, mac_of(C));
  lab_world_watch(lab.world, false);
  assert_int_equal(send_text(a, at(B, 67), "x"), LAB_OK);
  expect_quiet(lab.world);
  lab_simnet_stats stats = lab_simnet_stats_of(lab.net);
  assert_int_equal(stats.lost, 23);
  assert_int_equal(stats.delivered, 0);
  assert_int_equal(lab_impair_set(lab_simnet_impair(lab.net), &quick), LAB_OK); /* from now on */
  assert_int_equal(send_text(a, at(B, 67), "x"), LAB_OK);
  assert_int_equal(next_event(lab.world).kind, LAB_EVENT_PACKET);
  end(lab);
}

static void duplicates_arrive_twice(void **state) {
  (void)state;
  struct lab lab =
      begin(1, (lab_fault_settings){.latency = 10, .jitter = 1000, .duplicate = {1, 1}});
  lab_port *a = make_host_port(lab.net, A, 68, ip_of(A), false),
           *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  assert_int_equal(send_text(a, at(B, 67), "twice"), LAB_OK);
  lab_event event = expect_arrival(lab.world, b);
  assert_payload(&event, "twice");
  lab_time first = event.at;
  event = expect_arrival(lab.world, b);
  assert_payload(&event, "twice");
  assert_true(event.at != first); /* each with a jitter of its own */
  assert_in_range(first, 10, 1010);
  assert_in_range(event.at, 10, 1010);
  expect_quiet(lab.world);
  assert_int_equal(lab_simnet_stats_of(lab.net).duplicated, 1);
  end(lab);
}

/* Sends 200 packets from A to B, a millisecond apart; notes when each arrives, -1 for never. */
static void play(uint64_t seed, lab_fault_settings options, bool crowded, lab_time arrival[200]) {
  struct lab lab = begin(seed, options);
  lab_world_watch(lab.world, false);
  if (crowded) {
    make_host_port(lab.net, C, 67, ip_of(C), false);
  }
  lab_port *a = make_host_port(lab.net, A, 68, ip_of(A), false),
           *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  uint32_t timer = make_timer(lab.world, 0);
  uint8_t sent = 0;
  for (int i = 0; i < 200; i++) {
    arrival[i] = -1;
  }
  lab_event event;
  while (lab_world_next(lab.world, LAB_NEVER, &event) == 1) {
    if (event.kind == LAB_EVENT_TIMER && sent < 200) {
      lab_packet packet = {.dst = crowded ? (lab_endpoint){LAB_IP4_BROADCAST, 67} : at(B, 67),
                           .payload = {&sent, 1}};
      assert_int_equal(lab_port_send(a, &packet), LAB_OK);
      sent++;
      assert_int_equal(lab_timer_set(lab.world, timer, event.at + LAB_MILLISECOND), LAB_OK);
    } else if (event.port == b && arrival[event.packet.payload.data[0]] < 0) {
      arrival[event.packet.payload.data[0]] = event.at;
    }
  }
  end(lab);
}

static void the_same_seed_loses_the_same_packets(void **state) {
  (void)state;
  lab_fault_settings options = {.latency = 100, .jitter = 500, .loss = {1, 4}};
  lab_time one[200], two[200];
  play(1, options, false, one);
  play(1, options, false, two);
  assert_memory_equal(one, two, sizeof one);
  play(2, options, false, two);
  assert_memory_not_equal(one, two, sizeof one);
  int lost = 0;
  for (int i = 0; i < 200; i++) {
    lost += one[i] < 0;
  }
  assert_in_range(lost, 30, 70);
}

static void one_fault_switched_off_moves_no_other(void **state) {
  (void)state;
  lab_fault_settings options = {.latency = 100, .jitter = 500, .loss = {1, 4}, .duplicate = {1, 8}};
  lab_time with[200], without[200];
  play(3, options, false, with);
  options.loss = (lab_ratio){0, 1};
  play(3, options, false, without);
  int lost = 0;
  for (int i = 0; i < 200; i++) {
    lost += with[i] < 0;
    assert_true(with[i] < 0 || with[i] == without[i]);
    assert_true(without[i] >= 0);
  }
  assert_true(lost > 0);
}

static void another_host_moves_nobodys_dice(void **state) {
  (void)state;
  lab_fault_settings options = {.latency = 100, .jitter = 500, .loss = {1, 4}};
  lab_time alone[200], crowded[200];
  play(4, options, false, alone);
  play(4, options, true, crowded); /* by broadcast, to one more receiver, which was made first */
  assert_memory_equal(alone, crowded, sizeof alone);
}

static void long_and_empty_packets_arrive_whole(void **state) {
  (void)state;
  static uint8_t bytes[65508];
  static const size_t sizes[] = {0, 1, 640, 641, 9000, 65507};
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (uint8_t)(i * 13 + i / 256);
  }
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, 0, false),
           *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  for (int round = 0; round < 2; round++) { /* again, from the free list */
    for (size_t i = 0; i < LAB_COUNTOF(sizes); i++) {
      lab_packet packet = {.dst = at(B, 67), .payload = {sizes[i] > 0 ? bytes : NULL, sizes[i]}};
      assert_int_equal(lab_port_send(a, &packet), LAB_OK);
    }
    for (size_t i = 0; i < LAB_COUNTOF(sizes); i++) {
      lab_event event = expect_arrival(lab.world, b);
      assert_int_equal(event.packet.payload.len, sizes[i]);
      assert_memory_equal(event.packet.payload.data, bytes, sizes[i]);
    }
  }
  lab_packet packet = {.dst = at(B, 67), .payload = {bytes, 65508}};
  assert_int_equal(lab_port_send(a, &packet), LAB_ERR_TOO_BIG);
  end(lab);
}

static void more_than_a_million_under_way_are_dropped_as_full(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, 0, false);
  for (uint8_t i = 0; i < 100; i++) {
    make_host_port(lab.net, (uint8_t)(B + i), 67, 0, false);
  }
  for (int i = 0; i < 10000; i++) { /* kept once each, so a million arrivals are cheap */
    assert_int_equal(send_text(a, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
  }
  assert_int_equal(lab_simnet_stats_of(lab.net).in_flight, 1000000);
  lab_packet packet = {.dst_mac = mac_of(B), .dst = {0, 67}};
  assert_int_equal(lab_port_send(a, &packet), LAB_OK);
  expect_drop(lab.world, a, "full");
  assert_int_equal(lab_simnet_stats_of(lab.net).in_flight, 1000000);
  next_event(lab.world);
  assert_int_equal(lab_port_send(a, &packet), LAB_OK); /* one place is free again */
  assert_int_equal(lab_simnet_stats_of(lab.net).lost, 1);
  end(lab);
}

static void a_simulated_segment_works_in_real_time(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_simnet *net = make_net(world, (lab_fault_settings){.latency = 10 * LAB_MILLISECOND});
  lab_port *a = make_host_port(net, A, 68, 0, false), *b = make_host_port(net, B, 67, 0, false);
  lab_time start = lab_world_now(world);
  assert_int_equal(send_text(a, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
  expect_arrival(world, b);
  assert_true(lab_world_now(world) >= start + 10 * LAB_MILLISECOND);
  lab_simnet_free(net);
  lab_world_free(world);
}

static void each_receiver_of_a_broadcast_has_its_own_luck(void **state) {
  (void)state;
  struct lab lab = begin(5, (lab_fault_settings){.loss = {1, 2}});
  lab_port *a = make_host_port(lab.net, A, 68, 0, false);
  make_host_port(lab.net, B, 67, 0, false);
  make_host_port(lab.net, C, 67, 0, false);
  int one_of_two = 0;
  for (int i = 0; i < 100; i++) {
    assert_int_equal(send_text(a, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
    one_of_two += next_event(lab.world).kind != next_event(lab.world).kind;
  }
  assert_in_range(one_of_two, 30, 70);
  end(lab);
}

static void there_and_back_have_different_luck(void **state) {
  (void)state;
  struct lab lab = begin(6, (lab_fault_settings){.loss = {1, 2}});
  lab_port *a = make_host_port(lab.net, A, 67, ip_of(A), false);
  lab_port *b = make_host_port(lab.net, B, 67, ip_of(B), false);
  int differ = 0;
  for (int i = 0; i < 100; i++) {
    assert_int_equal(send_text(a, at(B, 67), "x"), LAB_OK);
    enum lab_event_kind there = next_event(lab.world).kind;
    assert_int_equal(send_text(b, at(A, 67), "x"), LAB_OK);
    differ += there != next_event(lab.world).kind;
  }
  assert_in_range(differ, 30, 70);
  end(lab);
}

static lab_end *end_of(struct lab lab, uint8_t number) {
  char text[LAB_MAC_TEXT];
  return lab_impair_end(lab_simnet_impair(lab.net), text, lab_mac_format(mac_of(number), text));
}

static void a_packet_is_altered_for_the_one_receiver_whose_link_does_it(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, 0, false);
  lab_port *b = make_host_port(lab.net, B, 67, 0, false);
  lab_port *c = make_host_port(lab.net, C, 67, 0, false);
  lab_impair *impair = lab_simnet_impair(lab.net);
  assert_int_equal(
      lab_impair_plan(impair, end_of(lab, A), end_of(lab, B), false, 1, LAB_FAULT_CORRUPT, 2),
      LAB_OK);
  assert_int_equal(
      lab_impair_plan(impair, end_of(lab, A), end_of(lab, C), false, 2, LAB_FAULT_TRUNCATE, 1),
      LAB_OK);
  const char *const arrives[2][2] = {{"Abc", "abc"}, {"abc", "a"}};
  for (int i = 0; i < 2; i++) {
    assert_int_equal(send_text(a, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "abc"), LAB_OK);
    lab_event event = expect_arrival(lab.world, b);
    assert_payload(&event, arrives[i][0]);
    event = expect_arrival(lab.world, c);
    assert_payload(&event, arrives[i][1]);
  }
  expect_quiet(lab.world);
  end(lab);
}

static void a_cut_stops_arp_as_well(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, ip_of(A), true);
  make_host_port(lab.net, B, 67, ip_of(B), false);
  lab_impair *impair = lab_simnet_impair(lab.net);
  assert_int_equal(lab_impair_cut(impair, end_of(lab, B), end_of(lab, A), true), LAB_OK);
  uint8_t payload[LAB_ARP_LEN];
  lab_arp_build(payload, 1, mac_of(A), ip_of(A), LAB_MAC_NONE, ip_of(B));
  lab_packet request = {.kind = LAB_PACKET_ARP, .payload = {payload, sizeof payload}};
  assert_int_equal(lab_port_send(a, &request), LAB_OK);
  lab_event event = next_event(lab.world); /* it got there, but the answer does not come back */
  assert_int_equal(event.kind, LAB_EVENT_DROP);
  assert_string_equal(event.cause, "cut");
  assert_mac(event.packet.dst_mac, mac_of(A));
  expect_quiet(lab.world);
  lab_impair_heal(impair);
  assert_int_equal(lab_port_send(a, &request), LAB_OK);
  expect_arrival(lab.world, a);
  end(lab);
}

static void what_is_dropped_for_everyone_is_reported_once(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, 0, false);
  make_host_port(lab.net, B, 67, 0, false);
  make_host_port(lab.net, C, 67, 0, false);
  assert_int_equal(lab_impair_plan(lab_simnet_impair(lab.net), end_of(lab, A), NULL, false, 1,
                                   LAB_FAULT_RULE, 0),
                   LAB_OK);
  assert_int_equal(send_text(a, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
  lab_event event = next_event(lab.world);
  assert_string_equal(event.cause, "rule");
  assert_mac(event.packet.dst_mac, LAB_MAC_BROADCAST);
  expect_quiet(lab.world);
  assert_int_equal(lab_simnet_stats_of(lab.net).lost, 1);
  end(lab);
}

static void luck_goes_by_the_names_of_nodes(void **state) {
  (void)state;
  bool lost[2][100];
  for (uint8_t round = 0; round < 2; round++) { /* other MACs, and not the same order */
    struct lab lab = begin(7, (lab_fault_settings){.loss = {1, 2}});
    lab_port *ports[2];
    for (uint8_t i = 0; i < 2; i++) {
      uint8_t which = i ^ round;
      lab_simnet_port_options options = {.mac = mac_of((uint8_t)(10 * round + which + 1)),
                                         .udp_port = 67,
                                         .name = which == 0 ? "client" : "server"};
      assert_int_equal(lab_simnet_port(lab.net, &options, &ports[which]), LAB_OK);
    }
    for (int i = 0; i < 100; i++) {
      lab_packet packet = {.dst = {LAB_IP4_BROADCAST, 67}, .payload = view_of("x")};
      assert_int_equal(lab_port_send(ports[0], &packet), LAB_OK);
      lost[round][i] = next_event(lab.world).kind == LAB_EVENT_DROP;
    }
    end(lab);
  }
  assert_memory_equal(lost[0], lost[1], sizeof lost[0]);
}

static void packets_on_the_way_to_a_port_that_goes_are_counted(void **state) {
  (void)state;
  struct lab lab = begin(1, quick);
  lab_port *a = make_host_port(lab.net, A, 68, 0, false);
  lab_port *b = make_host_port(lab.net, B, 67, 0, false);
  assert_int_equal(send_text(a, (lab_endpoint){LAB_IP4_BROADCAST, 67}, "x"), LAB_OK);
  lab_port_free(b);
  lab_simnet_stats stats = lab_simnet_stats_of(lab.net);
  assert_int_equal(stats.gone, 1);
  assert_int_equal(stats.in_flight, 0);
  end(lab);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(loss_of_one_in_one_loses_everything),
      cmocka_unit_test(duplicates_arrive_twice),
      cmocka_unit_test(the_same_seed_loses_the_same_packets),
      cmocka_unit_test(one_fault_switched_off_moves_no_other),
      cmocka_unit_test(another_host_moves_nobodys_dice),
      cmocka_unit_test(each_receiver_of_a_broadcast_has_its_own_luck),
      cmocka_unit_test(there_and_back_have_different_luck),
      cmocka_unit_test(long_and_empty_packets_arrive_whole),
      cmocka_unit_test(more_than_a_million_under_way_are_dropped_as_full),
      cmocka_unit_test(a_simulated_segment_works_in_real_time),
      cmocka_unit_test(a_packet_is_altered_for_the_one_receiver_whose_link_does_it),
      cmocka_unit_test(a_cut_stops_arp_as_well),
      cmocka_unit_test(what_is_dropped_for_everyone_is_reported_once),
      cmocka_unit_test(luck_goes_by_the_names_of_nodes),
      cmocka_unit_test(packets_on_the_way_to_a_port_that_goes_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
