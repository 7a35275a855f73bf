/* The faults of one network, core/impair.c and core/impair_send.c: links, cuts, the schedule, the
 * record, and sends over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "scarce.h"
#include "testnet.h"

#include "impair.c"
#include "impair_send.c"

static lab_impair *make_impair(lab_fault_settings settings) {
  lab_impair *impair = NULL;
  assert_int_equal(lab_impair_new(1, "lan", &settings, &impair), LAB_OK);
  lab_impair_record(impair, true);
  return impair;
}

static lab_end *end_of(lab_impair *impair, const char *name) {
  lab_end *end = lab_impair_end(impair, name, strlen(name));
  assert_non_null(end);
  return end;
}

/* The next packet from one end to another; what becomes of it. */
static lab_verdict send_one(lab_impair *impair, lab_end *from, lab_end *to) {
  lab_shot shot;
  lab_verdict verdict = {0};
  lab_impair_shoot(impair, from, false, 300, 0, &shot);
  if (shot.is_judged && !shot.cause) {
    assert_int_equal(lab_impair_judge(impair, &shot, to, &verdict), LAB_OK);
  } else if (shot.cause) {
    verdict = shot.base;
  } else {
    assert_int_equal(lab_impair_count(impair, &shot, to), LAB_OK);
  }
  return verdict;
}

static bool is_lost(lab_impair *impair, lab_end *from, lab_end *to) {
  lab_verdict verdict = send_one(impair, from, to);
  return lab_verdict_cause(&verdict) != NULL;
}

/* Links */

static void an_end_is_found_by_its_name_again(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){0});
  char name[16];
  lab_end *ends[100];
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "node%d", i);
    ends[i] = end_of(impair, name);
    assert_memory_equal(ends[i]->name, name, ends[i]->name_len);
  }
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "node%d", i);
    assert_ptr_equal(end_of(impair, name), ends[i]);
  }
  assert_ptr_not_equal(end_of(impair, ""), ends[0]);
  lab_impair_free(impair);
}

static void a_link_has_the_same_luck_whoever_else_is_there(void **state) {
  (void)state;
  const lab_fault_settings half = {.loss = {1, 2}};
  lab_impair *one = make_impair(half), *two = make_impair(half);
  lab_end *a = end_of(one, "a"), *b = end_of(one, "b");
  end_of(two, "first"); /* made before, and sends as well */
  lab_end *bb = end_of(two, "b"), *aa = end_of(two, "a"), *c = end_of(two, "c");
  for (int i = 0; i < 200; i++) {
    is_lost(two, c, bb);
    is_lost(two, aa, c); /* and to somebody else */
    assert_int_equal(is_lost(one, a, b), is_lost(two, aa, bb));
  }
  lab_impair_free(one);
  lab_impair_free(two);
}

static void there_back_and_another_network_have_other_luck(void **state) {
  (void)state;
  const lab_fault_settings half = {.loss = {1, 2}};
  lab_impair *lan = make_impair(half), *floor = NULL;
  assert_int_equal(lab_impair_new(1, "floor", &half, &floor), LAB_OK);
  lab_end *a = end_of(lan, "a"), *b = end_of(lan, "b");
  lab_end *other_a = end_of(floor, "a"), *other_b = end_of(floor, "b");
  int back = 0, elsewhere = 0;
  for (int i = 0; i < 200; i++) {
    bool lost = is_lost(lan, a, b);
    back += lost != is_lost(lan, b, a);
    elsewhere += lost != is_lost(floor, other_a, other_b);
  }
  assert_in_range(back, 60, 140);
  assert_in_range(elsewhere, 60, 140);
  lab_impair_free(lan);
  lab_impair_free(floor);
}

