/* The strict reader: every fault of a datagram, with its offset and the rule it breaks (layer L2).
 *
 * RFC 2131 2 and 4.1, RFC 2132, RFC 3396.  Takes any bytes and refuses nothing: what can still be
 * read behind a fault is read.  Servers and clients do not need this file; testers, `explain` and
 * lessons do. */
#include "bytes.h"
#include "message.h"
#include "option.h"

#include <stddef.h>
#include <string.h>

enum { CODE_PAD = 0, CODE_OVERLOAD = 52, CODE_TYPE = 53, CODE_AGENT = 82, CODE_END = 255 };
enum { HTYPE_ETHERNET = 1, HLEN_ETHERNET = 6, HLEN_MAX = 16 };

static const struct {
  const char *name, *text, *rule, *source;
} faults[LAB_FAULT_COUNT] = {
    [LAB_FAULT_SHORT] = {"short", "message ends before its fixed part and cookie are complete",
                         "M-01", "RFC 2131 2"},
    [LAB_FAULT_UNPADDED] = {"unpadded", "message is shorter than the 300 octets of BOOTP", "M-08",
                            "RFC 1542 2.1"},
    [LAB_FAULT_NO_COOKIE] = {"no_cookie", "options do not begin with the cookie 63 82 53 63",
                             "M-02", "RFC 2131 3"},
    [LAB_FAULT_OP] = {"op", "op is neither 1 (request) nor 2 (reply)", "M-01", "RFC 2131 2"},
    [LAB_FAULT_HLEN] = {"hlen", "hlen is over 16, or not 6 although htype says Ethernet", "M-06",
                        "RFC 2131 2"},
    [LAB_FAULT_CHADDR_TAIL] = {"chaddr_tail",
                               "chaddr is not zero behind the hlen octets of the address", "M-06",
                               "RFC 2131 2"},
    [LAB_FAULT_FLAGS] = {"flags", "flag bits other than broadcast are set", "M-05", "RFC 2131 2"},
    [LAB_FAULT_NO_TYPE] = {"no_type", "option 53 is missing: BOOTP, not DHCP", "M-04",
                           "RFC 2131 3"},
    [LAB_FAULT_TYPE_TWICE] = {"type_twice", "option 53 occurs more than once", "M-04",
                              "RFC 2132 9.6"},
    [LAB_FAULT_TYPE_UNKNOWN] = {"type_unknown", "option 53 names no known message type", "M-04",
                                "RFC 2132 9.6"},
    [LAB_FAULT_OPTION_TRUNCATED] = {"option_truncated", "option runs past the end of its field",
                                    "M-15", "RFC 2132 2"},
    [LAB_FAULT_OPTION_LENGTH] = {"option_length", "option has a length that its RFC forbids",
                                 "M-15", "RFC 2132 2"},
    [LAB_FAULT_OPTION_VALUE] = {"option_value", "option has a value that its RFC forbids", "O-01",
                                "RFC 2132 2"},
    [LAB_FAULT_NO_END] = {"no_end", "field of options is not closed by END (255)", "M-03",
                          "RFC 2131 4.1"},
    [LAB_FAULT_AFTER_END] = {"after_end", "octets other than 0 follow the END", "M-03",
                             "RFC 2132 3.2"},
    [LAB_FAULT_OVERLOAD_PLACE] = {"overload_place",
                                  "option 52 stands in file or sname, where it is ignored", "M-11",
                                  "RFC 3396 5"},
    [LAB_FAULT_OVERLOAD_TWICE] = {"overload_twice", "option 52 occurs more than once", "M-10",
                                  "RFC 2131 4.1"},
    [LAB_FAULT_SPLIT_FORBIDDEN] = {"split_forbidden",
                                   "options 52, 53 and 82 must not come in several instances",
                                   "M-14", "RFC 3396 5"},
    [LAB_FAULT_UNTERMINATED] = {"unterminated", "text fills its field and has no closing NUL",
                                "M-19", "RFC 2131 2"},
};

const char *lab_fault_name(enum lab_fault fault) { return faults[fault].name; }
const char *lab_fault_text(enum lab_fault fault) { return faults[fault].text; }
const char *lab_fault_rule(enum lab_fault fault) { return faults[fault].rule; }
const char *lab_fault_source(enum lab_fault fault) { return faults[fault].source; }

/* One check under way: the bytes, and the findings so far in order of their offsets. */
typedef struct report {
  const uint8_t *data;
  size_t len;
  lab_finding *out;
  size_t cap;
  size_t count; /* of all findings, also those for which there was no room */
  uint32_t instances[256];
  uint8_t overload; /* the value that readers go by, as in decode.c */
} report;

