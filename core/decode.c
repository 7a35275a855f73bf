/* Reading a message in place: the index made by lab_message_decode, header fields, and walks over
 * options (layer L2).
 *
 * RFC 2131 2 and 4.1, RFC 2132 2 and 9.3, RFC 3396 5 and 7.  Reading is generous: pads, a missing
 * END, unknown codes and repeated options are fine, and an option that runs past its field only
 * ends the reading of that field.  What is wrong with a message is check.c's business.  Nothing
 * here writes to the datagram or allocates. */
#include "message.h"

#include "bytes.h"

#include <stddef.h>
#include <string.h>

enum { CODE_PAD = 0, CODE_OVERLOAD = 52, CODE_TYPE = 53, CODE_END = 255 };

/* Fields: everything follows from the list in message.h. */

static const struct {
  uint8_t offset;
  uint8_t size;
  const char *name;
} fields[LAB_FIELD_COUNT] = {
#define X(name, size, type) {offsetof(struct lab_layout, name), size, #name},
    LAB_FIELDS(X)
#undef X
};

size_t lab_field_offset(enum lab_field field) { return fields[field].offset; }
size_t lab_field_size(enum lab_field field) { return fields[field].size; }
const char *lab_field_name(enum lab_field field) { return fields[field].name; }

/* Message types: 1 to 8 from RFC 2132 9.6, the rest from RFCs 3203, 4388, 6926 and 7724. */

static const char *const type_names[] = {
    NULL,
    "discover",
    "offer",
    "request",
    "decline",
    "ack",
    "nak",
    "release",
    "inform",
    "forcerenew",
    "leasequery",
    "leaseunassigned",
    "leaseunknown",
    "leaseactive",
    "bulkleasequery",
    "leasequerydone",
    "activeleasequery",
    "leasequerystatus",
    "tls",
};

const char *lab_message_type_name(unsigned type) {
  return type < LAB_COUNTOF(type_names) ? type_names[type] : NULL;
}

static char to_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

unsigned lab_message_type_by_name(const char *name, size_t len) {
  for (unsigned type = 1; type < LAB_COUNTOF(type_names); type++) {
    if (strlen(type_names[type]) != len) continue;
    size_t k = 0;
    while (k < len && to_lower(name[k]) == type_names[type][k]) k++;
    if (k == len) return type;
  }
  return 0;
}

/* What one pass over a message's options collects. */
typedef struct scan {
  uint64_t present[4];
  size_t type_len; /* octets of all instances of option 53 together */
  uint8_t type;
  uint8_t overload;
  bool has_end;
  bool broken;
} scan;

/* Reads the options in data[at..end).  Returns one past the last octet read: past END, at a broken
 * option, or `end`. */
static inline size_t scan_field(const uint8_t *data, size_t at, size_t end, bool main, scan *s) {
  while (at < end) {
    uint8_t code = data[at];
    if (code == CODE_PAD) {
      at++;
      continue;
    }
    if (code == CODE_END) {
      if (main) s->has_end = true;
      return at + 1;
    }
    if (end - at < 2 || end - at - 2 < data[at + 1]) {
      s->broken = true;
      return at;
    }
    size_t len = data[at + 1];
    s->present[code >> 6] |= (uint64_t)1 << (code & 63);
    if (code == CODE_TYPE) {
      s->type_len += len;
      if (len > 0) s->type = data[at + 2];
    } else if (code == CODE_OVERLOAD && len == 1 && s->overload == 0) {
      /* The first one counts; inside file and sname there has always been one before. */
      if (data[at + 2] <= 3) s->overload = data[at + 2];
    }
    at += 2 + len;
  }
  return at;
}

/* Where the options of file and sname begin and end. */
enum {
  FILE_AT = offsetof(struct lab_layout, file),
  FILE_END = FILE_AT + sizeof(((struct lab_layout *)0)->file),
  SNAME_AT = offsetof(struct lab_layout, sname),
  SNAME_END = SNAME_AT + sizeof(((struct lab_layout *)0)->sname),
  COOKIE_AT = offsetof(struct lab_layout, cookie),
  HLEN_AT = offsetof(struct lab_layout, hlen),
  CHADDR_AT = offsetof(struct lab_layout, chaddr),
  CHADDR_SIZE = sizeof(((struct lab_layout *)0)->chaddr)
};

enum lab_status lab_message_decode(lab_view datagram, lab_message *out) {
  const uint8_t *data = datagram.data;
  if (datagram.len < LAB_MESSAGE_OPTIONS) return LAB_ERR_SHORT;
  if (lab_get_u32(data + COOKIE_AT) != LAB_COOKIE) return LAB_ERR_FORMAT;
  if (data[HLEN_AT] > CHADDR_SIZE) return LAB_ERR_FORMAT;

  scan s = {{0, 0, 0, 0}, 0, 0, 0, false, false};
  size_t options_end = scan_field(data, LAB_MESSAGE_OPTIONS, datagram.len, true, &s);
  if (s.overload & 1) scan_field(data, FILE_AT, FILE_END, false, &s);
  if (s.overload & 2) scan_field(data, SNAME_AT, SNAME_END, false, &s);