static void arp_is_counted_and_rolled_apart(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){.loss = {1, 2}});
  lab_end *a = end_of(impair, "a"), *b = end_of(impair, "b");
  int differ = 0;
  for (int i = 0; i < 200; i++) {
    lab_shot shot;
    lab_verdict verdict;
    lab_impair_shoot(impair, a, true, 28, 0, &shot);
    lab_impair_judge(impair, &shot, b, &verdict);
    differ += (lab_verdict_cause(&verdict) != NULL) != is_lost(impair, a, b);
  }
  assert_in_range(differ, 60, 140);
  assert_int_equal(a->sent[0], 200);
  assert_int_equal(a->sent[1], 200);
  lab_impair_free(impair);
}

static void every_link_is_counted_by_itself(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){0});
  enum { ENDS = 5 };
  lab_end *end[ENDS];
  for (int i = 0; i < ENDS; i++) {
    end[i] = end_of(impair, (const char[]){(char)('a' + i), 0});
  }
  for (int round = 0; round < 3; round++) {
    for (int from = 0; from < ENDS; from++) {
      for (int to = 0; to < ENDS; to++) {
        for (int i = 0; i <= from + 2 * to; i++) {
          send_one(impair, end[from], end[to]);
        }
      }
    }
  }
  for (int from = 0; from < ENDS; from++) {
    for (int to = 0; to < ENDS; to++) {
      assert_int_equal(lab_impair_counted(impair, end[from], end[to]), 3 * (1 + from + 2 * to));
    }
  }
  lab_impair_free(impair);
}

static void packets_are_counted_where_nothing_can_happen_too(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){.latency = 9});
  lab_end *a = end_of(impair, "a");
  lab_shot shot;
  for (uint64_t k = 1; k <= 5; k++) {
    lab_impair_shoot(impair, a, false, 300, 0, &shot);
    assert_false(shot.is_judged);
    assert_int_equal(shot.k, k);
  }
  assert_int_equal(lab_impair_set(impair, &(lab_fault_settings){.loss = {1, 1}}), LAB_OK);
  lab_impair_shoot(impair, a, false, 300, 0, &shot);
  assert_true(shot.is_judged);
  assert_int_equal(shot.k, 6);
  lab_impair_free(impair);
}

/* Cuts */

static void a_cut_goes_one_way_until_it_is_mended(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){0});
  lab_end *a = end_of(impair, "a"), *b = end_of(impair, "b"), *c = end_of(impair, "c");
  assert_int_equal(lab_impair_cut(impair, a, b, true), LAB_OK);
  assert_int_equal(lab_impair_cut(impair, a, b, true), LAB_OK); /* once more changes nothing */
  lab_verdict verdict = send_one(impair, a, b);
  assert_string_equal(lab_verdict_cause(&verdict), "cut");
  assert_false(is_lost(impair, b, a));
  assert_false(is_lost(impair, a, c));
  assert_int_equal(lab_impair_cut(impair, a, b, false), LAB_OK);
  assert_int_equal(lab_impair_cut(impair, a, b, false), LAB_OK);
  assert_int_equal(lab_impair_cut(impair, b, c, false), LAB_OK); /* never was one */
  assert_false(is_lost(impair, a, b));
  assert_int_equal(impair->cut_count, 0);
  lab_impair_free(impair);
}

static void an_end_may_be_cut_from_everyone(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){0});
  lab_end *a = end_of(impair, "a"), *b = end_of(impair, "b"), *c = end_of(impair, "c");
  assert_int_equal(lab_impair_cut(impair, a, NULL, true), LAB_OK);
  assert_true(is_lost(impair, a, b));
  assert_false(is_lost(impair, b, a));
  assert_int_equal(lab_impair_cut(impair, NULL, a, true), LAB_OK);
  assert_true(is_lost(impair, b, a));
  assert_false(is_lost(impair, b, c));
  assert_int_equal(lab_impair_cut(impair, NULL, NULL, true), LAB_OK);
  assert_true(is_lost(impair, b, c));
  lab_impair_heal(impair);
  assert_false(is_lost(impair, a, b) || is_lost(impair, b, a) || is_lost(impair, b, c));
  assert_int_equal(lab_impair_cut(impair, a, b, true), LAB_OK); /* again, after that */
  assert_true(is_lost(impair, a, b));
  lab_impair_free(impair);
}

/* The schedule */

