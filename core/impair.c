/* See impair.h. Links are found by a 64-bit hash of both names; there is no way to list them, so
 * that no run depends on an order of hashes. */
#include "impair.h"

#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "table.h"

#define EVERYONE UINT64_C(0xd1b54a32d192ed03)   /* the hash of an end that is left open */
#define ARP_STREAM UINT64_C(0x8cb92ba72f3d8dd7) /* ARP has dice of its own */

enum {
  HEADERS_LEN = 42,   /* Ethernet, IPv4 and UDP around a payload */
  ARP_HEADER_LEN = 14 /* Ethernet alone */
};

struct planned {
  struct planned *next;
  enum lab_fault_kind kind;
  uint64_t detail;
};

/* What is planned for one packet on one link; empty once it was sent. */
struct appointment {
  struct appointment *next; /* of the network */
  uint64_t link, k;
  struct planned *first, *last; /* in the order of planning */
};

struct cut {
  struct cut *next;
  bool is_cut;
};

/* The count of a link between two ends neither of which is the other's peer. */
struct tally {
  struct tally *next;
  uint64_t count;
};

struct lab_impair {
  uint64_t seed;
  uint64_t stream; /* the network's part of each hash */
  lab_fault_settings settings;
  bool has_chances, is_replaying, is_recording, lacks_records;
  lab_end *ends;
  lab_table end_by_name; /* by hash */
  struct tally *tallies;
  lab_table tally_by_link;
  struct cut *cuts;
  lab_table cut_by_link;
  size_t cut_count;
  struct appointment *appointments;
  lab_table appointment_by_packet; /* by link and k */
  size_t planned_count;
  lab_fired *fired;
  size_t fired_count, fired_cap;
};

/* Making */

static void apply(lab_impair *impair, const lab_fault_settings *settings) {
  const lab_fault_settings *s = settings;
  impair->settings = *s;
  impair->has_chances = s->jitter > 0 || s->loss.part > 0 || s->duplicate.part > 0 ||
                        s->reorder.part > 0 || s->corrupt.part > 0 || s->truncate.part > 0;
}

enum lab_status lab_impair_new(uint64_t seed, const char *name, const lab_fault_settings *settings,
                               lab_impair **out) {
  if (!lab_fault_settings_are_sane(settings)) {
    return LAB_ERR_RANGE;
  }
  lab_impair *impair = calloc(1, sizeof *impair);
  if (!impair) {
    return LAB_ERR_MEMORY;
  }
  impair->seed = seed;
  impair->stream = lab_rng_hash(name, strlen(name));
  apply(impair, settings);
  *out = impair;
  return LAB_OK;
}

const lab_fault_settings *lab_impair_settings(const lab_impair *impair) {
  return &impair->settings;
}

enum lab_status lab_impair_set(lab_impair *impair, const lab_fault_settings *settings) {
  if (!lab_fault_settings_are_sane(settings)) {
    return LAB_ERR_RANGE;
  }
  apply(impair, settings);
  return LAB_OK;
}

lab_end *lab_impair_end(lab_impair *impair, const char *name, size_t len) {
  uint64_t hash = lab_rng_fold(impair->stream, lab_rng_hash(name, len));
  lab_end *end = lab_table_get(&impair->end_by_name, hash);
  if (end) {
    return end;
  }
  end = len <= SIZE_MAX - sizeof *end ? calloc(1, sizeof *end + len) : NULL;
  if (!end || lab_table_put(&impair->end_by_name, hash, end) != LAB_OK) {
    free(end);
    return NULL;
  }
  end->hash = hash;
  end->name_len = len;
  memcpy(end->name, name, len);
  end->next = impair->ends;
  impair->ends = end;
  return end;
}

/* Links */

static uint64_t link_of(const lab_end *from, const lab_end *to, bool is_arp) {
  uint64_t link = lab_rng_fold(is_arp ? ARP_STREAM : 0, from ? from->hash : EVERYONE);
  return lab_rng_fold(link, to ? to->hash : EVERYONE);
}

static struct tally *make_tally(lab_impair *impair, uint64_t link) {
  struct tally *tally = calloc(1, sizeof *tally);
  if (!tally || lab_table_put(&impair->tally_by_link, link, tally) != LAB_OK) {
    free(tally);
    return NULL;
  }
  tally->next = impair->tallies;
  impair->tallies = tally;
  return tally;
}

/* Where the packets of a link are counted: with one of its ends, for nearly all links. A link keeps
 * its place, since an end keeps its peer. NULL without memory. */
static uint64_t *count_of(lab_impair *impair, lab_end *from, lab_end *to) {
  if (from->peer == to) {
    return &from->to_peer;
  }
  if (to->peer == from) {
    return &to->from_peer;
  }
  uint64_t link = link_of(from, to, false);
  struct tally *tally = lab_table_get(&impair->tally_by_link, link);
  if (!tally && !from->peer) {
    from->peer = to;
    return &from->to_peer;
  }
  if (!tally && !to->peer) {
    to->peer = from;
    return &to->from_peer;
  }
  if (!tally) {
    tally = make_tally(impair, link);
  }
  return tally ? &tally->count : NULL;
}

