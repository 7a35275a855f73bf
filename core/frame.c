/* Ethernet, IPv4 and UDP around a datagram, and ARP (layer L2); see frame.h.
 *
 * Building writes the fixed headers of RFC 894, RFC 791 and RFC 768 octet by octet, with checksums.
 * Parsing goes the other way through three stages, each of which shortens the view it hands on: the
 * link header says which protocol follows, IPv4 says where the datagram ends, UDP where the payload
 * does.  Captures, raw links and `explain` call it.  No fragments are put together here. */
#include "frame.h"

#include <string.h>

#include "bytes.h"

enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100 };
enum { ETHERNET_LEN = 14, IPV4_LEN = 20, UDP_LEN = 8, PROTOCOL_UDP = 17, TTL = 64 };
enum { PAYLOAD_LEN_MAX = 65535 - IPV4_LEN - UDP_LEN };
enum { FRAGMENT_OFFSET = 0x1fff, MORE_FRAGMENTS = 0x2000 };

uint32_t lab_checksum_add(uint32_t sum, lab_view bytes) {
  uint64_t wide = sum;
  size_t at = 0;
  for (; bytes.len - at >= 2; at += 2) wide += lab_get_u16(bytes.data + at);
  if (at < bytes.len) wide += (uint32_t)bytes.data[at] << 8;
  while (wide > 0xffff) wide = (wide & 0xffff) + (wide >> 16);
  return (uint32_t)wide;
}

