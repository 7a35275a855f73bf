/* Frames: what is built is right to the bit, and what is parsed may be anything.
 *
 * The expected octets were computed by other means than the code under test.  Inputs that are cut end
 * at an unreadable page. */
#include "frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "guard.h"

static const lab_mac MAC_1 = {{2, 0, 0, 0, 0, 1}};
static const lab_mac MAC_2 = {{2, 0, 0, 0, 0, 2}};

static const uint8_t HELLO_FRAME[] = {
    0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x08, 0x00, 0x45, 0x00,
    0x00, 0x21, 0x12, 0x34, 0x00, 0x00, 0x40, 0x11, 0x54, 0x8f, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00,
    0x00, 0x09, 0x00, 0x43, 0x00, 0x44, 0x00, 0x0d, 0xa7, 0x71, 0x68, 0x65, 0x6c, 0x6c, 0x6f};

enum { IP_AT = 14, UDP_AT = IP_AT + 20, PAYLOAD_AT = UDP_AT + 8 };

static lab_view text_view(const char *text) {
  return (lab_view){(const uint8_t *)text, strlen(text)};
}

static lab_packet make_packet(lab_view payload) {
  return (lab_packet){.kind = LAB_PACKET_UDP,
                      .src = {LAB_IP4(10, 0, 0, 1), 67},
                      .dst = {LAB_IP4(10, 0, 0, 9), 68},
                      .src_mac = MAC_2,
                      .dst_mac = MAC_1,
                      .payload = payload};
}

/* Parses a copy of exactly `len` octets; only what does not view the frame may be looked at after. */
static enum lab_status parse_copy(enum lab_link link, const uint8_t *data, size_t len,
                                  lab_packet *out, bool *bad) {
  guard copy = guard_copy(data, len);
  enum lab_status status = lab_frame_parse(link, (lab_view){copy.data, len}, out, bad);
  guard_free(&copy);
  return status;
}

static enum lab_status parse_quietly(enum lab_link link, const uint8_t *data, size_t len) {
  lab_packet packet;
  return parse_copy(link, data, len, &packet, NULL);
}

/* Puts the right checksum into an IPv4 header that a test has changed. */
static void mend_ip(uint8_t *ip) {
  size_t len = (size_t)(ip[0] & 15) * 4;
  lab_put_u16(ip + 10, 0);
  lab_put_u16(ip + 10, lab_checksum_end(lab_checksum_add(0, (lab_view){ip, len})));
}

/* ---- checksums */

static void the_checksum_of_the_example_in_rfc_1071_is_right(void **state) {
  (void)state;
  static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  assert_int_equal(lab_checksum_end(lab_checksum_add(0, (lab_view){data, 8})), 0xffff - 0xddf2);
}

static void a_checksum_over_pieces_is_the_checksum_over_the_whole(void **state) {
  (void)state;
  uint8_t data[101];
  for (size_t k = 0; k < sizeof data; k++) data[k] = (uint8_t)(k * 37 + 200);
  uint16_t whole = lab_checksum_end(lab_checksum_add(0, (lab_view){data, sizeof data}));
  for (size_t cut = 0; cut <= sizeof data; cut += 2) {
    uint32_t sum = lab_checksum_add(0, (lab_view){data, cut});
    sum = lab_checksum_add(sum, (lab_view){data + cut, sizeof data - cut});
    assert_int_equal(lab_checksum_end(sum), whole);
  }
}

static void an_odd_octet_counts_as_if_a_zero_followed(void **state) {
  (void)state;
  static const uint8_t data[] = {0x12, 0x34, 0x56, 0x00};
  assert_int_equal(lab_checksum_add(0, (lab_view){data, 3}),
                   lab_checksum_add(0, (lab_view){data, 4}));
  assert_int_equal(lab_checksum_end(lab_checksum_add(0, (lab_view){data, 0})), 0xffff);
}

static void a_checksum_does_not_overflow_on_long_views(void **state) {
  (void)state;
  const size_t len = 400000;
  uint8_t *data = malloc(len);
  assert_non_null(data);
  memset(data, 0xff, len);
  assert_int_equal(lab_checksum_end(lab_checksum_add(0xffffffffu, (lab_view){data, len})), 0);
  free(data);
}

/* ---- building */

