#ifndef FLEET_METRICS_INTERFACE_H
#define FLEET_METRICS_INTERFACE_H

#include <stdbool.h>

/*
 * Whether a network interface is one of a container or a virtual machine, made with it under a name
 * that no other will have: veth* (Docker, Podman, LXC), br-* of Docker's networks, cali* (Calico),
 * lxc* (Cilium), eni* (Amazon's), azv* (Azure's), vnet* (libvirt), tap* (OpenStack).
 *
 * Each container would leave another handful of series behind, of which a client has 10,000; what
 * passes through them passes the interfaces of the machine as well, or never leaves it.
 */
bool interface_is_passing(const char *name);

#endif
