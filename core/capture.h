/* Tees a world's packets into a capture file (layer L5): classic pcap, or pcapng with a comment
 * on each packet.
 *
 * Each packet appears once: when one of the world's own ports sends it, or when it arrives from
 * outside.  Transports that have no link layer (real UDP) get made-up MACs 02:00 followed by the
 * four octets of the address.
 *
 * A comment may be known before its packet (who sends it, and why) or only afterwards (what
 * became of it), so that a capture with comments holds packets back: the last LAB_CAPTURE_HELD
 * of a virtual world, a few of a real one, where somebody may be watching. */
#ifndef LAB_CAPTURE_H
#define LAB_CAPTURE_H

#include <stdio.h>

#include "world.h"

typedef struct lab_capture lab_capture;

enum { LAB_CAPTURE_HELD = 1024, LAB_CAPTURE_HELD_REAL = 16, LAB_CAPTURE_COMMENT_MAX = 500 };

/* Writes the file header at once.  The file becomes the capture's, unless it is stdout.
 * LAB_ERR_MEMORY, LAB_ERR_IO. */
enum lab_status lab_capture_new(lab_world *world, FILE *file, lab_capture **out);
enum lab_status lab_capture_new_commented(lab_world *world, FILE *file, lab_capture **out);
/* Flushes and closes; LAB_ERR_IO when any write failed, so that a full disk is not silent.
 * Frees in any case. */
enum lab_status lab_capture_close(lab_capture *capture);

/* What the packets with this payload are: of those held back, all that have no comment yet; when
 * there is none, those that come, until the next call.  Comments end at LAB_CAPTURE_COMMENT_MAX
 * octets, between two characters of UTF-8. LAB_ERR_ABSENT for a capture without comments;
 * LAB_ERR_MEMORY. */
enum lab_status lab_capture_comment(lab_capture *capture, lab_view payload, lab_view text);
/* What became of the packet with this payload, added behind "; ": the oldest one held back about
 * which that was not said yet, else the newest.  LAB_ERR_ABSENT when there is none. */
enum lab_status lab_capture_add(lab_capture *capture, lab_view payload, lab_view text);

#endif
