/* The world, core/world.c and core/port.c, in virtual time: timers, ports, drops, no memory.
 *
 * A made-up transport stands for the ports; sockets are in world_next_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <unistd.h>

#include "scarce.h"
#include "testnet.h"

#include "world.c"

/* A transport that hands out its cookie as one octet of payload. */
struct fake {
  lab_port base;
  int fd;
  bool swallows;
  unsigned received_count, discarded_count;
  bool *freed;
  uint8_t octet;
};

static enum lab_status fake_receive(lab_port *port, void *cookie, lab_packet *out) {
  struct fake *self = (struct fake *)port;
  self->received_count++;
  self->octet = (uint8_t)(uintptr_t)cookie;
  *out = (lab_packet){.dst = port->local, .payload = {&self->octet, 1}};
  return self->swallows ? LAB_ERR_AGAIN : LAB_OK;
}

static void fake_discard(lab_port *port, void *cookie) {
  (void)cookie;
  ((struct fake *)port)->discarded_count++;
}

static int fake_fd(const lab_port *port) { return ((const struct fake *)port)->fd; }

static void fake_free(lab_port *port) {
  if (((struct fake *)port)->freed) {
    *((struct fake *)port)->freed = true;
  }
}

static const struct lab_port_ops fake_ops = {"fake",  NULL,         fake_receive, NULL,
                                             fake_fd, fake_discard, fake_free};

static struct fake make_fake(void) { return (struct fake){.base = {.ops = &fake_ops}, .fd = -1}; }

static void ready(lab_world *world, struct fake *fake, lab_time at, uint8_t octet) {
  assert_int_equal(lab_world_ready(world, &fake->base, at, (void *)(uintptr_t)octet), LAB_OK);
}

static void expect_timer(lab_world *world, uint32_t id, lab_time at) {
  lab_event event;
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
  assert_int_equal(event.kind, LAB_EVENT_TIMER);
  assert_int_equal(event.timer, id);
  assert_true(event.at == at);
  assert_true(lab_world_now(world) == at);
  assert_false(lab_timer_is_set(world, id));
}

static void expect_stillness(lab_world *world) {
  lab_event event;
  lab_time before = lab_world_now(world);
  assert_true(lab_world_quiet(world));
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 0);
  assert_true(lab_world_now(world) == before);
}

/* Timers in virtual time */

static void timers_come_in_the_order_of_their_times(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  uint32_t late = make_timer(world, 3 * LAB_SECOND), early = make_timer(world, 1),
           middle = make_timer(world, 2);
  assert_int_equal(late, 0); /* ids are small */
  expect_timer(world, early, 1);
  expect_timer(world, middle, 2);
  expect_timer(world, late, 3 * LAB_SECOND);
  expect_stillness(world);
  lab_world_free(world);
}

static void equal_times_leave_first_created_first(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  uint32_t a = make_timer(world, 10), b = make_timer(world, 10);
  struct fake fake = make_fake();
  assert_int_equal(lab_world_attach(world, &fake.base), LAB_OK);
  ready(world, &fake, 10, 'x');
  uint32_t c = make_timer(world, 10);
  assert_int_equal(lab_timer_set(world, a, 10), LAB_OK); /* setting again makes it the newest */
  lab_event event;
  expect_timer(world, b, 10);
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
  assert_int_equal(event.kind, LAB_EVENT_PACKET);
  assert_payload(&event, "x");
  expect_timer(world, c, 10);
  expect_timer(world, a, 10);
  lab_world_free(world);
}

static void a_time_gone_by_means_now_and_never_clears(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  expect_timer(world, make_timer(world, 100), 100);
  uint32_t past = make_timer(world, 5), first = make_timer(world, -7);
  assert_int_equal(lab_timer_set(world, past, 1), LAB_OK);
  expect_timer(world, first, 100);
  expect_timer(world, past, 100);
  assert_int_equal(lab_timer_set(world, past, 200), LAB_OK);
  assert_true(lab_timer_is_set(world, past));
  assert_int_equal(lab_timer_set(world, past, LAB_NEVER), LAB_OK);
  assert_false(lab_timer_is_set(world, past));
  assert_int_equal(lab_timer_set(world, past, 200), LAB_OK);
  lab_timer_clear(world, past);
  lab_timer_clear(world, past);
  expect_stillness(world);
  lab_world_free(world);
}

