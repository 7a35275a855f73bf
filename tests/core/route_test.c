/* Where replies go, how large they may be, and which kind a REQUEST is: core/route.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "builder.h"
#include "route.h"

enum { ROOM = 600 };

/* A message of `type` from a client, in static room of its own. */
static lab_builder *make(uint8_t type) {
  static uint8_t room[2][ROOM];
  static lab_builder builder[2];
  static int turn;
  turn ^= 1;
  lab_span span = {room[turn], ROOM};
  assert_int_equal(lab_builder_init(&builder[turn], span), LAB_OK);
  assert_int_equal(lab_builder_append_u8(&builder[turn], 53, type), LAB_OK);
  return &builder[turn];
}

static lab_route route_of(lab_builder *request, lab_builder *reply) {
  return lab_reply_route(&request->view, &reply->view, 67, 68);
}

static const lab_ip4 offered = LAB_IP4(10, 0, 0, 9);

/* */
static void a_relayed_reply_goes_to_giaddr_at_the_server_port(void **state) {
  (void)state;
  lab_builder *request = make(LAB_DISCOVER), *reply = make(LAB_OFFER);
  lab_builder_number(request, LAB_FIELD_giaddr, LAB_IP4(10, 1, 0, 1));
  lab_builder_number(request, LAB_FIELD_ciaddr, LAB_IP4(10, 1, 0, 7));
  lab_builder_number(request, LAB_FIELD_flags, LAB_FLAG_BROADCAST);
  lab_route route = route_of(request, reply);
  assert_int_equal(route.to.ip, LAB_IP4(10, 1, 0, 1));
  assert_int_equal(route.to.port, 67);
  assert_false(route.to_chaddr);
}

/* */
static void a_relayed_nak_goes_there_too(void **state) {
  (void)state;
  lab_builder *request = make(LAB_REQUEST), *reply = make(LAB_NAK);
  lab_builder_number(request, LAB_FIELD_giaddr, LAB_IP4(10, 1, 0, 1));
  assert_int_equal(route_of(request, reply).to.ip, LAB_IP4(10, 1, 0, 1));
}

/* */
static void a_client_with_an_address_is_answered_there(void **state) {
  (void)state;
  lab_builder *request = make(LAB_REQUEST), *reply = make(LAB_ACK);
  lab_builder_number(request, LAB_FIELD_ciaddr, LAB_IP4(10, 0, 0, 7));
  lab_builder_number(request, LAB_FIELD_flags, LAB_FLAG_BROADCAST);
  lab_builder_number(reply, LAB_FIELD_yiaddr, offered);
  lab_route route = route_of(request, reply);
  assert_int_equal(route.to.ip, LAB_IP4(10, 0, 0, 7));
  assert_int_equal(route.to.port, 68);
  assert_false(route.to_chaddr);
}

/* */
static void the_broadcast_bit_gets_a_broadcast(void **state) {
  (void)state;
  lab_builder *request = make(LAB_DISCOVER), *reply = make(LAB_OFFER);
  lab_builder_number(request, LAB_FIELD_flags, LAB_FLAG_BROADCAST);
  lab_builder_number(reply, LAB_FIELD_yiaddr, offered);
  lab_route route = route_of(request, reply);
  assert_int_equal(route.to.ip, LAB_IP4_BROADCAST);
  assert_int_equal(route.to.port, 68);
  assert_false(route.to_chaddr);
}

/* */
static void without_the_bit_a_reply_goes_to_yiaddr_and_chaddr(void **state) {
  (void)state;
  lab_builder *request = make(LAB_DISCOVER), *reply = make(LAB_OFFER);
  lab_builder_number(request, LAB_FIELD_flags, 0x7fff); /* reserved bits mean nothing */
  lab_builder_number(reply, LAB_FIELD_yiaddr, offered);
  lab_route route = route_of(request, reply);
  assert_int_equal(route.to.ip, offered);
  assert_true(route.to_chaddr);
  lab_builder_number(reply, LAB_FIELD_yiaddr, 0); /* nothing to address */
  assert_int_equal(route_of(request, reply).to.ip, LAB_IP4_BROADCAST);
  assert_false(route_of(request, reply).to_chaddr);
}

