/* See capture.h. */
#include "capture.h"

#include <stdlib.h>

#include "pcap.h"

struct lab_capture {
  lab_world *world;
  FILE *file;
  enum lab_status status; /* the first failure */
  uint16_t id;
  uint8_t frame[LAB_FRAME_HEADERS + 65507];
};

static lab_mac make_up_mac(lab_ip4 ip) {
  lab_mac mac = {
      {0x02, 0x00, (uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8), (uint8_t)ip}};
  return ip == LAB_IP4_BROADCAST ? LAB_MAC_BROADCAST : mac;
}

static void write_packet(void *context, lab_time at, const lab_packet *packet) {
  lab_capture *capture = context;
  lab_packet copy = *packet;
  if (lab_mac_equal(copy.src_mac, LAB_MAC_NONE)) copy.src_mac = make_up_mac(copy.src.ip);
  if (lab_mac_equal(copy.dst_mac, LAB_MAC_NONE)) copy.dst_mac = make_up_mac(copy.dst.ip);
  lab_span room = {capture->frame, sizeof capture->frame};
  lab_view frame;
  enum lab_status status = lab_frame_build(&copy, ++capture->id, room, &frame);
  if (status == LAB_OK) {
    status = lab_pcap_write(capture->file, lab_world_epoch(capture->world) + at, frame);
  }
  if (capture->status == LAB_OK) capture->status = status;
}

enum lab_status lab_capture_new(lab_world *world, FILE *file, lab_capture **out) {
  lab_capture *capture = malloc(sizeof *capture);
  if (capture == NULL) return LAB_ERR_MEMORY;
  capture->world = world;
  capture->file = file;
  capture->id = 0;
  capture->status = lab_pcap_begin(file);
  if (capture->status != LAB_OK) {
    free(capture);
    return LAB_ERR_IO;
  }
  lab_world_tap(world, write_packet, capture);
  *out = capture;
  return LAB_OK;
}

enum lab_status lab_capture_close(lab_capture *capture) {
  enum lab_status status = capture->status;
  lab_world_tap(capture->world, NULL, NULL);
  if (fflush(capture->file) != 0) status = LAB_ERR_IO;
  if (capture->file != stdout && fclose(capture->file) != 0) status = LAB_ERR_IO;
  free(capture);
  return status;
}
