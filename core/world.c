/* The world: its making and ending, its timers, and the ports that live in it. What happens
 * next is in world_next.c.
 *
 * Called by the bindings and, through lab_world_ready and lab_world_dropped, by the transports.
 * It knows no packet format. */
#include "world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "world_parts.h"

/* Making and ending */

enum lab_status lab_world_new(enum lab_world_kind kind, uint64_t seed, lab_world **out) {
  lab_world *world = calloc(1, sizeof *world);
  if (!world) {
    return LAB_ERR_MEMORY;
  }
  world->kind = kind;
  world->seed = seed;
  world->digest = UINT64_C(0x6c61622d776f726c);
  lab_heap_init(&world->queue);
  atomic_init(&world->interrupted, false);
  enum lab_status status = kind == LAB_WORLD_REAL ? lab_clock_real_new(&world->clock)
                                                  : lab_clock_virtual_new(&world->clock);
  if (status == LAB_OK) {
    world->fds = lab_grow(NULL, &world->fds_cap, 0, sizeof *world->fds);
    status = world->fds ? LAB_OK : LAB_ERR_MEMORY;
  }
  if (status != LAB_OK) {
    lab_world_free(world);
    return status;
  }
  *out = world;
  return LAB_OK;
}

void lab_world_free(lab_world *world) {
  if (!world) {
    return;
  }
  for (size_t i = world->slot_count; i > 0;
       i--) { /* the newest first, as one closes what one has opened */
    if (world->slot[i - 1]) {
      lab_port_free(world->slot[i - 1]->port);
    }
  }
  while (world->chunks) {
    struct chunk *chunk = world->chunks;
    world->chunks = chunk->next;
    free(chunk);
  }
  if (world->clock) {
    world->clock->ops->free(world->clock);
  }
  lab_heap_free(&world->queue);
  free(world->told);
  free(world->timer);
  free(world->slot);
  free(world->watch);
  free(world->fds);
  free(world);
}

/* Asking */

lab_time lab_world_now(const lab_world *world) { return world->clock->ops->now(world->clock); }
enum lab_world_kind lab_world_kind_of(const lab_world *world) { return world->kind; }
uint64_t lab_world_seed(const lab_world *world) { return world->seed; }
int64_t lab_world_epoch(const lab_world *world) { return world->clock->epoch; }
uint64_t lab_world_digest(const lab_world *world) { return world->digest; }
uint64_t lab_world_event_count(const lab_world *world) { return world->event_count; }

void lab_world_rng(const lab_world *world, const char *name, size_t len, lab_rng *out) {
  lab_rng_seed(out, world->seed, name, len);
}

bool lab_world_quiet(const lab_world *world) {
  return world->queue.count == 0 && world->watch_count == 0;
}

void lab_world_watch(lab_world *world, bool on) { world->watch_drops = on; }

/* The flag is up before the byte is written: whoever is woken by the byte sees it. */
void lab_world_interrupt(lab_world *world) {
  atomic_store(&world->interrupted, true);
  world->clock->ops->wake(world->clock);
}

/* Entries */

static struct entry *take_entry(lab_world *world) {
  if (!world->free_entries) {
    struct chunk *chunk = calloc(1, sizeof *chunk);
    if (!chunk) {
      return NULL;
    }
    chunk->next = world->chunks;
    world->chunks = chunk;
    for (size_t i = CHUNK_COUNT; i > 0; i--) {
      chunk->entry[i - 1].next = world->free_entries;
      world->free_entries = &chunk->entry[i - 1];
    }
  }
  struct entry *entry = world->free_entries;
  world->free_entries = entry->next;
  return entry;
}

static enum lab_status enqueue(lab_world *world, struct entry *entry, lab_time at) {
  entry->node.at = at > world->now ? at : world->now;
  entry->node.seq = ++world->seq;
  return lab_heap_push(&world->queue, &entry->node);
}

