/* Both clocks, core/clock_virtual.c and core/clock_real.c, through the two functions in which
 * worlds differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static lab_clock *clock_under_test;

static lab_time now(void) { return clock_under_test->ops->now(clock_under_test); }

static void wait_until(lab_time until) {
  struct pollfd own;
  assert_int_equal(clock_under_test->ops->wait(clock_under_test, until, &own, 1), LAB_OK);
}

static int end_clock(void **state) {
  (void)state;
  clock_under_test->ops->free(clock_under_test);
  return 0;
}

static int begin_virtual(void **state) {
  (void)state;
  return lab_clock_virtual_new(&clock_under_test);
}

static int begin_real(void **state) {
  (void)state;
  return lab_clock_real_new(&clock_under_test);
}

static void virtual_time_jumps_and_never_goes_back(void **state) {
  (void)state;
  assert_int_equal(now(), 0);
  wait_until(365 * 24 * 3600 * LAB_SECOND);
  assert_true(now() == 365 * 24 * 3600 * LAB_SECOND);
  wait_until(5);
  assert_true(now() == 365 * 24 * 3600 * LAB_SECOND);
  clock_under_test->ops->wake(clock_under_test);
  assert_true(clock_under_test->epoch == INT64_C(946684800000000)); /* 2000-01-01 00:00:00 UTC */
}

static void real_time_passes_while_waiting(void **state) {
  (void)state;
  lab_time start = now();
  assert_in_range(start, 0, LAB_SECOND);
  wait_until(start + 20 * LAB_MILLISECOND);
  assert_true(now() >= start + 20 * LAB_MILLISECOND);
  lab_time before = now();
  wait_until(0); /* gone by */
  wait_until(-1);
  assert_true(now() < before + LAB_SECOND);
  int64_t wall = (int64_t)time(NULL) * LAB_SECOND;
  assert_true(clock_under_test->epoch > wall - 60 * LAB_SECOND &&
              clock_under_test->epoch < wall + 60 * LAB_SECOND);
}

static void a_readable_descriptor_ends_the_wait(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], "x", 1), 1);
  struct pollfd fds[2] = {{.fd = -1}, {.fd = ends[0], .events = POLLIN}};
  assert_int_equal(clock_under_test->ops->wait(clock_under_test, LAB_NEVER, fds, 2), LAB_OK);
  assert_int_equal(fds[1].revents, POLLIN);
  close(ends[0]);
  close(ends[1]);
}

static void a_wake_before_the_wait_ends_it_once(void **state) {
  (void)state;
  errno = 77;
  for (int i = 0; i < 100000; i++) { /* more than the pipe holds */
    clock_under_test->ops->wake(clock_under_test);
  }
  assert_int_equal(errno, 77);
  wait_until(LAB_NEVER);
  lab_time start = now();
  wait_until(start + 5 * LAB_MILLISECOND); /* nothing of it is left */
  assert_true(now() >= start + 5 * LAB_MILLISECOND);
}

static void wake_it(int number) {
  (void)number;
  clock_under_test->ops->wake(clock_under_test);
}

static void a_wake_in_a_signal_handler_ends_the_wait(void **state) {
  (void)state;
  struct sigaction action = {.sa_handler = wake_it, .sa_flags = SA_RESTART};
  assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
  struct itimerval soon = {.it_value = {.tv_usec = 10000}};
  assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
  wait_until(LAB_NEVER);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(virtual_time_jumps_and_never_goes_back, begin_virtual,
                                      end_clock),
      cmocka_unit_test_setup_teardown(real_time_passes_while_waiting, begin_real, end_clock),
      cmocka_unit_test_setup_teardown(a_readable_descriptor_ends_the_wait, begin_real, end_clock),
      cmocka_unit_test_setup_teardown(a_wake_before_the_wait_ends_it_once, begin_real, end_clock),
      cmocka_unit_test_setup_teardown(a_wake_in_a_signal_handler_ends_the_wait, begin_real,
                                      end_clock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
