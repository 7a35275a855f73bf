/* IPv4 addresses, Ethernet addresses and UDP endpoints, and their text both ways (layer L1).
 *
 * An IPv4 address is a number in host order, so that ranges and masks are arithmetic; the wire's
 * byte order exists only in lab_get_u32 and lab_put_u32.  Formatting writes into the caller's
 * buffer and returns the length written without the closing NUL, which is always there.  Parsing
 * takes exactly the text of `len` bytes: no spaces, no leading zeros in a decimal octet (which
 * some readers take for octal), no names. */
#ifndef LAB_ADDR_H
#define LAB_ADDR_H

#include "base.h"

typedef uint32_t lab_ip4;
#define LAB_IP4(a, b, c, d) \
  ((lab_ip4)(a) << 24 | (lab_ip4)(b) << 16 | (lab_ip4)(c) << 8 | (lab_ip4)(d))
#define LAB_IP4_ANY ((lab_ip4)0)
#define LAB_IP4_BROADCAST ((lab_ip4)0xffffffffu)
enum {
  LAB_IP4_TEXT = 16,
  LAB_MAC_TEXT = 18,
  LAB_ENDPOINT_TEXT = 22
}; /* buffer sizes, NUL included */

typedef struct lab_mac {
  uint8_t octet[6];
} lab_mac;

typedef struct lab_endpoint {
  lab_ip4 ip;
  uint16_t port;
} lab_endpoint;

/* "10.0.0.1".  LAB_OK or LAB_ERR_FORMAT. */
enum lab_status lab_ip4_parse(const char *text, size_t len, lab_ip4 *out);
size_t lab_ip4_format(lab_ip4 ip, char out[LAB_IP4_TEXT]);

/* "192.168.1.0/24"; bits below the mask must be zero (LAB_ERR_RANGE), /0 to /32. */
enum lab_status lab_ip4_parse_prefix(const char *text, size_t len, lab_ip4 *network,
                                     unsigned *bits);
lab_ip4 lab_ip4_mask(unsigned bits);                  /* 24 -> 255.255.255.0; bits <= 32 */
bool lab_ip4_mask_bits(lab_ip4 mask, unsigned *bits); /* false when the ones are not contiguous */

/* "02:00:00:00:00:01", also with "-" between the octets; always formatted with ":" in lower
 * case. */
enum lab_status lab_mac_parse(const char *text, size_t len, lab_mac *out);
size_t lab_mac_format(lab_mac mac, char out[LAB_MAC_TEXT]);
bool lab_mac_equal(lab_mac a, lab_mac b);
bool lab_mac_is_broadcast(lab_mac mac);
extern const lab_mac LAB_MAC_BROADCAST;
extern const lab_mac LAB_MAC_NONE; /* all zero */

/* "127.0.0.1:6767".  Port 0 to 65535. */
enum lab_status lab_endpoint_parse(const char *text, size_t len, lab_endpoint *out);
size_t lab_endpoint_format(lab_endpoint endpoint, char out[LAB_ENDPOINT_TEXT]);

#endif