/* Queues something that belongs to a port. */
static enum lab_status enqueue_for(lab_world *world, struct slot *slot, enum entry_kind kind,
                                   lab_time at, void *data) {
  struct entry *entry = take_entry(world);
  if (!entry) {
    return LAB_ERR_MEMORY;
  }
  entry->kind = kind;
  entry->slot = slot;
  entry->data = data;
  enum lab_status status = enqueue(world, entry, at);
  if (status != LAB_OK) {
    put_entry(world, entry);
    return status;
  }
  entry->prev = NULL;
  entry->next = slot->first;
  if (slot->first) {
    slot->first->prev = entry;
  }
  slot->first = entry;
  return LAB_OK;
}

/* Timers */

enum lab_status lab_timer_new(lab_world *world, uint32_t *id) {
  struct entry *entry = world->free_timers;
  if (entry) {
    world->free_timers = entry->next;
  } else {
    if (world->timer_count == UINT32_MAX) {
      return LAB_ERR_MEMORY;
    }
    struct entry **timer =
        lab_grow(world->timer, &world->timer_cap, world->timer_count, sizeof *timer);
    if (!timer) {
      return LAB_ERR_MEMORY;
    }
    world->timer = timer;
    entry = take_entry(world);
    if (!entry) {
      return LAB_ERR_MEMORY;
    }
    entry->kind = ENTRY_TIMER;
    entry->slot = NULL;
    entry->timer = (uint32_t)world->timer_count;
    world->timer[world->timer_count++] = entry;
  }
  entry->data = entry;
  *id = entry->timer;
  return LAB_OK;
}

static struct entry *timer_of(const lab_world *world, uint32_t id) {
  assert(id < world->timer_count && world->timer[id]->data);
  return world->timer[id];
}

void lab_timer_free(lab_world *world, uint32_t id) {
  struct entry *entry = timer_of(world, id);
  lab_heap_remove(&world->queue, &entry->node);
  entry->data = NULL;
  entry->next = world->free_timers;
  world->free_timers = entry;
}

enum lab_status lab_timer_set(lab_world *world, uint32_t id, lab_time at) {
  struct entry *entry = timer_of(world, id);
  lab_heap_remove(&world->queue, &entry->node);
  return at == LAB_NEVER ? LAB_OK : enqueue(world, entry, at);
}

void lab_timer_clear(lab_world *world, uint32_t id) {
  lab_heap_remove(&world->queue, &timer_of(world, id)->node);
}

bool lab_timer_is_set(const lab_world *world, uint32_t id) {
  return lab_heap_holds(&timer_of(world, id)->node);
}

/* Ports */

static struct slot *slot_of(const lab_world *world, const lab_port *port) {
  assert(port->world == world && port->world_slot > 0 && port->world_slot <= world->slot_count);
  return world->slot[port->world_slot - 1];
}

static enum lab_status watch_port(lab_world *world, struct slot *slot, int fd) {
  struct pollfd *fds = lab_grow(world->fds, &world->fds_cap, 1 + world->watch_count, sizeof *fds);
  if (!fds) {
    return LAB_ERR_MEMORY;
  }
  world->fds = fds;
  struct watch *watch =
      lab_grow(world->watch, &world->watch_cap, world->watch_count, sizeof *watch);
  if (!watch) {
    return LAB_ERR_MEMORY;
  }
  world->watch = watch;
  world->watch[world->watch_count] = (struct watch){.slot = slot};
  world->fds[1 + world->watch_count] = (struct pollfd){.fd = fd, .events = POLLIN};
  slot->watch = ++world->watch_count;
  return LAB_OK;
}

static void unwatch_port(lab_world *world, struct slot *slot) {
  size_t index = slot->watch - 1, last = --world->watch_count;
  world->readable_count -= world->watch[index].readable;
  world->watch[index] = world->watch[last];
  world->fds[1 + index] = world->fds[1 + last];
  world->watch[index].slot->watch = index + 1;
  slot->watch = 0;
}

