/* Fuzz target: a datagram taken over by the builder, changed, and laid out for the wire.
 *
 * The first two octets choose a limit, the next a code to change, the rest is the datagram.  Aborts
 * when a value is lost on the way (M-16), when a second round trip changes anything (M-17), when a
 * result is over the limit, or when changing one option touches another. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "bytes.h"

enum { INPUT_MAX = 4096, ROOM = 3 * INPUT_MAX };

static void require(int truth) {
  if (!truth) abort();
}

/* Whether both hold the same values, the one code aside. */
static void require_same(const lab_message *a, const lab_message *b, uint8_t besides) {
  static uint8_t scratch_a[ROOM], scratch_b[ROOM];
  for (unsigned code = 1; code < 255; code++) {
    uint8_t c = (uint8_t)code;
    lab_view value_a, value_b;
    if (c == 52 || c == besides) continue;
    require(lab_message_has(a, c) == lab_message_has(b, c));
    if (!lab_message_has(a, c)) continue;
    require(lab_message_option(a, c, (lab_span){scratch_a, ROOM}, &value_a) == LAB_OK);
    require(lab_message_option(b, c, (lab_span){scratch_b, ROOM}, &value_b) == LAB_OK);
    require(value_a.len == value_b.len);
    require(value_a.len == 0 || memcmp(value_a.data, value_b.data, value_a.len) == 0);
  }
}

/* Lays out, reads what comes out, and compares. */
static lab_message finish_and_read(const lab_builder *b, size_t limit, lab_span out) {
  lab_view wire;
  lab_message m;
  require(lab_builder_finish(b, limit, out, &wire) == LAB_OK);
  require(wire.len <= limit);
  require(lab_message_decode(wire, &m) == LAB_OK);
  require(m.has_end && !m.broken);
  require_same(&b->view, &m, 0);
  return m;
}

static void change_options(lab_builder *b, uint8_t code, const lab_message *before) {
  static uint8_t joined[ROOM], longer[700];
  lab_view value = {longer, sizeof longer}, got;
  if (lab_builder_set(b, code, value) == LAB_OK) {
    require_same(before, &b->view, code);
    require(lab_message_option(&b->view, code, (lab_span){joined, ROOM}, &got) == LAB_OK);
    require(got.len == value.len);
  }
  lab_builder_remove(b, code);
  require(!lab_message_has(&b->view, code));
  require_same(before, &b->view, code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t room[ROOM], first[ROOM], second[ROOM];
  lab_message m, once, twice;
  lab_builder b;
  lab_view wire;
  if (size < 3 || size > INPUT_MAX) return 0;
  lab_view datagram = {data + 3, size - 3};
  if (lab_message_decode(datagram, &m) != LAB_OK) return 0;

  require(lab_builder_load(&b, (lab_span){room, m.len + 192}, &m) == LAB_OK);
  require_same(&m, &b.view, 0);
  once = finish_and_read(&b, ROOM, (lab_span){first, ROOM});
  require(lab_builder_load(&b, (lab_span){room, ROOM}, &once) == LAB_OK);
  twice = finish_and_read(&b, ROOM, (lab_span){second, ROOM});
  require(once.len == twice.len && memcmp(first, second, once.len) == 0);

  size_t limit = lab_get_u16(data) % 1600;
  if (lab_builder_finish(&b, limit, (lab_span){second, ROOM}, &wire) == LAB_OK) {
    twice = finish_and_read(&b, limit, (lab_span){second, ROOM});
    require_same(&once, &twice, 0);
  }
  change_options(&b, data[2], &once);
  return 0;
}
