/* Tests of core/status.c: words for statuses, and errno mapped to them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base.h"

static void every_status_has_a_word_of_its_own(void **state) {
  (void)state;
  for (int a = LAB_ERR_TOO_BIG; a <= LAB_OK; a++) {
    const char *word = lab_status_text((enum lab_status)a);
    assert_non_null(word);
    assert_string_not_equal(word, "unknown");
    for (int b = LAB_ERR_TOO_BIG; b < a; b++) {
      assert_string_not_equal(word, lab_status_text((enum lab_status)b));
    }
  }
}

static void the_words_scripts_compare_do_not_change(void **state) {
  (void)state;
  assert_string_equal(lab_status_text(LAB_OK), "ok");
  assert_string_equal(lab_status_text(LAB_ERR_SHORT), "short");
  assert_string_equal(lab_status_text(LAB_ERR_FORMAT), "format");
  assert_string_equal(lab_status_text(LAB_ERR_ABSENT), "absent");
  assert_string_equal(lab_status_text(LAB_ERR_SPACE), "space");
  assert_string_equal(lab_status_text(LAB_ERR_RANGE), "range");
}

static void a_number_that_is_no_status_is_called_unknown(void **state) {
  (void)state;
  assert_string_equal(lab_status_text((enum lab_status)1), "unknown");
  assert_string_equal(lab_status_text((enum lab_status)(LAB_ERR_TOO_BIG - 1)), "unknown");
}

static void an_errno_becomes_what_a_caller_can_act_on(void **state) {
  (void)state;
  assert_int_equal(lab_status_from_errno(0), LAB_OK);
  assert_int_equal(lab_status_from_errno(EAGAIN), LAB_ERR_AGAIN);
  assert_int_equal(lab_status_from_errno(EWOULDBLOCK), LAB_ERR_AGAIN);
  assert_int_equal(lab_status_from_errno(ENOMEM), LAB_ERR_MEMORY);
  assert_int_equal(lab_status_from_errno(ENOBUFS), LAB_ERR_MEMORY);
  assert_int_equal(lab_status_from_errno(EADDRINUSE), LAB_ERR_IN_USE);
  assert_int_equal(lab_status_from_errno(EACCES), LAB_ERR_PERMISSION);
  assert_int_equal(lab_status_from_errno(EPERM), LAB_ERR_PERMISSION);
  assert_int_equal(lab_status_from_errno(EADDRNOTAVAIL), LAB_ERR_NO_ADDRESS);
  assert_int_equal(lab_status_from_errno(ENETUNREACH), LAB_ERR_UNREACHABLE);
  assert_int_equal(lab_status_from_errno(EHOSTUNREACH), LAB_ERR_UNREACHABLE);
  assert_int_equal(lab_status_from_errno(ENETDOWN), LAB_ERR_UNREACHABLE);
  assert_int_equal(lab_status_from_errno(ECONNREFUSED), LAB_ERR_UNREACHABLE);
  assert_int_equal(lab_status_from_errno(EINTR), LAB_ERR_INTERRUPTED);
  assert_int_equal(lab_status_from_errno(EMSGSIZE), LAB_ERR_TOO_BIG);
}

static void any_other_errno_is_io(void **state) {
  (void)state;
  assert_int_equal(lab_status_from_errno(EBADF), LAB_ERR_IO);
  assert_int_equal(lab_status_from_errno(EIO), LAB_ERR_IO);
  assert_int_equal(lab_status_from_errno(-1), LAB_ERR_IO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_status_has_a_word_of_its_own),
      cmocka_unit_test(the_words_scripts_compare_do_not_change),
      cmocka_unit_test(a_number_that_is_no_status_is_called_unknown),
      cmocka_unit_test(an_errno_becomes_what_a_caller_can_act_on),
      cmocka_unit_test(any_other_errno_is_io),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
