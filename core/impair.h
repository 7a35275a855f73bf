/* The faults of one network (layer L5): its settings, its cuts, its schedule, and what fired.
 *
 * A node on the network is an "end", known by its name; two ends make a link, one for each
 * direction. A packet is a "shot": it has a number among those that its sender sent, and on each
 * link one among those that went there, both from 1. Neither depends on what else happens on the
 * network, so that a link has the same luck on a simulated segment and on real sockets, and with
 * and without other nodes. (ARP, which goes to everyone, has the sender's own count on each
 * link.)
 *
 * A transport takes a shot for each packet, then counts or judges it for each receiver. Faults
 * come from chance (fault.h), from cuts, and from a schedule: what is planned for packet k of a
 * link, by a rule or by the record of an earlier run. While replaying, the schedule alone
 * decides. */
#ifndef LAB_IMPAIR_H
#define LAB_IMPAIR_H

#include "fault.h"
#include "world.h"

typedef struct lab_impair lab_impair;

typedef struct lab_end {
  struct lab_end *next; /* of the network */
  uint64_t hash;
  uint64_t sent[2];     /* packets sent: DHCP, ARP */
  struct lab_end *peer; /* the first other end that it had to do with, as it is for a client; */
  uint64_t to_peer, from_peer; /* the packets on the links between the two */
  lab_time busy_until;         /* when the last packet is on the wire, where capacity counts */
  size_t name_len;
  char name[];
} lab_end;

/* The network's name is part of every stream. LAB_ERR_MEMORY; LAB_ERR_RANGE for settings that are
 * not sane. */
enum lab_status lab_impair_new(uint64_t seed, const char *name, const lab_fault_settings *settings,
                               lab_impair **out);
void lab_impair_free(lab_impair *impair); /* NULL is fine */
const lab_fault_settings *lab_impair_settings(const lab_impair *impair);
/* For packets sent from now on. LAB_ERR_RANGE as above. */
enum lab_status lab_impair_set(lab_impair *impair, const lab_fault_settings *settings);

/* The end of that name, made when it is new; it lasts as long as the network. NULL without
 * memory. */
lab_end *lab_impair_end(lab_impair *impair, const char *name, size_t len);

/* Nothing gets from one end to the other until it is mended; NULL stands for every end.
 * LAB_ERR_MEMORY. */
enum lab_status lab_impair_cut(lab_impair *impair, const lab_end *from, const lab_end *to,
                               bool is_cut);
void lab_impair_heal(lab_impair *impair); /* no cut is left */

/* A fault for packet k of a link, which must still be sent; `to` NULL: for the sender's packet
 * k, for all receivers at once. LAB_ERR_MEMORY. */
enum lab_status lab_impair_plan(lab_impair *impair, const lab_end *from, const lab_end *to,
                                bool is_arp, uint64_t k, enum lab_fault_kind kind, uint64_t detail);
void lab_impair_replay(lab_impair *impair, bool on); /* no chances and no cuts: what is planned */

/* What fired, in order, as far as recording was on. */
typedef struct lab_fired {
  lab_time at;
  const lab_end *from, *to; /* `to` NULL: the whole packet, k is the sender's count */
  bool is_arp;
  uint64_t k;
  enum lab_fault_kind kind;
  uint64_t detail;
} lab_fired;
void lab_impair_record(lab_impair *impair, bool on);
/* The records since the last lab_impair_forget. LAB_ERR_MEMORY when some are missing. */
enum lab_status lab_impair_fired(const lab_impair *impair, const lab_fired **out, size_t *count);
void lab_impair_forget(lab_impair *impair);

/* For transports. */
typedef struct lab_shot {
  lab_end *from;
  bool is_arp;
  bool is_judged; /* false: nothing can happen to it, it is counted only */
  uint64_t k;     /* among the sender's */
  size_t len;
  lab_time at;
  lab_time wait;     /* behind others on the sender's wire */
  const char *cause; /* dropped for all receivers; NULL: each is judged */
  lab_verdict base;  /* what was planned for all receivers; set when it is judged */
} lab_shot;
void lab_impair_shoot(lab_impair *impair, lab_end *from, bool is_arp, size_t len, lab_time now,
                      lab_shot *out);
/* For each receiver of a shot without cause: counts it on that link; and says what becomes of it
 * where it is judged. LAB_ERR_MEMORY. */
enum lab_status lab_impair_count(lab_impair *impair, const lab_shot *shot, lab_end *to);
enum lab_status lab_impair_judge(lab_impair *impair, const lab_shot *shot, lab_end *to,
                                 lab_verdict *out);
/* How many packets went from one end to another; 0 without memory too. */
uint64_t lab_impair_counted(lab_impair *impair, lab_end *from, lab_end *to);

/* For ports that know no links (impair_send.c): sends a shot to one receiver, as late, as often and
 * as altered as the network wants it. A shot with a cause is sent once, to NULL, which reports
 * it. The statuses of a port's send, and LAB_ERR_MEMORY. */
enum lab_status lab_impair_send(lab_impair *impair, const lab_shot *shot, lab_end *to,
                                lab_port *port, const lab_packet *packet);

#endif
