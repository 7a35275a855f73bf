/* Fuzz target: any bytes as a capture file, and any frame in it as a packet.
 *
 * Aborts when the reader breaks its word: record numbers that skip, views larger than a record may be,
 * a payload outside its frame, an error that does not stay. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "frame.h"
#include "pcap.h"

static void require(int truth) {
  if (!truth) abort();
}

static void parse_exactly(const lab_pcap_record *record) {
  lab_packet packet;
  bool bad_checksum;
  uint8_t *exact = malloc(record->frame.len != 0 ? record->frame.len : 1);
  require(exact != NULL);
  for (size_t k = 0; k < record->frame.len; k++) exact[k] = record->frame.data[k];
  lab_view frame = {exact, record->frame.len};
  if (lab_frame_parse(record->link, frame, &packet, &bad_checksum) == LAB_OK) {
    require(packet.payload.data >= exact);
    size_t at = (size_t)(packet.payload.data - exact);
    require(at <= frame.len && packet.payload.len <= frame.len - at);
    require(packet.kind == LAB_PACKET_UDP || packet.payload.len == LAB_ARP_LEN);
  }
  free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0; /* fmemopen takes no empty buffer */
  FILE *file = fmemopen((void *)(uintptr_t)data, size, "rb");
  require(file != NULL);
  lab_pcap_reader *reader = NULL;
  if (lab_pcap_reader_new(file, &reader) == LAB_OK) {
    lab_pcap_record record;
    uint64_t count = 0;
    int got;
    while ((got = lab_pcap_next(reader, &record)) == 1) {
      require(record.number == ++count);
      require(record.frame.len <= 262144 && record.frame.len <= size);
      parse_exactly(&record);
    }
    require(got <= 0 && lab_pcap_next(reader, &record) == got);
    lab_pcap_reader_free(reader);
  }
  fclose(file);
  return 0;
}