static void freed_timers_never_fire_and_their_ids_are_used_again(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  uint32_t gone = make_timer(world, 1), kept = make_timer(world, 2);
  lab_timer_free(world, gone);
  uint32_t again;
  assert_int_equal(lab_timer_new(world, &again), LAB_OK);
  assert_int_equal(again, gone);
  assert_false(lab_timer_is_set(world, again));
  expect_timer(world, kept, 2);
  expect_stillness(world);
  lab_world_free(world);
}

static void nothing_until_then_moves_the_clock_there(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  lab_event event;
  uint32_t id = make_timer(world, 100);
  assert_int_equal(lab_world_next(world, 99, &event), 0);
  assert_true(lab_world_now(world) == 99);
  assert_int_equal(lab_world_next(world, 50, &event), 0); /* and never back */
  assert_true(lab_world_now(world) == 99);
  assert_false(lab_world_quiet(world));
  assert_int_equal(lab_world_next(world, 100, &event), 1);
  assert_int_equal(event.timer, id);
  assert_int_equal(lab_world_next(world, 200, &event), 0); /* quiet: it stays */
  assert_true(lab_world_now(world) == 100);
  lab_world_free(world);
}

/* A run decided by one seed: timers set and cleared at random, arrivals at random times. */
static uint64_t play(uint64_t seed, unsigned steps) {
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, seed);
  struct fake fake = make_fake();
  lab_rng rng;
  lab_world_rng(world, "play", 4, &rng);
  assert_int_equal(lab_world_attach(world, &fake.base), LAB_OK);
  for (int i = 0; i < 20; i++) {
    make_timer(world, lab_rng_between(&rng, 0, 50));
  }
  lab_event event, last = {.at = -1};
  for (unsigned i = 0; i < steps; i++) {
    assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
    assert_true(event.at > last.at || (event.at == last.at && event.seq > last.seq));
    last = event;
    uint32_t other = (uint32_t)lab_rng_below(&rng, 20);
    assert_int_equal(lab_timer_set(world, other, event.at + lab_rng_between(&rng, -5, 20)), LAB_OK);
    if (event.kind == LAB_EVENT_TIMER) {
      assert_int_equal(lab_timer_set(world, event.timer, event.at + lab_rng_between(&rng, 0, 9)),
                       LAB_OK);
      ready(world, &fake, event.at + lab_rng_between(&rng, 0, 9), (uint8_t)i);
    }
  }
  assert_int_equal(lab_world_event_count(world), steps);
  uint64_t digest = lab_world_digest(world);
  lab_world_free(world);
  return digest;
}

static void the_same_seed_gives_the_same_digest(void **state) {
  (void)state;
  assert_true(play(1, 5000) == play(1, 5000));
  assert_true(play(1, 5000) == UINT64_C(0x97b9f8e4fda26a4b)); /* on every machine */
  assert_true(play(1, 5000) != play(2, 5000));
  assert_true(play(1, 5000) != play(1, 4999));
}

static void streams_depend_on_seed_and_name_only(void **state) {
  (void)state;
  lab_world *one = make_world(LAB_WORLD_VIRTUAL, 9), *two = make_world(LAB_WORLD_REAL, 9);
  lab_rng a, b;
  lab_world_rng(one, "x", 1, &a);
  lab_world_rng(two, "x", 1, &b);
  assert_memory_equal(&a, &b, sizeof a);
  assert_true(lab_world_seed(two) == 9);
  assert_true(lab_world_epoch(one) == INT64_C(946684800000000));
  assert_int_equal(lab_world_kind_of(one), LAB_WORLD_VIRTUAL);
  assert_int_equal(lab_world_kind_of(two), LAB_WORLD_REAL);
  lab_world_free(one);
  lab_world_free(two);
}

/* Ports */

static void a_port_that_swallows_a_packet_makes_no_event(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  struct fake fake = make_fake();
  fake.swallows = true;
  assert_int_equal(lab_world_attach(world, &fake.base), LAB_OK);
  ready(world, &fake, 5, 1);
  lab_event event;
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 0);
  assert_int_equal(fake.received_count, 1);
  assert_int_equal(lab_world_event_count(world), 0);
  lab_world_free(world);
}