enum lab_status lab_world_attach(lab_world *world, lab_port *port) {
  int fd = port->ops->fd ? port->ops->fd(port) : -1;
  if (fd >= 0 && world->kind == LAB_WORLD_VIRTUAL) {
    return LAB_ERR_WORLD;
  }
  size_t index = world->slot_hint;
  while (index < world->slot_count && world->slot[index]) {
    index++;
  }
  struct slot **slots = lab_grow(world->slot, &world->slot_cap, index, sizeof *slots);
  if (!slots) {
    return LAB_ERR_MEMORY;
  }
  world->slot = slots;
  struct slot *slot = calloc(1, sizeof *slot);
  if (!slot || (fd >= 0 && watch_port(world, slot, fd) != LAB_OK)) {
    free(slot);
    return LAB_ERR_MEMORY;
  }
  slot->port = port;
  slot->index = index;
  world->slot[index] = slot;
  world->slot_hint = index + 1;
  if (index == world->slot_count) {
    world->slot_count++;
  }
  port->world = world;
  port->world_slot = index + 1;
  port->id = ++world->port_id;
  return LAB_OK;
}

void lab_world_detach(lab_world *world, lab_port *port) {
  struct slot *slot = slot_of(world, port);
  while (slot->first) {
    struct entry *entry = slot->first;
    lab_heap_remove(&world->queue, &entry->node);
    if (entry->kind == ENTRY_DROP || entry->kind == ENTRY_SEND) {
      free(entry->data);
    } else if (port->ops->discard) {
      port->ops->discard(port, entry->data);
    }
    unlink_entry(world, entry);
  }
  if (world->held.slot == slot) {
    world->held.slot = NULL;
  }
  if (slot->watch > 0) {
    unwatch_port(world, slot);
  }
  world->slot[slot->index] = NULL;
  if (slot->index < world->slot_hint) {
    world->slot_hint = slot->index;
  }
  free(slot);
  port->world = NULL;
  port->world_slot = 0;
}

enum lab_status lab_world_ready(lab_world *world, lab_port *port, lab_time at, void *cookie) {
  assert(at != LAB_NEVER);
  return enqueue_for(world, slot_of(world, port), ENTRY_ARRIVAL, at, cookie);
}

/* A copy of the packet, in one piece with its bytes. */
static struct kept *keep_packet(const lab_packet *packet, const char *cause) {
  size_t len = packet->payload.len;
  struct kept *kept = len <= SIZE_MAX - sizeof *kept ? malloc(sizeof *kept + len) : NULL;
  if (!kept) {
    return NULL;
  }
  kept->packet = *packet;
  kept->cause = cause;
  if (len > 0) {
    memcpy(kept->bytes, packet->payload.data, len);
  }
  kept->packet.payload = (lab_view){kept->bytes, len};
  return kept;
}

void lab_world_dropped(lab_world *world, lab_port *port, const lab_packet *packet,
                       const char *cause) {
  lab_world_fold(world, FOLD_DROP, lab_world_now(world), port->id, packet);
  world->event_count++;
  if (!world->watch_drops) {
    return;
  }
  struct kept *drop = keep_packet(packet, cause);
  if (!drop || enqueue_for(world, slot_of(world, port), ENTRY_DROP, world->now, drop) != LAB_OK) {
    world->lost_report = true;
    free(drop);
  }
}

enum lab_status lab_world_send_muted(lab_world *world, lab_port *port, const lab_packet *packet) {
  bool was_muted = world->is_muted;
  world->is_muted = true;
  enum lab_status status = lab_port_send(port, packet);
  world->is_muted = was_muted;
  return status;
}

enum lab_status lab_world_send(lab_world *world, lab_port *port, const lab_packet *packet,
                               lab_time at) {
  if (at <= lab_world_now(world)) {
    return lab_world_send_muted(world, port, packet);
  }
  struct kept *late = keep_packet(packet, NULL);
  if (!late || enqueue_for(world, slot_of(world, port), ENTRY_SEND, at, late) != LAB_OK) {
    free(late);
    return LAB_ERR_MEMORY;
  }
  return LAB_OK;
}

void lab_world_tap(lab_world *world, lab_world_tap_fn tap, void *context) {
  world->tap = tap;
  world->tap_context = context;
}

void lab_world_sent(lab_world *world, const lab_packet *packet) {
  lab_world_fold(world, FOLD_SENT, lab_world_now(world), 0, packet);
  if (world->tap && !world->is_muted) {
    world->tap(world->tap_context, lab_world_now(world), packet);
  }
}
