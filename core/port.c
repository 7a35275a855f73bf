/* The one thing all ports do alike: leave their world, then go (layer L4, because it knows the
 * world). */
#include "port.h"

#include "world.h"

void lab_port_free(lab_port *port) {
  if (!port) {
    return;
  }
  if (port->world) {
    lab_world_detach(port->world, port);
  }
  port->ops->free(port);
}
