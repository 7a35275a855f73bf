/* Laying a built message out for the wire: END, padding and, beyond the limit, options in file and
 * sname (layer L2).
 *
 * RFC 2131 4.1 (overload), RFC 2132 9.3, RFC 3396 5 and 6, RFC 3046 2.1 (82 comes last).  Options
 * move whole: all instances of a code, so that joining them in reading order gives the value that
 * was written.  Which ones move is found by trying every fill of the two fields, so no arrangement
 * is missed.  Only a value over 255 octets, which comes in several instances anyway, may run on
 * from the option field into file and sname, and only one such value per message. */
#include "builder.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum { CODE_OVERLOAD = 52, CODE_TYPE = 53, CODE_AGENT = 82, CODE_END = 255, INSTANCE_MAX = 255 };
enum {
  FILE_AT = offsetof(struct lab_layout, file),
  FILE_SIZE = sizeof(((struct lab_layout *)0)->file),
  SNAME_AT = offsetof(struct lab_layout, sname),
  SNAME_SIZE = sizeof(((struct lab_layout *)0)->sname),
  OVERLOAD_LEN = 3, /* code, length, which fields */
  PLACE_COUNT = LAB_PLACE_SNAME + 1
};

/* Where each code goes.  A room is what options may take in a field, its END and option 52 not
 * counted. */
typedef struct plan {
  const lab_builder *builder;
  size_t room[PLACE_COUNT];
  size_t used[PLACE_COUNT];
  uint8_t place[256]; /* enum lab_place of each code */
  size_t size[256];   /* octets of all instances of the code */
  size_t joined[256]; /* octets of its value */
  uint8_t order[256]; /* the codes that occur, by their first instance */
  size_t count;
  uint8_t flowing; /* the code that runs on from field to field, or 0 */
} plan;

/* A walk over what is written in the main field. */
static bool next_written(lab_option_walk *walk, lab_option *out) {
  return lab_options_next(walk, out) && out->place == LAB_PLACE_OPTIONS;
}

static uint8_t *put_instance(uint8_t *at, lab_option option) {
  at[0] = option.code;
  at[1] = (uint8_t)option.value.len;
  if (option.value.len > 0) memcpy(at + 2, option.value.data, option.value.len);
  return at + 2 + option.value.len;
}

/* Within the limit: everything in the option field, in order, 82 behind the others. */
static void lay_out_plain(const lab_builder *b, uint8_t *out) {
  if (!lab_message_has(&b->view, CODE_AGENT)) {
    memcpy(out, b->data, b->view.len);
    return;
  }
  memcpy(out, b->data, LAB_MESSAGE_OPTIONS);
  uint8_t *at = out + LAB_MESSAGE_OPTIONS;
  for (int turn = 0; turn < 2; turn++) {
    lab_option_walk walk;
    lab_option option;
    lab_options_begin(&b->view, &walk);
    while (next_written(&walk, &option)) {
      if ((option.code == CODE_AGENT) == (turn == 1)) at = put_instance(at, option);
    }
  }
}

static size_t room_of_field(const lab_builder *b, size_t at, size_t size) {
  for (size_t k = 0; k < size; k++) {
    if (b->data[at + k] != 0) return 0; /* the field holds a name */
  }
  return size - 1;
}

static void make_plan(plan *p, const lab_builder *b, size_t limit) {
  memset(p, 0, sizeof *p);
  p->builder = b;
  p->room[LAB_PLACE_OPTIONS] = limit - LAB_MESSAGE_OPTIONS - OVERLOAD_LEN - 1;
  p->room[LAB_PLACE_FILE] = room_of_field(b, FILE_AT, FILE_SIZE);
  p->room[LAB_PLACE_SNAME] = room_of_field(b, SNAME_AT, SNAME_SIZE);
  lab_option_walk walk;
  lab_option option;
  lab_options_begin(&b->view, &walk);
  while (next_written(&walk, &option)) {
    if (p->size[option.code] == 0) p->order[p->count++] = option.code;
    p->size[option.code] += 2 + option.value.len;
    p->joined[option.code] += option.value.len;
  }
}

