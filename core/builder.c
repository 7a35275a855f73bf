/* Writing and changing a message in the caller's room (layer L2; RFC 2131 2 and Table 3, RFC 3396
 * 6).
 *
 * The bytes are header, cookie and options in order, without END or padding, so appending is one
 * copy at the end.  The view over them is kept up to date as the message grows; only removing,
 * replacing and rewriting a field that carries options read it again.  Laying the message out for
 * the wire is layout.c.  Called by servers, clients, relays and bindings. */
#include "builder.h"

#include "bytes.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum { CODE_PAD = 0, CODE_OVERLOAD = 52, CODE_TYPE = 53, CODE_END = 255, INSTANCE_MAX = 255 };
enum {
  OP_AT = offsetof(struct lab_layout, op),
  HTYPE_AT = offsetof(struct lab_layout, htype),
  HLEN_AT = offsetof(struct lab_layout, hlen),
  XID_AT = offsetof(struct lab_layout, xid),
  FLAGS_AT = offsetof(struct lab_layout, flags),
  GIADDR_AT = offsetof(struct lab_layout, giaddr),
  CHADDR_AT = offsetof(struct lab_layout, chaddr)
};

static const struct {
  uint8_t offset, size;
} fields[LAB_FIELD_COUNT] = {
#define X(name, size, type) {offsetof(struct lab_layout, name), size},
    LAB_FIELDS(X)
#undef X
};

/* A blank message.  Zeros are written in pieces of a register's width: for one long piece
 * compilers choose a string instruction, which takes as long as everything else that makes a
 * reply. */
static void start(lab_builder *b, lab_span room) {
  enum { PIECE = 16 };
  _Static_assert(LAB_MESSAGE_OPTIONS % PIECE == 0, "whole pieces");
  for (size_t at = 0; at < LAB_MESSAGE_OPTIONS; at += PIECE) memset(room.data + at, 0, PIECE);
  lab_put_u32(room.data + LAB_MESSAGE_HEADER, LAB_COOKIE);
  *b = (lab_builder){.data = room.data, .cap = room.len};
  b->view.data = room.data;
  b->view.len = b->view.options_end = LAB_MESSAGE_OPTIONS;
}

enum lab_status lab_builder_init(lab_builder *b, lab_span room) {
  if (room.len < LAB_MESSAGE_OPTIONS) return LAB_ERR_SPACE;
  start(b, room);
  return LAB_OK;
}

/* The index over the options, made anew from what is written. */
static void refresh_index(lab_builder *b) {
  lab_message *view = &b->view;
  lab_option_walk walk;
  lab_option option;
  size_t type_len = 0;
  memset(view->present, 0, sizeof view->present);
  view->overload = view->type = 0;
  view->options_end = view->len;
  lab_options_begin(view, &walk);
  while (lab_options_next(&walk, &option)) {
    bool is_first_overload = option.code == CODE_OVERLOAD && view->overload == 0;
    if (is_first_overload && option.place == LAB_PLACE_OPTIONS && option.value.len == 1 &&
        option.value.data[0] <= 3) {
      view->overload = option.value.data[0]; /* the walk now goes on into file and sname */
    }
    if (option.code == CODE_TYPE) {
      type_len += option.value.len;
      if (option.value.len > 0) view->type = option.value.data[0];
    }
    view->present[option.code >> 6] |= (uint64_t)1 << (option.code & 63);
  }
  if (type_len != 1) view->type = 0;
}

/* Octets that a value takes on the wire, split into instances. */
static size_t encoded_len(size_t len) {
  size_t instances = len <= INSTANCE_MAX ? 1 : (len - 1) / INSTANCE_MAX + 1;
  return len + 2 * instances;
}

static void write_instances(uint8_t *at, uint8_t code, lab_view value) {
  size_t done = 0;
  do {
    size_t len = value.len - done < INSTANCE_MAX ? value.len - done : INSTANCE_MAX;
    at[0] = code;
    at[1] = (uint8_t)len;
    if (len > 0) memcpy(at + 2, value.data + done, len);
    at += 2 + len;
    done += len;
  } while (done < value.len);
}

/* Octets that the message takes once its options are all in the main field. */
static size_t loaded_len(const lab_message *m) {
  size_t len = LAB_MESSAGE_OPTIONS;
  lab_option_walk walk;
  lab_option option;
  lab_options_begin(m, &walk);
  while (lab_options_next(&walk, &option)) {
    if (option.code != CODE_OVERLOAD) len += 2 + option.value.len;
  }
  return len;
}