static void detaching_discards_what_is_queued_for_that_port_only(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  struct fake one = make_fake(), two = make_fake();
  bool freed = false;
  one.freed = &freed;
  assert_int_equal(lab_world_attach(world, &one.base), LAB_OK);
  assert_int_equal(lab_world_attach(world, &two.base), LAB_OK);
  assert_int_equal(one.base.id, 1);
  assert_int_equal(two.base.id, 2);
  for (uint8_t i = 0; i < 10; i++) {
    ready(world, &one, 10 - i, i);
    ready(world, &two, 10 - i, i);
  }
  lab_port_free(&one.base);
  assert_true(freed);
  assert_int_equal(one.discarded_count, 10);
  lab_event event;
  for (int i = 0; i < 10; i++) {
    assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
    assert_ptr_equal(event.port, &two.base);
  }
  expect_stillness(world);
  struct fake three = make_fake();
  assert_int_equal(lab_world_attach(world, &three.base), LAB_OK);
  assert_int_equal(three.base.id, 3); /* ids of ports are not used again */
  lab_world_free(world);
  lab_port_free(NULL);
}

static void the_world_frees_its_ports(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  struct fake fake = make_fake();
  bool freed = false;
  fake.freed = &freed;
  assert_int_equal(lab_world_attach(world, &fake.base), LAB_OK);
  ready(world, &fake, 1, 1);
  lab_world_free(world);
  assert_true(freed);
  assert_int_equal(fake.discarded_count, 1);
  lab_world_free(NULL);
}

static void a_virtual_world_refuses_descriptors(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  struct fake fake = make_fake();
  fake.fd = 0;
  assert_int_equal(lab_world_attach(world, &fake.base), LAB_ERR_WORLD);
  lab_world_free(world);
}

/* Drops */

static void drops_become_events_only_when_watched(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  struct fake fake = make_fake();
  assert_int_equal(lab_world_attach(world, &fake.base), LAB_OK);
  char text[] = "lost";
  lab_packet packet = {.src = {1, 2}, .dst = {3, 4}, .payload = view_of(text)};
  lab_world_dropped(world, &fake.base, &packet, "loss");
  expect_stillness(world);
  lab_world_watch(world, true);
  expect_timer(world, make_timer(world, 7), 7);
  lab_world_dropped(world, &fake.base, &packet, "loss");
  memset(text, '-', 4); /* the packet was copied */
  lab_world_dropped(world, &fake.base, &packet, "cut");
  lab_event event;
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
  assert_int_equal(event.kind, LAB_EVENT_DROP);
  assert_true(event.at == 7);
  assert_ptr_equal(event.port, &fake.base);
  assert_string_equal(event.cause, "loss");
  assert_int_equal(event.packet.dst.port, 4);
  assert_payload(&event, "lost");
  lab_port_free(&fake.base); /* with a report still queued and one just told */
  assert_payload(&event, "lost");
  expect_stillness(world);
  lab_world_free(world);
}

static void a_report_without_memory_is_not_silent(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  struct fake fake = make_fake();
  assert_int_equal(lab_world_attach(world, &fake.base), LAB_OK);
  lab_world_watch(world, true);
  lab_packet packet = {.payload = view_of("lost")};
  lab_event event;
  for (unsigned left = 0; left < 2; left++) {
    scarce_left = left;
    lab_world_dropped(world, &fake.base, &packet, "loss");
    scarce_left = UINT_MAX;
    assert_int_equal(lab_world_next(world, LAB_NEVER, &event), LAB_ERR_MEMORY);
    assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 0);
  }
  lab_world_free(world);
}