static void a_built_frame_has_every_octet_right(void **state) {
  (void)state;
  uint8_t room[64];
  lab_view frame;
  lab_packet packet = make_packet(text_view("hello"));
  assert_int_equal(lab_frame_build(&packet, 0x1234, (lab_span){room, sizeof room}, &frame), LAB_OK);
  assert_ptr_equal(frame.data, room);
  assert_int_equal(frame.len, sizeof HELLO_FRAME);
  assert_memory_equal(frame.data, HELLO_FRAME, sizeof HELLO_FRAME);
}

static void a_frame_fits_exactly_or_not_at_all(void **state) {
  (void)state;
  uint8_t room[sizeof HELLO_FRAME];
  lab_view frame;
  lab_packet packet = make_packet(text_view("hello"));
  for (size_t len = 0; len < sizeof room; len++) {
    assert_int_equal(lab_frame_build(&packet, 1, (lab_span){room, len}, &frame), LAB_ERR_SPACE);
  }
  assert_int_equal(lab_frame_build(&packet, 1, (lab_span){room, sizeof room}, &frame), LAB_OK);
}

static void a_checksum_of_zero_is_sent_as_all_ones(void **state) {
  (void)state;
  static const uint8_t data[] = {0xeb, 0x49}; /* makes the sum come out as 0 */
  uint8_t room[64];
  lab_view frame;
  lab_packet packet = make_packet((lab_view){data, sizeof data}), back;
  bool bad = true;
  assert_int_equal(lab_frame_build(&packet, 1, (lab_span){room, sizeof room}, &frame), LAB_OK);
  assert_int_equal(lab_get_u16(frame.data + UDP_AT + 6), 0xffff);
  assert_int_equal(lab_frame_parse(LAB_LINK_ETHERNET, frame, &back, &bad), LAB_OK);
  assert_false(bad);
}

static void a_payload_of_any_length_comes_back_as_it_was(void **state) {
  (void)state;
  static const size_t lens[] = {0, 1, 2, 300, 301, 1500, 65506, 65507};
  uint8_t *payload = malloc(65508), *room = malloc(LAB_FRAME_HEADERS + 65508);
  assert_non_null(payload);
  assert_non_null(room);
  for (size_t k = 0; k < 65508; k++) payload[k] = (uint8_t)(k * 7 + k / 256);
  lab_span span = {room, LAB_FRAME_HEADERS + 65508};
  lab_view frame;
  for (size_t k = 0; k < LAB_COUNTOF(lens); k++) {
    lab_packet packet = make_packet((lab_view){payload, lens[k]}), back;
    bool bad = true;
    assert_int_equal(lab_frame_build(&packet, (uint16_t)k, span, &frame), LAB_OK);
    assert_int_equal(frame.len, LAB_FRAME_HEADERS + lens[k]);
    assert_int_equal(lab_frame_parse(LAB_LINK_ETHERNET, frame, &back, &bad), LAB_OK);
    assert_false(bad);
    assert_int_equal(back.kind, LAB_PACKET_UDP);
    assert_int_equal(back.src.ip, packet.src.ip);
    assert_int_equal(back.src.port, packet.src.port);
    assert_int_equal(back.dst.ip, packet.dst.ip);
    assert_int_equal(back.dst.port, packet.dst.port);
    assert_true(lab_mac_equal(back.src_mac, MAC_2) && lab_mac_equal(back.dst_mac, MAC_1));
    assert_int_equal(back.payload.len, lens[k]);
    assert_memory_equal(back.payload.data, payload, lens[k]);
  }
  lab_packet packet = make_packet((lab_view){payload, 65508});
  assert_int_equal(lab_frame_build(&packet, 1, span, &frame), LAB_ERR_RANGE);
  packet.payload.len = SIZE_MAX;
  assert_int_equal(lab_frame_build(&packet, 1, span, &frame), LAB_ERR_RANGE);
  free(room);
  free(payload);
}

static void a_payload_may_already_stand_in_the_room(void **state) {
  (void)state;
  uint8_t room[64];
  lab_view frame;
  memcpy(room + 30, "hello", 5);
  lab_packet packet = make_packet((lab_view){room + 30, 5});
  assert_int_equal(lab_frame_build(&packet, 0x1234, (lab_span){room, sizeof room}, &frame), LAB_OK);
  assert_memory_equal(frame.data, HELLO_FRAME, sizeof HELLO_FRAME);
}

/* ---- parsing what is damaged */

