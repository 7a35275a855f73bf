/* The option catalogue (layer L2): what each of the 256 codes is called, what type its value has
 * and how long it may be.
 *
 * The rows are in option.def; this file turns them into look-ups.  Everything that names options
 * - Lua access, explain, documentation, the fuzz dictionary - reads them from here.  Scripts may
 * define site-specific ones at run time. */
#ifndef LAB_OPTION_H
#define LAB_OPTION_H

#include "base.h"

/* The shape of a value.  The text behind each name is what messages and documentation call it. */
enum lab_type {
  LAB_TYPE_NONE,     /* pad and end: a code without a length octet */
  LAB_TYPE_EMPTY,    /* a length of 0: rapid_commit */
  LAB_TYPE_IP,       /* one address */
  LAB_TYPE_IPS,      /* a list of addresses */
  LAB_TYPE_IP_PAIRS, /* a list of address pairs: policy_filter, static_routes */
  LAB_TYPE_U8,
  LAB_TYPE_U16,
  LAB_TYPE_U32,
  LAB_TYPE_I32,
  LAB_TYPE_SECONDS,    /* u32 seconds; 0xffffffff is infinity */
  LAB_TYPE_U8S,        /* a list of u8 */
  LAB_TYPE_U16S,       /* a list of u16 */
  LAB_TYPE_BOOL,       /* one octet, 0 or 1 */
  LAB_TYPE_TEXT,       /* characters, no terminator needed */
  LAB_TYPE_BYTES,      /* opaque */
  LAB_TYPE_MESSAGE,    /* u8 with the names of option 53 */
  LAB_TYPE_CODES,      /* list of option codes: parameter_request_list */
  LAB_TYPE_DOMAINS,    /* DNS names in wire form, compression allowed (RFC 3397) */
  LAB_TYPE_ROUTES,     /* classless routes (RFC 3442) */
  LAB_TYPE_FQDN,       /* flags, rcode1, rcode2, name (RFC 4702) */
  LAB_TYPE_SUBOPTIONS, /* code-length-value triples, no pad or end inside: relay_agent_information */
  LAB_TYPE_ENTERPRISES,     /* (enterprise u32, length u8, data)*: vi_vendor_class */
  LAB_TYPE_ENTERPRISE_TLVS, /* the same with suboptions as data: vi_vendor_specific */
  LAB_TYPE_SIP,             /* encoding octet, then names or addresses (RFC 3361) */
  LAB_TYPE_SLP_AGENTS,      /* mandatory octet, then addresses (RFC 2610) */
  LAB_TYPE_SLP_SCOPE,       /* mandatory octet, then text (RFC 2610) */
  LAB_TYPE_INTERFACE,       /* type, major, minor (RFC 4578) */
  LAB_TYPE_IP_LISTS,        /* list of (length u8, addresses): pcp_servers (RFC 7291) */
  LAB_TYPE_COUNT
};

typedef struct lab_option_info {
  uint8_t code;
  uint8_t type;         /* enum lab_type */
  uint16_t len_min;     /* octets, after joining split instances */
  uint16_t len_max;     /* UINT16_MAX when open */
  uint8_t len_multiple; /* the length less `len_base` is a multiple of this; 1 when free */
  uint8_t len_base;
  int64_t value_min; /* bounds of a number, or of each number in a list */
  int64_t value_max;
  const char *name;   /* "lease_time"; NULL when the code is not in the catalogue */
  const char *text;   /* one short phrase in plain words */
  const char *source; /* "RFC 2132 9.2" */
} lab_option_info;

/* Never NULL: for codes outside the catalogue, type LAB_TYPE_BYTES, no name. */
const lab_option_info *lab_option_info_of(uint8_t code);

/* By canonical name or by an alias that Kea, dnsmasq or Wireshark use ("routers", "router",
 * "subnet-mask"); "-" and "_" are the same, case does not matter.  NULL when unknown. */
const lab_option_info *lab_option_by_name(const char *name, size_t len);

/* The k-th alias of `code` (k from 0), or NULL. */
const char *lab_option_alias(uint8_t code, size_t k);

/* Checks a joined value against the row: length rule, then number bounds and inner structure.
 * LAB_OK; LAB_ERR_SHORT or LAB_ERR_FORMAT for its length or structure; LAB_ERR_RANGE for a
 * number out of bounds. */
enum lab_status lab_option_check(const lab_option_info *info, lab_view value);

/* The length rule alone. */
bool lab_option_length_fits(const lab_option_info *info, size_t len);

/* Adds or replaces a row for the whole process: `name` and `text` are copied.  LAB_ERR_RANGE for
 * codes 0 and 255, LAB_ERR_FORMAT for a name that is not [a-z][a-z0-9_]*, LAB_ERR_IN_USE when
 * another code has that name. */
enum lab_status lab_option_define(uint8_t code, const char *name, enum lab_type type,
                                  const char *text);
void lab_option_undefine_all(void); /* back to the catalogue as compiled */

const char *lab_type_text(enum lab_type type); /* "list of addresses" */
enum lab_status lab_type_by_name(const char *name,
                                 enum lab_type *out); /* "ip", "ips", "u8", "text", "bytes" ... */
const char *lab_type_name(enum lab_type type); /* the short name that lab_type_by_name takes */

#endif