/* */
static void a_nak_without_a_relay_is_broadcast_whatever_ciaddr_says(void **state) {
  (void)state;
  lab_builder *request = make(LAB_REQUEST), *reply = make(LAB_NAK);
  lab_builder_number(request, LAB_FIELD_ciaddr, LAB_IP4(10, 0, 0, 7));
  assert_int_equal(route_of(request, reply).to.ip, LAB_IP4_BROADCAST);
}

static size_t limit_with(size_t len, uint16_t size) {
  lab_builder *request = make(LAB_DISCOVER);
  uint8_t value[4] = {(uint8_t)(size >> 8), (uint8_t)size, 0, 0};
  lab_view view = {value, len};
  if (len > 0) assert_int_equal(lab_builder_append(request, 57, view), LAB_OK);
  return lab_reply_limit(&request->view);
}

/* M-09 */
static void a_reply_is_no_larger_than_the_client_says(void **state) {
  (void)state;
  assert_int_equal(limit_with(0, 0), 548);
  assert_int_equal(limit_with(2, 1500), 1472);
  assert_int_equal(limit_with(2, 576), 548);
  assert_int_equal(limit_with(2, 548), 548); /* below the legal minimum */
  assert_int_equal(limit_with(2, 0), 548);
  assert_int_equal(limit_with(2, 65535), 65507);
  assert_int_equal(limit_with(1, 0xffff), 548); /* of a wrong length: as if absent */
  assert_int_equal(limit_with(3, 1500), 548);
}

/* S-30 */
static void a_request_is_one_of_four_kinds(void **state) {
  (void)state;
  const lab_ip4 here = LAB_IP4(10, 0, 0, 1);
  lab_builder *request = make(LAB_REQUEST);
  assert_int_equal(lab_request_kind_of(&request->view, here), LAB_REQUEST_NONE);
  lab_builder_number(request, LAB_FIELD_ciaddr, offered);
  assert_int_equal(lab_request_kind_of(&request->view, here), LAB_REQUEST_RENEWING);
  assert_int_equal(lab_request_kind_of(&request->view, LAB_IP4_BROADCAST), LAB_REQUEST_REBINDING);
  lab_builder_number(request, LAB_FIELD_giaddr, here);
  assert_int_equal(lab_request_kind_of(&request->view, here), LAB_REQUEST_REBINDING);
  assert_int_equal(lab_builder_append_u32(request, 50, offered), LAB_OK);
  assert_int_equal(lab_request_kind_of(&request->view, here), LAB_REQUEST_NONE); /* 50 and ciaddr */
  lab_builder_number(request, LAB_FIELD_ciaddr, 0);
  assert_int_equal(lab_request_kind_of(&request->view, here), LAB_REQUEST_INIT_REBOOT);
  assert_int_equal(lab_builder_append_u32(request, 54, here), LAB_OK);
  assert_int_equal(lab_request_kind_of(&request->view, here), LAB_REQUEST_SELECTING);
  lab_builder *other = make(LAB_DISCOVER);
  lab_builder_number(other, LAB_FIELD_ciaddr, offered);
  assert_int_equal(lab_request_kind_of(&other->view, here), LAB_REQUEST_NONE);
}

static void kinds_have_names(void **state) {
  (void)state;
  assert_null(lab_request_kind_name(LAB_REQUEST_NONE));
  assert_string_equal(lab_request_kind_name(LAB_REQUEST_INIT_REBOOT), "init-reboot");
  assert_string_equal(lab_request_kind_name(LAB_REQUEST_REBINDING), "rebinding");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_relayed_reply_goes_to_giaddr_at_the_server_port),
      cmocka_unit_test(a_relayed_nak_goes_there_too),
      cmocka_unit_test(a_client_with_an_address_is_answered_there),
      cmocka_unit_test(the_broadcast_bit_gets_a_broadcast),
      cmocka_unit_test(without_the_bit_a_reply_goes_to_yiaddr_and_chaddr),
      cmocka_unit_test(a_nak_without_a_relay_is_broadcast_whatever_ciaddr_says),
      cmocka_unit_test(a_reply_is_no_larger_than_the_client_says),
      cmocka_unit_test(a_request_is_one_of_four_kinds),
      cmocka_unit_test(kinds_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