static void a_frame_cut_anywhere_is_short(void **state) {
  (void)state;
  for (size_t len = 0; len < sizeof HELLO_FRAME; len++) {
    assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, HELLO_FRAME, len), LAB_ERR_SHORT);
  }
  assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, HELLO_FRAME, sizeof HELLO_FRAME), LAB_OK);
}

static void any_flipped_bit_behind_the_link_header_is_noticed(void **state) {
  (void)state;
  uint8_t frame[sizeof HELLO_FRAME];
  for (size_t bit = IP_AT * 8; bit < sizeof frame * 8; bit++) {
    lab_packet packet;
    bool bad = false;
    memcpy(frame, HELLO_FRAME, sizeof frame);
    frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
    enum lab_status status = parse_copy(LAB_LINK_ETHERNET, frame, sizeof frame, &packet, &bad);
    assert_true(status != LAB_OK || bad);
  }
}

static void a_failed_parse_leaves_its_outputs_alone(void **state) {
  (void)state;
  lab_packet packet, before;
  bool bad = true;
  memset(&packet, 0xa5, sizeof packet);
  memset(&before, 0xa5, sizeof before);
  assert_int_equal(parse_copy(LAB_LINK_ETHERNET, HELLO_FRAME, 40, &packet, &bad), LAB_ERR_SHORT);
  assert_memory_equal(&packet, &before, sizeof packet);
  assert_true(bad);
}

static void no_udp_checksum_is_not_a_wrong_one(void **state) {
  (void)state;
  uint8_t frame[sizeof HELLO_FRAME];
  lab_packet packet;
  bool bad = true;
  memcpy(frame, HELLO_FRAME, sizeof frame);
  lab_put_u16(frame + UDP_AT + 6, 0);
  assert_int_equal(parse_copy(LAB_LINK_ETHERNET, frame, sizeof frame, &packet, &bad), LAB_OK);
  assert_false(bad);
}

static void lengths_that_contradict_each_other_are_refused(void **state) {
  (void)state;
  static const struct {
    size_t at;
    uint16_t value;
    enum lab_status status;
  } cases[] = {
      {IP_AT + 2, 34, LAB_ERR_SHORT},   /* more than the frame has */
      {IP_AT + 2, 32, LAB_ERR_FORMAT},  /* less than UDP says */
      {IP_AT + 2, 27, LAB_ERR_FORMAT},  /* no room for a UDP header */
      {IP_AT + 2, 20, LAB_ERR_FORMAT},  /* nothing but itself */
      {IP_AT + 2, 19, LAB_ERR_FORMAT},  /* less than itself */
      {IP_AT + 2, 0, LAB_ERR_FORMAT},   /* */
      {IP_AT, 0x4400, LAB_ERR_FORMAT},  /* a header of four words */
      {IP_AT, 0x4000, LAB_ERR_FORMAT},  /* of none */
      {IP_AT, 0x4f00, LAB_ERR_FORMAT},  /* of fifteen, longer than all */
      {UDP_AT + 4, 14, LAB_ERR_FORMAT}, /* a datagram longer than its packet */
      {UDP_AT + 4, 7, LAB_ERR_FORMAT},  /* shorter than its header */
      {UDP_AT + 4, 0, LAB_ERR_FORMAT},  /* */
      {UDP_AT + 4, 8, LAB_OK},          /* empty, and something behind it */
  };
  for (size_t k = 0; k < LAB_COUNTOF(cases); k++) {
    uint8_t frame[sizeof HELLO_FRAME];
    memcpy(frame, HELLO_FRAME, sizeof frame);
    lab_put_u16(frame + cases[k].at, cases[k].value);
    assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, frame, sizeof frame), cases[k].status);
  }
}

static void an_ip_header_below_its_least_length_is_refused_whatever_follows(void **state) {
  (void)state;
  uint8_t frame[sizeof HELLO_FRAME];
  memcpy(frame, HELLO_FRAME, sizeof frame);
  frame[IP_AT] = 0x44;             /* UDP would begin with the destination address ... */
  lab_put_u16(frame + UDP_AT, 17); /* ... and find a plausible length here */
  assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, frame, sizeof frame), LAB_ERR_FORMAT);
}

/* ---- parsing what is not UDP, or not whole */