enum lab_status lab_builder_load(lab_builder *b, lab_span room, const lab_message *message) {
  const lab_message m = *message; /* it may be b->view, which changes below */
  if (loaded_len(&m) > room.len) return LAB_ERR_SPACE;
  lab_option_walk walk;
  lab_option option;
  size_t len = LAB_MESSAGE_OPTIONS;
  memmove(room.data, m.data, LAB_MESSAGE_OPTIONS);
  lab_options_begin(&m, &walk);
  while (lab_options_next(&walk, &option)) {
    if (option.code == CODE_OVERLOAD) continue;
    /* In place, what is written in the main field never overtakes what is read, and file and sname
     * are read when the main field is done. */
    memmove(room.data + len, m.data + option.offset, 2 + option.value.len);
    len += 2 + option.value.len;
  }
  lab_view file = lab_message_bytes(&m, LAB_FIELD_file);
  lab_view sname = lab_message_bytes(&m, LAB_FIELD_sname);
  if (m.overload & 1) memset(room.data + (file.data - m.data), 0, file.len);
  if (m.overload & 2) memset(room.data + (sname.data - m.data), 0, sname.len);
  *b = (lab_builder){.data = room.data, .cap = room.len};
  b->view.data = room.data;
  b->view.len = len;
  refresh_index(b);
  return LAB_OK;
}

enum lab_status lab_builder_move(lab_builder *b, lab_span room) {
  if (room.len < b->view.len) return LAB_ERR_SPACE;
  memmove(room.data, b->data, b->view.len);
  b->data = room.data;
  b->view.data = room.data;
  b->cap = room.len;
  return LAB_OK;
}

enum lab_status lab_builder_reply(lab_builder *b, lab_span room, const lab_message *request,
                                  uint8_t type) {
  enum { BOOTREPLY = 2, TYPE_OPTION_LEN = 3 };
  if (room.len < LAB_MESSAGE_OPTIONS + TYPE_OPTION_LEN) return LAB_ERR_SPACE;
  const uint8_t *from = request->data;
  uint8_t *to = room.data;
  start(b, room);
  to[OP_AT] = BOOTREPLY;
  to[HTYPE_AT] = from[HTYPE_AT];
  to[HLEN_AT] = from[HLEN_AT];
  memcpy(to + XID_AT, from + XID_AT, 4);
  memcpy(to + FLAGS_AT, from + FLAGS_AT, 2);
  memcpy(to + GIADDR_AT, from + GIADDR_AT, 4);
  lab_view chaddr = lab_message_chaddr(request); /* what lies beyond hlen stays zero */
  memcpy(to + CHADDR_AT, chaddr.data, chaddr.len);
  return lab_builder_append_u8(b, CODE_TYPE, type);
}

void lab_builder_number(lab_builder *b, enum lab_field field, uint32_t value) {
  uint8_t *at = b->data + fields[field].offset;
  switch (fields[field].size) {
    case 1: at[0] = (uint8_t)value; break;
    case 2: lab_put_u16(at, (uint16_t)value); break;
    case 4: lab_put_u32(at, value); break;
    default: assert(false); /* chaddr, sname and file are for lab_builder_bytes */
  }
}

enum lab_status lab_builder_bytes(lab_builder *b, enum lab_field field, lab_view value) {
  size_t size = fields[field].size;
  if (value.len > size) return LAB_ERR_SPACE;
  uint8_t *at = b->data + fields[field].offset;
  if (value.len > 0) memmove(at, value.data, value.len);
  memset(at + value.len, 0, size - value.len);
  if (b->view.overload != 0) refresh_index(b); /* the field may carry options */
  return LAB_OK;
}

/* Takes a just written option into the index, without reading the others where that is possible.
 */
static void note_option(lab_builder *b, uint8_t code, const uint8_t *value, size_t len) {
  lab_message *view = &b->view;
  bool is_type = code == CODE_TYPE;
  if (code == CODE_OVERLOAD || view->overload != 0 || (is_type && lab_message_has(view, code))) {
    refresh_index(b);
    return;
  }
  if (is_type) view->type = len == 1 ? value[0] : 0;
  view->present[code >> 6] |= (uint64_t)1 << (code & 63);
}

