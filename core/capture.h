/* Tees a world's packets into a pcap file (layer L5).
 *
 * Each packet appears once: when one of the world's own ports sends it, or when it arrives from outside.  Transports that
 * have no link layer (real UDP) get made-up MACs 02:00 followed by the four octets of the address. */
#ifndef LAB_CAPTURE_H
#define LAB_CAPTURE_H

#include <stdio.h>

#include "world.h"

typedef struct lab_capture lab_capture;

/* Writes the file header at once.  The file becomes the capture's, unless it is stdout.  LAB_ERR_MEMORY, LAB_ERR_IO. */
enum lab_status lab_capture_new(lab_world *world, FILE *file, lab_capture **out);
/* Flushes and closes; LAB_ERR_IO when any write failed, so that a full disk is not silent.  Frees in any case. */
enum lab_status lab_capture_close(lab_capture *capture);

#endif