static void other_traffic_is_told_from_damage(void **state) {
  (void)state;
  static const struct {
    size_t at;
    uint16_t value;
    enum lab_status status;
  } cases[] = {
      {12, 0x86dd, LAB_ERR_ABSENT},        /* IPv6 */
      {12, 0x0021, LAB_ERR_ABSENT},        /* a length: IEEE 802.3 */
      {IP_AT, 0x6500, LAB_ERR_ABSENT},     /* version 6 */
      {IP_AT + 8, 0x4006, LAB_ERR_ABSENT}, /* TCP */
      {IP_AT + 6, 0x0001, LAB_ERR_ABSENT}, /* the last fragment */
      {IP_AT + 6, 0x2001, LAB_ERR_ABSENT}, /* a fragment in the middle */
      {IP_AT + 6, 0x4000, LAB_OK},         /* not to be cut on its way */
      {IP_AT + 6, 0x2000, LAB_OK},         /* says that more follows, but is whole */
  };
  for (size_t k = 0; k < LAB_COUNTOF(cases); k++) {
    uint8_t frame[sizeof HELLO_FRAME];
    memcpy(frame, HELLO_FRAME, sizeof frame);
    lab_put_u16(frame + cases[k].at, cases[k].value);
    assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, frame, sizeof frame), cases[k].status);
  }
}

static void a_first_fragment_is_short(void **state) {
  (void)state;
  uint8_t frame[sizeof HELLO_FRAME];
  memcpy(frame, HELLO_FRAME, sizeof frame);
  lab_put_u16(frame + IP_AT + 6, 0x2000);
  lab_put_u16(frame + UDP_AT + 4, 2000);
  assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, frame, sizeof frame), LAB_ERR_SHORT);
  lab_put_u16(frame + IP_AT + 2, 24); /* not even a UDP header */
  assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, frame, sizeof frame), LAB_ERR_SHORT);
}

/* ---- parsing other shapes of the same packet */

/* Parses `head` followed by the IPv4 packet of HELLO_FRAME, whole and cut at every length. */
static lab_packet parse_behind(enum lab_link link, const uint8_t *head, size_t head_len) {
  uint8_t frame[128];
  size_t len = head_len + sizeof HELLO_FRAME - IP_AT;
  memcpy(frame, head, head_len);
  memcpy(frame + head_len, HELLO_FRAME + IP_AT, sizeof HELLO_FRAME - IP_AT);
  for (size_t cut = 0; cut < len; cut++) {
    assert_int_equal(parse_quietly(link, frame, cut), LAB_ERR_SHORT);
  }
  lab_packet packet;
  bool bad = true;
  assert_int_equal(lab_frame_parse(link, (lab_view){frame, len}, &packet, &bad), LAB_OK);
  assert_false(bad);
  assert_int_equal(packet.src.ip, LAB_IP4(10, 0, 0, 1));
  assert_int_equal(packet.dst.port, 68);
  assert_int_equal(packet.payload.len, 5);
  assert_memory_equal(packet.payload.data, "hello", 5);
  packet.payload = (lab_view){NULL, 0};
  return packet;
}

static void one_vlan_tag_is_taken_and_two_are_not(void **state) {
  (void)state;
  static const uint8_t tagged[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0x20, 7, 8, 0};
  lab_packet packet = parse_behind(LAB_LINK_ETHERNET, tagged, sizeof tagged);
  assert_true(lab_mac_equal(packet.src_mac, MAC_2) && lab_mac_equal(packet.dst_mac, MAC_1));
  uint8_t twice[sizeof tagged + 4 + 33];
  memcpy(twice, tagged, sizeof tagged);
  memcpy(twice + sizeof tagged - 2, tagged + 12, 6);
  memcpy(twice + sizeof tagged + 4, HELLO_FRAME + IP_AT, 33);
  assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, twice, sizeof twice), LAB_ERR_ABSENT);
}

static void linux_cooked_headers_give_the_senders_address(void **state) {
  (void)state;
  uint8_t sll[] = {0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 8, 0};
  uint8_t sll2[] = {8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 2, 0, 0};
  lab_packet packet = parse_behind(LAB_LINK_SLL, sll, sizeof sll);
  assert_true(lab_mac_equal(packet.src_mac, MAC_2) && lab_mac_equal(packet.dst_mac, LAB_MAC_NONE));
  packet = parse_behind(LAB_LINK_SLL2, sll2, sizeof sll2);
  assert_true(lab_mac_equal(packet.src_mac, MAC_2) && lab_mac_equal(packet.dst_mac, LAB_MAC_NONE));
  sll[5] = sll2[11] = 0; /* an interface without addresses */
  packet = parse_behind(LAB_LINK_SLL, sll, sizeof sll);
  assert_true(lab_mac_equal(packet.src_mac, LAB_MAC_NONE));
  packet = parse_behind(LAB_LINK_SLL2, sll2, sizeof sll2);
  assert_true(lab_mac_equal(packet.src_mac, LAB_MAC_NONE));
}

