/* Writes capture files in the classic pcap format (layer L5); see pcap.h.  The reader is
 * pcapread.c.
 *
 * Everything is little-endian on every machine, so that one run gives one file.  Written through
 * stdio: a full disk may show only when the caller flushes. */
#include "pcap.h"

enum { RECORD_LEN_MAX = 262144, LINK_ETHERNET = 1 };

static void put_u32(uint8_t *p, uint32_t value) {
  for (int k = 0; k < 4; k++) p[k] = (uint8_t)(value >> 8 * k);
}

static enum lab_status write_bytes(FILE *file, const uint8_t *data, size_t len) {
  return fwrite(data, 1, len, file) == len ? LAB_OK : LAB_ERR_IO;
}

enum lab_status lab_pcap_begin(FILE *file) {
  uint8_t header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0}; /* microseconds, version 2.4 */
  put_u32(header + 16, RECORD_LEN_MAX);
  put_u32(header + 20, LINK_ETHERNET);
  return write_bytes(file, header, sizeof header);
}

enum lab_status lab_pcap_write(FILE *file, int64_t unix_us, lab_view frame) {
  if (unix_us < 0 || unix_us / LAB_SECOND > UINT32_MAX) return LAB_ERR_RANGE;
  if (frame.len > RECORD_LEN_MAX) return LAB_ERR_RANGE;
  uint8_t header[16];
  put_u32(header, (uint32_t)(unix_us / LAB_SECOND));
  put_u32(header + 4, (uint32_t)(unix_us % LAB_SECOND));
  put_u32(header + 8, (uint32_t)frame.len);
  put_u32(header + 12, (uint32_t)frame.len);
  enum lab_status status = write_bytes(file, header, sizeof header);
  return status == LAB_OK ? write_bytes(file, frame.data, frame.len) : status;
}
