/* Text forms of IPv4 addresses, Ethernet addresses and endpoints (layer L1).
 *
 * Parsing is exact: the whole of the given text must be the address.  A decimal octet with a
 * leading zero is refused, because inet_aton reads it as octal and people do not.  Nothing here
 * resolves names or allocates. */
#include "addr.h"

#include <string.h>

const lab_mac LAB_MAC_BROADCAST = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
const lab_mac LAB_MAC_NONE = {{0, 0, 0, 0, 0, 0}};

/* Text still to be read. */
typedef struct cursor {
  const char *at;
  const char *end;
} cursor;

/* A decimal number up to `max` without leading zeros; leaves the cursor behind it. */
static bool read_decimal(cursor *c, uint32_t max, uint32_t *out) {
  uint32_t value = 0;
  const char *start = c->at;
  while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
    if (c->at > start && value == 0) return false; /* "01" */
    value = value * 10 + (uint32_t)(*c->at - '0');
    if (value > max) return false;
    c->at++;
  }
  *out = value;
  return c->at > start;
}

static bool read_char(cursor *c, char wanted) {
  if (c->at == c->end || *c->at != wanted) return false;
  c->at++;
  return true;
}

static bool read_ip(cursor *c, lab_ip4 *out) {
  lab_ip4 ip = 0;
  for (int k = 0; k < 4; k++) {
    uint32_t octet;
    if (k > 0 && !read_char(c, '.')) return false;
    if (!read_decimal(c, 255, &octet)) return false;
    ip = ip << 8 | octet;
  }
  *out = ip;
  return true;
}

static size_t write_decimal(char *out, uint32_t value) {
  char digits[10];
  size_t count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  for (size_t k = 0; k < count; k++) out[k] = digits[count - 1 - k];
  return count;
}

enum lab_status lab_ip4_parse(const char *text, size_t len, lab_ip4 *out) {
  cursor c = {text, text + len};
  lab_ip4 ip;
  if (!read_ip(&c, &ip) || c.at != c.end) return LAB_ERR_FORMAT;
  *out = ip;
  return LAB_OK;
}

/* As write_decimal, for one octet: a server writes several addresses for each message. */
static char *write_octet(char *out, uint32_t value) {
  if (value >= 100) {
    *out++ = (char)('0' + value / 100);
    value %= 100;
    *out++ = (char)('0' + value / 10);
  } else if (value >= 10) {
    *out++ = (char)('0' + value / 10);
  }
  *out++ = (char)('0' + value % 10);
  return out;
}

size_t lab_ip4_format(lab_ip4 ip, char out[LAB_IP4_TEXT]) {
  char *at = out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    at = write_octet(at, ip >> shift & 0xff);
    *at++ = shift > 0 ? '.' : '\0';
  }
  return (size_t)(at - out) - 1;
}

enum lab_status lab_ip4_parse_prefix(const char *text, size_t len, lab_ip4 *network,
                                     unsigned *bits) {
  cursor c = {text, text + len};
  lab_ip4 ip;
  uint32_t width;
  if (!read_ip(&c, &ip) || !read_char(&c, '/')) return LAB_ERR_FORMAT;
  if (!read_decimal(&c, 32, &width) || c.at != c.end) return LAB_ERR_FORMAT;
  if ((ip & ~lab_ip4_mask(width)) != 0) return LAB_ERR_RANGE;
  *network = ip;
  *bits = width;
  return LAB_OK;
}

lab_ip4 lab_ip4_mask(unsigned bits) {
  if (bits == 0) return 0; /* a shift by the whole width is undefined */
  return UINT32_MAX << (32 - (bits < 32 ? bits : 32));
}

bool lab_ip4_mask_bits(lab_ip4 mask, unsigned *bits) {
  unsigned count = 0;
  while (count < 32 && (mask << count & 0x80000000u) != 0) count++;
  if (mask != lab_ip4_mask(count)) return false;
  *bits = count;
  return true;
}

static bool read_hex_digit(cursor *c, unsigned *out) {
  if (c->at == c->end) return false;
  char digit = *c->at;
  if (digit >= '0' && digit <= '9') {
    *out = (unsigned)(digit - '0');
  } else if (digit >= 'a' && digit <= 'f') {
    *out = (unsigned)(digit - 'a') + 10;
  } else if (digit >= 'A' && digit <= 'F') {
    *out = (unsigned)(digit - 'A') + 10;
  } else {
    return false;
  }
  c->at++;
  return true;
}

enum lab_status lab_mac_parse(const char *text, size_t len, lab_mac *out) {
  cursor c = {text, text + len};
  if (len < 3) return LAB_ERR_FORMAT;
  char separator = text[2]; /* one kind throughout */
  if (separator != ':' && separator != '-') return LAB_ERR_FORMAT;
  lab_mac mac;
  for (size_t k = 0; k < LAB_COUNTOF(mac.octet); k++) {
    unsigned high, low;
    if (k > 0 && !read_char(&c, separator)) return LAB_ERR_FORMAT;
    if (!read_hex_digit(&c, &high) || !read_hex_digit(&c, &low)) return LAB_ERR_FORMAT;
    mac.octet[k] = (uint8_t)(high << 4 | low);
  }
  if (c.at != c.end) return LAB_ERR_FORMAT;
  *out = mac;
  return LAB_OK;
}

size_t lab_mac_format(lab_mac mac, char out[LAB_MAC_TEXT]) {
  static const char digits[] = "0123456789abcdef";
  char *at = out;
  for (size_t k = 0; k < LAB_COUNTOF(mac.octet); k++) {
    *at++ = digits[mac.octet[k] >> 4];
    *at++ = digits[mac.octet[k] & 15];
    *at++ = k + 1 < LAB_COUNTOF(mac.octet) ? ':' : '\0';
  }
  return LAB_MAC_TEXT - 1;
}

bool lab_mac_equal(lab_mac a, lab_mac b) { return memcmp(a.octet, b.octet, sizeof a.octet) == 0; }

bool lab_mac_is_broadcast(lab_mac mac) { return lab_mac_equal(mac, LAB_MAC_BROADCAST); }

enum lab_status lab_endpoint_parse(const char *text, size_t len, lab_endpoint *out) {
  cursor c = {text, text + len};
  lab_ip4 ip;
  uint32_t port;
  if (!read_ip(&c, &ip) || !read_char(&c, ':')) return LAB_ERR_FORMAT;
  if (!read_decimal(&c, 65535, &port) || c.at != c.end) return LAB_ERR_FORMAT;
  out->ip = ip;
  out->port = (uint16_t)port;
  return LAB_OK;
}

size_t lab_endpoint_format(lab_endpoint endpoint, char out[LAB_ENDPOINT_TEXT]) {
  size_t len = lab_ip4_format(endpoint.ip, out);
  out[len++] = ':';
  len += write_decimal(out + len, endpoint.port);
  out[len] = '\0';
  return len;
}
