/* What RFC 2131 says about where a reply goes, how large it may be, and which of the four kinds
 * a REQUEST is (layer L2). Sections 4.1, 4.3.2 and 2; pure functions of messages, called by
 * servers, relays and the judge. */
#ifndef LAB_ROUTE_H
#define LAB_ROUTE_H

#include "message.h"

typedef struct lab_route {
  lab_endpoint to;
  bool
      to_chaddr; /* unicast to an address the client does not have yet: deliver to chaddr at the link layer */
} lab_route;

/* The destination of `reply`, an answer to `request` (RFC 2131 4.1): giaddr at the server port;
 * else every NAK by broadcast; else ciaddr; else broadcast where the client asked for it; else
 * yiaddr and chaddr. */
lab_route lab_reply_route(const lab_message *request, const lab_message *reply,
                          uint16_t server_port, uint16_t client_port);

/* The largest UDP payload a reply may have: option 57 of the request less 28 octets of IP and
 * UDP headers, never under 548 (values below the legal 576 count as 576), and 548 without the
 * option (RFC 2131 2, RFC 2132 9.10). */
size_t lab_reply_limit(const lab_message *request);

/* The four kinds of REQUEST (RFC 2131 4.3.2): option 54 present: selecting; else option 50 and
 * ciaddr 0: init-reboot; else ciaddr and no option 50: rebinding when it came by broadcast or a
 * relay, renewing otherwise.  Any other mixture, and any other message type, is
 * LAB_REQUEST_NONE. */
enum lab_request_kind {
  LAB_REQUEST_NONE,
  LAB_REQUEST_SELECTING,
  LAB_REQUEST_INIT_REBOOT,
  LAB_REQUEST_RENEWING,
  LAB_REQUEST_REBINDING
};
enum lab_request_kind lab_request_kind_of(const lab_message *request, lab_ip4 destination);
const char *lab_request_kind_name(
    enum lab_request_kind kind); /* "selecting" ...; NULL for LAB_REQUEST_NONE */

#endif
