/* Real sockets, core/udp.c, on the loopback interface: sizes, addresses, refusals, rights,
 * batches, no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scarce.h"
#include "testnet.h"

#include "udp.c"

static const lab_ip4 HERE = LAB_IP4(127, 0, 0, 1);

static enum lab_status open_at(lab_world *world, lab_ip4 ip, uint16_t number, lab_port **port) {
  lab_udp_options options = {.bind = {ip, number}};
  return lab_udp_open(world, &options, port);
}

static lab_event next_packet(lab_world *world) {
  lab_event event;
  assert_int_equal(lab_world_next(world, lab_world_now(world) + 5 * LAB_SECOND, &event), 1);
  assert_int_equal(event.kind, LAB_EVENT_PACKET);
  return event;
}

static void expect_nothing(lab_world *world) {
  lab_event event;
  assert_int_equal(lab_world_next(world, lab_world_now(world) + 5 * LAB_MILLISECOND, &event), 0);
}

static void a_port_knows_where_it_is_bound(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *a = open_loopback(world, false), *b = open_loopback(world, false);
  assert_int_equal(a->local.ip, HERE);
  assert_true(a->local.port != 0 && b->local.port != 0 && a->local.port != b->local.port);
  assert_int_equal(send_text(a, b->local, "hello"), LAB_OK);
  lab_event event = next_packet(world);
  assert_ptr_equal(event.port, b);
  assert_payload(&event, "hello");
  assert_memory_equal(&event.packet.src, &a->local, sizeof a->local);
  assert_memory_equal(&event.packet.dst, &b->local, sizeof b->local);
  assert_int_equal(a->stats.sent, 1);
  assert_int_equal(a->stats.sent_bytes, 5);
  assert_int_equal(b->stats.received, 1);
  assert_int_equal(b->stats.received_bytes, 5);
  lab_world_free(world);
}

static void datagrams_of_every_size_arrive_whole(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 300, 2048, 2049, 9000, 65507};
  static uint8_t bytes[65508];
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (uint8_t)(i * 31 + i / 256);
  }
  for (int batch = 0; batch < 2; batch++) {
    lab_world *world = make_world(LAB_WORLD_REAL, 1);
    lab_port *port = open_loopback(world, batch == 1);
    for (size_t i = 0; i < LAB_COUNTOF(sizes); i++) {
      lab_packet packet = {.dst = port->local, .payload = {sizes[i] > 0 ? bytes : NULL, sizes[i]}};
      assert_int_equal(lab_port_send(port, &packet), LAB_OK);
    }
    for (size_t i = 0; i < LAB_COUNTOF(sizes);
         i++) { /* in order, even where some were gathered and some not */
      lab_event event = next_packet(world);
      assert_int_equal(event.packet.payload.len, sizes[i]);
      assert_memory_equal(event.packet.payload.data, bytes, sizes[i]);
    }
    lab_packet packet = {.dst = port->local, .payload = {bytes, 65508}};
    assert_int_equal(lab_port_send(port, &packet), LAB_ERR_TOO_BIG);
    assert_int_equal(port->stats.send_errors, 1);
    assert_int_equal(port->stats.last_errno, EMSGSIZE);
    lab_world_free(world);
  }
}

static void a_second_port_at_the_same_place_is_refused(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *first = open_loopback(world, false), *second = NULL;
  assert_int_equal(open_at(world, HERE, first->local.port, &second), LAB_ERR_IN_USE);
  assert_int_equal(open_at(world, LAB_IP4_ANY, first->local.port, &second), LAB_ERR_IN_USE);
  assert_int_equal(open_at(world, LAB_IP4(127, 0, 0, 2), first->local.port, &second), LAB_OK);
  uint16_t number = first->local.port;
  lab_port_free(first);
  assert_int_equal(open_at(world, HERE, number, &first), LAB_OK); /* and free again at once */
  lab_world_free(world);
}

static void foreign_addresses_and_virtual_worlds_are_refused(void **state) {
  (void)state;
  lab_port *port = NULL;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  assert_int_equal(open_at(world, LAB_IP4(192, 0, 2, 1), 0, &port), LAB_ERR_NO_ADDRESS);
  lab_world_free(world);
  world = make_world(LAB_WORLD_VIRTUAL, 1);
  assert_int_equal(open_at(world, HERE, 0, &port), LAB_ERR_WORLD);
  assert_true(lab_world_quiet(world));
  lab_world_free(world);
}

static void an_interface_that_is_not_there_is_an_error(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *port = NULL;
  lab_udp_options options = {.bind = {HERE, 0}, .interface = "nonesuch0"};
  assert_int_not_equal(lab_udp_open(world, &options, &port), LAB_OK);
  lab_world_free(world);
}