/* The number of this packet on that link; 0 without memory. */
static uint64_t number(lab_impair *impair, const lab_shot *shot, lab_end *to) {
  if (shot->is_arp) {
    return shot->k;
  }
  uint64_t *count = count_of(impair, shot->from, to);
  return count ? ++*count : 0;
}

enum lab_status lab_impair_count(lab_impair *impair, const lab_shot *shot, lab_end *to) {
  return number(impair, shot, to) > 0 ? LAB_OK : LAB_ERR_MEMORY;
}

uint64_t lab_impair_counted(lab_impair *impair, lab_end *from, lab_end *to) {
  const uint64_t *count = count_of(impair, from, to);
  return count ? *count : 0;
}

enum lab_status lab_impair_cut(lab_impair *impair, const lab_end *from, const lab_end *to,
                               bool is_cut) {
  uint64_t link = link_of(from, to, false);
  struct cut *cut = lab_table_get(&impair->cut_by_link, link);
  if (!cut) {
    if (!is_cut) {
      return LAB_OK;
    }
    cut = calloc(1, sizeof *cut);
    if (!cut || lab_table_put(&impair->cut_by_link, link, cut) != LAB_OK) {
      free(cut);
      return LAB_ERR_MEMORY;
    }
    cut->next = impair->cuts;
    impair->cuts = cut;
  }
  if (cut->is_cut != is_cut) {
    impair->cut_count += is_cut ? 1 : SIZE_MAX; /* one more, or one less */
  }
  cut->is_cut = is_cut;
  return LAB_OK;
}

void lab_impair_heal(lab_impair *impair) {
  for (struct cut *cut = impair->cuts; cut; cut = cut->next) {
    cut->is_cut = false;
  }
  impair->cut_count = 0;
}

static bool is_parted(const lab_impair *impair, const lab_end *from, const lab_end *to) {
  const struct cut *cut = lab_table_get(&impair->cut_by_link, link_of(from, to, false));
  return cut && cut->is_cut;
}

static bool is_cut_off(const lab_impair *impair, const lab_end *from, const lab_end *to) {
  return impair->cut_count > 0 && !impair->is_replaying &&
         (is_parted(impair, from, to) || is_parted(impair, from, NULL) ||
          is_parted(impair, NULL, to) || is_parted(impair, NULL, NULL));
}

/* The schedule */

static uint64_t key_of(uint64_t link, uint64_t k) { return lab_rng_fold(link, k); }

static struct appointment *find_appointment(const lab_impair *impair, uint64_t link, uint64_t k) {
  struct appointment *found = lab_table_get(&impair->appointment_by_packet, key_of(link, k));
  return found && found->link == link && found->k == k ? found : NULL;
}

static struct appointment *make_appointment(lab_impair *impair, uint64_t link, uint64_t k) {
  struct appointment *made = calloc(1, sizeof *made);
  if (!made || lab_table_put(&impair->appointment_by_packet, key_of(link, k), made) != LAB_OK) {
    free(made);
    return NULL;
  }
  made->link = link;
  made->k = k;
  made->next = impair->appointments;
  impair->appointments = made;
  return made;
}

enum lab_status lab_impair_plan(lab_impair *impair, const lab_end *from, const lab_end *to,
                                bool is_arp, uint64_t k, enum lab_fault_kind kind,
                                uint64_t detail) {
  uint64_t link = link_of(from, to, is_arp);
  struct appointment *appointment = find_appointment(impair, link, k);
  if (!appointment) {
    appointment = make_appointment(impair, link, k);
  }
  struct planned *planned = appointment ? malloc(sizeof *planned) : NULL;
  if (!planned) {
    return LAB_ERR_MEMORY;
  }
  *planned = (struct planned){NULL, kind, detail};
  *(appointment->first ? &appointment->last->next : &appointment->first) = planned;
  appointment->last = planned;
  impair->planned_count++;
  return LAB_OK;
}

void lab_impair_replay(lab_impair *impair, bool on) { impair->is_replaying = on; }

/* Moves what is planned for a packet into its verdict. */
static void take_planned(lab_impair *impair, uint64_t link, uint64_t k, lab_verdict *verdict) {
  struct appointment *kept = impair->planned_count > 0 ? find_appointment(impair, link, k) : NULL;
  while (kept && kept->first) {
    struct planned *planned = kept->first;
    lab_verdict_add(verdict, planned->kind, planned->detail);
    kept->first = planned->next;
    free(planned);
    impair->planned_count--;
  }
}

/* The record */

void lab_impair_record(lab_impair *impair, bool on) { impair->is_recording = on; }

enum lab_status lab_impair_fired(const lab_impair *impair, const lab_fired **out, size_t *count) {
  *out = impair->fired;
  *count = impair->fired_count;
  return impair->lacks_records ? LAB_ERR_MEMORY : LAB_OK;
}

void lab_impair_forget(lab_impair *impair) {
  impair->fired_count = 0;
  impair->lacks_records = false;
}

