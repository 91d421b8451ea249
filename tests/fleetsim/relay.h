#ifndef FLEETSIM_RELAY_H
#define FLEETSIM_RELAY_H

#include <stdbool.h>

#include "lib/buffer.h"
#include "tests/fleetsim/watch.h"

/*
 * Stands between the network and the SSH server of one connection, so that what the server says
 * can be slowed down to a byte a second, wherever in the protocol.
 */
struct relay {
	struct watch net, inner;
	struct buffer to_client, to_server;
	bool is_slow;
	bool is_over; /* either side has hung up */
};

/* Takes `net_fd`; *ret_fd is for the server, which closes it. NULL when it cannot be made; then
 * `net_fd` is still the caller's. */
struct relay *relay_create(int epoll, int net_fd, int *ret_fd);
void relay_destroy(struct relay *r);

/* Once a second. */
void relay_tick(struct relay *r);

#endif