static void what_is_planned_for_a_packet_befalls_that_packet_only(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){0});
  lab_end *a = end_of(impair, "a"), *b = end_of(impair, "b"), *c = end_of(impair, "c");
  assert_int_equal(lab_impair_plan(impair, a, b, false, 2, LAB_FAULT_RULE, 0), LAB_OK);
  assert_int_equal(lab_impair_plan(impair, a, b, false, 4, LAB_FAULT_DELAY, 7), LAB_OK);
  assert_int_equal(lab_impair_plan(impair, a, b, false, 4, LAB_FAULT_CORRUPT, 9), LAB_OK);
  assert_false(is_lost(impair, a, b));
  lab_shot shot;
  lab_verdict verdict;
  lab_impair_shoot(impair, a, false, 300, 0, &shot); /* a broadcast */
  lab_impair_judge(impair, &shot, c, &verdict);
  assert_null(lab_verdict_cause(&verdict));
  lab_impair_judge(impair, &shot, b, &verdict);
  assert_string_equal(lab_verdict_cause(&verdict), "rule");
  assert_false(is_lost(impair, a, b));
  verdict = send_one(impair, a, b);
  assert_int_equal(verdict.fired, 1u << LAB_FAULT_DELAY | 1u << LAB_FAULT_CORRUPT);
  assert_true(lab_verdict_delay(&verdict) == 7 && verdict.detail[LAB_FAULT_CORRUPT] == 9);
  assert_int_equal(send_one(impair, a, b).fired, 0);
  assert_int_equal(impair->planned_count, 0);
  lab_impair_free(impair);
}

static void a_plan_for_all_receivers_is_one_verdict(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){0});
  lab_end *a = end_of(impair, "a"), *b = end_of(impair, "b");
  assert_int_equal(lab_impair_plan(impair, a, NULL, false, 1, LAB_FAULT_TAP, 0), LAB_OK);
  assert_int_equal(lab_impair_plan(impair, a, NULL, false, 2, LAB_FAULT_DELAY, 5), LAB_OK);
  lab_shot shot;
  lab_impair_shoot(impair, a, false, 300, 3, &shot);
  assert_string_equal(shot.cause, "tap");
  lab_impair_shoot(impair, a, false, 300, 4, &shot);
  assert_null(shot.cause);
  lab_verdict verdict;
  lab_impair_judge(impair, &shot, b, &verdict);
  assert_true(lab_verdict_delay(&verdict) == 5);
  const lab_fired *fired;
  size_t count;
  assert_int_equal(lab_impair_fired(impair, &fired, &count), LAB_OK);
  assert_int_equal(count, 2); /* once each, not once more for the receiver */
  assert_true(fired[0].at == 3 && fired[0].to == NULL && fired[0].k == 1);
  assert_int_equal(fired[0].kind, LAB_FAULT_TAP);
  assert_true(fired[1].at == 4 && fired[1].to == NULL && fired[1].detail == 5);
  lab_impair_forget(impair);
  assert_int_equal(lab_impair_fired(impair, &fired, &count), LAB_OK);
  assert_int_equal(count, 0);
  lab_impair_free(impair);
}

enum { ROUNDS = 300 };

/* Plays packets of two senders; notes each verdict. */
static void play(lab_impair *impair, lab_verdict verdicts[2 * ROUNDS]) {
  lab_end *a = end_of(impair, "a"), *b = end_of(impair, "b");
  for (int i = 0; i < ROUNDS; i++) {
    verdicts[2 * i] = send_one(impair, a, b);
    verdicts[2 * i + 1] = send_one(impair, b, a);
  }
}