/* A send, two drops, a timer: watched or not. */
static uint64_t digest_of_drops(bool watched, const char *text, unsigned *events) {
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  struct fake fake = make_fake();
  assert_int_equal(lab_world_attach(world, &fake.base), LAB_OK);
  lab_world_watch(world, watched);
  lab_packet packet = {.src = {1, 2}, .dst = {3, 4}, .payload = view_of(text)};
  lab_world_sent(world, &packet);
  lab_world_dropped(world, &fake.base, &packet, "loss");
  lab_world_dropped(world, &fake.base, &packet, "cut");
  make_timer(world, 7);
  lab_event event;
  while (lab_world_next(world, LAB_NEVER, &event) == 1) {
  }
  uint64_t digest = lab_world_digest(world);
  *events = (unsigned)lab_world_event_count(world);
  lab_world_free(world);
  return digest;
}

static void the_digest_covers_drops_and_no_watch_changes_it(void **state) {
  (void)state;
  unsigned watched, unwatched;
  assert_true(digest_of_drops(true, "lost", &watched) ==
              digest_of_drops(false, "lost", &unwatched));
  assert_int_equal(watched, 3);
  assert_int_equal(unwatched, 3);
  assert_true(digest_of_drops(false, "lost", &unwatched) !=
              digest_of_drops(false, "last", &unwatched));
}

static void the_digest_covers_what_is_sent(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_VIRTUAL, 1);
  uint64_t before = lab_world_digest(world);
  lab_packet packet = {.src = {1, 2}, .dst = {3, 4}, .payload = view_of("said")};
  lab_world_sent(world, &packet);
  assert_true(lab_world_digest(world) != before);
  lab_world_free(world);
}

/* No memory */

/* Everything that allocates, once.  LAB_OK or the first failure; frees all it made. */
static enum lab_status make_everything(enum lab_world_kind kind) {
  lab_world *world;
  enum lab_status status = lab_world_new(kind, 1, &world);
  if (status != LAB_OK) {
    return status;
  }
  struct fake fake[20];
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  for (size_t i = 0; i < LAB_COUNTOF(fake) && status == LAB_OK; i++) {
    fake[i] = make_fake();
    fake[i].fd = kind == LAB_WORLD_REAL ? ends[0] : -1;
    status = lab_world_attach(world, &fake[i].base);
  }
  for (uint32_t i = 0; i < 300 && status == LAB_OK; i++) { /* more than a chunk */
    uint32_t id;
    status = lab_timer_new(world, &id);
    if (status == LAB_OK) {
      status = lab_timer_set(world, id, i);
    }
  }
  if (status == LAB_OK) {
    status = lab_world_ready(world, &fake[0].base, 1, NULL);
  }
  lab_world_free(world);
  close(ends[0]);
  close(ends[1]);
  return status;
}

static void every_failing_allocation_is_reported_and_nothing_leaks(void **state) {
  (void)state;
  const enum lab_world_kind kinds[] = {LAB_WORLD_VIRTUAL, LAB_WORLD_REAL};
  for (size_t i = 0; i < LAB_COUNTOF(kinds); i++) {
    unsigned failures = 0;
    for (scarce_left = 0; make_everything(kinds[i]) != LAB_OK; scarce_left = ++failures) {
      assert_true(failures < 1000);
    }
    scarce_left = UINT_MAX;
    assert_true(failures > 20);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(timers_come_in_the_order_of_their_times),
      cmocka_unit_test(equal_times_leave_first_created_first),
      cmocka_unit_test(a_time_gone_by_means_now_and_never_clears),
      cmocka_unit_test(freed_timers_never_fire_and_their_ids_are_used_again),
      cmocka_unit_test(nothing_until_then_moves_the_clock_there),
      cmocka_unit_test(the_same_seed_gives_the_same_digest),
      cmocka_unit_test(the_digest_covers_drops_and_no_watch_changes_it),
      cmocka_unit_test(the_digest_covers_what_is_sent),
      cmocka_unit_test(streams_depend_on_seed_and_name_only),
      cmocka_unit_test(a_port_that_swallows_a_packet_makes_no_event),
      cmocka_unit_test(detaching_discards_what_is_queued_for_that_port_only),
      cmocka_unit_test(the_world_frees_its_ports),
      cmocka_unit_test(a_virtual_world_refuses_descriptors),
      cmocka_unit_test(drops_become_events_only_when_watched),
      cmocka_unit_test(a_report_without_memory_is_not_silent),
      cmocka_unit_test(every_failing_allocation_is_reported_and_nothing_leaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