/* In a child, so that rights can be given away. */
static void ports_under_1024_need_rights(void **state) {
  (void)state;
  FILE *limit = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
  int start = 1024;
  if (limit) {
    if (fscanf(limit, "%d", &start) != 1) {
      start = 1024;
    }
    fclose(limit);
  }
  if (start <= 1023) {
    skip();
  }
  pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) {
      _exit(2);
    }
    lab_world *world;
    lab_port *port;
    if (lab_world_new(LAB_WORLD_REAL, 1, &world) != LAB_OK) {
      _exit(3);
    }
    enum lab_status status = open_at(world, HERE, 1023, &port);
    lab_world_free(world);
    _exit(status == LAB_ERR_PERMISSION ? 0 : 1);
  }
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) {
    skip();
  }
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_wildcard_port_tells_and_chooses_the_local_address(void **state) {
  (void)state;
  const lab_ip4 second = LAB_IP4(127, 0, 0, 2);
  for (int batch = 0; batch < 2; batch++) {
    lab_world *world = make_world(LAB_WORLD_REAL, 1);
    lab_udp_options options = {.bind = {LAB_IP4_ANY, 0}, .batch = batch == 1};
    lab_port *any = NULL, *client = open_loopback(world, false);
    assert_int_equal(lab_udp_open(world, &options, &any), LAB_OK);
    assert_int_equal(any->local.ip, LAB_IP4_ANY);
    assert_int_equal(send_text(client, (lab_endpoint){second, any->local.port}, "ask"), LAB_OK);
    lab_event event = next_packet(world);
    assert_ptr_equal(event.port, any);
    assert_int_equal(event.packet.dst.ip, second);
    assert_int_equal(event.packet.dst.port, any->local.port);
    lab_packet answer = {
        .src = event.packet.dst, .dst = event.packet.src, .payload = view_of("answer")};
    assert_int_equal(lab_port_send(any, &answer), LAB_OK);
    event = next_packet(world);
    assert_ptr_equal(event.port, client);
    assert_int_equal(event.packet.src.ip, second);
    answer.src.ip = LAB_IP4_ANY; /* then the system chooses */
    assert_int_equal(lab_port_send(any, &answer), LAB_OK);
    assert_int_equal(next_packet(world).packet.src.ip, HERE);
    answer.src.ip = LAB_IP4(192, 0, 2, 1); /* not ours */
    if (batch == 0) {
      assert_int_not_equal(lab_port_send(any, &answer), LAB_OK);
    } else {
      assert_int_equal(lab_port_send(any, &answer), LAB_OK); /* found out when flushed */
      assert_int_not_equal(lab_port_flush(any), LAB_OK);
    }
    assert_int_equal(any->stats.send_errors, 1);
    lab_world_free(world);
  }
}

static void broadcast_is_allowed(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *port = open_loopback(world, false);
  int on = 0;
  socklen_t len = sizeof on;
  assert_int_equal(getsockopt(port->ops->fd(port), SOL_SOCKET, SO_BROADCAST, &on, &len), 0);
  assert_true(on != 0);
  int flags = fcntl(port->ops->fd(port), F_GETFL);
  assert_true((flags & O_NONBLOCK) && (fcntl(port->ops->fd(port), F_GETFD) & FD_CLOEXEC));
  assert_int_equal(send_text(port, (lab_endpoint){LAB_IP4(127, 255, 255, 255), 9}, "all"), LAB_OK);
  lab_world_free(world);
}

#ifdef __linux__
static void refusals_are_counted_and_disturb_nothing(void **state) {
  (void)state;
  for (int batch = 0; batch < 2; batch++) {
    lab_world *world = make_world(LAB_WORLD_REAL, 1);
    lab_port *port = open_loopback(world, batch == 1), *gone = open_loopback(world, false);
    lab_endpoint nobody = gone->local;
    lab_port_free(gone);
    for (int i = 0; i < 20; i++) { /* each send meets the refusal of the one before */
      assert_int_equal(send_text(port, nobody, "x"), LAB_OK);
      assert_int_equal(send_text(port, port->local, "y"), LAB_OK);
    }
    for (int i = 0; i < 20; i++) {
      lab_event event = next_packet(world);
      assert_payload(&event, "y");
    }
    expect_nothing(world);
    assert_int_equal(port->stats.sent, 40);
    assert_int_equal(port->stats.send_errors, 0);
    assert_true(port->stats.refused > 0 && port->stats.refused <= 20);
    lab_world_free(world);
  }
}