static void loopback_and_raw_ip_have_no_addresses(void **state) {
  (void)state;
  static const uint8_t little[] = {2, 0, 0, 0}, big[] = {0, 0, 0, 2}, six[] = {30, 0, 0, 0, 0x45};
  lab_packet packet = parse_behind(LAB_LINK_NULL, little, sizeof little);
  assert_true(lab_mac_equal(packet.src_mac, LAB_MAC_NONE));
  parse_behind(LAB_LINK_NULL, big, sizeof big);
  assert_int_equal(parse_quietly(LAB_LINK_NULL, six, sizeof six), LAB_ERR_ABSENT);
  packet = parse_behind(LAB_LINK_RAW_IP, little, 0);
  assert_true(lab_mac_equal(packet.dst_mac, LAB_MAC_NONE));
}

static void a_link_nobody_knows_is_other_traffic(void **state) {
  (void)state;
  assert_int_equal(parse_quietly((enum lab_link)105, HELLO_FRAME, 47), LAB_ERR_ABSENT);
  assert_int_equal(parse_quietly((enum lab_link)0xffff, HELLO_FRAME, 0), LAB_ERR_ABSENT);
}

static void ip_options_and_padding_are_skipped(void **state) {
  (void)state;
  uint8_t frame[80] = {0};
  memcpy(frame, HELLO_FRAME, UDP_AT);
  memset(frame + UDP_AT, 1, 40); /* no-operations */
  for (size_t words = 6; words <= 11; words++) {
    size_t extra = words * 4 - 20;
    memcpy(frame + UDP_AT + extra, HELLO_FRAME + UDP_AT, 13);
    frame[IP_AT] = (uint8_t)(0x40 | words);
    lab_put_u16(frame + IP_AT + 2, (uint16_t)(33 + extra));
    mend_ip(frame + IP_AT);
    lab_packet packet;
    bool bad = true;
    lab_view view = {frame, sizeof frame};
    assert_int_equal(lab_frame_parse(LAB_LINK_ETHERNET, view, &packet, &bad), LAB_OK);
    assert_false(bad);
    assert_int_equal(packet.payload.len, 5);
    assert_memory_equal(packet.payload.data, "hello", 5);
    for (size_t len = 0; len < sizeof HELLO_FRAME + extra; len++) {
      assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, frame, len), LAB_ERR_SHORT);
    }
    memset(frame + UDP_AT, 1, 40);
  }
}

/* ---- ARP */

static const uint8_t ARP_REQUEST[LAB_ARP_LEN] = {0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0,  0, 0, 1,
                                                 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 9};

static void an_arp_probe_has_every_octet_right(void **state) {
  (void)state;
  uint8_t arp[LAB_ARP_LEN];
  lab_arp_build(arp, 1, MAC_1, LAB_IP4_ANY, LAB_MAC_NONE, LAB_IP4(10, 0, 0, 9));
  assert_memory_equal(arp, ARP_REQUEST, sizeof arp);
}

static void an_arp_packet_reads_back_as_built(void **state) {
  (void)state;
  uint8_t arp[LAB_ARP_LEN];
  uint16_t op;
  lab_mac sender_mac, target_mac;
  lab_ip4 sender, target;
  lab_view view = {arp, sizeof arp};
  lab_arp_build(arp, 2, MAC_2, 0x01020304, MAC_1, 0xfffefdfc);
  assert_true(lab_arp_parse(view, &op, &sender_mac, &sender, &target_mac, &target));
  assert_int_equal(op, 2);
  assert_true(lab_mac_equal(sender_mac, MAC_2) && lab_mac_equal(target_mac, MAC_1));
  assert_int_equal(sender, 0x01020304);
  assert_int_equal(target, 0xfffefdfcu);
  for (size_t len = 0; len < sizeof arp; len++) {
    view.len = len;
    assert_false(lab_arp_parse(view, &op, &sender_mac, &sender, &target_mac, &target));
  }
  view.len = sizeof arp;
  for (size_t at = 0; at < 6; at++) { /* another hardware, protocol or length */
    arp[at] ^= 1;
    assert_false(lab_arp_parse(view, &op, &sender_mac, &sender, &target_mac, &target));
    arp[at] ^= 1;
  }
}

