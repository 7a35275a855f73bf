/* See route.h.  The order of the tests is the order of the sentences in RFC 2131 4.1. */
#include "route.h"

enum { IP_UDP_HEADERS = 28, SMALLEST_LEGAL = 576 };

lab_route lab_reply_route(const lab_message *request, const lab_message *reply,
                          uint16_t server_port, uint16_t client_port) {
  lab_route route = {{LAB_IP4_BROADCAST, client_port}, false};
  lab_ip4 giaddr = lab_message_number(request, LAB_FIELD_giaddr);
  if (giaddr != 0) {
    route.to.ip = giaddr;
    route.to.port = server_port;
    return route;
  }
  if (reply->type == LAB_NAK) return route;
  lab_ip4 ciaddr = lab_message_number(request, LAB_FIELD_ciaddr);
  if (ciaddr != 0) {
    route.to.ip = ciaddr;
    return route;
  }
  if ((lab_message_number(request, LAB_FIELD_flags) & LAB_FLAG_BROADCAST) != 0) return route;
  lab_ip4 yiaddr = lab_message_number(reply, LAB_FIELD_yiaddr);
  if (yiaddr == 0) return route; /* nothing to address it to: RFC 8925 and RFC 2563 replies */
  route.to.ip = yiaddr;
  route.to_chaddr = true;
  return route;
}

size_t lab_reply_limit(const lab_message *request) {
  lab_view value;
  size_t datagram = SMALLEST_LEGAL;
  if (lab_message_first(request, 57, &value) && value.len == 2) {
    size_t asked = (size_t)value.data[0] << 8 | value.data[1];
    if (asked > datagram) datagram = asked;
  }
  return datagram - IP_UDP_HEADERS;
}

enum lab_request_kind lab_request_kind_of(const lab_message *request, lab_ip4 destination) {
  if (request->type != LAB_REQUEST) return LAB_REQUEST_NONE;
  lab_ip4 ciaddr = lab_message_number(request, LAB_FIELD_ciaddr);
  bool asks_address = lab_message_has(request, 50);
  if (lab_message_has(request, 54)) return LAB_REQUEST_SELECTING;
  if (asks_address) return ciaddr == 0 ? LAB_REQUEST_INIT_REBOOT : LAB_REQUEST_NONE;
  if (ciaddr == 0) return LAB_REQUEST_NONE;
  bool spread =
      destination == LAB_IP4_BROADCAST || lab_message_number(request, LAB_FIELD_giaddr) != 0;
  return spread ? LAB_REQUEST_REBINDING : LAB_REQUEST_RENEWING;
}

const char *lab_request_kind_name(enum lab_request_kind kind) {
  static const char *const names[] = {NULL, "selecting", "init-reboot", "renewing", "rebinding"};
  return (size_t)kind < LAB_COUNTOF(names) ? names[kind] : NULL;
}
