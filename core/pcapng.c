/* See pcapng.h.  A block is its type, its length, its content in groups of four octets, and its
 * length again; options are a code, a length and a value, filled up to four octets. */
#include "pcapng.h"

#include <string.h>

enum { FRAME_LEN_MAX = 262144, COMMENT_LEN_MAX = 65535, LINK_ETHERNET = 1 };
enum { BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum { OPTION_END = 0, OPTION_COMMENT = 1, OPTION_INTERFACE_NAME = 2, OPTION_APPLICATION = 4 };
#define BLOCK_SECTION 0x0a0d0d0au

static const char application[] = "dhcplab " LAB_VERSION, interface_name[] = "dhcplab";

static void put_u16(uint8_t *p, size_t value) {
  p[0] = (uint8_t)value;
  p[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *p, uint64_t value) {
  for (int k = 0; k < 4; k++) p[k] = (uint8_t)(value >> 8 * k);
}

static size_t fill_up(size_t len) { return (len + 3) & ~(size_t)3; }

static enum lab_status write_bytes(FILE *file, const void *data, size_t len) {
  return fwrite(data, 1, len, file) == len ? LAB_OK : LAB_ERR_IO;
}

/* Octets, filled up with zeros. */
static enum lab_status write_filled(FILE *file, lab_view bytes) {
  static const uint8_t zeros[4] = {0};
  enum lab_status status = bytes.len > 0 ? write_bytes(file, bytes.data, bytes.len) : LAB_OK;
  size_t rest = fill_up(bytes.len) - bytes.len;
  return status == LAB_OK && rest > 0 ? write_bytes(file, zeros, rest) : status;
}

/* The length of one option and of the mark that ends them; nothing at all for an empty value. */
static size_t options_len(lab_view value) { return value.len > 0 ? 4 + fill_up(value.len) + 4 : 0; }

/* The only option of a block, and the length that ends the block. */
static enum lab_status end_block(FILE *file, size_t code, lab_view value, size_t total) {
  uint8_t head[4], end[4] = {OPTION_END, 0, 0, 0}, length[4];
  enum lab_status status = LAB_OK;
  if (value.len > 0) {
    put_u16(head, code);
    put_u16(head + 2, value.len);
    status = write_bytes(file, head, sizeof head);
    if (status == LAB_OK) status = write_filled(file, value);
    if (status == LAB_OK) status = write_bytes(file, end, sizeof end);
  }
  put_u32(length, total);
  return status == LAB_OK ? write_bytes(file, length, sizeof length) : status;
}

static lab_view view_text(const char *text) {
  return (lab_view){(const uint8_t *)text, strlen(text)};
}

enum lab_status lab_pcapng_begin(FILE *file) {
  uint8_t section[24], interface[16];
  lab_view name = view_text(application);
  size_t total = sizeof section + options_len(name) + 4;
  put_u32(section, BLOCK_SECTION);
  put_u32(section + 4, total);
  put_u32(section + 8, 0x1a2b3c4du); /* shows the byte order */
  put_u16(section + 12, 1);          /* version 1.0 */
  put_u16(section + 14, 0);
  memset(section + 16, 0xff, 8); /* the length of the section is not told */
  enum lab_status status = write_bytes(file, section, sizeof section);
  if (status == LAB_OK) status = end_block(file, OPTION_APPLICATION, name, total);
  if (status != LAB_OK) return status;
  name = view_text(interface_name);
  total = sizeof interface + options_len(name) + 4;
  put_u32(interface, BLOCK_INTERFACE);
  put_u32(interface + 4, total);
  put_u16(interface + 8, LINK_ETHERNET);
  put_u16(interface + 10, 0);
  put_u32(interface + 12, FRAME_LEN_MAX);
  status = write_bytes(file, interface, sizeof interface);
  return status == LAB_OK ? end_block(file, OPTION_INTERFACE_NAME, name, total) : status;
}

enum lab_status lab_pcapng_write(FILE *file, int64_t unix_us, lab_view frame, lab_view comment) {
  if (unix_us < 0 || frame.len > FRAME_LEN_MAX || comment.len > COMMENT_LEN_MAX)
    return LAB_ERR_RANGE;
  uint8_t head[28];
  size_t total = sizeof head + fill_up(frame.len) + options_len(comment) + 4;
  put_u32(head, BLOCK_PACKET);
  put_u32(head + 4, total);
  put_u32(head + 8, 0); /* the only interface */
  put_u32(head + 12, (uint64_t)unix_us >> 32);
  put_u32(head + 16, (uint64_t)unix_us);
  put_u32(head + 20, frame.len);
  put_u32(head + 24, frame.len);
  enum lab_status status = write_bytes(file, head, sizeof head);
  if (status == LAB_OK) status = write_filled(file, frame);
  return status == LAB_OK ? end_block(file, OPTION_COMMENT, comment, total) : status;
}