  out->data = data;
  out->len = datagram.len;
  out->options_end = options_end;
  memcpy(out->present, s.present, sizeof s.present);
  out->overload = s.overload;
  out->type = s.type_len == 1 ? s.type : 0;
  out->has_end = s.has_end;
  out->broken = s.broken;
  return LAB_OK;
}

uint32_t lab_message_number(const lab_message *m, enum lab_field field) {
  const uint8_t *at = m->data + fields[field].offset;
  switch (fields[field].size) {
    case 1: return at[0];
    case 2: return lab_get_u16(at);
    case 4: return lab_get_u32(at);
    default: return 0; /* not a number */
  }
}

lab_view lab_message_bytes(const lab_message *m, enum lab_field field) {
  return (lab_view){m->data + fields[field].offset, fields[field].size};
}

lab_view lab_message_chaddr(const lab_message *m) {
  size_t len = m->data[HLEN_AT]; /* over 16 only in a message that is being built on purpose so */
  return (lab_view){m->data + CHADDR_AT, len < CHADDR_SIZE ? len : CHADDR_SIZE};
}

lab_view lab_message_text(const lab_message *m, enum lab_field field) {
  lab_view text = lab_message_bytes(m, field);
  bool is_options = (field == LAB_FIELD_file && (m->overload & 1) != 0) ||
                    (field == LAB_FIELD_sname && (m->overload & 2) != 0);
  if (is_options) {
    text.len = 0;
    return text;
  }
  const uint8_t *nul = memchr(text.data, 0, text.len);
  if (nul != NULL) text.len = (size_t)(nul - text.data);
  return text;
}

void lab_options_begin(const lab_message *m, lab_option_walk *walk) {
  walk->message = m;
  walk->place = LAB_PLACE_OPTIONS;
  walk->at = LAB_MESSAGE_OPTIONS;
  walk->end = m->options_end;
}

/* Goes on to the next field that holds options; false when there is none. */
static bool enter_next_place(lab_option_walk *walk) {
  uint8_t overload = walk->message->overload;
  if (walk->place == LAB_PLACE_OPTIONS && (overload & 1) != 0) {
    walk->place = LAB_PLACE_FILE;
    walk->at = FILE_AT;
    walk->end = FILE_END;
    return true;
  }
  if (walk->place != LAB_PLACE_SNAME && (overload & 2) != 0) {
    walk->place = LAB_PLACE_SNAME;
    walk->at = SNAME_AT;
    walk->end = SNAME_END;
    return true;
  }
  walk->at = walk->end;
  walk->place = LAB_PLACE_SNAME; /* a finished walk stays finished */
  return false;
}

bool lab_options_next(lab_option_walk *walk, lab_option *out) {
  const uint8_t *data = walk->message->data;
  for (;;) {
    size_t at = walk->at;
    while (at < walk->end && data[at] == CODE_PAD) at++;
    bool ended = walk->end - at < 2 || data[at] == CODE_END || walk->end - at - 2 < data[at + 1];
    if (ended) {
      if (!enter_next_place(walk)) return false;
      continue;
    }
    out->code = data[at];
    out->place = walk->place;
    out->offset = at;
    out->value = (lab_view){data + at + 2, data[at + 1]};
    walk->at = at + 2 + out->value.len;
    return true;
  }
}

enum lab_status lab_message_option(const lab_message *m, uint8_t code, lab_span scratch,
                                   lab_view *out) {
  if (!lab_message_has(m, code)) return LAB_ERR_ABSENT;
  lab_option_walk walk;
  lab_option option;
  lab_view first = {NULL, 0};
  size_t count = 0, used = 0;
  lab_options_begin(m, &walk);
  while (lab_options_next(&walk, &option)) {
    if (option.code != code) continue;
    if (++count == 1) {
      first = option.value;
      continue;
    }
    if (count == 2) { /* split after all: the first part moves to the scratch, too */
      if (first.len > scratch.len) return LAB_ERR_SPACE;
      if (first.len > 0) memcpy(scratch.data, first.data, first.len);
      used = first.len;
    }
    if (option.value.len > scratch.len - used) return LAB_ERR_SPACE;
    if (option.value.len > 0) memcpy(scratch.data + used, option.value.data, option.value.len);
    used += option.value.len;
  }
  if (count == 0) return LAB_ERR_ABSENT;
  *out = count == 1 ? first : (lab_view){scratch.data, used};
  return LAB_OK;
}

bool lab_message_first(const lab_message *m, uint8_t code, lab_view *out) {
  if (!lab_message_has(m, code)) return false;
  lab_option_walk walk;
  lab_option option;
  lab_options_begin(m, &walk);
  while (lab_options_next(&walk, &option)) {
    if (option.code != code) continue;
    *out = option.value;
    return true;
  }
  return false;
}

bool lab_message_option_u32(const lab_message *m, uint8_t code, uint32_t *out) {
  uint8_t scratch[4] = {0}; /* even four octets may come in two instances */
  lab_view value;
  if (lab_message_option(m, code, (lab_span){scratch, sizeof scratch}, &value) != LAB_OK)
    return false;
  if (value.len != 4) return false;
  *out = lab_get_u32(value.data);
  return true;
}
