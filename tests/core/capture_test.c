/* Every packet of a world in a capture file, once: core/capture.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "capture.h"
#include "pcap.h"
#include "simnet.h"

static const lab_mac mac_a = {{2, 0, 0, 0, 0, 0xa}}, mac_b = {{2, 0, 0, 0, 0, 0xb}};

static lab_port *join(lab_simnet *net, lab_mac mac, uint16_t port, lab_ip4 ip) {
  lab_port *out;
  lab_simnet_port_options options = {.mac = mac, .udp_port = port};
  assert_int_equal(lab_simnet_port(net, &options, &out), LAB_OK);
  assert_int_equal(lab_simnet_address_add(out, ip), LAB_OK);
  return out;
}

/* Plays two packets between two hosts, one of them lost in the net, into `file`. */
static void play(FILE *file) {
  lab_world *world;
  lab_simnet *net;
  lab_capture *capture;
  lab_fault_settings options = {.latency = 5 * LAB_MILLISECOND};
  assert_int_equal(lab_world_new(LAB_WORLD_VIRTUAL, 7, &world), LAB_OK);
  assert_int_equal(lab_simnet_new(world, "net", &options, &net), LAB_OK);
  lab_port *a = join(net, mac_a, 68, LAB_IP4(10, 0, 0, 1));
  lab_port *b = join(net, mac_b, 67, LAB_IP4(10, 0, 0, 2));
  assert_int_equal(lab_capture_new(world, file, &capture), LAB_OK);
  lab_packet packet = {.kind = LAB_PACKET_UDP,
                       .src = {LAB_IP4(10, 0, 0, 1), 68},
                       .dst = {LAB_IP4(10, 0, 0, 2), 67},
                       .src_mac = a->mac,
                       .payload = {(const uint8_t *)"hello", 5}};
  assert_int_equal(lab_port_send(a, &packet), LAB_OK);
  lab_event event;
  assert_int_equal(lab_world_next(world, LAB_NEVER, &event), 1);
  assert_ptr_equal(event.port, b);
  packet.dst.ip = LAB_IP4(10, 0, 0, 99); /* nobody */
  assert_int_equal(lab_port_send(a, &packet), LAB_OK);
  while (lab_world_next(world, LAB_NEVER, &event) == 1) {
  }
  assert_int_equal(fflush(file), 0);
  /* the capture would close the file: the test still reads it */
  FILE *twin = fdopen(dup(fileno(file)), "w+b");
  assert_non_null(twin);
  assert_int_equal(lab_capture_close(capture), LAB_OK);
  lab_simnet_free(net);
  lab_world_free(world);
  rewind(twin);
  lab_pcap_reader *reader;
  lab_pcap_record record;
  lab_packet seen;
  bool bad = false;
  assert_int_equal(lab_pcap_reader_new(twin, &reader), LAB_OK);
  assert_int_equal(lab_pcap_next(reader, &record), 1);
  assert_int_equal(record.unix_ns, INT64_C(946684800) * 1000000000);
  assert_int_equal(lab_frame_parse(record.link, record.frame, &seen, &bad), LAB_OK);
  assert_false(bad);
  assert_int_equal(seen.dst.ip, LAB_IP4(10, 0, 0, 2));
  assert_memory_equal(seen.payload.data, "hello", 5);
  assert_int_equal(lab_pcap_next(reader, &record), 1);
  assert_int_equal(record.unix_ns, INT64_C(946684800) * 1000000000 + 5000000);
  assert_int_equal(lab_pcap_next(reader, &record), 0);
  lab_pcap_reader_free(reader);
  fclose(twin);
}

static void each_packet_stands_in_the_file_once_with_the_time_of_its_sending(void **state) {
  (void)state;
  FILE *file = tmpfile();
  assert_non_null(file);
  play(file);
}

static void a_full_disk_is_told_at_the_end(void **state) {
  (void)state;
  FILE *full = fopen("/dev/full", "wb");
  if (full == NULL) skip();
  lab_world *world;
  lab_capture *capture;
  assert_int_equal(lab_world_new(LAB_WORLD_VIRTUAL, 1, &world), LAB_OK);
  assert_int_equal(lab_capture_new(world, full, &capture), LAB_OK); /* still in the buffer */
  assert_int_equal(lab_capture_close(capture), LAB_ERR_IO);
  lab_world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_packet_stands_in_the_file_once_with_the_time_of_its_sending),
      cmocka_unit_test(a_full_disk_is_told_at_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
