/* What happens next (layer L4): the loop around clock, queue and sockets; the only place where
 * time advances.
 *
 * A datagram is stamped when it is read ahead, and whatever is set afterwards has a later
 * stamp. So neither an endless run of due timers nor an endless stream of datagrams can keep
 * the other waiting. */
#include <stdlib.h>

#include "world_parts.h"

enum {
  TURN_COUNT = 64
}; /* events between two looks at all sockets, and datagrams in a row from one */

/* Whether a datagram comes from a socket of this world, which has shown it already when it was
 * sent. */
static bool is_own(const lab_world *world, const lab_packet *packet) {
  for (size_t i = 0; i < world->watch_count; i++) {
    lab_endpoint local = world->watch[i].slot->port->local;
    lab_ip4 ip = packet->src.ip;
    if (local.port == packet->src.port &&
        (local.ip == ip ||
         (local.ip == LAB_IP4_ANY && (ip >> 24 == 127 || ip == packet->dst.ip)))) {
      return true;
    }
  }
  return false;
}

static uint64_t fold_endpoint(uint64_t hash, lab_endpoint endpoint) {
  return lab_rng_fold(hash, (uint64_t)endpoint.ip << 16 | endpoint.port);
}

static uint64_t fold_mac(uint64_t hash, lab_mac mac) {
  uint64_t word = 0;
  for (size_t i = 0; i < sizeof mac.octet; i++) {
    word = word << 8 | mac.octet[i];
  }
  return lab_rng_fold(hash, word);
}

void lab_world_fold(lab_world *world, enum fold_kind kind, lab_time at, uint32_t who,
                    const lab_packet *packet) {
  if (world->kind != LAB_WORLD_VIRTUAL) return; /* real time never runs the same way twice */
  uint64_t hash = lab_rng_fold(world->digest, (uint64_t)at);
  hash = lab_rng_fold(hash, (uint64_t)kind << 32 | who);
  if (packet) {
    hash = fold_endpoint(fold_endpoint(lab_rng_fold(hash, packet->kind), packet->src), packet->dst);
    hash = fold_mac(fold_mac(hash, packet->src_mac), packet->dst_mac);
    hash = lab_rng_fold(hash, lab_rng_hash(packet->payload.data, packet->payload.len));
  }
  world->digest = hash;
}

/* Counts the event and folds it into the digest; a drop has been when it happened. */
static int tell(lab_world *world, const lab_event *event) {
  if (event->kind == LAB_EVENT_TIMER) {
    lab_world_fold(world, FOLD_TIMER, event->at, event->timer, NULL);
    world->event_count++;
  } else if (event->kind == LAB_EVENT_PACKET) {
    lab_world_fold(world, FOLD_PACKET, event->at, event->port->id, &event->packet);
    world->event_count++;
  }
  world->told_at = event->at;
  world->turn++;
  return 1;
}

/* Fills the event from the head of the queue. False when the port answers that there is nothing
 * to tell after all. */
static bool open_entry(lab_world *world, struct entry *entry, lab_event *event) {
  *event = (lab_event){.at = entry->node.at, .seq = entry->node.seq};
  if (entry->kind == ENTRY_TIMER) {
    event->kind = LAB_EVENT_TIMER;
    event->timer = entry->timer;
    return true;
  }
  lab_port *port = entry->slot->port;
  void *data = entry->data;
  event->port = port;
  enum entry_kind kind = entry->kind;
  unlink_entry(world, entry);
  if (kind == ENTRY_ARRIVAL) {
    event->kind = LAB_EVENT_PACKET;
    return port->ops->receive(port, data, &event->packet) == LAB_OK;
  }
  if (kind == ENTRY_SEND) { /* a failure is counted by the port, as for any late packet */
    struct kept *late = data;
    (void)lab_world_send_muted(world, port, &late->packet);
    free(late);
    return false;
  }
  world->told = data;
  event->kind = LAB_EVENT_DROP;
  event->packet = world->told->packet;
  event->cause = world->told->cause;
  return true;
}