static void a_replay_of_what_fired_gives_the_same_verdicts(void **state) {
  (void)state;
  const lab_fault_settings rough = {.jitter = 1000,
                                    .loss = {1, 5},
                                    .duplicate = {1, 5},
                                    .reorder = {1, 5},
                                    .corrupt = {1, 5},
                                    .truncate = {1, 5},
                                    .reorder_by = 50};
  static lab_verdict first[2 * ROUNDS], second[2 * ROUNDS];
  lab_impair *one = make_impair(rough);
  assert_int_equal(lab_impair_plan(one, end_of(one, "a"), NULL, false, 7, LAB_FAULT_DELAY, 3),
                   LAB_OK);
  play(one, first);
  lab_impair *two = make_impair(rough); /* its chances must not count */
  lab_impair_replay(two, true);
  assert_int_equal(lab_impair_cut(two, NULL, NULL, true), LAB_OK); /* nor its cuts */
  const lab_fired *fired, *again;
  size_t count, again_count;
  assert_int_equal(lab_impair_fired(one, &fired, &count), LAB_OK);
  for (size_t i = 0; i < count; i++) {
    char from[] = {fired[i].from->name[0], 0}, to[] = {fired[i].to ? fired[i].to->name[0] : 0, 0};
    assert_int_equal(lab_impair_plan(two, end_of(two, from), to[0] ? end_of(two, to) : NULL, false,
                                     fired[i].k, fired[i].kind, fired[i].detail),
                     LAB_OK);
  }
  play(two, second);
  assert_memory_equal(first, second, sizeof first);
  assert_int_equal(lab_impair_fired(two, &again, &again_count), LAB_OK);
  assert_int_equal(again_count, count);
  assert_true(count > ROUNDS);
  lab_impair_free(one);
  lab_impair_free(two);
}

/* Capacity */

static void a_packet_waits_until_the_wire_is_free(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){.capacity = 1000000}); /* 1 us a bit */
  lab_end *a = end_of(impair, "a"), *b = end_of(impair, "b");
  lab_shot shot;
  lab_impair_shoot(impair, a, false, 58, 0, &shot);
  assert_true(shot.wait == 800); /* 58 octets and 42 of headers */
  lab_impair_shoot(impair, a, false, 58, 100, &shot);
  assert_true(shot.wait == 1500);
  lab_impair_shoot(impair, b, false, 58, 100, &shot); /* another one's wire */
  assert_true(shot.wait == 800);
  lab_impair_shoot(impair, a, true, 28, 5000, &shot);
  assert_true(shot.wait == 8 * 42);
  lab_impair_free(impair);
}

static void what_would_wait_more_than_a_second_is_dropped_as_full(void **state) {
  (void)state;
  lab_impair *impair = make_impair((lab_fault_settings){.capacity = 8 * 342});
  lab_end *a = end_of(impair, "a");
  lab_shot shot;
  for (int i = 0; i < 2; i++) {
    lab_impair_shoot(impair, a, false, 300, 0, &shot);
    assert_null(shot.cause);
    assert_true(shot.wait == (i + 1) * LAB_SECOND);
  }
  lab_impair_shoot(impair, a, false, 300, LAB_SECOND - 1, &shot);
  assert_string_equal(shot.cause, "full");
  lab_impair_shoot(impair, a, false, 300, LAB_SECOND, &shot);
  assert_null(shot.cause);
  lab_impair_free(impair);
}

/* Over real sockets */

struct wire {
  lab_world *world;
  lab_impair *impair;
  lab_port *from, *to;
  lab_end *a, *b;
};

static struct wire lay(lab_fault_settings settings) {
  struct wire wire = {.world = make_world(LAB_WORLD_REAL, 1), .impair = make_impair(settings)};
  lab_world_watch(wire.world, true);
  wire.from = open_loopback(wire.world, false);
  wire.to = open_loopback(wire.world, false);
  wire.a = end_of(wire.impair, "a");
  wire.b = end_of(wire.impair, "b");
  return wire;
}

static void take_up(struct wire wire) {
  lab_world_free(wire.world);
  lab_impair_free(wire.impair);
}

static enum lab_status send_over(struct wire wire, const char *text) {
  lab_packet packet = {.dst = wire.to->local, .payload = view_of(text)};
  lab_shot shot;
  lab_impair_shoot(wire.impair, wire.a, false, packet.payload.len, lab_world_now(wire.world),
                   &shot);
  return lab_impair_send(wire.impair, &shot, wire.b, wire.from, &packet);
}