uint16_t lab_checksum_end(uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

/* Over the pseudo header of RFC 768 and the datagram; 0 when a checksum inside it is right. */
static uint16_t sum_datagram(lab_ip4 src, lab_ip4 dst, lab_view datagram) {
  uint8_t pseudo[12];
  lab_put_u32(pseudo, src);
  lab_put_u32(pseudo + 4, dst);
  lab_put_u16(pseudo + 8, PROTOCOL_UDP);
  lab_put_u16(pseudo + 10, (uint16_t)datagram.len);
  uint32_t sum = lab_checksum_add(0, (lab_view){pseudo, sizeof pseudo});
  return lab_checksum_end(lab_checksum_add(sum, datagram));
}

static void put_ethernet(uint8_t *p, const lab_packet *packet, uint16_t type) {
  memcpy(p, packet->dst_mac.octet, 6);
  memcpy(p + 6, packet->src_mac.octet, 6);
  lab_put_u16(p + 12, type);
}

static void put_ipv4(uint8_t *p, const lab_packet *packet, uint16_t id, size_t total) {
  memset(p, 0, IPV4_LEN);
  p[0] = 0x45; /* version 4, five words */
  lab_put_u16(p + 2, (uint16_t)total);
  lab_put_u16(p + 4, id);
  p[8] = TTL;
  p[9] = PROTOCOL_UDP;
  lab_put_u32(p + 12, packet->src.ip);
  lab_put_u32(p + 16, packet->dst.ip);
  lab_put_u16(p + 10, lab_checksum_end(lab_checksum_add(0, (lab_view){p, IPV4_LEN})));
}

/* The header of the payload that already stands behind it. */
static void put_udp(uint8_t *p, const lab_packet *packet) {
  size_t len = UDP_LEN + packet->payload.len;
  lab_put_u16(p, packet->src.port);
  lab_put_u16(p + 2, packet->dst.port);
  lab_put_u16(p + 4, (uint16_t)len);
  lab_put_u16(p + 6, 0);
  uint16_t sum = sum_datagram(packet->src.ip, packet->dst.ip, (lab_view){p, len});
  lab_put_u16(p + 6, sum == 0 ? 0xffff : sum); /* 0 on the wire would mean: no checksum */
}

enum lab_status lab_frame_build(const lab_packet *packet, uint16_t id, lab_span out,
                                lab_view *frame) {
  bool arp = packet->kind == LAB_PACKET_ARP;
  size_t headers = arp ? ETHERNET_LEN : LAB_FRAME_HEADERS;
  size_t len = packet->payload.len;
  if (arp ? len != LAB_ARP_LEN : len > PAYLOAD_LEN_MAX) return LAB_ERR_RANGE;
  if (out.len < headers || out.len - headers < len) return LAB_ERR_SPACE;
  uint8_t *p = out.data;
  if (len > 0) memmove(p + headers, packet->payload.data, len);
  put_ethernet(p, packet, arp ? TYPE_ARP : TYPE_IPV4);
  if (!arp) {
    put_ipv4(p + ETHERNET_LEN, packet, id, IPV4_LEN + UDP_LEN + len);
    put_udp(p + ETHERNET_LEN + IPV4_LEN, packet);
  }
  *frame = (lab_view){p, headers + len};
  return LAB_OK;
}

/* Cuts `count` octets off the front. */
static bool skip(lab_view *rest, size_t count) {
  if (rest->len < count) return false;
  rest->data += count;
  rest->len -= count;
  return true;
}

static lab_mac load_mac(const uint8_t *p) {
  lab_mac mac;
  memcpy(mac.octet, p, sizeof mac.octet);
  return mac;
}

/* Linux cooked captures keep the sender's address only, in eight octets of which some are used. */
static enum lab_status read_cooked(lab_view *rest, size_t header, size_t type_at, unsigned mac_len,
                                   size_t mac_at, uint16_t *type, lab_packet *out) {
  const uint8_t *p = rest->data;
  if (!skip(rest, header)) return LAB_ERR_SHORT;
  *type = lab_get_u16(p + type_at);
  if (mac_len == sizeof out->src_mac.octet) out->src_mac = load_mac(p + mac_at);
  return LAB_OK;
}

static enum lab_status read_ethernet(lab_view *rest, uint16_t *type, lab_packet *out) {
  const uint8_t *p = rest->data;
  if (!skip(rest, ETHERNET_LEN)) return LAB_ERR_SHORT;
  out->dst_mac = load_mac(p);
  out->src_mac = load_mac(p + 6);
  *type = lab_get_u16(p + 12);
  return LAB_OK;
}

/* The family number of BSD's loopback, 2 for IPv4, is in the byte order of the machine that
 * wrote. */
static enum lab_status read_loopback(lab_view *rest, uint16_t *type) {
  const uint8_t *p = rest->data;
  if (!skip(rest, 4)) return LAB_ERR_SHORT;
  uint32_t family = lab_get_u32(p);
  *type = family == 2 || family == 0x02000000 ? TYPE_IPV4 : 0;
  return LAB_OK;
}

static enum lab_status read_link(enum lab_link link, lab_view *rest, uint16_t *type,
                                 lab_packet *out) {
  const uint8_t *p = rest->data;
  enum lab_status status = LAB_ERR_ABSENT;
  switch (link) {
    case LAB_LINK_ETHERNET: status = read_ethernet(rest, type, out); break;
    case LAB_LINK_NULL: status = read_loopback(rest, type); break;
    case LAB_LINK_RAW_IP: *type = TYPE_IPV4; return LAB_OK;
    case LAB_LINK_SLL:
      if (rest->len < 16) return LAB_ERR_SHORT;
      status = read_cooked(rest, 16, 14, lab_get_u16(p + 4), 6, type, out);
      break;
    case LAB_LINK_SLL2:
      if (rest->len < 20) return LAB_ERR_SHORT;
      status = read_cooked(rest, 20, 0, p[11], 12, type, out);
      break;
  }
  if (status != LAB_OK || *type != TYPE_VLAN) return status;
  p = rest->data; /* two octets of tag, then the type that stood where the tag's own does */
  if (!skip(rest, 4)) return LAB_ERR_SHORT;
  *type = lab_get_u16(p + 2);
  return LAB_OK;
}

static enum lab_status read_arp(lab_view rest, lab_packet *out) {
  uint16_t op;
  lab_mac sender_mac, target_mac;
  if (rest.len < 8) return LAB_ERR_SHORT;
  rest.len = rest.len < LAB_ARP_LEN ? rest.len : LAB_ARP_LEN; /* Ethernet pads */
  out->kind = LAB_PACKET_ARP;
  out->payload = rest;
  if (lab_arp_parse(rest, &op, &sender_mac, &out->src.ip, &target_mac, &out->dst.ip)) return LAB_OK;
  bool ours = lab_get_u32(rest.data) == 0x00010800 && lab_get_u16(rest.data + 4) == 0x0604;
  return ours ? LAB_ERR_SHORT : LAB_ERR_ABSENT;
}

/* Leaves in `rest` what the IPv4 packet carries.  Its header must be there as a whole. */
static enum lab_status read_ipv4(lab_view *rest, lab_packet *out, bool *more, bool *bad_checksum) {
  const uint8_t *p = rest->data;
  if (rest->len < 1) return LAB_ERR_SHORT;
  if (p[0] >> 4 != 4) return LAB_ERR_ABSENT;
  if (rest->len < IPV4_LEN) return LAB_ERR_SHORT;
  size_t header = (size_t)(p[0] & 15) * 4;
  size_t total = lab_get_u16(p + 2);
  uint16_t fragment = lab_get_u16(p + 6);
  if (p[9] != PROTOCOL_UDP || (fragment & FRAGMENT_OFFSET) != 0) return LAB_ERR_ABSENT;
  if (header < IPV4_LEN || total < header) return LAB_ERR_FORMAT;
  if (rest->len < total) return LAB_ERR_SHORT;
  *bad_checksum = lab_checksum_end(lab_checksum_add(0, (lab_view){p, header})) != 0;
  *more = (fragment & MORE_FRAGMENTS) != 0;
  out->src.ip = lab_get_u32(p + 12);
  out->dst.ip = lab_get_u32(p + 16);
  *rest = (lab_view){p + header, total - header};
  return LAB_OK;
}

/* `more`: other fragments follow, so that the datagram may be longer than what is here. */
static enum lab_status read_udp(lab_view rest, lab_packet *out, bool more, bool *bad_checksum) {
  const uint8_t *p = rest.data;
  if (rest.len < UDP_LEN) return more ? LAB_ERR_SHORT : LAB_ERR_FORMAT;
  size_t len = lab_get_u16(p + 4);
  if (len < UDP_LEN) return LAB_ERR_FORMAT;
  if (len > rest.len) return more ? LAB_ERR_SHORT : LAB_ERR_FORMAT;
  if (lab_get_u16(p + 6) != 0 && sum_datagram(out->src.ip, out->dst.ip, (lab_view){p, len}) != 0) {
    *bad_checksum = true;
  }
  out->kind = LAB_PACKET_UDP;
  out->src.port = lab_get_u16(p);
  out->dst.port = lab_get_u16(p + 2);
  out->payload = (lab_view){p + UDP_LEN, len - UDP_LEN};
  return LAB_OK;
}

enum lab_status lab_frame_parse(enum lab_link link, lab_view frame, lab_packet *out,
                                bool *bad_checksum) {
  lab_packet packet = {.kind = LAB_PACKET_UDP};
  bool more = false, bad = false;
  uint16_t type = 0;
  enum lab_status status = read_link(link, &frame, &type, &packet);
  if (status != LAB_OK) return status;
  if (type == TYPE_ARP) {
    status = read_arp(frame, &packet);
  } else if (type == TYPE_IPV4) {
    status = read_ipv4(&frame, &packet, &more, &bad);
    if (status == LAB_OK) status = read_udp(frame, &packet, more, &bad);
  } else {
    status = LAB_ERR_ABSENT;
  }
  if (status != LAB_OK) return status;
  *out = packet;
  if (bad_checksum != NULL) *bad_checksum = bad;
  return LAB_OK;
}

void lab_arp_build(uint8_t out[LAB_ARP_LEN], uint16_t op, lab_mac sender_mac, lab_ip4 sender,
                   lab_mac target_mac, lab_ip4 target) {
  lab_put_u16(out, 1); /* Ethernet */
  lab_put_u16(out + 2, TYPE_IPV4);
  out[4] = sizeof sender_mac.octet;
  out[5] = sizeof sender;
  lab_put_u16(out + 6, op);
  memcpy(out + 8, sender_mac.octet, 6);
  lab_put_u32(out + 14, sender);
  memcpy(out + 18, target_mac.octet, 6);
  lab_put_u32(out + 24, target);
}

bool lab_arp_parse(lab_view payload, uint16_t *op, lab_mac *sender_mac, lab_ip4 *sender,
                   lab_mac *target_mac, lab_ip4 *target) {
  const uint8_t *p = payload.data;
  if (payload.len < LAB_ARP_LEN) return false;
  if (lab_get_u32(p) != 0x00010800 || lab_get_u16(p + 4) != 0x0604) return false;
  *op = lab_get_u16(p + 6);
  *sender_mac = load_mac(p + 8);
  *sender = lab_get_u32(p + 14);
  *target_mac = load_mac(p + 18);
  *target = lab_get_u32(p + 24);
  return true;
}
