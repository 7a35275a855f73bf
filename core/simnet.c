/* The simulated segment: hosts, their ports and their addresses.  Packets are in simnet_traffic.c.
 *
 * Called by the bindings; the ports it makes are called by the world. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "simnet_parts.h"

/* Lists that keep their order */

static enum lab_status list_add(struct list *list, enum list_kind kind, struct sim_port *port) {
  struct sim_port **room = lab_grow(list->port, &list->cap, list->count, sizeof *room);
  if (!room) {
    return LAB_ERR_MEMORY;
  }
  list->port = room;
  list->port[list->count++] = port;
  list->live_count++;
  port->place[kind] = list->count;
  return LAB_OK;
}

/* Leaves a gap; gaps are closed once they are the greater part. */
static void list_remove(struct list *list, enum list_kind kind, struct sim_port *port) {
  if (port->place[kind] == 0) {
    return;
  }
  list->port[port->place[kind] - 1] = NULL;
  port->place[kind] = 0;
  if (--list->live_count * 2 >= list->count) {
    return;
  }
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (list->port[i]) {
      list->port[kept++] = list->port[i];
      list->port[kept - 1]->place[kind] = kept;
    }
  }
  list->count = kept;
}

/* Addresses */

struct owners *lab_simnet_owners(const lab_simnet *net, lab_ip4 ip) {
  return lab_table_get(&net->owners_by_ip, ip);
}

struct sim_port *lab_simnet_speaker(const lab_simnet *net, const struct host *host, lab_ip4 ip) {
  const struct owners *owners = lab_simnet_owners(net, ip);
  for (size_t i = 0; owners && i < owners->count; i++) {
    if (owners->port[i]->host == host) {
      return owners->port[i];
    }
  }
  return NULL;
}

enum lab_status lab_simnet_address_add(lab_port *port, lab_ip4 address) {
  struct sim_port *self = self_of(port);
  lab_simnet *net = self->net;
  for (size_t i = 0; i < self->address_count; i++) {
    if (self->address[i] == address) {
      return LAB_OK;
    }
  }
  lab_ip4 *own = lab_grow(self->address, &self->address_cap, self->address_count, sizeof *own);
  if (!own) {
    return LAB_ERR_MEMORY;
  }
  self->address = own;
  struct owners *owners = lab_simnet_owners(net, address);
  if (!owners) {
    owners = calloc(1, sizeof *owners);
    if (!owners || lab_table_put(&net->owners_by_ip, address, owners) != LAB_OK) {
      free(owners);
      return LAB_ERR_MEMORY;
    }
    owners->next = net->all_owners;
    net->all_owners = owners;
  }
  struct sim_port **room = lab_grow(owners->port, &owners->cap, owners->count, sizeof *room);
  if (!room) {
    return LAB_ERR_MEMORY;
  }
  owners->port = room;
  owners->port[owners->count++] = self;
  self->address[self->address_count++] = address;
  return LAB_OK;
}

void lab_simnet_address_remove(lab_port *port, lab_ip4 address) {
  struct sim_port *self = self_of(port);
  struct owners *owners = lab_simnet_owners(self->net, address);
  size_t kept = 0;
  for (size_t i = 0; i < self->address_count; i++) {
    if (self->address[i] != address) {
      self->address[kept++] = self->address[i];
    }
  }
  self->address_count = kept;
  kept = 0;
  for (size_t i = 0; owners && i < owners->count; i++) {
    if (owners->port[i] != self) {
      owners->port[kept++] = owners->port[i];
    }
  }
  if (owners) {
    owners->count = kept;
  }
}

enum lab_status lab_simnet_hear_arp(lab_port *port) {
  struct sim_port *self = self_of(port);
  if (self->hear_arp) {
    return LAB_OK;
  }
  enum lab_status status = list_add(&self->net->hearers, LIST_ARP, self);
  self->hear_arp = status == LAB_OK;
  return status;
}

/* Making and ending */

static int no_fd(const lab_port *port) {
  (void)port;
  return -1;
}

static void leave_host(struct sim_port *self) {
  struct host *host = self->host;
  struct sim_port *before = NULL;
  for (struct sim_port *port = host->first; port != self; port = port->next_of_host) {
    before = port;
  }
  *(before ? &before->next_of_host : &host->first) = self->next_of_host;
  if (host->last == self) {
    host->last = before;
  }
}

static void release(lab_port *port) {
  struct sim_port *self = self_of(port);
  lab_simnet *net = self->net;
  while (self->address_count > 0) {
    lab_simnet_address_remove(port, self->address[self->address_count - 1]);
  }
  struct group *group = lab_table_get(&net->group_by_port, port->local.port);
  list_remove(&group->members, LIST_UDP, self);
  list_remove(&net->hearers, LIST_ARP, self);
  leave_host(self);
  *(self->next ? &self->next->prev : &net->last) = self->prev;
  if (self->prev) {
    self->prev->next = self->next;
  }
  free(self->address);
  free(self);
}