static void latency_holds_a_datagram_back(void **state) {
  (void)state;
  struct wire wire = lay((lab_fault_settings){.latency = 20 * LAB_MILLISECOND});
  lab_time start = lab_world_now(wire.world);
  assert_int_equal(send_over(wire, "late"), LAB_OK);
  lab_event event = expect_arrival(wire.world, wire.to);
  assert_payload(&event, "late");
  assert_true(event.at >= start + 20 * LAB_MILLISECOND);
  take_up(wire);
}

static void a_late_datagram_lets_others_pass(void **state) {
  (void)state;
  struct wire wire = lay((lab_fault_settings){0});
  assert_int_equal(lab_impair_plan(wire.impair, wire.a, wire.b, false, 1, LAB_FAULT_DELAY, 20000),
                   LAB_OK);
  assert_int_equal(send_over(wire, "first"), LAB_OK);
  assert_int_equal(send_over(wire, "second"), LAB_OK);
  lab_event event = expect_arrival(wire.world, wire.to);
  assert_payload(&event, "second");
  event = expect_arrival(wire.world, wire.to);
  assert_payload(&event, "first");
  take_up(wire);
}

static void datagrams_are_doubled_and_altered(void **state) {
  (void)state;
  struct wire wire = lay((lab_fault_settings){.duplicate = {1, 1}});
  assert_int_equal(lab_impair_plan(wire.impair, wire.a, wire.b, false, 1, LAB_FAULT_CORRUPT, 2),
                   LAB_OK);
  assert_int_equal(lab_impair_plan(wire.impair, wire.a, wire.b, false, 1, LAB_FAULT_TRUNCATE, 2),
                   LAB_OK);
  assert_int_equal(send_over(wire, "abc"), LAB_OK);
  for (int i = 0; i < 2; i++) {
    lab_event event = expect_arrival(wire.world, wire.to);
    assert_payload(&event, "Ab");
  }
  take_up(wire);
}

static void a_lost_datagram_is_reported_with_its_cause(void **state) {
  (void)state;
  struct wire wire = lay((lab_fault_settings){.loss = {1, 1}});
  assert_int_equal(send_over(wire, "x"), LAB_OK);
  expect_drop(wire.world, wire.from, "loss");
  assert_int_equal(lab_impair_plan(wire.impair, wire.a, NULL, false, 2, LAB_FAULT_RULE, 0), LAB_OK);
  assert_int_equal(send_over(wire, "x"), LAB_OK);
  expect_drop(wire.world, wire.from, "rule");
  assert_int_equal(wire.from->stats.sent, 0);
  take_up(wire);
}

static void count_packet(void *context, lab_time at, const lab_packet *packet) {
  (void)at;
  assert_payload(&(lab_event){.packet = *packet}, "abc");
  ++*(int *)context;
}

static void a_capture_shows_each_packet_once_as_it_was_sent(void **state) {
  (void)state;
  struct wire wire = lay((lab_fault_settings){.latency = 100, .duplicate = {1, 1}});
  int shown = 0;
  lab_world_tap(wire.world, count_packet, &shown);
  assert_int_equal(lab_impair_plan(wire.impair, wire.a, wire.b, false, 1, LAB_FAULT_CORRUPT, 2),
                   LAB_OK);
  assert_int_equal(lab_impair_plan(wire.impair, wire.a, wire.b, false, 2, LAB_FAULT_RULE, 0),
                   LAB_OK);
  assert_int_equal(send_over(wire, "abc"), LAB_OK);
  assert_int_equal(send_over(wire, "abc"), LAB_OK);
  for (int i = 0; i < 3; i++) {
    next_event(wire.world);
  }
  assert_int_equal(shown, 2);
  take_up(wire);
}

