/* A DHCPv4 message as it stands on the wire, read in place (layer L2; RFC 2131 2, RFC 2132, RFC
 * 3396).
 *
 * A lab_message is a view with a small index: which option codes are present, where the main
 * option field ends, whether `file` and `sname` carry options.  It never allocates and never
 * copies: the bytes belong to the caller and must stay valid and unchanged while the view is
 * used.  Wire order, unknown options and padding stay as they are.
 *
 * lab_message_decode is what a server calls: it refuses what cannot be read at all, and is
 * generous otherwise. lab_message_check is what a tester calls: it lists every fault with its
 * offset and the rule it breaks. */
#ifndef LAB_MESSAGE_H
#define LAB_MESSAGE_H

#include "addr.h"
#include "base.h"

/* Name, octets, type of each header field, in wire order.  Offsets follow from the sizes, at
 * compile time. */
#define LAB_FIELDS(X)  \
  X(op, 1, NUMBER)     \
  X(htype, 1, NUMBER)  \
  X(hlen, 1, NUMBER)   \
  X(hops, 1, NUMBER)   \
  X(xid, 4, NUMBER)    \
  X(secs, 2, NUMBER)   \
  X(flags, 2, NUMBER)  \
  X(ciaddr, 4, IP)     \
  X(yiaddr, 4, IP)     \
  X(siaddr, 4, IP)     \
  X(giaddr, 4, IP)     \
  X(chaddr, 16, BYTES) \
  X(sname, 64, TEXT)   \
  X(file, 128, TEXT)   \
  X(cookie, 4, NUMBER)

enum lab_field {
#define X(name, size, type) LAB_FIELD_##name,
  LAB_FIELDS(X)
#undef X
      LAB_FIELD_COUNT
};

struct lab_layout { /* never laid over bytes: only its offsets are used */
#define X(name, size, type) uint8_t name[size];
  LAB_FIELDS(X)
#undef X
};

enum {
  LAB_MESSAGE_HEADER = 236,  /* fixed part, without the cookie */
  LAB_MESSAGE_OPTIONS = 240, /* where the option field begins */
  LAB_MESSAGE_PADDED = 300,  /* the BOOTP minimum that senders pad to (RFC 1542 2.1) */
  LAB_MESSAGE_LIMIT = 548,   /* a 576-octet datagram less IP and UDP headers (RFC 2131 2) */
  LAB_MESSAGE_MAX = 65507,   /* the largest UDP payload */
  LAB_FLAG_BROADCAST = 0x8000
};
#define LAB_COOKIE 0x63825363u
_Static_assert(sizeof(struct lab_layout) == LAB_MESSAGE_OPTIONS,
               "the fields add up to RFC 2131's header");

enum lab_message_type {
  LAB_DISCOVER = 1,
  LAB_OFFER,
  LAB_REQUEST,
  LAB_DECLINE,
  LAB_ACK,
  LAB_NAK,
  LAB_RELEASE,
  LAB_INFORM,
  LAB_FORCERENEW,
  LAB_LEASEQUERY,
  LAB_LEASEUNASSIGNED,
  LAB_LEASEUNKNOWN,
  LAB_LEASEACTIVE
};
/* "discover", "offer" ... up to 18; NULL when the number has no name. */
const char *lab_message_type_name(unsigned type);
/* The number of a name, any case; 0 when there is none. */
unsigned lab_message_type_by_name(const char *name, size_t len);

typedef struct lab_message {
  const uint8_t *data; /* the whole datagram */
  size_t len;
  size_t
      options_end; /* one past the last octet read in the main option field (past its END if it has one) */
  uint64_t present[4]; /* bit c: option c occurs somewhere */
  uint8_t overload;    /* bit 0: `file` holds options; bit 1: `sname` does (option 52) */
  uint8_t type;        /* option 53, or 0 when it is absent or not one octet */
  bool has_end;        /* the main option field is closed by 255 */
  bool broken;         /* an option runs past its field; reading stopped there */
} lab_message;

/* LAB_ERR_SHORT below 240 octets, LAB_ERR_FORMAT without the cookie or with hlen > 16.  Anything
 * else is a message, perhaps with faults: `broken` tells whether its options could be read to
 * the end. */
enum lab_status lab_message_decode(lab_view datagram, lab_message *out);

static inline bool lab_message_has(const lab_message *m, uint8_t code) {
  return (m->present[code >> 6] >> (code & 63)) & 1;
}

/* Where a field stands and how long it is. */
size_t lab_field_offset(enum lab_field field);
size_t lab_field_size(enum lab_field field);
const char *lab_field_name(enum lab_field field);

