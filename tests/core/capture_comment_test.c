/* Comments on captured packets: core/capture.c.  What is said before a packet comes, while it is held, and too late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "scarce.h"

#include "capture.c" /* with allocations that can fail */

typedef struct fixture {
  lab_world *world;
  lab_capture *capture;
  FILE *file;  /* the capture closes it */
  FILE *again; /* to read it afterwards */
  uint8_t bytes[1 << 20];
  size_t len, at;
} fixture;

static lab_view view(const char *text) { return (lab_view){(const uint8_t *)text, strlen(text)}; }

static void begin_capture(fixture *f, enum lab_world_kind kind) {
  f->file = tmpfile();
  assert_non_null(f->file);
  f->again = fdopen(dup(fileno(f->file)), "rb");
  assert_non_null(f->again);
  assert_int_equal(lab_world_new(kind, 1, &f->world), LAB_OK);
  assert_int_equal(lab_capture_new_commented(f->world, f->file, &f->capture), LAB_OK);
}

static void send_payload(fixture *f, const char *payload) {
  lab_packet packet = {.kind = LAB_PACKET_UDP,
                       .src = {LAB_IP4(10, 0, 0, 1), 68},
                       .dst = {LAB_IP4(10, 0, 0, 2), 67},
                       .payload = view(payload)};
  lab_world_sent(f->world, &packet);
}

static enum lab_status comment(fixture *f, const char *payload, const char *text) {
  return lab_capture_comment(f->capture, view(payload), view(text));
}

static enum lab_status add(fixture *f, const char *payload, const char *text) {
  return lab_capture_add(f->capture, view(payload), view(text));
}

static void end_capture(fixture *f, enum lab_status expected) {
  assert_int_equal(lab_capture_close(f->capture), expected);
  lab_world_free(f->world);
  rewind(f->again);
  f->len = fread(f->bytes, 1, sizeof f->bytes, f->again);
  fclose(f->again);
  f->at = 0;
}

static uint32_t get32(const uint8_t *p) {
  return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The next packet has this payload and this comment; NULL for none. */
static void expect_packet(fixture *f, const char *payload, const char *text) {
  while (f->at < f->len && get32(f->bytes + f->at) != 6) f->at += get32(f->bytes + f->at + 4);
  assert_true(f->at < f->len);
  const uint8_t *block = f->bytes + f->at;
  f->at += get32(block + 4);
  size_t frame_len = get32(block + 20), payload_len = strlen(payload);
  assert_int_equal(frame_len, LAB_FRAME_HEADERS + payload_len);
  assert_memory_equal(block + 28 + LAB_FRAME_HEADERS, payload, payload_len);
  const uint8_t *option = block + 28 + ((frame_len + 3) & ~(size_t)3);
  if (text == NULL) {
    assert_ptr_equal(option + 4, f->bytes + f->at);
    return;
  }
  assert_int_equal(get32(option), 1 | (uint32_t)strlen(text) << 16);
  assert_memory_equal(option + 4, text, strlen(text));
}

static void expect_end(fixture *f) {
  while (f->at < f->len) {
    assert_int_not_equal(get32(f->bytes + f->at), 6);
    f->at += get32(f->bytes + f->at + 4);
  }
}

static void a_comment_may_come_before_its_packet_or_after_it(void **state) {
  (void)state;
  fixture f;
  begin_capture(&f, LAB_WORLD_VIRTUAL);
  assert_int_equal(comment(&f, "one", "said before"), LAB_OK);
  send_payload(&f, "one");
  send_payload(&f, "two");
  assert_int_equal(comment(&f, "two", "said after"), LAB_OK);
  send_payload(&f, "three");
  end_capture(&f, LAB_OK);
  expect_packet(&f, "one", "said before");
  expect_packet(&f, "two", "said after");
  expect_packet(&f, "three", NULL);
  expect_end(&f);
}

static void copies_of_a_packet_share_what_it_is(void **state) {
  (void)state;
  fixture f;
  begin_capture(&f, LAB_WORLD_VIRTUAL);
  assert_int_equal(comment(&f, "copy", "awaited"), LAB_OK);
  send_payload(&f, "copy");
  send_payload(&f, "copy");
  send_payload(&f, "other");
  send_payload(&f, "other");
  assert_int_equal(comment(&f, "other", "told"), LAB_OK);
  end_capture(&f, LAB_OK);
  expect_packet(&f, "copy", "awaited");
  expect_packet(&f, "copy", "awaited");
  expect_packet(&f, "other", "told");
  expect_packet(&f, "other", "told");
}

static void what_became_of_equal_packets_is_told_in_their_order(void **state) {
  (void)state;
  fixture f;
  begin_capture(&f, LAB_WORLD_VIRTUAL);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(comment(&f, "again", "try"), LAB_OK);
    send_payload(&f, "again");
  }
  assert_int_equal(add(&f, "again", "lost"), LAB_OK);
  assert_int_equal(add(&f, "again", "arrived"), LAB_OK);
  assert_int_equal(add(&f, "again", "arrived twice"), LAB_OK);
  end_capture(&f, LAB_OK);
  expect_packet(&f, "again", "try; lost");
  expect_packet(&f, "again", "try; arrived; arrived twice");
}

