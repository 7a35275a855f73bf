/* DNS names as DHCP options carry them; see domain.h.  Not a resolver, and not a judge of which
 * letters a host name may have: any octets are a name here.  Called for the options 81, 88, 119
 * and 120. */
#include "domain.h"

#include <string.h>

enum { POINTER_BITS = 0xc0, POINTER_REACH = 0x3fff };

enum lab_status lab_domain_read(lab_view list, size_t *at, bool pointers,
                                uint8_t wire[LAB_DOMAIN_WIRE], size_t *wire_len) {
  size_t p = *at;
  size_t lowest = *at; /* a pointer must lead to before every place read so far: this ends loops */
  size_t used = 0;
  bool jumped = false;
  for (;;) {
    if (p >= list.len) return LAB_ERR_SHORT;
    uint8_t head = list.data[p];
    if ((head & POINTER_BITS) == POINTER_BITS) {
      if (!pointers) return LAB_ERR_FORMAT;
      if (list.len - p < 2) return LAB_ERR_SHORT;
      size_t target = (size_t)(head & ~POINTER_BITS) << 8 | list.data[p + 1];
      if (target >= lowest) return LAB_ERR_FORMAT;
      if (!jumped) *at = p + 2;
      jumped = true;
      p = lowest = target;
      continue;
    }
    if (head > LAB_DOMAIN_LABEL) return LAB_ERR_FORMAT;
    if (list.len - p <= head) return LAB_ERR_SHORT;
    if ((size_t)head + 1 > LAB_DOMAIN_WIRE - used) return LAB_ERR_FORMAT;
    memcpy(wire + used, list.data + p, (size_t)head + 1);
    used += (size_t)head + 1;
    p += (size_t)head + 1;
    if (head == 0) break;
  }
  if (!jumped) *at = p;
  *wire_len = used;
  return LAB_OK;
}

static size_t format_octet(uint8_t octet, char *text) {
  if (octet == '.' || octet == '\\') {
    text[0] = '\\';
    text[1] = (char)octet;
    return 2;
  }
  if (octet > ' ' && octet < 0x7f) {
    text[0] = (char)octet;
    return 1;
  }
  text[0] = '\\';
  text[1] = (char)('0' + octet / 100);
  text[2] = (char)('0' + octet / 10 % 10);
  text[3] = (char)('0' + octet % 10);
  return 4;
}

size_t lab_domain_format(const uint8_t *wire, char text[LAB_DOMAIN_TEXT]) {
  size_t at = 0;
  if (wire[0] == 0) text[at++] = '.';
  for (const uint8_t *label = wire; label[0] != 0; label += label[0] + 1) {
    if (label != wire) text[at++] = '.';
    for (size_t i = 1; i <= label[0]; i++) at += format_octet(label[i], text + at);
  }
  text[at] = 0;
  return at;
}

/* The octet that an escape stands for; `*at` is just past the backslash.  Returns -1 for a bad
 * one. */
static int parse_escape(const char *text, size_t len, size_t *at) {
  if (*at >= len) return -1;
  if (text[*at] < '0' || text[*at] > '9') return (uint8_t)text[(*at)++];
  if (len - *at < 3) return -1;
  int value = 0;
  for (int i = 0; i < 3; i++) {
    char digit = text[(*at)++];
    if (digit < '0' || digit > '9') return -1;
    value = value * 10 + (digit - '0');
  }
  return value <= 255 ? value : -1;
}

enum lab_status lab_domain_parse(const char *text, size_t len, uint8_t wire[LAB_DOMAIN_WIRE],
                                 size_t *wire_len) {
  if (len == 0) return LAB_ERR_FORMAT;
  size_t start = 0; /* of the label being read: its length octet */
  size_t used = 1;
  for (size_t at = len == 1 && text[0] == '.' ? 1 : 0; at < len;) {
    char c = text[at++];
    if (c == '.') {
      if (used == start + 1) return LAB_ERR_FORMAT;
      wire[start] = (uint8_t)(used - start - 1);
      start = used++;
      if (used > LAB_DOMAIN_WIRE) return LAB_ERR_FORMAT;
      continue;
    }
    int octet = c == '\\' ? parse_escape(text, len, &at) : (uint8_t)c;
    if (octet < 0 || used - start > LAB_DOMAIN_LABEL || used >= LAB_DOMAIN_WIRE)
      return LAB_ERR_FORMAT;
    wire[used++] = (uint8_t)octet;
  }
  wire[start] = (uint8_t)(used - start - 1);
  if (wire[start] != 0) {
    if (used >= LAB_DOMAIN_WIRE) return LAB_ERR_FORMAT;
    wire[used++] = 0;
  }
  *wire_len = used;
  return LAB_OK;
}

/* Whether the name at `place` of our own output is `wire`. */
static bool equal_at(const lab_domain_list *list, size_t place, const uint8_t *wire) {
  for (;;) {
    const uint8_t *label = list->out.data + place;
    if ((label[0] & POINTER_BITS) == POINTER_BITS) {
      place = (size_t)(label[0] & ~POINTER_BITS) << 8 | label[1];
      continue;
    }
    if (label[0] != wire[0] || memcmp(label, wire, (size_t)label[0] + 1) != 0) return false;
    if (label[0] == 0) return true;
    place += (size_t)label[0] + 1;
    wire += wire[0] + 1;
  }
}

static bool find_ending(const lab_domain_list *list, size_t mark_count, const uint8_t *wire,
                        uint16_t *place) {
  for (size_t i = 0; i < mark_count; i++) {
    if (!equal_at(list, list->marks[i], wire)) continue;
    *place = list->marks[i];
    return true;
  }
  return false;
}

enum lab_status lab_domain_append(lab_domain_list *list, const uint8_t *wire, size_t wire_len) {
  size_t plain = 0; /* octets that are written as they are, before a pointer or the end */
  size_t mark_count = list->mark_count;
  uint16_t place = 0;
  bool found = false;
  while (wire[plain] != 0) {
    found = find_ending(list, list->mark_count, wire + plain, &place);
    if (found) break;
    if (list->used + plain <= POINTER_REACH && mark_count < LAB_DOMAIN_MARKS) {
      list->marks[mark_count++] = (uint16_t)(list->used + plain);
    }
    plain += (size_t)wire[plain] + 1;
  }
  size_t tail = found ? 2 : 1;
  size_t room = list->out.len - list->used;
  if (plain > room || tail > room - plain || plain >= wire_len) return LAB_ERR_SPACE;
  uint8_t *to = list->out.data + list->used;
  memcpy(to, wire, plain);
  to[plain] = 0;
  if (found) {
    to[plain] = (uint8_t)(POINTER_BITS | place >> 8);
    to[plain + 1] = (uint8_t)place;
  }
  list->used += plain + tail;
  list->mark_count = mark_count;
  return LAB_OK;
}