/* A header number (op htype hlen hops xid secs flags, and the four addresses as lab_ip4). */
uint32_t lab_message_number(const lab_message *m, enum lab_field field);
lab_view lab_message_bytes(const lab_message *m,
                           enum lab_field field);  /* all octets of the field */
lab_view lab_message_chaddr(const lab_message *m); /* the first hlen octets of chaddr */
/* sname or file up to its NUL (or whole, when there is none); empty when the field holds
 * options. */
lab_view lab_message_text(const lab_message *m, enum lab_field field);

/* One instance of an option, as it stands. */
enum lab_place { LAB_PLACE_OPTIONS, LAB_PLACE_FILE, LAB_PLACE_SNAME };
typedef struct lab_option {
  uint8_t code;
  enum lab_place place;
  size_t offset; /* of the code octet, from the start of the datagram */
  lab_view value;
} lab_option;

/* Walks every instance in the order of RFC 3396: options, then file, then sname.  Pads and ends
 * are not shown.
 *   lab_option_walk walk; lab_option option;
 *   lab_options_begin(m, &walk); while (lab_options_next(&walk, &option)) ... */
typedef struct lab_option_walk {
  const lab_message *message;
  enum lab_place place;
  size_t at;
  size_t end;
} lab_option_walk;
void lab_options_begin(const lab_message *m, lab_option_walk *walk);
bool lab_options_next(lab_option_walk *walk, lab_option *out);

/* The whole value of an option.  A single instance is viewed in place; split instances are
 * joined into `scratch` (RFC 3396 7).  LAB_OK, LAB_ERR_ABSENT, or LAB_ERR_SPACE when the joined
 * value is longer than scratch. */
enum lab_status lab_message_option(const lab_message *m, uint8_t code, lab_span scratch,
                                   lab_view *out);

/* The same for the common case: the first instance only.  False when absent. */
bool lab_message_first(const lab_message *m, uint8_t code, lab_view *out);
/* A four-octet option as number; false when absent or of another length. */
bool lab_message_option_u32(const lab_message *m, uint8_t code, uint32_t *out);

/* Faults: everything a strict reader has to say about one datagram. */
enum lab_fault {
  LAB_FAULT_SHORT,    /* shorter than the fixed part and the cookie */
  LAB_FAULT_UNPADDED, /* under 300 octets */
  LAB_FAULT_NO_COOKIE,
  LAB_FAULT_OP,          /* op is neither 1 nor 2 */
  LAB_FAULT_HLEN,        /* hlen over 16, or not 6 for Ethernet */
  LAB_FAULT_CHADDR_TAIL, /* octets of chaddr beyond hlen are not zero */
  LAB_FAULT_FLAGS,       /* reserved flag bits set */
  LAB_FAULT_NO_TYPE,     /* no option 53: BOOTP */
  LAB_FAULT_TYPE_TWICE,
  LAB_FAULT_TYPE_UNKNOWN,
  LAB_FAULT_OPTION_TRUNCATED, /* its length runs past the field */
  LAB_FAULT_OPTION_LENGTH,    /* its length breaks the catalogue's rule */
  LAB_FAULT_OPTION_VALUE,     /* a number out of bounds, or broken inner structure */
  LAB_FAULT_NO_END,           /* a field with options is not closed by 255 */
  LAB_FAULT_AFTER_END,        /* octets other than 0 after the END */
  LAB_FAULT_OVERLOAD_PLACE,   /* option 52 inside file or sname: ignored */
  LAB_FAULT_OVERLOAD_TWICE,
  LAB_FAULT_SPLIT_FORBIDDEN, /* 52, 53 or 82 in more than one instance */
  LAB_FAULT_UNTERMINATED,    /* sname or file without a NUL: allowed, worth a remark */
  LAB_FAULT_COUNT
};
typedef struct lab_finding {
  size_t offset; /* of the first octet concerned */
  enum lab_fault fault;
  uint8_t code; /* the option concerned, 0 when it is the header */
} lab_finding;

/* Writes at most `cap` findings in wire order and returns how many there are in all. Takes any
 * bytes. */
size_t lab_message_check(lab_view datagram, lab_finding *out, size_t cap);
const char *lab_fault_text(enum lab_fault fault);   /* "option runs past the end of its field" */
const char *lab_fault_name(enum lab_fault fault);   /* "option_truncated" */
const char *lab_fault_rule(enum lab_fault fault);   /* "M-15" */
const char *lab_fault_source(enum lab_fault fault); /* "RFC 2132 2" */

#endif
