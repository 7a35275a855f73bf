/* Writes capture files in the pcapng format, with a comment on each packet (layer L5).
 *
 * One section, one Ethernet interface, microseconds, little-endian on every machine: the same
 * packets, times and comments give the same file byte for byte.  pcap.h writes the classic
 * format and reads both. */
#ifndef LAB_PCAPNG_H
#define LAB_PCAPNG_H

#include <stdio.h>

#include "base.h"

/* Writes to `file`, which stays the caller's.  LAB_ERR_IO with errno when the disk is full. */
enum lab_status lab_pcapng_begin(FILE *file);
/* `comment` is UTF-8 text without an end mark; none when it is empty.  LAB_ERR_RANGE: a time
 * before 1970, a frame over 262,144 octets, a comment over 65,535. */
enum lab_status lab_pcapng_write(FILE *file, int64_t unix_us, lab_view frame, lab_view comment);

#endif
