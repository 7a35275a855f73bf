/* What happens next, core/world_next.c, in real time: interruption, waiting, fairness, the tap.
 *
 * The sockets are on the loopback interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "testnet.h"

/* Interruption */

static lab_world *world_to_interrupt;
static void interrupt_it(int number) {
  (void)number;
  lab_world_interrupt(world_to_interrupt);
}
static void do_nothing(int number) { (void)number; }

static void alarm_in(void (*handler)(int), lab_time delay) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
  struct itimerval soon = {.it_value = {.tv_usec = (suseconds_t)delay}};
  assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
}

static void an_interrupt_is_told_once_in_both_worlds(void **state) {
  (void)state;
  const enum lab_world_kind kinds[] = {LAB_WORLD_VIRTUAL, LAB_WORLD_REAL};
  for (size_t i = 0; i < LAB_COUNTOF(kinds); i++) {
    lab_world *world = make_world(kinds[i], 1);
    lab_event event;
    make_timer(world, 1000);
    lab_world_interrupt(world);
    lab_world_interrupt(world);
    assert_int_equal(lab_world_next(world, LAB_NEVER, &event), LAB_ERR_INTERRUPTED);
    assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1); /* nothing was lost by it */
    lab_world_free(world);
  }
}

static void a_signal_handler_interrupts_the_waiting_world(void **state) {
  (void)state;
  lab_world *world = world_to_interrupt = make_world(LAB_WORLD_REAL, 1);
  open_loopback(world, false);
  lab_event event;
  alarm_in(interrupt_it, 10000);
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), LAB_ERR_INTERRUPTED);
  lab_world_free(world);
}

static void other_signals_do_not_end_the_wait(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_event event;
  lab_time due = lab_world_now(world) + 30 * LAB_MILLISECOND;
  uint32_t id = make_timer(world, due);
  alarm_in(do_nothing, 5000);
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
  assert_int_equal(event.timer, id);
  assert_true(event.at == due);
  assert_true(lab_world_now(world) >= due);
  lab_world_free(world);
}

/* Real time and sockets */

static void real_waiting_ends_at_until(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_event event;
  lab_time start = lab_world_now(world);
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 0); /* quiet: nothing to wait for */
  make_timer(world, start + 60 * LAB_SECOND);
  assert_int_equal(lab_world_next(world, start + 10 * LAB_MILLISECOND, &event), 0);
  lab_time now = lab_world_now(world);
  assert_true(now >= start + 10 * LAB_MILLISECOND && now < start + 30 * LAB_SECOND);
  lab_world_free(world);
}

static void what_lies_in_the_socket_is_given_even_when_until_is_gone_by(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *port = open_loopback(world, false);
  assert_int_equal(send_text(port, port->local, "here"), LAB_OK);
  lab_event event;
  lab_time until = lab_world_now(world);
  assert_int_equal(lab_world_next(world, until, &event), 1);
  assert_payload(&event, "here");
  assert_true(event.at <= until);
  assert_int_equal(lab_world_next(world, 0, &event), 0);
  lab_world_free(world);
}

static void due_timers_do_not_starve_datagrams(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *port = open_loopback(world, false);
  for (int i = 0; i < 20; i++) {
    assert_int_equal(send_text(port, port->local, "x"), LAB_OK);
  }
  uint32_t id = make_timer(world, 0);
  int datagrams = 0;
  for (int i = 0; i < 500; i++) {
    lab_event event;
    assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
    if (event.kind == LAB_EVENT_TIMER) {
      assert_int_equal(lab_timer_set(world, id, 0), LAB_OK); /* always due */
    } else {
      datagrams++;
    }
  }
  assert_int_equal(datagrams, 20);
  lab_world_free(world);
}

