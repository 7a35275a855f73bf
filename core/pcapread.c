/* Reads capture files, classic pcap and pcapng (layer L5); see pcap.h.  The writer is pcap.c.
 *
 * pcapng is a row of blocks: a section header says the byte order, interface descriptions say
 * link and clock, packets refer to interfaces by number within their section.  Blocks of other
 * types are skipped.  The file is read forwards only, so it may be a pipe.  Nothing in a file
 * makes the reader take more memory than one record of 256 KiB and a table of interfaces of
 * bounded size. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pcap.h"

enum { RECORD_LEN_MAX = 262144, INTERFACE_COUNT_MAX = 65536, RESOLUTION_US = 6 };

enum block { BLOCK_INTERFACE = 1, BLOCK_PACKET_OLD = 2, BLOCK_PACKET_SIMPLE = 3, BLOCK_PACKET = 6 };
#define BLOCK_SECTION 0x0a0d0d0au

typedef struct interface {
  enum lab_link link;
  uint32_t snap_len;  /* 0: no limit */
  uint8_t resolution; /* n for 10^-n seconds, 0x80 | n for 2^-n */
  int64_t offset_seconds;
} interface;

struct lab_pcap_reader {
  FILE *file;
  uint64_t count;
  int failure; /* once something is wrong, every call says so */
  bool blocks; /* pcapng */
  bool little;
  interface *interfaces; /* of the current section; a classic file has one */
  size_t interface_count;
  size_t interface_room;
  uint8_t bytes[RECORD_LEN_MAX];
};