static void arp_travels_in_a_frame(void **state) {
  (void)state;
  uint8_t room[60] = {0};
  lab_view frame;
  lab_packet packet = {.kind = LAB_PACKET_ARP, .src_mac = MAC_1, .dst_mac = LAB_MAC_BROADCAST};
  packet.payload = (lab_view){ARP_REQUEST, LAB_ARP_LEN};
  assert_int_equal(lab_frame_build(&packet, 1, (lab_span){room, 41}, &frame), LAB_ERR_SPACE);
  assert_int_equal(lab_frame_build(&packet, 1, (lab_span){room, 42}, &frame), LAB_OK);
  assert_int_equal(frame.len, 42);
  assert_int_equal(lab_get_u16(frame.data + 12), 0x0806);
  assert_memory_equal(frame.data + 14, ARP_REQUEST, LAB_ARP_LEN);
  lab_packet back;
  bool bad = true;
  lab_view padded = {room, sizeof room}; /* as it comes off a wire */
  assert_int_equal(lab_frame_parse(LAB_LINK_ETHERNET, padded, &back, &bad), LAB_OK);
  assert_int_equal(back.kind, LAB_PACKET_ARP);
  assert_false(bad);
  assert_int_equal(back.payload.len, LAB_ARP_LEN);
  assert_int_equal(back.src.ip, 0);
  assert_int_equal(back.dst.ip, LAB_IP4(10, 0, 0, 9));
  assert_int_equal(back.src.port + back.dst.port, 0);
  assert_true(lab_mac_is_broadcast(back.dst_mac));
  for (size_t len = 0; len < 42; len++) {
    assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, room, len), LAB_ERR_SHORT);
  }
  room[15] = 6; /* ARP, but on another hardware */
  assert_int_equal(parse_quietly(LAB_LINK_ETHERNET, room, sizeof room), LAB_ERR_ABSENT);
  packet.payload.len = LAB_ARP_LEN - 1;
  assert_int_equal(lab_frame_build(&packet, 1, (lab_span){room, 60}, &frame), LAB_ERR_RANGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_checksum_of_the_example_in_rfc_1071_is_right),
      cmocka_unit_test(a_checksum_over_pieces_is_the_checksum_over_the_whole),
      cmocka_unit_test(an_odd_octet_counts_as_if_a_zero_followed),
      cmocka_unit_test(a_checksum_does_not_overflow_on_long_views),
      cmocka_unit_test(a_built_frame_has_every_octet_right),
      cmocka_unit_test(a_frame_fits_exactly_or_not_at_all),
      cmocka_unit_test(a_checksum_of_zero_is_sent_as_all_ones),
      cmocka_unit_test(a_payload_of_any_length_comes_back_as_it_was),
      cmocka_unit_test(a_payload_may_already_stand_in_the_room),
      cmocka_unit_test(a_frame_cut_anywhere_is_short),
      cmocka_unit_test(any_flipped_bit_behind_the_link_header_is_noticed),
      cmocka_unit_test(a_failed_parse_leaves_its_outputs_alone),
      cmocka_unit_test(no_udp_checksum_is_not_a_wrong_one),
      cmocka_unit_test(lengths_that_contradict_each_other_are_refused),
      cmocka_unit_test(an_ip_header_below_its_least_length_is_refused_whatever_follows),
      cmocka_unit_test(other_traffic_is_told_from_damage),
      cmocka_unit_test(a_first_fragment_is_short),
      cmocka_unit_test(one_vlan_tag_is_taken_and_two_are_not),
      cmocka_unit_test(linux_cooked_headers_give_the_senders_address),
      cmocka_unit_test(loopback_and_raw_ip_have_no_addresses),
      cmocka_unit_test(a_link_nobody_knows_is_other_traffic),
      cmocka_unit_test(ip_options_and_padding_are_skipped),
      cmocka_unit_test(an_arp_probe_has_every_octet_right),
      cmocka_unit_test(an_arp_packet_reads_back_as_built),
      cmocka_unit_test(arp_travels_in_a_frame),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