static void a_fate_alone_is_a_comment_and_of_an_unknown_packet_is_refused(void **state) {
  (void)state;
  fixture f;
  begin_capture(&f, LAB_WORLD_VIRTUAL);
  send_payload(&f, "one");
  assert_int_equal(add(&f, "one", "lost"), LAB_OK);
  assert_int_equal(add(&f, "two", "lost"), LAB_ERR_ABSENT);
  assert_int_equal(add(&f, "on", "lost"), LAB_ERR_ABSENT);
  assert_int_equal(add(&f, "", "lost"), LAB_ERR_ABSENT);
  end_capture(&f, LAB_OK);
  expect_packet(&f, "one", "lost");
}

static void arp_is_nobodys_payload(void **state) {
  (void)state;
  fixture f;
  uint8_t arp[LAB_ARP_LEN];
  begin_capture(&f, LAB_WORLD_VIRTUAL);
  lab_arp_build(arp, 1, LAB_MAC_NONE, 0, LAB_MAC_NONE, LAB_IP4(10, 0, 0, 1));
  lab_packet packet = {.kind = LAB_PACKET_ARP, .payload = {arp, sizeof arp}};
  lab_world_sent(f.world, &packet);
  assert_int_equal(add(&f, "", "lost"), LAB_ERR_ABSENT);
  assert_int_equal(lab_capture_add(f.capture, packet.payload, view("lost")), LAB_ERR_ABSENT);
  end_capture(&f, LAB_OK);
}

/* `kind` holds back `most` packets. */
static void check_held(enum lab_world_kind kind, int most) {
  fixture f;
  char name[16];
  begin_capture(&f, kind);
  for (int i = 0; i <= most; i++) {
    snprintf(name, sizeof name, "packet %d", i);
    send_payload(&f, name);
  }
  assert_int_equal(add(&f, "packet 0", "too late"), LAB_ERR_ABSENT);
  assert_int_equal(add(&f, "packet 1", "just in time"), LAB_OK);
  snprintf(name, sizeof name, "packet %d", most);
  assert_int_equal(add(&f, name, "the last"), LAB_OK);
  end_capture(&f, LAB_OK);
  expect_packet(&f, "packet 0", NULL);
  expect_packet(&f, "packet 1", "just in time");
  for (int i = 2; i < most; i++) {
    snprintf(name, sizeof name, "packet %d", i);
    expect_packet(&f, name, NULL);
  }
  snprintf(name, sizeof name, "packet %d", most);
  expect_packet(&f, name, "the last");
  expect_end(&f);
}