static void open_held(lab_world *world, lab_event *event) {
  struct held *held = &world->held;
  *event = (lab_event){.kind = LAB_EVENT_PACKET,
                       .at = held->stamp.at,
                       .seq = held->stamp.seq,
                       .port = held->slot->port,
                       .packet = held->packet};
  held->slot = NULL;
  if (world->tap && !is_own(world, &event->packet)) {
    world->tap(world->tap_context, event->at, &event->packet);
  }
}

/* Reads one datagram ahead, from the readable sockets in turn. What is there when the call is
 * made counts as come in time: its stamp is not later than `until`, unless an event of a later
 * time has already been told. */
static void hold_datagram(lab_world *world, lab_time until) {
  struct held *held = &world->held;
  while (world->readable_count > 0) {
    if (world->cursor >= world->watch_count) {
      world->cursor = 0;
    }
    struct watch *watch = &world->watch[world->cursor];
    if (!watch->readable || world->streak >= TURN_COUNT) {
      world->cursor++;
      world->streak = 0;
      continue;
    }
    lab_port *port = watch->slot->port;
    if (port->ops->receive(port, NULL, &held->packet) == LAB_OK) {
      lab_time latest = until > world->told_at ? until : world->told_at;
      held->slot = watch->slot;
      held->stamp.at = world->now < latest ? world->now : latest;
      held->stamp.seq = ++world->seq;
      world->streak++;
      return;
    }
    watch->readable = false;
    world->readable_count--;
  }
}

/* A failure is counted by the port; the packets are lost, as packets are. */
static void flush_ports(lab_world *world) {
  for (size_t i = 0; i < world->watch_count; i++) {
    lab_port_flush(world->watch[i].slot->port);
  }
  world->turn = 0;
}

/* Sends what was put off, then waits for the sockets until the time given, which may be gone
 * by. */
static enum lab_status wait_until(lab_world *world, lab_time until) {
  flush_ports(world);
  enum lab_status status =
      world->clock->ops->wait(world->clock, until, world->fds, 1 + world->watch_count);
  for (size_t i = 0; i < world->watch_count; i++) {
    if (world->fds[1 + i].revents != 0 && !world->watch[i].readable) {
      world->watch[i].readable = true;
      world->readable_count++;
    }
  }
  return status;
}

/* Every so many events, so that no socket waits behind timers or behind another socket. A lone
 * socket that still gives needs no poll. */
static enum lab_status look_around(lab_world *world) {
  if (world->turn < TURN_COUNT || world->watch_count == 0) {
    return LAB_OK;
  }
  if (world->readable_count < world->watch_count) {
    return wait_until(world, 0);
  }
  flush_ports(world);
  return LAB_OK;
}

static bool comes_first(const lab_heap_node *a, const lab_heap_node *b) {
  return !b || a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

int lab_world_next(lab_world *world, lab_time until, lab_event *event) {
  free(world->told);
  world->told = NULL;
  for (bool looked = world->watch_count == 0;;) {
    if (atomic_load_explicit(&world->interrupted, memory_order_relaxed) &&
        atomic_exchange(&world->interrupted, false)) {
      return LAB_ERR_INTERRUPTED;
    }
    if (world->lost_report) {
      world->lost_report = false;
      return LAB_ERR_MEMORY;
    }
    enum lab_status status = look_around(world);
    if (status != LAB_OK) {
      return status;
    }
    world->now = lab_world_now(world);
    if (!world->held.slot) {
      hold_datagram(world, until);
    }
    lab_heap_node *top = lab_heap_top(&world->queue);
    if (world->held.slot && comes_first(&world->held.stamp, top)) {
      if (world->held.stamp.at <= until) {
        open_held(world, event);
        return tell(world, event);
      }
    } else if (top && top->at <= until && top->at <= world->now) {
      lab_heap_remove(&world->queue, top);
      if (open_entry(world, (struct entry *)top, event)) {
        return tell(world, event);
      }
      continue;
    }
    if (lab_world_quiet(world) || (looked && world->now >= until)) {
      return 0;
    }
    status = wait_until(world, top && top->at < until ? top->at : until);
    if (status != LAB_OK) {
      return status;
    }
    looked = true;
  }
}
