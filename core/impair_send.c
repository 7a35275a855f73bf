/* Impaired sends over ports that know no links (layer L5): real sockets above all. A simulated
 * segment does this itself, since it delivers. See impair.h. */
#include <stdlib.h>

#include "impair.h"

/* The capture shows the packet as its sender sees it: once, whole, and even when it gets lost. */
static void show(lab_port *port, const lab_packet *packet) {
  lab_packet shown = *packet;
  if (shown.src.ip == LAB_IP4_ANY) {
    shown.src.ip = port->local.ip;
  }
  shown.src.port = port->local.port;
  lab_world_sent(port->world, &shown);
}

static enum lab_status send_after(lab_port *port, const lab_packet *packet, lab_time delay,
                                  lab_time now) {
  return lab_world_send(port->world, port, packet, delay < LAB_NEVER - now ? now + delay : now);
}

/* The packet as it arrives, and its second copy if there is one. */
static enum lab_status send_copies(const lab_shot *shot, const lab_verdict *verdict, lab_port *port,
                                   const lab_packet *packet, lab_time delay) {
  enum lab_status status = send_after(port, packet, delay + lab_verdict_delay(verdict), shot->at);
  if (status == LAB_OK && lab_verdict_has(verdict, LAB_FAULT_DUPLICATE)) {
    status = send_after(port, packet, delay + lab_verdict_copy_delay(verdict), shot->at);
  }
  return status;
}

enum lab_status lab_impair_send(lab_impair *impair, const lab_shot *shot, lab_end *to,
                                lab_port *port, const lab_packet *packet) {
  lab_time delay = lab_impair_settings(impair)->latency + shot->wait;
  lab_verdict verdict = {0};
  enum lab_status status = LAB_OK;
  if (!shot->cause) {
    status = shot->is_judged ? lab_impair_judge(impair, shot, to, &verdict)
                             : lab_impair_count(impair, shot, to);
  }
  if (status != LAB_OK) {
    return status;
  }
  show(port, packet);
  const char *cause = shot->cause ? shot->cause : lab_verdict_cause(&verdict);
  if (cause) {
    lab_world_dropped(port->world, port, packet, cause);
    return LAB_OK;
  }
  if (!lab_verdict_alters(&verdict, packet->payload.len)) {
    return send_copies(shot, &verdict, port, packet, delay);
  }
  uint8_t *altered = malloc(packet->payload.len);
  if (!altered) {
    return LAB_ERR_MEMORY;
  }
  lab_packet arrives = *packet;
  arrives.payload = (lab_view){altered, lab_verdict_alter(&verdict, packet->payload, altered)};
  status = send_copies(shot, &verdict, port, &arrives, delay);
  free(altered);
  return status;
}
