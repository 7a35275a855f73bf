/* Capture files (layer L5): writes classic pcap, reads pcap and pcapng.
 *
 * Written files have Ethernet frames and microseconds and are the same byte for byte for the
 * same packets and times. Reading is bounded: any bytes, any lengths, no crash; records of up to
 * 256 KiB; a file that ends inside a record gives the records before it. */
#ifndef LAB_PCAP_H
#define LAB_PCAP_H

#include <stdio.h>

#include "base.h"
#include "frame.h"

/* Writes to `file`, which stays the caller's (it may be stdout).  LAB_ERR_IO with errno when the
 * disk is full. Times before 1970 or after 2106 and frames over 262,144 octets: LAB_ERR_RANGE. */
enum lab_status lab_pcap_begin(FILE *file);
enum lab_status lab_pcap_write(FILE *file, int64_t unix_us, lab_view frame);

typedef struct lab_pcap_record {
  uint64_t number; /* from 1 */
  int64_t unix_ns; /* nanoseconds since 1970; 0 where the file does not tell */
  enum lab_link link;
  uint32_t wire_len; /* as it was on the wire; larger than frame.len when the capture cut it */
  lab_view frame;    /* valid until the next call */
} lab_pcap_record;

typedef struct lab_pcap_reader lab_pcap_reader;
/* Tells pcap (both byte orders, micro- and nanoseconds) from pcapng by its first octets.
 * LAB_ERR_FORMAT for any other file, LAB_ERR_SHORT when it ends inside its header, LAB_ERR_MEMORY,
 * LAB_ERR_IO.  The file stays the caller's and must outlive the reader. */
enum lab_status lab_pcap_reader_new(FILE *file, lab_pcap_reader **out);
void lab_pcap_reader_free(lab_pcap_reader *reader);
/* 1 with a record; 0 at the end; LAB_ERR_SHORT when the file ends inside a record;
 * LAB_ERR_FORMAT for a block that contradicts itself; LAB_ERR_MEMORY; LAB_ERR_IO.  After an
 * error every call returns that error. */
int lab_pcap_next(lab_pcap_reader *reader, lab_pcap_record *out);

#endif