/* Puts a finding behind those with the same or a smaller offset; with no room left, the last one
 * goes. */
static void add_finding(report *r, size_t offset, enum lab_fault fault, uint8_t code) {
  size_t kept = r->count < r->cap ? r->count : r->cap;
  size_t at = kept;
  while (at > 0 && r->out[at - 1].offset > offset) at--;
  r->count++;
  if (at == r->cap) return;
  size_t moved = kept < r->cap ? kept - at : r->cap - 1 - at;
  memmove(r->out + at + 1, r->out + at, moved * sizeof *r->out);
  r->out[at] = (lab_finding){offset, fault, code};
}

/* Whether the whole of a header field is there. */
static bool has_field(const report *r, enum lab_field field) {
  return r->len >= lab_field_offset(field) + lab_field_size(field);
}

static void check_hardware(report *r) {
  size_t htype_at = lab_field_offset(LAB_FIELD_htype), hlen_at = lab_field_offset(LAB_FIELD_hlen);
  size_t chaddr_at = lab_field_offset(LAB_FIELD_chaddr);
  if (!has_field(r, LAB_FIELD_hlen)) return;
  uint8_t hlen = r->data[hlen_at];
  bool is_ethernet = r->data[htype_at] == HTYPE_ETHERNET;
  if (hlen > HLEN_MAX || (is_ethernet && hlen != HLEN_ETHERNET)) {
    add_finding(r, hlen_at, LAB_FAULT_HLEN, 0);
  }
  if (!has_field(r, LAB_FIELD_chaddr)) return;
  for (size_t k = hlen; k < HLEN_MAX; k++) {
    if (r->data[chaddr_at + k] == 0) continue;
    add_finding(r, chaddr_at + k, LAB_FAULT_CHADDR_TAIL, 0);
    return;
  }
}

static void check_header(report *r) {
  if (has_field(r, LAB_FIELD_op)) {
    uint8_t op = r->data[lab_field_offset(LAB_FIELD_op)];
    if (op != 1 && op != 2) add_finding(r, lab_field_offset(LAB_FIELD_op), LAB_FAULT_OP, 0);
  }
  check_hardware(r);
  if (has_field(r, LAB_FIELD_flags)) {
    size_t at = lab_field_offset(LAB_FIELD_flags);
    uint16_t flags = lab_get_u16(r->data + at);
    if ((flags & ~LAB_FLAG_BROADCAST) != 0) add_finding(r, at, LAB_FAULT_FLAGS, 0);
  }
}

static void check_terminated(report *r, enum lab_field field) {
  size_t at = lab_field_offset(field);
  if (!has_field(r, field) || memchr(r->data + at, 0, lab_field_size(field)) != NULL) return;
  add_finding(r, at, LAB_FAULT_UNTERMINATED, 0);
}

/* What one instance says about 52, 53 and 82, of which there may be one only. */
static void check_singles(report *r, const lab_option *option) {
  bool again = r->instances[option->code]++ > 0;
  switch (option->code) {
    case CODE_TYPE:
      if (again) add_finding(r, option->offset, LAB_FAULT_TYPE_TWICE, CODE_TYPE);
      if (option->value.len == 1 && lab_message_type_name(option->value.data[0]) == NULL) {
        add_finding(r, option->offset, LAB_FAULT_TYPE_UNKNOWN, CODE_TYPE);
      }
      break;
    case CODE_OVERLOAD:
      if (option->place != LAB_PLACE_OPTIONS) {
        add_finding(r, option->offset, LAB_FAULT_OVERLOAD_PLACE, CODE_OVERLOAD);
        return; /* readers ignore it, so it is no second instance either */
      }
      if (again) add_finding(r, option->offset, LAB_FAULT_OVERLOAD_TWICE, CODE_OVERLOAD);
      if (r->overload == 0 && option->value.len == 1 && option->value.data[0] <= 3) {
        r->overload = option->value.data[0];
      }
      break;
    case CODE_AGENT: break;
    default: return;
  }
  if (again) add_finding(r, option->offset, LAB_FAULT_SPLIT_FORBIDDEN, option->code);
}

/* The structure of one field of options: END, what follows it, and options that run past the
 * field.  Instances are noted in r->instances. */