static void a_refusal_alone_does_not_make_the_world_spin(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *port = open_loopback(world, false), *gone = open_loopback(world, false);
  lab_endpoint nobody = gone->local;
  lab_port_free(gone);
  assert_int_equal(send_text(port, nobody, "x"), LAB_OK);
  expect_nothing(world);
  assert_int_equal(port->stats.refused, 1);
  struct pollfd poll_port = {.fd = port->ops->fd(port), .events = POLLIN};
  assert_int_equal(poll(&poll_port, 1, 0), 0); /* the error queue is empty */
  lab_world_free(world);
}

static void what_the_kernel_had_no_room_for_is_counted(void **state) {
  (void)state;
  static const uint8_t bytes[1000];
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_udp_options options = {.bind = {HERE, 0}, .buffer_bytes = 4096};
  lab_port *small = NULL, *sender = open_loopback(world, false);
  assert_int_equal(lab_udp_open(world, &options, &small), LAB_OK);
  lab_packet packet = {.dst = small->local, .payload = {bytes, sizeof bytes}};
  for (int i = 0; i < 100; i++) {
    assert_int_equal(lab_port_send(sender, &packet), LAB_OK);
  }
  lab_event event;
  uint64_t got = 0;
  while (lab_world_next(world, lab_world_now(world), &event) == 1) {
    got++;
  }
  assert_true(got > 0 && got < 100);
  assert_int_equal(lab_port_send(sender, &packet),
                   LAB_OK); /* the counter comes with the next one */
  next_packet(world);
  assert_int_equal(small->stats.overrun, 100 - got);
  assert_int_equal(small->stats.received, got + 1);
  lab_world_free(world);
}
#endif

static void gathered_sends_leave_before_the_world_waits(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *from = open_loopback(world, true), *to = open_loopback(world, false);
  for (int i = 0; i < 10; i++) {
    assert_int_equal(send_text(from, to->local, "x"), LAB_OK);
  }
  assert_int_equal(from->stats.sent, 0);
  for (int i = 0; i < 10; i++) {
    next_packet(world);
  }
  assert_int_equal(from->stats.sent, 10);
  for (int i = 0; i < 130; i++) {
    assert_int_equal(send_text(from, to->local, "x"), LAB_OK);
  }
  assert_int_equal(from->stats.sent, 10 + 128); /* at most 64 are put off */
  assert_int_equal(lab_port_flush(from), LAB_OK);
  assert_int_equal(from->stats.sent, 10 + 130);
  for (int i = 0; i < 130; i++) {
    next_packet(world);
  }
  assert_int_equal(send_text(from, to->local, "last"), LAB_OK);
  lab_port_free(from); /* takes nothing with it */
  lab_event event = next_packet(world);
  assert_payload(&event, "last");
  lab_world_free(world);
}

static void gathered_packets_are_copies(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_port *port = open_loopback(world, true);
  char text[] = "before";
  assert_int_equal(send_text(port, port->local, text), LAB_OK);
  memcpy(text, "after!", 6);
  lab_event event = next_packet(world);
  assert_payload(&event, "before");
  lab_world_free(world);
}

static void every_failing_allocation_is_reported_and_nothing_leaks(void **state) {
  (void)state;
  lab_world *world = make_world(LAB_WORLD_REAL, 1);
  lab_udp_options options = {.bind = {HERE, 0}, .batch = true};
  lab_port *port = NULL;
  unsigned failures = 0;
  enum lab_status status;
  do {
    scarce_left = failures;
    status = lab_udp_open(world, &options, &port);
    scarce_left = UINT_MAX;
    assert_true(status == LAB_OK || status == LAB_ERR_MEMORY);
    failures += status != LAB_OK;
  } while (status != LAB_OK);
  assert_int_equal(failures, 5); /* the port, two rings of two parts */
  assert_int_equal(send_text(port, port->local, "works"), LAB_OK);
  next_packet(world);
  lab_world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_port_knows_where_it_is_bound),
      cmocka_unit_test(datagrams_of_every_size_arrive_whole),
      cmocka_unit_test(a_second_port_at_the_same_place_is_refused),
      cmocka_unit_test(foreign_addresses_and_virtual_worlds_are_refused),
      cmocka_unit_test(an_interface_that_is_not_there_is_an_error),
      cmocka_unit_test(ports_under_1024_need_rights),
      cmocka_unit_test(a_wildcard_port_tells_and_chooses_the_local_address),
      cmocka_unit_test(broadcast_is_allowed),
#ifdef __linux__
      cmocka_unit_test(refusals_are_counted_and_disturb_nothing),
      cmocka_unit_test(a_refusal_alone_does_not_make_the_world_spin),
      cmocka_unit_test(what_the_kernel_had_no_room_for_is_counted),
#endif
      cmocka_unit_test(gathered_sends_leave_before_the_world_waits),
      cmocka_unit_test(gathered_packets_are_copies),
      cmocka_unit_test(every_failing_allocation_is_reported_and_nothing_leaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