static void a_virtual_world_holds_many_packets_back_and_a_real_one_few(void **state) {
  (void)state;
  check_held(LAB_WORLD_VIRTUAL, LAB_CAPTURE_HELD);
  check_held(LAB_WORLD_REAL, LAB_CAPTURE_HELD_REAL);
}

static void a_comment_ends_between_two_characters(void **state) {
  (void)state;
  fixture f;
  char text[LAB_CAPTURE_COMMENT_MAX + 3], cut[LAB_CAPTURE_COMMENT_MAX + 3];
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  memcpy(text + LAB_CAPTURE_COMMENT_MAX - 1, "\xc3\xa9", 2); /* across the limit */
  memcpy(cut, text, LAB_CAPTURE_COMMENT_MAX - 1);
  cut[LAB_CAPTURE_COMMENT_MAX - 1] = '\0';
  begin_capture(&f, LAB_WORLD_VIRTUAL);
  assert_int_equal(comment(&f, "one", text), LAB_OK);
  send_payload(&f, "one");
  assert_int_equal(add(&f, "one", "\xc3\xa9"), LAB_OK); /* no room for that either */
  end_capture(&f, LAB_OK);
  cut[LAB_CAPTURE_COMMENT_MAX - 1] = ';';
  cut[LAB_CAPTURE_COMMENT_MAX] = '\0';
  expect_packet(&f, "one", cut);
}

static void a_classic_capture_takes_no_comments(void **state) {
  (void)state;
  lab_world *world;
  lab_capture *capture;
  FILE *file = tmpfile();
  assert_non_null(file);
  assert_int_equal(lab_world_new(LAB_WORLD_VIRTUAL, 1, &world), LAB_OK);
  assert_int_equal(lab_capture_new(world, file, &capture), LAB_OK);
  assert_int_equal(lab_capture_comment(capture, view("one"), view("text")), LAB_ERR_ABSENT);
  assert_int_equal(lab_capture_add(capture, view("one"), view("text")), LAB_ERR_ABSENT);
  assert_int_equal(lab_capture_close(capture), LAB_OK);
  lab_world_free(world);
}

static void want_of_memory_is_told_and_the_rest_is_written(void **state) {
  (void)state;
  fixture f;
  begin_capture(&f, LAB_WORLD_VIRTUAL);
  send_payload(&f, "one");
  scarce_left = 0;
  assert_int_equal(comment(&f, "none", "text"), LAB_ERR_MEMORY);
  send_payload(&f, "two");
  scarce_left = UINT_MAX;
  send_payload(&f, "three");
  end_capture(&f, LAB_ERR_MEMORY);
  expect_packet(&f, "one", NULL);
  expect_packet(&f, "three", NULL);
  expect_end(&f);
}

static void a_full_disk_is_told_at_the_end(void **state) {
  (void)state;
  FILE *full = fopen("/dev/full", "wb");
  if (full == NULL) skip();
  lab_world *world;
  lab_capture *capture;
  assert_int_equal(lab_world_new(LAB_WORLD_VIRTUAL, 1, &world), LAB_OK);
  assert_int_equal(lab_capture_new_commented(world, full, &capture), LAB_OK);
  assert_int_equal(lab_capture_close(capture), LAB_ERR_IO);
  lab_world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_comment_may_come_before_its_packet_or_after_it),
      cmocka_unit_test(copies_of_a_packet_share_what_it_is),
      cmocka_unit_test(what_became_of_equal_packets_is_told_in_their_order),
      cmocka_unit_test(a_fate_alone_is_a_comment_and_of_an_unknown_packet_is_refused),
      cmocka_unit_test(arp_is_nobodys_payload),
      cmocka_unit_test(a_virtual_world_holds_many_packets_back_and_a_real_one_few),
      cmocka_unit_test(a_comment_ends_between_two_characters),
      cmocka_unit_test(a_classic_capture_takes_no_comments),
      cmocka_unit_test(want_of_memory_is_told_and_the_rest_is_written),
      cmocka_unit_test(a_full_disk_is_told_at_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
