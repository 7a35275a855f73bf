/* Writing and changing a message inside the caller's room (layer L2; RFC 2131 2 and 4.1, RFC
 * 3396).
 *
 * While it is built, a message is its header, the cookie and its options in wire order, without
 * END or padding, of any length up to the room; `view` reads it at any time through message.h.
 * lab_builder_finish then lays it out for the wire: END, padding, and where it is longer than
 * the limit, options moved into `file` and `sname` (option 52). Nothing here allocates; a
 * function that answers LAB_ERR_SPACE has changed nothing. */
#ifndef LAB_BUILDER_H
#define LAB_BUILDER_H

#include "message.h"

typedef struct lab_builder {
  lab_message view; /* what has been written; view.data == data */
  uint8_t *data;
  size_t cap;
} lab_builder;

/* An empty message: zero header, the cookie, no options.  room.len >= 240, else LAB_ERR_SPACE. */
enum lab_status lab_builder_init(lab_builder *b, lab_span room);

/* Takes a received message for changing: its options in reading order, those of file and sname
 * moved behind the others, without 52, pads, END.  A broken tail is left out.  LAB_ERR_SPACE
 * when room is too small; room for m->len + 192 octets always suffices.  `room` may begin at
 * m->data. */
enum lab_status lab_builder_load(lab_builder *b, lab_span room, const lab_message *m);

/* Moves to other room (larger or not): the bytes are copied.  The new room must hold what is
 * written. */
enum lab_status lab_builder_move(lab_builder *b, lab_span room);

/* Starts the answer to `request` as Table 3 of RFC 2131 wants every reply: op 2, htype, hlen,
 * xid, flags, giaddr and chaddr copied, hops and secs 0; then option 53 = type.  No other
 * option. */
enum lab_status lab_builder_reply(lab_builder *b, lab_span room, const lab_message *request,
                                  uint8_t type);

void lab_builder_number(lab_builder *b, enum lab_field field,
                        uint32_t value); /* numbers and addresses */
/* chaddr, sname, file: shorter values are padded with zeros; LAB_ERR_SPACE when longer than the
 * field. */
enum lab_status lab_builder_bytes(lab_builder *b, enum lab_field field, lab_view value);

/* Appends an option; over 255 octets it becomes consecutive instances (RFC 3396 6). Codes 0 and
 * 255: LAB_ERR_RANGE. */
enum lab_status lab_builder_append(lab_builder *b, uint8_t code, lab_view value);
/* Replaces an option where its first instance stands, or appends it; further instances go.
 * `value` lies outside the room. */
enum lab_status lab_builder_set(lab_builder *b, uint8_t code, lab_view value);
void lab_builder_remove(lab_builder *b, uint8_t code);
enum lab_status lab_builder_append_u8(lab_builder *b, uint8_t code, uint8_t value);
enum lab_status lab_builder_append_u32(lab_builder *b, uint8_t code, uint32_t value);

/* Lays the message out for the wire into `out`: at most `limit` octets, at least
 * LAB_MESSAGE_PADDED (zeros after END). Within the limit everything stays in the option field.
 * Beyond it, whole options move into file, then sname, unless those fields are used, and option
 * 52 is added; 53 and 52 stay in the option field, 82 stays last there, no option of at most 255
 * octets is split.  LAB_ERR_SPACE when it cannot be made to fit; lab_builder_remove something
 * and try again.  out.len >= limit is required only as far as the result is long. */
enum lab_status lab_builder_finish(const lab_builder *b, size_t limit, lab_span out,
                                   lab_view *wire);

#endif
