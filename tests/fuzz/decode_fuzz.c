/* Fuzz target: any bytes as a datagram, through every reading function and the strict checker.
 *
 * Aborts when a promise of message.h is broken: options outside the datagram, a walk that disagrees
 * with the index, joined values of the wrong length, findings out of order. */
#include <stdint.h>
#include <stdlib.h>

#include "message.h"
#include "option.h"

static void require(int truth) {
  if (!truth) abort();
}

static void check_walk(const lab_message *m) {
  static uint8_t scratch[LAB_MESSAGE_MAX + 192];
  size_t lens[256] = {0}, counts[256] = {0};
  lab_option_walk walk;
  lab_option option;
  lab_view value;
  uint32_t number;
  lab_options_begin(m, &walk);
  while (lab_options_next(&walk, &option)) {
    require(option.code != 0 && option.code != 255);
    require(option.offset < m->len && option.value.len <= m->len - option.offset - 2);
    require(option.value.data == m->data + option.offset + 2);
    lens[option.code] += option.value.len;
    counts[option.code]++;
  }
  for (unsigned code = 0; code < 256; code++) {
    uint8_t c = (uint8_t)code;
    lab_span room = {scratch, sizeof scratch};
    require(lab_message_has(m, c) == (counts[code] > 0));
    require(lab_message_first(m, c, &value) == (counts[code] > 0));
    enum lab_status status = lab_message_option(m, c, room, &value);
    require(status == (counts[code] > 0 ? LAB_OK : LAB_ERR_ABSENT));
    if (status != LAB_OK) continue;
    require(value.len == lens[code]);
    require(lab_message_option_u32(m, c, &number) == (value.len == 4));
    (void)lab_option_check(lab_option_info_of(c), value);
  }
  require(m->type == 0 || lens[53] == 1);
}

static void check_findings(lab_view datagram) {
  lab_finding few[4], many[512];
  size_t count = lab_message_check(datagram, many, 512);
  require(lab_message_check(datagram, few, 4) == count);
  require(lab_message_check(datagram, NULL, 0) == count);
  for (size_t k = 0; k < count && k < 512; k++) {
    require(many[k].offset <= datagram.len);
    require(many[k].fault < LAB_FAULT_COUNT);
    if (k > 0) require(many[k - 1].offset <= many[k].offset);
    if (k < 4) require(few[k].offset == many[k].offset && few[k].fault == many[k].fault);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lab_view datagram = {data, size};
  lab_message m;
  if (size > LAB_MESSAGE_MAX) return 0;
  check_findings(datagram);
  if (lab_message_decode(datagram, &m) != LAB_OK) return 0;
  require(m.options_end >= LAB_MESSAGE_OPTIONS && m.options_end <= size);
  require(lab_message_chaddr(&m).len <= 16);
  require(lab_message_text(&m, LAB_FIELD_file).len <= 128);
  require(lab_message_text(&m, LAB_FIELD_sname).len <= 64);
  check_walk(&m);
  return 0;
}