/* How many octets of one value go into `room` octets as instances of at most 255. */
static size_t flow_into(size_t room) {
  size_t whole = room / (INSTANCE_MAX + 2) * INSTANCE_MAX;
  size_t rest = room % (INSTANCE_MAX + 2);
  return rest > 2 ? whole + rest - 2 : whole;
}

/* Whether all is well once `file` and `sname` octets of whole options have left the main field's
 * `total`. */
static bool is_enough(const plan *p, size_t total, size_t file, size_t sname) {
  size_t stay = total - file - sname;
  if (stay > p->room[LAB_PLACE_OPTIONS]) return false;
  if (p->flowing == 0) return true;
  size_t flow = flow_into(p->room[LAB_PLACE_OPTIONS] - stay) +
                flow_into(p->room[LAB_PLACE_FILE] - file) +
                flow_into(p->room[LAB_PLACE_SNAME] - sname);
  return flow >= p->joined[p->flowing];
}

/* A set of numbers from 0 to 127: of octets in file. */
typedef struct set128 {
  uint64_t low, high;
} set128;

static bool set_has(set128 set, size_t k) {
  return ((k < 64 ? set.low >> k : set.high >> (k - 64)) & 1) != 0;
}

static set128 set_join(set128 a, set128 b) { return (set128){a.low | b.low, a.high | b.high}; }

static set128 set_meet(set128 a, set128 b) { return (set128){a.low & b.low, a.high & b.high}; }

static set128 set_without(set128 a, set128 b) { return (set128){a.low & ~b.low, a.high & ~b.high}; }

/* The numbers up to `most`. */
static set128 set_up_to(size_t most) {
  return (set128){most < 63 ? ((uint64_t)1 << (most + 1)) - 1 : UINT64_MAX,
                  most < 64 ? 0 : UINT64_MAX >> (127 - most)};
}

/* Every number made larger by `step`, which is from 1 to 127. */
static set128 set_shift(set128 set, size_t step) {
  if (step >= 64) return (set128){0, set.low << (step - 64)};
  return (set128){set.low << step, set.high << step | set.low >> (64 - step)};
}

/* Every fill of file and sname by whole options: reached[s] holds f when f octets of file and s of
 * sname can be filled exactly.  turn[f][s] is when that was first possible, by adding the code of
 * that turn to a fill from an earlier turn; so following the turns back uses each code at most
 * once. */
typedef struct fills {
  set128 reached[SNAME_SIZE];
  uint8_t turn[FILE_SIZE][SNAME_SIZE];
  uint8_t into[FILE_SIZE][SNAME_SIZE]; /* where the code of that turn went */
  uint8_t code[256];                   /* of each turn, from 1 */
} fills;
_Static_assert(FILE_SIZE == 128, "a set128 holds every fill of file");

static void add_code(fills *all, const plan *p, uint8_t code, uint8_t turn) {
  size_t size = p->size[code];
  set128 room = set_up_to(p->room[LAB_PLACE_FILE]);
  all->code[turn] = code;
  for (size_t s = p->room[LAB_PLACE_SNAME] + 1; s-- > 0;) { /* downwards: s - size is still old */
    set128 by_file = set_meet(set_shift(all->reached[s], size), room);
    set128 both = s < size ? by_file : set_join(by_file, all->reached[s - size]);
    set128 fresh = set_without(both, all->reached[s]);
    all->reached[s] = set_join(both, all->reached[s]);
    for (size_t f = 0; (fresh.low | fresh.high) != 0 && f <= p->room[LAB_PLACE_FILE]; f++) {
      if (!set_has(fresh, f)) continue;
      all->turn[f][s] = turn;
      all->into[f][s] = set_has(by_file, f) ? LAB_PLACE_FILE : LAB_PLACE_SNAME;
    }
  }
}

static void take_fill(plan *p, const fills *all, size_t total, size_t f, size_t s) {
  p->used[LAB_PLACE_OPTIONS] = total - f - s;
  p->used[LAB_PLACE_FILE] = f;
  p->used[LAB_PLACE_SNAME] = s;
  while (f > 0 || s > 0) {
    uint8_t code = all->code[all->turn[f][s]];
    p->place[code] = all->into[f][s];
    if (p->place[code] == LAB_PLACE_FILE) {
      f -= p->size[code];
    } else {
      s -= p->size[code];
    }
  }
}