static void a_port_that_goes_takes_its_late_datagrams_along(void **state) {
  (void)state;
  struct wire wire = lay((lab_fault_settings){.latency = LAB_MILLISECOND});
  assert_int_equal(send_over(wire, "never"), LAB_OK);
  lab_port_free(wire.from);
  lab_event event;
  lab_time until = lab_world_now(wire.world) + 10 * LAB_MILLISECOND;
  assert_int_equal(lab_world_next(wire.world, until, &event), 0);
  take_up(wire);
}

/* Memory */

/* Everything that allocates, once; true when nothing failed. */
static bool live_through_everything(lab_world *world, lab_port *port) {
  lab_impair *impair;
  const lab_fault_settings settings = {.jitter = 5};
  if (lab_impair_new(1, "lan", &settings, &impair) != LAB_OK) {
    return false;
  }
  lab_impair_record(impair, true);
  lab_end *a = lab_impair_end(impair, "a", 1), *b = lab_impair_end(impair, "b", 1);
  lab_end *c = lab_impair_end(impair, "c", 1);
  bool fine = a && b && c;
  if (fine) {
    fine = lab_impair_cut(impair, b, a, true) == LAB_OK;
    fine = lab_impair_plan(impair, a, b, false, 1, LAB_FAULT_CORRUPT, 0) == LAB_OK && fine;
    fine = lab_impair_plan(impair, a, b, false, 1, LAB_FAULT_DELAY, 1) == LAB_OK && fine;
    lab_packet packet = {.dst = port->local, .payload = view_of("x")};
    lab_shot shot;
    lab_impair_shoot(impair, b, false, 1, 0, &shot);
    fine = lab_impair_count(impair, &shot, c) == LAB_OK && fine;
    lab_impair_shoot(impair, a, false, 1, 0, &shot);
    fine = lab_impair_count(impair, &shot, c) == LAB_OK && fine;
    lab_impair_shoot(impair, a, false, 1, lab_world_now(world), &shot);
    fine = lab_impair_send(impair, &shot, b, port, &packet) == LAB_OK && fine;
    const lab_fired *fired;
    size_t count;
    fine = lab_impair_fired(impair, &fired, &count) == LAB_OK && fine;
  }
  lab_impair_free(impair);
  return fine;
}

static void every_failing_allocation_is_reported_and_nothing_leaks(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *port = open_loopback(world, false);
  unsigned failures = 0;
  for (;;) {
    scarce_left = failures;
    bool fine = live_through_everything(world, port);
    scarce_left = UINT_MAX;
    if (fine) {
      break;
    }
    failures++;
    assert_true(failures < 100);
  }
  assert_true(failures > 8);
  lab_world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_end_is_found_by_its_name_again),
      cmocka_unit_test(a_link_has_the_same_luck_whoever_else_is_there),
      cmocka_unit_test(there_back_and_another_network_have_other_luck),
      cmocka_unit_test(arp_is_counted_and_rolled_apart),
      cmocka_unit_test(every_link_is_counted_by_itself),
      cmocka_unit_test(packets_are_counted_where_nothing_can_happen_too),
      cmocka_unit_test(a_cut_goes_one_way_until_it_is_mended),
      cmocka_unit_test(an_end_may_be_cut_from_everyone),
      cmocka_unit_test(what_is_planned_for_a_packet_befalls_that_packet_only),
      cmocka_unit_test(a_plan_for_all_receivers_is_one_verdict),
      cmocka_unit_test(a_replay_of_what_fired_gives_the_same_verdicts),
      cmocka_unit_test(a_packet_waits_until_the_wire_is_free),
      cmocka_unit_test(what_would_wait_more_than_a_second_is_dropped_as_full),
      cmocka_unit_test(latency_holds_a_datagram_back),
      cmocka_unit_test(a_late_datagram_lets_others_pass),
      cmocka_unit_test(datagrams_are_doubled_and_altered),
      cmocka_unit_test(a_lost_datagram_is_reported_with_its_cause),
      cmocka_unit_test(a_capture_shows_each_packet_once_as_it_was_sent),
      cmocka_unit_test(a_port_that_goes_takes_its_late_datagrams_along),
      cmocka_unit_test(every_failing_allocation_is_reported_and_nothing_leaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
