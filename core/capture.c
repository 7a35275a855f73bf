/* See capture.h. */
#include "capture.h"

#include <stdlib.h>
#include <string.h>

#include "pcap.h"
#include "pcapng.h"

/* A packet that waits for more to be said about it. */
struct held {
  int64_t unix_us;
  size_t frame_len;
  size_t payload_len; /* of UDP; SIZE_MAX for a packet without */
  size_t comment_len;
  bool is_settled; /* what became of it has been said */
  char comment[LAB_CAPTURE_COMMENT_MAX];
  uint8_t frame[];
};

struct lab_capture {
  lab_world *world;
  FILE *file;
  enum lab_status status; /* the first failure */
  uint16_t id;
  size_t room;         /* how many packets are held back; 0: none, and no comments */
  size_t first, count; /* the ring of those */
  struct held *held[LAB_CAPTURE_HELD];
  uint32_t keys[LAB_CAPTURE_HELD]; /* of their payloads */
  uint8_t *awaited;                /* the payload to come that `comment` is about; NULL for none */
  size_t awaited_len;
  size_t comment_len;
  char comment[LAB_CAPTURE_COMMENT_MAX];
  uint8_t frame[LAB_FRAME_HEADERS + 65507];
};

static lab_mac make_up_mac(lab_ip4 ip) {
  lab_mac mac = {
      {0x02, 0x00, (uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8), (uint8_t)ip}};
  return ip == LAB_IP4_BROADCAST ? LAB_MAC_BROADCAST : mac;
}

static void note_status(lab_capture *capture, enum lab_status status) {
  if (capture->status == LAB_OK) capture->status = status;
}

/* ---- comments */

/* Adds text behind what is there, as much as fits, cut between characters. */
static void append_text(char *comment, size_t *len, const char *text, size_t text_len) {
  size_t room = LAB_CAPTURE_COMMENT_MAX - *len;
  if (text_len > room) {
    text_len = room;
    while (text_len > 0 && ((uint8_t)text[text_len] & 0xc0) == 0x80) text_len--;
  }
  if (text_len > 0) memcpy(comment + *len, text, text_len);
  *len += text_len;
}

/* A number that equal payloads have in common, so that few have to be compared (FNV-1a). */
static uint32_t key_of(lab_view payload) {
  uint32_t key = 2166136261u;
  for (size_t i = 0; i < payload.len; i++) key = (key ^ payload.data[i]) * 16777619u;
  return key;
}

static bool has_payload(const struct held *held, lab_view payload) {
  return held->payload_len == payload.len &&
         memcmp(held->frame + held->frame_len - payload.len, payload.data, payload.len) == 0;
}

static size_t nth_place(const lab_capture *capture, size_t n) {
  return (capture->first + n) % capture->room;
}

/* The n-th of the packets held back, if it has this payload. */
static struct held *nth_with(const lab_capture *capture, size_t n, lab_view payload, uint32_t key) {
  size_t place = nth_place(capture, n);
  if (capture->keys[place] != key || !has_payload(capture->held[place], payload)) return NULL;
  return capture->held[place];
}

static enum lab_status await(lab_capture *capture, lab_view payload, lab_view text) {
  uint8_t *copy = malloc(payload.len > 0 ? payload.len : 1);
  if (copy == NULL) return LAB_ERR_MEMORY;
  if (payload.len > 0) memcpy(copy, payload.data, payload.len);
  free(capture->awaited);
  capture->awaited = copy;
  capture->awaited_len = payload.len;
  capture->comment_len = 0;
  append_text(capture->comment, &capture->comment_len, (const char *)text.data, text.len);
  return LAB_OK;
}

enum lab_status lab_capture_comment(lab_capture *capture, lab_view payload, lab_view text) {
  if (capture->room == 0) return LAB_ERR_ABSENT;
  bool found = false;
  uint32_t key = key_of(payload);
  for (size_t n = capture->count; n-- > 0;) {
    struct held *held = nth_with(capture, n, payload, key);
    if (held == NULL || held->comment_len > 0) continue;
    append_text(held->comment, &held->comment_len, (const char *)text.data, text.len);
    found = true;
  }
  return found ? LAB_OK : await(capture, payload, text);
}