static void datagrams_do_not_starve_timers_nor_other_sockets(void **state) {
  (void)state;
  for (int batch = 0; batch < 2; batch++) {
    lab_world *world = make_world(LAB_WORLD_REAL, 1);
    lab_port *busy = open_loopback(world, batch == 1), *calm = open_loopback(world, false);
    for (int i = 0; i < 100; i++) { /* a stream that never ends: each one read is sent again */
      assert_int_equal(send_text(busy, busy->local, "stream"), LAB_OK);
    }
    lab_event event, last = {.at = -1};
    lab_time due = LAB_NEVER;
    uint32_t timer = make_timer(world, LAB_NEVER);
    unsigned count = 0, calm_at = 0, timer_at = 0;
    while (++count < 100000 && (calm_at == 0 || timer_at == 0)) {
      assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
      assert_true(event.at > last.at || (event.at == last.at && event.seq > last.seq));
      last = event;
      if (count == 1000) {
        due = lab_world_now(world) + 2000;
        assert_int_equal(lab_timer_set(world, timer, due), LAB_OK);
        assert_int_equal(send_text(calm, calm->local, "calm"), LAB_OK);
      }
      if (event.kind == LAB_EVENT_TIMER) {
        timer_at = count;
      } else if (event.port == calm) {
        calm_at = count;
      } else {
        assert_true(event.at <= due || timer_at > 0); /* nothing overtakes the timer */
        assert_int_equal(
            lab_port_send(busy, &(lab_packet){.dst = busy->local, .payload = event.packet.payload}),
            LAB_OK);
      }
    }
    assert_in_range(calm_at, 1000, 1000 + 3 * 64);
    assert_true(timer_at > 0);
    lab_world_free(world);
  }
}

static void a_port_may_be_freed_while_its_event_is_handled(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *port = open_loopback(world, true), *other = open_loopback(world, true);
  for (int i = 0; i < 5; i++) {
    assert_int_equal(send_text(port, port->local, "x"), LAB_OK);
  }
  lab_event event;
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
  lab_port_free(event.port);
  make_timer(world, 0); /* with one datagram read ahead, perhaps */
  assert_int_equal(send_text(other, other->local, "y"), LAB_OK);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
    assert_true(event.kind == LAB_EVENT_TIMER || event.port == other);
  }
  assert_int_equal(lab_world_next(world, lab_world_now(world), &event), 0);
  lab_world_free(world);
}

static void many_sockets_come_and_go(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *port[40];
  for (int i = 0; i < 40; i++) {
    port[i] = open_loopback(world, i % 2 == 0);
  }
  for (int i = 0; i < 40; i++) {
    assert_int_equal(send_text(port[i], port[39 - i]->local, "x"), LAB_OK);
  }
  unsigned got = 0;
  lab_event event;
  for (int i = 0; i < 40; i += 3) { /* some leave before they have read */
    lab_port_free(port[i]);
    port[i] = NULL;
  }
  while (lab_world_next(world, lab_world_now(world) + 20 * LAB_MILLISECOND, &event) == 1) {
    got++;
    bool is_there = false;
    for (int i = 0; i < 40; i++) {
      is_there = is_there || event.port == port[i];
    }
    assert_true(is_there);
  }
  assert_int_equal(got,
                   26); /* 40 less the 14 that have left; the freed sent what they had gathered */
  lab_world_free(world);
}

/* The tap */

struct seen {
  unsigned count;
  lab_packet last;
};
static void see(void *context, lab_time at, const lab_packet *packet) {
  struct seen *seen = context;
  assert_true(at >= 0);
  seen->count++;
  seen->last = *packet;
}

static void the_tap_shows_every_packet_once(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *a = open_loopback(world, false), *b = open_loopback(world, false);
  struct seen seen = {0};
  lab_world_tap(world, see, &seen);
  assert_int_equal(send_text(a, b->local, "inside"), LAB_OK);
  assert_int_equal(seen.count, 1);
  assert_memory_equal(&seen.last.src, &a->local, sizeof a->local);
  lab_event event;
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
  assert_int_equal(seen.count, 1);

  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons(b->local.port),
                           .sin_addr.s_addr = htonl(b->local.ip)};
  assert_int_equal(sendto(fd, "outside", 7, 0, (struct sockaddr *)&to, sizeof to), 7);
  close(fd);
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
  assert_int_equal(seen.count, 2);
  assert_memory_equal(&seen.last.dst, &b->local, sizeof b->local);

  lab_world_tap(world, NULL, NULL);
  assert_int_equal(send_text(a, b->local, "unseen"), LAB_OK);
  assert_int_equal(seen.count, 2);
  lab_world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_interrupt_is_told_once_in_both_worlds),
      cmocka_unit_test(a_signal_handler_interrupts_the_waiting_world),
      cmocka_unit_test(other_signals_do_not_end_the_wait),
      cmocka_unit_test(real_waiting_ends_at_until),
      cmocka_unit_test(what_lies_in_the_socket_is_given_even_when_until_is_gone_by),
      cmocka_unit_test(due_timers_do_not_starve_datagrams),
      cmocka_unit_test(datagrams_do_not_starve_timers_nor_other_sockets),
      cmocka_unit_test(a_port_may_be_freed_while_its_event_is_handled),
      cmocka_unit_test(many_sockets_come_and_go),
      cmocka_unit_test(the_tap_shows_every_packet_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
