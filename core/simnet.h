/* A simulated network segment (layer L5): an Ethernet-like hub with ARP, in virtual or in real
 * time.
 *
 * A port is a host's socket: a MAC, a UDP port to listen on, and the host's addresses. A packet
 * to 255.255.255.255 (or with the broadcast MAC) reaches every other port with that UDP port;
 * one with dst_mac given reaches that MAC whatever the address; any other is delivered to the
 * port that owns the destination address, as if ARP had found it. ARP packets reach everyone; a
 * port answers requests for its own addresses by itself, and shows what it hears only if it
 * asked to. Each delivery takes the latency, and suffers what impair.h says. What does not arrive
 * is reported to the world with its cause: "no host", "full", "loss", "cut", "rule", "tap". */
#ifndef LAB_SIMNET_H
#define LAB_SIMNET_H

#include "impair.h"

typedef struct lab_simnet lab_simnet;

/* The name, at most 64 octets, is part of every stream of its dice. LAB_ERR_RANGE for a longer one
 * or for settings that are not sane, LAB_ERR_MEMORY. The world must outlive it; its ports are freed
 * with it or before. */
enum lab_status lab_simnet_new(lab_world *world, const char *name,
                               const lab_fault_settings *settings, lab_simnet **out);
void lab_simnet_free(lab_simnet *net);
lab_impair *lab_simnet_impair(
    const lab_simnet *net); /* its settings, cuts, schedule; freed with it */

typedef struct lab_simnet_port_options {
  lab_mac mac;
  uint16_t udp_port; /* 67 or 68; it receives what is sent to this one */
  bool hear_arp;     /* ARP packets become events, after the automatic answer */
  const char *name;  /* of the node, for its dice; NULL: the MAC as text */
} lab_simnet_port_options;
/* LAB_ERR_RANGE for a MAC of all zeros or all ones; LAB_ERR_MEMORY. */
enum lab_status lab_simnet_port(lab_simnet *net, const lab_simnet_port_options *options,
                                lab_port **out);

/* Addresses of the port's host (all ports with one MAC are one host). The first one that this
 * very port was given is its source address where packet.src.ip is 0, which stays 0 without
 * any. Several hosts may have one address: each answers ARP, and packets go to the one that had
 * it first, but to the sender itself where it is one of them. LAB_ERR_MEMORY. */
enum lab_status lab_simnet_address_add(lab_port *port, lab_ip4 address);
void lab_simnet_address_remove(lab_port *port, lab_ip4 address);

/* From now on the port hears ARP, as with the option of that name. LAB_ERR_MEMORY. */
enum lab_status lab_simnet_hear_arp(lab_port *port);

/* Packets sent; the rest is counted for each receiver, but for what is dropped on its way to all of
 * them. Lost: whatever the reported cause, other than "no host". Gone: on the way to a port that
 * was closed meanwhile. */
typedef struct lab_simnet_stats {
  uint64_t sent, delivered, duplicated, lost, no_host, gone, in_flight;
} lab_simnet_stats;
lab_simnet_stats lab_simnet_stats_of(const lab_simnet *net);

#endif
