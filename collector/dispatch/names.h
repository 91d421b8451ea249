#ifndef FLEET_COLLECTOR_DISPATCH_NAMES_H
#define FLEET_COLLECTOR_DISPATCH_NAMES_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collector/ipc/ipc.h"
#include "lib/error.h"

/*
 * The parent's side of the resolvers: a few processes, each with one name at a time, so that a
 * name that hangs holds up one of them until it is killed, and nobody else.
 */
enum { NAMES_MAX = 8 };

struct name_helper {
	pid_t pid; /* 0 = not started */
	int control;
	bool is_busy;
	uint32_t seq;
	int64_t end_ms; /* monotonic: then it is killed */
};

struct names {
	struct name_helper helpers[NAMES_MAX];
	struct ipc_packet packet;
};

/* `m` points into `names` and is good during the call; no addresses: `reason` says why. */
typedef void names_answer(void *arg, const struct ipc_resolved *m);

/* Whether names_ask() would find a helper. */
bool names_are_free(const struct names *n);

/* Gives a name to a helper that is free, and starts it when it is not there yet. */
int names_ask(
	struct names *n, const struct ipc_resolve *m, int64_t end_ms, struct error *err) MUST_CHECK;

/* Fills one struct pollfd for each helper (fd -1 for those not busy); returns how many. */
nfds_t names_poll(const struct names *n, struct pollfd *fds);

/* Takes the answers that are there, and ends those helpers whose time is up. */
void names_take(struct names *n, int64_t now_ms, names_answer *answer, void *arg);

void names_finish(struct names *n);

/* Pure: "192.0.2.1", "2001:db8::1", "fe80::1%eth0". -1 when it is a name. */
int names_parse_literal(
	const char *text, uint16_t port, struct sockaddr_storage *ret_address) MUST_CHECK;

#endif