/* Room for one instance at the end, its code and length written; NULL when there is none. */
static uint8_t *add_instance(lab_builder *b, uint8_t code, size_t len) {
  size_t used = b->view.len;
  if (2 + len > b->cap - used) return NULL;
  uint8_t *at = b->data + used;
  at[0] = code;
  at[1] = (uint8_t)len;
  b->view.len = b->view.options_end = used + 2 + len;
  return at + 2;
}

enum lab_status lab_builder_append(lab_builder *b, uint8_t code, lab_view value) {
  if (code == CODE_PAD || code == CODE_END) return LAB_ERR_RANGE;
  if (value.len <= INSTANCE_MAX) {
    uint8_t *at = add_instance(b, code, value.len);
    if (at == NULL) return LAB_ERR_SPACE;
    if (value.len > 0) memmove(at, value.data, value.len);
    note_option(b, code, at, value.len);
    return LAB_OK;
  }
  size_t used = b->view.len, len = encoded_len(value.len);
  if (value.len > b->cap || len > b->cap - used) return LAB_ERR_SPACE;
  write_instances(b->data + used, code, value);
  b->view.len = b->view.options_end = used + len;
  note_option(b, code, value.data, value.len);
  return LAB_OK;
}

/* Most options of a reply are of these two kinds, so they do without a copy of unknown length. */
enum lab_status lab_builder_append_u8(lab_builder *b, uint8_t code, uint8_t value) {
  if (code == CODE_PAD || code == CODE_END) return LAB_ERR_RANGE;
  uint8_t *at = add_instance(b, code, 1);
  if (at == NULL) return LAB_ERR_SPACE;
  at[0] = value;
  note_option(b, code, at, 1);
  return LAB_OK;
}

enum lab_status lab_builder_append_u32(lab_builder *b, uint8_t code, uint32_t value) {
  if (code == CODE_PAD || code == CODE_END) return LAB_ERR_RANGE;
  uint8_t *at = add_instance(b, code, 4);
  if (at == NULL) return LAB_ERR_SPACE;
  lab_put_u32(at, value);
  note_option(b, code, at, 4);
  return LAB_OK;
}

/* A walk over what is written, leaving out options that a script put into file or sname by hand:
 * those stay. */
static bool next_written(lab_option_walk *walk, lab_option *out) {
  return lab_options_next(walk, out) && out->place == LAB_PLACE_OPTIONS;
}

/* Where the first instance of `code` stands (or the end), and how many octets all its instances
 * take. */
static size_t find_instances(const lab_builder *b, uint8_t code, size_t *total) {
  size_t first = b->view.len;
  lab_option_walk walk;
  lab_option option;
  *total = 0;
  lab_options_begin(&b->view, &walk);
  while (next_written(&walk, &option)) {
    if (option.code != code) continue;
    if (*total == 0) first = option.offset;
    *total += 2 + option.value.len;
  }
  return first;
}

/* Closes the gaps that the instances of `code` leave.  The index is stale afterwards. */
static void squeeze_out(lab_builder *b, uint8_t code) {
  size_t len = LAB_MESSAGE_OPTIONS;
  lab_option_walk walk;
  lab_option option;
  lab_options_begin(&b->view, &walk);
  while (next_written(&walk, &option)) {
    if (option.code == code) continue;
    size_t size = 2 + option.value.len;
    memmove(b->data + len, b->data + option.offset, size);
    len += size;
  }
  b->view.len = b->view.options_end = len;
}

enum lab_status lab_builder_set(lab_builder *b, uint8_t code, lab_view value) {
  if (code == CODE_PAD || code == CODE_END) return LAB_ERR_RANGE;
  if (!lab_message_has(&b->view, code)) return lab_builder_append(b, code, value);
  size_t old_len;
  size_t at = find_instances(b, code, &old_len);
  size_t kept = b->view.len - old_len, len = encoded_len(value.len);
  if (value.len > b->cap || len > b->cap - kept) return LAB_ERR_SPACE;
  squeeze_out(b, code);
  memmove(b->data + at + len, b->data + at, kept - at);
  write_instances(b->data + at, code, value);
  b->view.len = kept + len;
  refresh_index(b);
  return LAB_OK;
}

void lab_builder_remove(lab_builder *b, uint8_t code) {
  if (!lab_message_has(&b->view, code)) return;
  squeeze_out(b, code);
  refresh_index(b);
}