static void check_field(report *r, enum lab_place place, size_t at, size_t end) {
  while (at < end && r->data[at] != CODE_END) {
    if (r->data[at] == CODE_PAD) {
      at++;
      continue;
    }
    lab_option option = {.code = r->data[at], .place = place, .offset = at};
    if (end - at < 2 || end - at - 2 < r->data[at + 1]) {
      add_finding(r, at, LAB_FAULT_OPTION_TRUNCATED, option.code);
      return;
    }
    option.value = (lab_view){r->data + at + 2, r->data[at + 1]};
    check_singles(r, &option);
    at += 2 + option.value.len;
  }
  if (at == end) {
    add_finding(r, end, LAB_FAULT_NO_END, 0);
    return;
  }
  for (at++; at < end; at++) {
    if (r->data[at] == 0) continue;
    add_finding(r, at, LAB_FAULT_AFTER_END, 0);
    return;
  }
}

static void check_value(report *r, const lab_option *option, lab_view value) {
  const lab_option_info *info = lab_option_info_of(option->code);
  if (!lab_option_length_fits(info, value.len)) {
    add_finding(r, option->offset, LAB_FAULT_OPTION_LENGTH, option->code);
  } else if (option->code != CODE_TYPE && lab_option_check(info, value) != LAB_OK) {
    add_finding(r, option->offset, LAB_FAULT_OPTION_VALUE, option->code);
  }
}

/* Joins all instances of a code and checks the whole; the finding is laid at the first of them. */
static void check_joined(report *r, const lab_message *m, const lab_option *first) {
  uint8_t scratch[LAB_MESSAGE_MAX];
  lab_view value;
  lab_span room = {scratch, sizeof scratch};
  if (lab_message_option(m, first->code, room, &value) == LAB_OK) check_value(r, first, value);
}

/* The values, once it is known which options come in several instances. */
static void check_values(report *r, const lab_message *m) {
  bool seen[256] = {false};
  lab_option_walk walk;
  lab_option option;
  lab_options_begin(m, &walk);
  while (lab_options_next(&walk, &option)) {
    /* A second 52 or 53 is a fault of its own: what each says is looked at alone. */
    bool is_alone =
        r->instances[option.code] == 1 || option.code == CODE_OVERLOAD || option.code == CODE_TYPE;
    if (is_alone) {
      check_value(r, &option, option.value);
    } else if (!seen[option.code]) {
      check_joined(r, m, &option);
    }
    seen[option.code] = true;
  }
}

/* The options of a message with a cookie. */
static void check_options(report *r) {
  size_t file_at = lab_field_offset(LAB_FIELD_file), sname_at = lab_field_offset(LAB_FIELD_sname);
  size_t file_end = file_at + lab_field_size(LAB_FIELD_file);
  size_t sname_end = sname_at + lab_field_size(LAB_FIELD_sname);
  check_field(r, LAB_PLACE_OPTIONS, LAB_MESSAGE_OPTIONS, r->len);
  if (r->overload & 1) check_field(r, LAB_PLACE_FILE, file_at, file_end);
  if (r->overload & 2) check_field(r, LAB_PLACE_SNAME, sname_at, sname_end);
  if (r->instances[CODE_TYPE] == 0) {
    add_finding(r, LAB_MESSAGE_OPTIONS, LAB_FAULT_NO_TYPE, 0);
  }
  /* Not lab_message_decode: it refuses an hlen over 16, and the options are there all the same. */
  lab_message m = {.data = r->data, .len = r->len, .options_end = r->len, .overload = r->overload};
  for (unsigned code = 0; code < 256; code++) {
    if (r->instances[code] > 0) m.present[code >> 6] |= (uint64_t)1 << (code & 63);
  }
  check_values(r, &m);
}

size_t lab_message_check(lab_view datagram, lab_finding *out, size_t cap) {
  report r = {.data = datagram.data, .len = datagram.len, .out = out, .cap = cap};
  size_t cookie_at = lab_field_offset(LAB_FIELD_cookie);
  check_header(&r);
  if (r.len < LAB_MESSAGE_OPTIONS) {
    add_finding(&r, r.len, LAB_FAULT_SHORT, 0);
    return r.count;
  }
  if (lab_get_u32(r.data + cookie_at) != LAB_COOKIE) {
    add_finding(&r, cookie_at, LAB_FAULT_NO_COOKIE, 0);
  } else {
    check_options(&r);
  }
  if ((r.overload & 1) == 0) check_terminated(&r, LAB_FIELD_file);
  if ((r.overload & 2) == 0) check_terminated(&r, LAB_FIELD_sname);
  if (r.len < LAB_MESSAGE_PADDED) add_finding(&r, r.len, LAB_FAULT_UNPADDED, 0);
  return r.count;
}