enum lab_status lab_capture_add(lab_capture *capture, lab_view payload, lab_view text) {
  struct held *found = NULL;
  uint32_t key = key_of(payload);
  for (size_t n = capture->count; n-- > 0;) {
    struct held *held = nth_with(capture, n, payload, key);
    if (held != NULL && (found == NULL || !held->is_settled)) found = held;
  }
  if (found == NULL) return LAB_ERR_ABSENT;
  if (found->comment_len > 0) append_text(found->comment, &found->comment_len, "; ", 2);
  append_text(found->comment, &found->comment_len, (const char *)text.data, text.len);
  found->is_settled = true;
  return LAB_OK;
}

/* ---- packets */

static void write_oldest(lab_capture *capture) {
  struct held *held = capture->held[capture->first];
  lab_view frame = {held->frame, held->frame_len};
  lab_view comment = {(const uint8_t *)held->comment, held->comment_len};
  note_status(capture, lab_pcapng_write(capture->file, held->unix_us, frame, comment));
  free(held);
  capture->first = (capture->first + 1) % capture->room;
  capture->count--;
}

static void hold_back(lab_capture *capture, int64_t unix_us, lab_view frame,
                      const lab_packet *packet) {
  if (capture->count == capture->room) write_oldest(capture);
  struct held *held = malloc(sizeof *held + frame.len);
  if (held == NULL) {
    note_status(capture, LAB_ERR_MEMORY);
    return;
  }
  held->unix_us = unix_us;
  held->frame_len = frame.len;
  held->payload_len = packet->kind == LAB_PACKET_UDP ? packet->payload.len : SIZE_MAX;
  held->comment_len = 0;
  held->is_settled = false;
  memcpy(held->frame, frame.data, frame.len);
  lab_view awaited = {capture->awaited, capture->awaited_len};
  if (awaited.data != NULL && has_payload(held, awaited)) {
    append_text(held->comment, &held->comment_len, capture->comment, capture->comment_len);
  }
  size_t place = nth_place(capture, capture->count++);
  capture->held[place] = held;
  capture->keys[place] = key_of(packet->payload);
}

static void write_packet(void *context, lab_time at, const lab_packet *packet) {
  lab_capture *capture = context;
  lab_packet copy = *packet;
  if (lab_mac_equal(copy.src_mac, LAB_MAC_NONE)) copy.src_mac = make_up_mac(copy.src.ip);
  if (lab_mac_equal(copy.dst_mac, LAB_MAC_NONE)) copy.dst_mac = make_up_mac(copy.dst.ip);
  lab_span room = {capture->frame, sizeof capture->frame};
  lab_view frame;
  int64_t unix_us = lab_world_epoch(capture->world) + at;
  enum lab_status status = lab_frame_build(&copy, ++capture->id, room, &frame);
  if (status != LAB_OK) {
    note_status(capture, status);
  } else if (capture->room == 0) {
    note_status(capture, lab_pcap_write(capture->file, unix_us, frame));
  } else {
    hold_back(capture, unix_us, frame, packet);
  }
}

static enum lab_status begin(lab_world *world, FILE *file, size_t room, lab_capture **out) {
  lab_capture *capture = calloc(1, sizeof *capture);
  if (capture == NULL) return LAB_ERR_MEMORY;
  capture->world = world;
  capture->file = file;
  capture->room = room;
  capture->status = room == 0 ? lab_pcap_begin(file) : lab_pcapng_begin(file);
  if (capture->status != LAB_OK) {
    free(capture);
    return LAB_ERR_IO;
  }
  lab_world_tap(world, write_packet, capture);
  *out = capture;
  return LAB_OK;
}

enum lab_status lab_capture_new(lab_world *world, FILE *file, lab_capture **out) {
  return begin(world, file, 0, out);
}

enum lab_status lab_capture_new_commented(lab_world *world, FILE *file, lab_capture **out) {
  bool is_virtual = lab_world_kind_of(world) == LAB_WORLD_VIRTUAL;
  return begin(world, file, is_virtual ? LAB_CAPTURE_HELD : LAB_CAPTURE_HELD_REAL, out);
}

enum lab_status lab_capture_close(lab_capture *capture) {
  lab_world_tap(capture->world, NULL, NULL);
  while (capture->count > 0) write_oldest(capture);
  enum lab_status status = capture->status;
  if (fflush(capture->file) != 0) status = LAB_ERR_IO;
  if (capture->file != stdout && fclose(capture->file) != 0) status = LAB_ERR_IO;
  free(capture->awaited);
  free(capture);
  return status;
}