static const struct lab_port_ops simnet_ops = {
    "simnet", lab_simnet_send, lab_simnet_receive, NULL, no_fd, lab_simnet_discard, release};

static struct host *make_host(lab_simnet *net, lab_mac mac) {
  struct host *host = lab_table_get(&net->host_by_mac, key_of(mac));
  if (host) {
    return host;
  }
  host = calloc(1, sizeof *host);
  if (!host || lab_table_put(&net->host_by_mac, key_of(mac), host) != LAB_OK) {
    free(host);
    return NULL;
  }
  host->mac = mac;
  host->next = net->hosts;
  net->hosts = host;
  return host;
}

static struct group *make_group(lab_simnet *net, uint16_t udp_port) {
  struct group *group = lab_table_get(&net->group_by_port, udp_port);
  if (!group) {
    group = calloc(1, sizeof *group);
    if (!group || lab_table_put(&net->group_by_port, udp_port, group) != LAB_OK) {
      free(group);
      return NULL;
    }
    group->next = net->groups;
    net->groups = group;
  }
  return group;
}

static lab_end *find_end(lab_simnet *net, const lab_simnet_port_options *options) {
  char text[LAB_MAC_TEXT];
  if (options->name) {
    return lab_impair_end(net->impair, options->name, strlen(options->name));
  }
  return lab_impair_end(net->impair, text, lab_mac_format(options->mac, text));
}

enum lab_status lab_simnet_port(lab_simnet *net, const lab_simnet_port_options *options,
                                lab_port **out) {
  uint64_t key = key_of(options->mac);
  if (key == KEY_NONE || key == KEY_BROADCAST) {
    return LAB_ERR_RANGE;
  }
  struct host *host = make_host(net, options->mac);
  struct group *group = make_group(net, options->udp_port);
  lab_end *end = find_end(net, options);
  struct sim_port *self = host && group && end ? calloc(1, sizeof *self) : NULL;
  if (!self) {
    return LAB_ERR_MEMORY;
  }
  self->base.ops = &simnet_ops;
  self->base.mac = options->mac;
  self->base.local.port = options->udp_port;
  self->net = net;
  self->host = host;
  self->end = end;
  self->hear_arp = options->hear_arp;
  enum lab_status status = list_add(&group->members, LIST_UDP, self);
  if (status == LAB_OK && options->hear_arp) {
    status = list_add(&net->hearers, LIST_ARP, self);
  }
  if (status == LAB_OK) {
    status = lab_world_attach(net->world, &self->base);
  }
  if (status != LAB_OK) {
    list_remove(&group->members, LIST_UDP, self);
    list_remove(&net->hearers, LIST_ARP, self);
    free(self);
    return status;
  }
  *(host->last ? &host->last->next_of_host : &host->first) = self;
  host->last = self;
  self->prev = net->last;
  if (net->last) {
    net->last->next = self;
  }
  net->last = self;
  *out = &self->base;
  return LAB_OK;
}

enum lab_status lab_simnet_new(lab_world *world, const char *name,
                               const lab_fault_settings *settings, lab_simnet **out) {
  if (strlen(name) > NAME_LEN_MAX) {
    return LAB_ERR_RANGE;
  }
  lab_simnet *net = calloc(1, sizeof *net);
  if (!net) {
    return LAB_ERR_MEMORY;
  }
  enum lab_status status = lab_impair_new(lab_world_seed(world), name, settings, &net->impair);
  if (status != LAB_OK) {
    free(net);
    return status;
  }
  net->world = world;
  *out = net;
  return LAB_OK;
}

lab_impair *lab_simnet_impair(const lab_simnet *net) { return net->impair; }

lab_simnet_stats lab_simnet_stats_of(const lab_simnet *net) { return net->stats; }

void lab_simnet_free(lab_simnet *net) {
  if (!net) {
    return;
  }
  while (net->last) {
    lab_port_free(&net->last->base);
  }
  lab_simnet_drain(net);
  while (net->hosts) {
    struct host *host = net->hosts;
    net->hosts = host->next;
    free(host);
  }
  while (net->all_owners) {
    struct owners *owners = net->all_owners;
    net->all_owners = owners->next;
    free(owners->port);
    free(owners);
  }
  while (net->groups) {
    struct group *group = net->groups;
    net->groups = group->next;
    free(group->members.port);
    free(group);
  }
  free(net->hearers.port);
  lab_impair_free(net->impair);
  lab_table_free(&net->host_by_mac);
  lab_table_free(&net->owners_by_ip);
  lab_table_free(&net->group_by_port);
  free(net);
}
