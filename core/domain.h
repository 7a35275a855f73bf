/* DNS names as options carry them: labels with a length octet, text both ways, compression
 * (layer L1; RFC 1035 3.1 and 4.1.4, RFC 3397, RFC 4702 2.3).
 *
 * Text is what people write: "example.com", "." for the root, a closing dot allowed.  An octet
 * that would be mistaken for something else stands as "\." or "\\", or as "\" and three decimal
 * digits, so that any name survives the way there and back.  Reading takes bytes from the
 * network: pointers may only lead backwards, and a name ends at 255 octets, so that every input
 * ends. */
#ifndef LAB_DOMAIN_H
#define LAB_DOMAIN_H

#include "base.h"

enum {
  LAB_DOMAIN_WIRE = 255,  /* octets of the longest name, its closing zero included */
  LAB_DOMAIN_LABEL = 63,  /* octets of the longest label */
  LAB_DOMAIN_TEXT = 1024, /* a buffer for any name as text, NUL included */
  LAB_DOMAIN_MARKS =
      128 /* places that later names may point to; names beyond are written plainly */
};

/* Expands the name that begins at `*at` of `list` into `wire`, following pointers (offsets from
 * the start of `list`) when `pointers`, and moves `*at` past it.  LAB_ERR_SHORT when it runs
 * past the end, LAB_ERR_FORMAT for a pointer that does not lead backwards or is not allowed, for
 * an unknown label type, and for a name over 255 octets. */
enum lab_status lab_domain_read(lab_view list, size_t *at, bool pointers,
                                uint8_t wire[LAB_DOMAIN_WIRE], size_t *wire_len);

/* Text of a whole uncompressed name, as lab_domain_read and lab_domain_parse give it.  Returns
 * its length. */
size_t lab_domain_format(const uint8_t *wire, char text[LAB_DOMAIN_TEXT]);

/* LAB_ERR_FORMAT for empty text, empty labels, labels over 63 octets, names over 255 octets, bad
 * escapes. */
enum lab_status lab_domain_parse(const char *text, size_t len, uint8_t wire[LAB_DOMAIN_WIRE],
                                 size_t *wire_len);

/* A list of names being written into `out`; the caller sets `out` and zeroes the rest. */
typedef struct lab_domain_list {
  lab_span out;
  size_t used;
  size_t mark_count;
  uint16_t marks[LAB_DOMAIN_MARKS]; /* where the names and endings written so far begin */
} lab_domain_list;

/* Appends a whole name, with a pointer in place of an ending that stands there already (same
 * letters, same case). LAB_ERR_SPACE. */
enum lab_status lab_domain_append(lab_domain_list *list, const uint8_t *wire, size_t wire_len);

#endif