/* The faults of `verdict` that `known` does not have yet. */
static void record(lab_impair *impair, const lab_shot *shot, const lab_end *to, uint64_t k,
                   const lab_verdict *verdict, uint32_t known) {
  if (!impair->is_recording) {
    return;
  }
  for (unsigned kind = 0; kind < LAB_FAULT_KINDS; kind++) {
    if ((verdict->fired & ~known & 1u << kind) == 0) {
      continue;
    }
    lab_fired *room =
        lab_grow(impair->fired, &impair->fired_cap, impair->fired_count, sizeof *room);
    if (!room) {
      impair->lacks_records = true;
      return;
    }
    impair->fired = room;
    impair->fired[impair->fired_count++] = (lab_fired){shot->at,
                                                       shot->from,
                                                       to,
                                                       shot->is_arp,
                                                       k,
                                                       (enum lab_fault_kind)kind,
                                                       verdict->detail[kind]};
  }
}

/* Shots */

/* How long the packet waits until it is on the wire; false when the queue, which holds what takes
 * a second, has no room. */
static bool queue_up(const lab_impair *impair, lab_shot *shot) {
  uint64_t capacity = impair->settings.capacity;
  uint64_t bits = 8 * ((uint64_t)shot->len + (shot->is_arp ? ARP_HEADER_LEN : HEADERS_LEN));
  lab_time start = shot->from->busy_until > shot->at ? shot->from->busy_until : shot->at;
  if (start - shot->at > LAB_SECOND) {
    return false;
  }
  shot->from->busy_until = start + (lab_time)((bits * LAB_SECOND + capacity - 1) / capacity);
  shot->wait = shot->from->busy_until - shot->at;
  return true;
}

void lab_impair_shoot(lab_impair *impair, lab_end *from, bool is_arp, size_t len, lab_time now,
                      lab_shot *out) {
  out->from = from;
  out->is_arp = is_arp;
  out->k = ++from->sent[is_arp];
  out->len = len;
  out->at = now;
  out->wait = 0;
  out->cause = NULL;
  out->is_judged = (impair->has_chances && !impair->is_replaying) || impair->planned_count > 0 ||
                   impair->cut_count > 0 || impair->settings.capacity > 0;
  if (!out->is_judged) {
    return;
  }
  memset(&out->base, 0, sizeof out->base);
  if (impair->settings.capacity > 0 && !queue_up(impair, out)) {
    out->cause = "full";
    return;
  }
  take_planned(impair, link_of(from, NULL, is_arp), out->k, &out->base);
  out->cause = lab_verdict_cause(&out->base);
  record(impair, out, NULL, out->k, &out->base, 0);
}

/* Adds what chance brings; a loss is all there is to say. */
static void add_chance(const lab_impair *impair, size_t len, uint64_t link, uint64_t k,
                       lab_verdict *verdict) {
  lab_verdict rolled = lab_fault_roll(&impair->settings, impair->seed, link, k, len);
  for (unsigned kind = 0; kind < LAB_FAULT_KINDS; kind++) {
    if (lab_verdict_has(&rolled, (enum lab_fault_kind)kind) &&
        !lab_verdict_has(verdict, (enum lab_fault_kind)kind)) {
      lab_verdict_add(verdict, (enum lab_fault_kind)kind, rolled.detail[kind]);
    }
  }
}

enum lab_status lab_impair_judge(lab_impair *impair, const lab_shot *shot, lab_end *to,
                                 lab_verdict *out) {
  uint64_t link = link_of(shot->from, to, shot->is_arp), k = number(impair, shot, to);
  *out = shot->base;
  if (k == 0) {
    return LAB_ERR_MEMORY;
  }
  if (is_cut_off(impair, shot->from, to)) {
    lab_verdict_add(out, LAB_FAULT_CUT, 0);
  } else {
    take_planned(impair, link, k, out);
    if (impair->has_chances && !impair->is_replaying && !lab_verdict_cause(out)) {
      add_chance(impair, shot->len, link, k, out);
    }
  }
  record(impair, shot, to, k, out, shot->base.fired);
  return LAB_OK;
}

/* Ending */

static void free_schedule(lab_impair *impair) {
  while (impair->appointments) {
    struct appointment *appointment = impair->appointments;
    impair->appointments = appointment->next;
    while (appointment->first) {
      struct planned *planned = appointment->first;
      appointment->first = planned->next;
      free(planned);
    }
    free(appointment);
  }
}

void lab_impair_free(lab_impair *impair) {
  if (!impair) {
    return;
  }
  while (impair->ends) {
    lab_end *end = impair->ends;
    impair->ends = end->next;
    free(end);
  }
  while (impair->tallies) {
    struct tally *tally = impair->tallies;
    impair->tallies = tally->next;
    free(tally);
  }
  while (impair->cuts) {
    struct cut *cut = impair->cuts;
    impair->cuts = cut->next;
    free(cut);
  }
  free_schedule(impair);
  free(impair->fired);
  lab_table_free(&impair->end_by_name);
  lab_table_free(&impair->tally_by_link);
  lab_table_free(&impair->cut_by_link);
  lab_table_free(&impair->appointment_by_packet);
  free(impair);
}