static uint32_t get_u32(const lab_pcap_reader *r, const uint8_t *p) {
  if (!r->little) return lab_get_u32(p);
  return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint16_t get_u16(const lab_pcap_reader *r, const uint8_t *p) {
  return r->little ? (uint16_t)(p[1] << 8 | p[0]) : lab_get_u16(p);
}

/* 1: all of it.  0: the file ends before the first octet.  LAB_ERR_SHORT, LAB_ERR_IO. */
static int read_bytes(lab_pcap_reader *r, uint8_t *out, size_t len) {
  size_t got = fread(out, 1, len, r->file);
  if (got == len) return 1;
  if (ferror(r->file)) return LAB_ERR_IO;
  return got == 0 ? 0 : LAB_ERR_SHORT;
}

/* Reads what must be there. */
static enum lab_status need_bytes(lab_pcap_reader *r, uint8_t *out, size_t len) {
  int got = len == 0 ? 1 : read_bytes(r, out, len);
  if (got == 1) return LAB_OK;
  return got == 0 ? LAB_ERR_SHORT : (enum lab_status)got;
}

static enum lab_status skip_bytes(lab_pcap_reader *r, uint32_t len) {
  uint8_t unused[4096];
  while (len > 0) {
    uint32_t part = len < sizeof unused ? len : (uint32_t)sizeof unused;
    enum lab_status status = need_bytes(r, unused, part);
    if (status != LAB_OK) return status;
    len -= part;
  }
  return LAB_OK;
}

/* Several numbers are in use for one and the same thing; the rest of the core knows one. */
static enum lab_link name_link(uint32_t number) {
  switch (number) {
    case 12: /* raw IP on most systems */
    case 14: /* raw IP on OpenBSD */
    case 228: /* raw IPv4 */ return LAB_LINK_RAW_IP;
    case 108: /* OpenBSD's loopback: as NULL, in network byte order */ return LAB_LINK_NULL;
    default: return (enum lab_link)number;
  }
}

static enum lab_status add_interface(lab_pcap_reader *r, interface new) {
  if (r->interface_count == r->interface_room) {
    if (r->interface_room == INTERFACE_COUNT_MAX) return LAB_ERR_FORMAT;
    size_t room = r->interface_room == 0 ? 4 : r->interface_room * 2;
    interface *grown = realloc(r->interfaces, room * sizeof *grown);
    if (grown == NULL) return LAB_ERR_MEMORY;
    r->interfaces = grown;
    r->interface_room = room;
  }
  r->interfaces[r->interface_count++] = new;
  return LAB_OK;
}

static uint64_t raise_ten(unsigned exponent) { /* up to 10^19 */
  uint64_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

/* Splits a time stamp into whole seconds and nanoseconds. */
static void split_stamp(uint64_t stamp, uint8_t resolution, uint64_t *seconds, uint64_t *ns) {
  unsigned n = resolution & 0x7f;
  if (resolution & 0x80) {
    *seconds = n < 64 ? stamp >> n : 0;
    if (n < 64) stamp &= ((uint64_t)1 << n) - 1;
    if (n > 32) { /* 32 binary places are finer than a nanosecond */
      stamp = n - 32 < 64 ? stamp >> (n - 32) : 0;
      n = 32;
    }
    *ns = stamp * 1000000000 >> n;
  } else {
    *seconds = n <= 19 ? stamp / raise_ten(n) : 0;
    if (n <= 19) stamp %= raise_ten(n);
    if (n <= 9)
      *ns = stamp * raise_ten(9 - n);
    else
      *ns = n - 9 <= 19 ? stamp / raise_ten(n - 9) : 0;
  }
}

/* Times that 64 bits of nanoseconds cannot hold (before 1678, after 2262) become the nearest that
 * they can: no capture is that old, but a damaged file may say so. */
static int64_t convert_stamp(uint64_t stamp, const interface *from) {
  const int64_t limit = INT64_MAX / 1000000000 - 1;
  uint64_t seconds, ns;
  split_stamp(stamp, from->resolution, &seconds, &ns);
  int64_t sum = seconds < (uint64_t)limit ? (int64_t)seconds : limit;
  if (from->offset_seconds > limit - sum)
    sum = limit;
  else if (from->offset_seconds < -limit)
    sum = -limit;
  else
    sum += from->offset_seconds;
  return sum * 1000000000 + (int64_t)ns;
}

/* ---- classic pcap */

static enum lab_status read_file_header(lab_pcap_reader *r, bool nanoseconds) {
  uint8_t rest[20];
  enum lab_status status = need_bytes(r, rest, sizeof rest);
  if (status != LAB_OK) return status;
  if (get_u16(r, rest) != 2) return LAB_ERR_FORMAT;
  interface only = {.link = name_link(get_u32(r, rest + 16) & 0xffff), /* above: about the FCS */
                    .resolution = nanoseconds ? 9 : RESOLUTION_US};
  return add_interface(r, only);
}

static int read_record(lab_pcap_reader *r, lab_pcap_record *out) {
  uint8_t header[16];
  int got = read_bytes(r, header, sizeof header);
  if (got != 1) return got;
  uint32_t len = get_u32(r, header + 8);
  if (len > RECORD_LEN_MAX) return LAB_ERR_FORMAT;
  enum lab_status status = need_bytes(r, r->bytes, len);
  if (status != LAB_OK) return status;
  int64_t unit = r->interfaces[0].resolution == RESOLUTION_US ? 1000 : 1;
  out->unix_ns = (int64_t)get_u32(r, header) * 1000000000 + get_u32(r, header + 4) * unit;
  out->link = r->interfaces[0].link;
  out->wire_len = get_u32(r, header + 12);
  out->frame = (lab_view){r->bytes, len};
  return 1;
}

/* ---- pcapng */

/* What stands between the first eight octets of a block and the length that ends it. */
static bool find_body_len(uint32_t total, uint32_t *body) {
  if (total < 12 || total % 4 != 0) return false;
  *body = total - 12;
  return true;
}

/* Skips the rest of a block; it ends with its length said once more. */
static enum lab_status end_block(lab_pcap_reader *r, uint32_t rest, uint32_t total) {
  uint8_t again[4];
  enum lab_status status = skip_bytes(r, rest);
  if (status == LAB_OK) status = need_bytes(r, again, sizeof again);
  if (status != LAB_OK) return status;
  return get_u32(r, again) == total ? LAB_OK : LAB_ERR_FORMAT;
}

/* A section header, from behind its type: only here is the byte order found out. */
static enum lab_status read_section(lab_pcap_reader *r, const uint8_t total_bytes[4]) {
  uint8_t fixed[16]; /* byte order, version, length of the section */
  uint32_t body;
  enum lab_status status = need_bytes(r, fixed, sizeof fixed);
  if (status != LAB_OK) return status;
  uint32_t magic = lab_get_u32(fixed);
  if (magic != 0x1a2b3c4d && magic != 0x4d3c2b1a) return LAB_ERR_FORMAT;
  r->little = magic == 0x4d3c2b1a;
  uint32_t total = get_u32(r, total_bytes);
  if (!find_body_len(total, &body) || body < sizeof fixed) return LAB_ERR_FORMAT;
  if (get_u16(r, fixed + 4) != 1) return LAB_ERR_FORMAT;
  r->interface_count = 0;
  return end_block(r, body - (uint32_t)sizeof fixed, total);
}

/* The two options of an interface without which its times cannot be told. */
static enum lab_status read_options(const lab_pcap_reader *r, lab_view rest, interface *out) {
  while (rest.len >= 4) {
    uint16_t code = get_u16(r, rest.data);
    size_t len = get_u16(r, rest.data + 2);
    const uint8_t *value = rest.data + 4;
    size_t padded = (len + 3) & ~(size_t)3;
    if (code == 0) return LAB_OK;
    if (padded > rest.len - 4) return LAB_ERR_FORMAT;
    if (code == 9 && len == 1) out->resolution = value[0];
    if (code == 14 && len == 8) {
      uint32_t a = get_u32(r, value), b = get_u32(r, value + 4);
      uint64_t seconds = r->little ? (uint64_t)b << 32 | a : (uint64_t)a << 32 | b;
      memcpy(&out->offset_seconds, &seconds, sizeof seconds); /* two's complement, as in the file */
    }
    rest = (lab_view){value + padded, rest.len - 4 - padded};
  }
  return LAB_OK;
}

static enum lab_status read_interface(lab_pcap_reader *r, uint32_t body, uint32_t total) {
  if (body < 8 || body > sizeof r->bytes) return LAB_ERR_FORMAT;
  enum lab_status status = need_bytes(r, r->bytes, body);
  if (status != LAB_OK) return status;
  interface new = {.link = name_link(get_u16(r, r->bytes)),
                   .snap_len = get_u32(r, r->bytes + 4),
                   .resolution = RESOLUTION_US};
  status = read_options(r, (lab_view){r->bytes + 8, body - 8}, &new);
  if (status == LAB_OK) status = add_interface(r, new);
  return status == LAB_OK ? end_block(r, 0, total) : status;
}

/* The three kinds of packet blocks differ in the fields before the octets of the packet. */
static enum lab_status read_packet(lab_pcap_reader *r, uint32_t type, uint32_t body, uint32_t total,
                                   lab_pcap_record *out) {
  uint8_t fixed[20];
  const uint32_t fixed_len = type == BLOCK_PACKET_SIMPLE ? 4 : sizeof fixed;
  if (body < fixed_len) return LAB_ERR_FORMAT;
  enum lab_status status = need_bytes(r, fixed, fixed_len);
  if (status != LAB_OK) return status;
  body -= fixed_len;
  uint32_t number = 0;
  if (type == BLOCK_PACKET) number = get_u32(r, fixed);
  if (type == BLOCK_PACKET_OLD) number = get_u16(r, fixed);
  if (number >= r->interface_count) return LAB_ERR_FORMAT;
  const interface *from = &r->interfaces[number];
  uint32_t len;
  if (type == BLOCK_PACKET_SIMPLE) { /* no time; the length follows from what limits it */
    out->wire_len = len = get_u32(r, fixed);
    if (from->snap_len != 0 && len > from->snap_len) len = from->snap_len;
    if (len > body) len = body;
    out->unix_ns = 0;
  } else {
    uint64_t stamp = (uint64_t)get_u32(r, fixed + 4) << 32 | get_u32(r, fixed + 8);
    len = get_u32(r, fixed + 12);
    out->wire_len = get_u32(r, fixed + 16);
    out->unix_ns = convert_stamp(stamp, from);
  }
  if (len > body || len > sizeof r->bytes) return LAB_ERR_FORMAT;
  status = need_bytes(r, r->bytes, len);
  if (status != LAB_OK) return status;
  out->link = from->link;
  out->frame = (lab_view){r->bytes, len};
  return end_block(r, body - len, total);
}

/* Reads on to the next packet.  1, 0 at the end, or what is wrong. */
static int read_blocks(lab_pcap_reader *r, lab_pcap_record *out) {
  for (;;) {
    uint8_t head[8];
    uint32_t body;
    int got = read_bytes(r, head, sizeof head);
    if (got != 1) return got;
    uint32_t type = get_u32(r, head), total = get_u32(r, head + 4);
    enum lab_status status;
    bool packet = type == BLOCK_PACKET || type == BLOCK_PACKET_OLD || type == BLOCK_PACKET_SIMPLE;
    if (type == BLOCK_SECTION)
      status = read_section(r, head + 4);
    else if (!find_body_len(total, &body))
      status = LAB_ERR_FORMAT;
    else if (packet)
      status = read_packet(r, type, body, total, out);
    else if (type == BLOCK_INTERFACE)
      status = read_interface(r, body, total);
    else
      status = end_block(r, body, total);
    if (status != LAB_OK) return status;
    if (packet) return 1;
  }
}

/* ---- both */

static enum lab_status begin_file(lab_pcap_reader *r) {
  uint8_t magic[4], total[4];
  int got = read_bytes(r, magic, sizeof magic);
  if (got == LAB_ERR_IO) return LAB_ERR_IO;
  if (got != 1) return LAB_ERR_FORMAT;
  switch (lab_get_u32(magic)) {
    case 0xa1b2c3d4: return read_file_header(r, false);
    case 0xa1b23c4d: return read_file_header(r, true);
    case 0xd4c3b2a1: r->little = true; return read_file_header(r, false);
    case 0x4d3cb2a1: r->little = true; return read_file_header(r, true);
    case BLOCK_SECTION: {
      r->blocks = true;
      enum lab_status status = need_bytes(r, total, sizeof total);
      return status == LAB_OK ? read_section(r, total) : status;
    }
    default: return LAB_ERR_FORMAT;
  }
}

enum lab_status lab_pcap_reader_new(FILE *file, lab_pcap_reader **out) {
  lab_pcap_reader *r = calloc(1, sizeof *r);
  if (r == NULL) return LAB_ERR_MEMORY;
  r->file = file;
  enum lab_status status = begin_file(r);
  if (status != LAB_OK) {
    lab_pcap_reader_free(r);
    return status;
  }
  *out = r;
  return LAB_OK;
}

void lab_pcap_reader_free(lab_pcap_reader *r) {
  if (r == NULL) return;
  free(r->interfaces);
  free(r);
}

int lab_pcap_next(lab_pcap_reader *r, lab_pcap_record *out) {
  if (r->failure != 0) return r->failure;
  int got = r->blocks ? read_blocks(r, out) : read_record(r, out);
  if (got < 0) r->failure = got;
  if (got == 1) out->number = ++r->count;
  return got;
}