/* Takes a fill that is enough, of file alone if it can be. */
static bool find_fill(plan *p, const fills *all, size_t total, size_t sname_max) {
  for (size_t s = 0; s <= sname_max; s++) {
    for (size_t f = 0; f <= p->room[LAB_PLACE_FILE]; f++) {
      if (!set_has(all->reached[s], f) || !is_enough(p, total, f, s)) continue;
      take_fill(p, all, total, f, s);
      return true;
    }
  }
  return false;
}

/* Decides which codes move, the last ones of the message before others.  False when nothing
 * helps. */
static bool choose_places(plan *p) {
  fills all;
  uint8_t turn = 0;
  size_t total = p->builder->view.len - LAB_MESSAGE_OPTIONS;
  size_t room = p->room[LAB_PLACE_OPTIONS] + p->room[LAB_PLACE_FILE] + p->room[LAB_PLACE_SNAME];
  size_t least = total;
  if (p->flowing != 0) {
    total -= p->size[p->flowing];
    least = total + p->joined[p->flowing];
  }
  if (least > room) return false;
  memset(all.reached, 0, sizeof all.reached);
  all.reached[0].low = 1; /* nothing fills nothing */
  if (find_fill(p, &all, total, 0)) return true;
  for (size_t k = p->count; k-- > 0;) {
    uint8_t code = p->order[k];
    bool is_fixed = code == CODE_TYPE || code == CODE_AGENT || code == p->flowing;
    if (is_fixed || p->size[code] >= FILE_SIZE) continue;
    add_code(&all, p, code, ++turn);
    if (find_fill(p, &all, total, 0)) return true;
  }
  return find_fill(p, &all, total, p->room[LAB_PLACE_SNAME]);
}

/* Whole options if that is enough; otherwise one of the long values is let flow, too. */
static bool solve_plan(plan *p) {
  if (choose_places(p)) return true;
  for (size_t k = p->count; k-- > 0;) {
    uint8_t code = p->order[k];
    if (p->joined[code] <= INSTANCE_MAX || code == CODE_AGENT || code == CODE_TYPE) continue;
    p->flowing = code;
    if (choose_places(p)) return true;
  }
  return false;
}

/* Octets [from, from + len) of the joined value of `code`. */
static void copy_joined(const lab_builder *b, uint8_t code, size_t from, size_t len, uint8_t *out) {
  lab_option_walk walk;
  lab_option option;
  lab_options_begin(&b->view, &walk);
  while (len > 0 && next_written(&walk, &option)) {
    if (option.code != code) continue;
    if (from >= option.value.len) {
      from -= option.value.len;
      continue;
    }
    size_t part = option.value.len - from < len ? option.value.len - from : len;
    memcpy(out, option.value.data + from, part);
    out += part;
    len -= part;
    from = 0;
  }
}

/* As much of the flowing value as goes into `room`, from octet *done on. */
static uint8_t *put_flow(const plan *p, uint8_t *at, size_t room, size_t *done) {
  while (room > 2 && *done < p->joined[p->flowing]) {
    size_t len = p->joined[p->flowing] - *done;
    if (len > room - 2) len = room - 2;
    if (len > INSTANCE_MAX) len = INSTANCE_MAX;
    at[0] = p->flowing;
    at[1] = (uint8_t)len;
    copy_joined(p->builder, p->flowing, *done, len, at + 2);
    *done += len;
    room -= 2 + len;
    at += 2 + len;
  }
  return at;
}

