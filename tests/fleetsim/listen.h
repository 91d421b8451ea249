#ifndef FLEETSIM_LISTEN_H
#define FLEETSIM_LISTEN_H

#include "lib/error.h"
#include "tests/fleetsim/rules.h"

/*
 * Listening on every IPv4 address of the machine at once, one socket a worker. Which worker gets a
 * connection is decided by the address that is called, so that a host is always the same one's.
 */
int listen_open(uint16_t *port, int *ret_fds, unsigned count, struct error *err) MUST_CHECK;

/* Packets to those that a rule calls dark are dropped before they reach the socket. */
int listen_darken(int fd, const struct rules *rules, struct error *err) MUST_CHECK;

#endif
