/* Ethernet, IPv4 and UDP around a datagram, and ARP (layer L2): for captures, raw links and
 * foreign capture files.
 *
 * Frames are built with correct lengths and checksums; parsing checks lengths everywhere,
 * checksums on request, and takes IPv4 options, one 802.1Q tag and Linux cooked headers (SLL,
 * SLL2) as they come. */
#ifndef LAB_FRAME_H
#define LAB_FRAME_H

#include "addr.h"
#include "base.h"

enum lab_packet_kind { LAB_PACKET_UDP, LAB_PACKET_ARP };

/* One packet between two hosts.  For ARP, `payload` is the 28 octets of an Ethernet/IPv4 ARP
 * packet and the endpoints carry its sender and target addresses (ports 0). */
typedef struct lab_packet {
  enum lab_packet_kind kind;
  lab_endpoint src;
  lab_endpoint dst;
  lab_mac src_mac; /* all zero where the transport does not tell */
  lab_mac dst_mac; /* all zero: the transport finds out */
  lab_view payload;
  lab_ip4 local; /* the address of ours it came in at, as far as the transport tells; else 0 */
} lab_packet;

enum { LAB_FRAME_HEADERS = 14 + 20 + 8, LAB_ARP_LEN = 28 };

/* Builds one Ethernet frame: out.len >= LAB_FRAME_HEADERS + payload.len, else LAB_ERR_SPACE.
 * `id` becomes the IPv4 identification.  Payloads over 65,507 octets, and for ARP others than
 * 28: LAB_ERR_RANGE. */
enum lab_status lab_frame_build(const lab_packet *packet, uint16_t id, lab_span out,
                                lab_view *frame);

enum lab_link {
  LAB_LINK_ETHERNET = 1,
  LAB_LINK_RAW_IP = 101,
  LAB_LINK_SLL = 113,
  LAB_LINK_NULL = 0,
  LAB_LINK_SLL2 = 276
};

/* Takes a frame apart.  LAB_OK for UDP over IPv4 and for ARP; LAB_ERR_ABSENT for other traffic
 * and for later fragments; LAB_ERR_SHORT for a cut frame and for a first fragment;
 * LAB_ERR_FORMAT for lengths that contradict each other.  `out` is written with LAB_OK only; its
 * payload views `frame`.  `bad_checksum` (may be NULL) tells whether the IP header's or the UDP
 * checksum is wrong; 0 in the UDP field means none was sent. */
enum lab_status lab_frame_parse(enum lab_link link, lab_view frame, lab_packet *out,
                                bool *bad_checksum);

/* The Internet checksum over bytes, continued from `sum` (0 to begin; only the last view may be
 * of odd length); fold and complement with lab_checksum_end. */
uint32_t lab_checksum_add(uint32_t sum, lab_view bytes);
uint16_t lab_checksum_end(uint32_t sum);

/* ARP for IPv4 over Ethernet (RFC 826; probes RFC 5227: sender address 0). op 1 request, 2
 * reply. */
void lab_arp_build(uint8_t out[LAB_ARP_LEN], uint16_t op, lab_mac sender_mac, lab_ip4 sender,
                   lab_mac target_mac, lab_ip4 target);
bool lab_arp_parse(lab_view payload, uint16_t *op, lab_mac *sender_mac, lab_ip4 *sender,
                   lab_mac *target_mac, lab_ip4 *target);

#endif