/* The options that the plan leaves in `place`, in order, without 82. */
static uint8_t *put_place(const plan *p, enum lab_place place, uint8_t *at, size_t *flow_done) {
  size_t room = p->room[place] - p->used[place]; /* what whole options leave */
  bool flowed = p->flowing == 0;
  lab_option_walk walk;
  lab_option option;
  lab_options_begin(&p->builder->view, &walk);
  while (next_written(&walk, &option)) {
    bool flows_here = option.code == p->flowing && place == LAB_PLACE_OPTIONS;
    if (flows_here && !flowed) {
      at = put_flow(p, at, room, flow_done);
      flowed = true;
    }
    if (option.code == CODE_AGENT || option.code == p->flowing) continue;
    if (p->place[option.code] == place) at = put_instance(at, option);
  }
  return flowed ? at : put_flow(p, at, room, flow_done);
}

/* The length of the message without END, once its places are chosen. */
static size_t planned_len(const plan *p) {
  size_t len = LAB_MESSAGE_OPTIONS + p->used[LAB_PLACE_OPTIONS] + OVERLOAD_LEN;
  if (p->flowing == 0) return len;
  size_t flow = flow_into(p->room[LAB_PLACE_OPTIONS] - p->used[LAB_PLACE_OPTIONS]);
  if (flow > p->joined[p->flowing]) flow = p->joined[p->flowing];
  return len + flow + 2 * ((flow + INSTANCE_MAX - 1) / INSTANCE_MAX);
}

/* Beyond the limit: 52 behind the options that stay, and 82 last. */
static void lay_out_overloaded(const plan *p, uint8_t *out) {
  const lab_builder *b = p->builder;
  static const size_t field_at[PLACE_COUNT] = {LAB_MESSAGE_OPTIONS, FILE_AT, SNAME_AT};
  size_t flow_done = 0;
  uint8_t overload = 0;
  memcpy(out, b->data, LAB_MESSAGE_OPTIONS);
  uint8_t *end = put_place(p, LAB_PLACE_OPTIONS, out + LAB_MESSAGE_OPTIONS, &flow_done);
  for (int place = LAB_PLACE_FILE; place < PLACE_COUNT; place++) {
    uint8_t *start = out + field_at[place];
    uint8_t *at = put_place(p, (enum lab_place)place, start, &flow_done);
    if (at == start) continue;
    *at = CODE_END; /* the rest of the field is zero already */
    overload |= place == LAB_PLACE_FILE ? 1 : 2;
  }
  end = put_instance(end, (lab_option){.code = CODE_OVERLOAD, .value = {&overload, 1}});
  lab_option_walk walk;
  lab_option option;
  lab_options_begin(&b->view, &walk);
  while (next_written(&walk, &option)) {
    if (option.code == CODE_AGENT) end = put_instance(end, option);
  }
}

/* The length on the wire of `len` octets and END, or SPACE when `out` or the limit is too small.
 */
static enum lab_status fit(size_t len, size_t limit, lab_span out, size_t *wire_len) {
  assert(len < limit); /* or no plan would have been made */
  size_t padded = limit < LAB_MESSAGE_PADDED ? limit : LAB_MESSAGE_PADDED;
  *wire_len = len + 1 > padded ? len + 1 : padded;
  return *wire_len > out.len ? LAB_ERR_SPACE : LAB_OK;
}

enum lab_status lab_builder_finish(const lab_builder *b, size_t limit, lab_span out,
                                   lab_view *wire) {
  size_t len = b->view.len, wire_len;
  enum lab_status status;
  if (len < limit) {
    status = fit(len, limit, out, &wire_len);
    if (status == LAB_OK) lay_out_plain(b, out.data);
  } else {
    plan p;
    if (limit < LAB_MESSAGE_OPTIONS + OVERLOAD_LEN + 1) return LAB_ERR_SPACE;
    /* Whoever writes option 52 by hand lays out file and sname by hand. */
    if (lab_message_has(&b->view, CODE_OVERLOAD)) return LAB_ERR_SPACE;
    make_plan(&p, b, limit);
    if (!solve_plan(&p)) return LAB_ERR_SPACE;
    len = planned_len(&p);
    status = fit(len, limit, out, &wire_len);
    if (status == LAB_OK) lay_out_overloaded(&p, out.data);
  }
  if (status != LAB_OK) return status;
  out.data[len] = CODE_END;
  memset(out.data + len + 1, 0, wire_len - len - 1);
  *wire = (lab_view){out.data, wire_len};
  return LAB_OK;
}
