#ifndef FLEET_COLLECTOR_DISPATCH_JUMPS_H
#define FLEET_COLLECTOR_DISPATCH_JUMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "collector/dispatch/feed.h"
#include "collector/dispatch/pollers.h"
#include "collector/ipc/ipc.h"

/*
 * The jump hosts of a run, each a gate of the feed: of those who have to log in there, itself
 * included, at first only one is let go, and the others wait until that one is through. From then
 * on as many may be on their way to a login there as its `connects` say. When the one could not
 * log in, nobody else tries: all the others fail for the same reason, at once. Pure bookkeeping.
 *
 * A host whose own time runs out on the way fails alone, since others have more. A jump host is
 * dead when hosts have tried for as long as its `timeout`, one or several, and nobody got in
 * meanwhile.
 */
struct jump {
	const struct poll_jump *plan;
	uint32_t gate;	   /* of the feed */
	uint32_t identity; /* 1 + index, or 0 */
	enum { JUMP_UNTRIED, JUMP_PROVEN, JUMP_DEAD } state;
	enum outcome outcome; /* when it is dead */
	char *reason;
	int64_t heard_ms;		    /* monotonic: when the last one got in, or gave up */
	int64_t stalled_ms;		    /* that they waited who gave up since somebody got in */
	struct sockaddr_storage *addresses; /* once its name was resolved, if it is the first */
	size_t address_count;
	struct host_key *learned; /* its key that was accepted in this run */
};

struct jumps {
	struct jump *items; /* as in the plan, those on the way to another before it */
	size_t count;
	const struct poll_plan *plan;
	struct feed *feed;
};

/* Makes the gates and binds the hosts to them, before any is queued. -1 without memory. */
int jumps_init(struct jumps *j, const struct poll_plan *plan, struct feed *feed) MUST_CHECK;
void jumps_finish(struct jumps *j);

/* The jump hosts on the way to a host, the first one first; itself, if it is one, behind them, but
 * not among the `depth` before it. */
struct jump_way {
	struct jump *items[IPC_HOPS_MAX];
	size_t depth, count;
};

struct jump_way jumps_way(const struct jumps *j, uint32_t seq);

/* What is connected to first on the way to a host. */
const struct client *jumps_first(const struct jumps *j, uint32_t seq);

/* A host has logged in at this one of its way. */
void jumps_pass(struct jumps *j, uint32_t seq, struct jump *jump, int64_t now_ms);

/* How a host is about to be done that got no further than to the hop `hop` of its way (way.depth:
 * to itself). */
struct jump_end {
	size_t hop;
	enum outcome outcome;
	const char *text;
	int64_t now_ms; /* monotonic */
};

/* The jump host that is dead by this, or NULL. -1 without memory. */
int jumps_judge(struct jumps *j, uint32_t seq, const struct jump_end *end,
	struct jump **ret_dead) MUST_CHECK;

/* A host gave up waiting for this one. Whether that speaks against it: nobody got in for as long
 * as its own timeout, or it had not even answered when the host had time left. */
bool jumps_has_stalled(struct jumps *j, uint32_t seq, struct jump *jump, int64_t now_ms);

/* It is dead because its name did not resolve, say; `text` says why, and not whose. */
int jumps_kill(struct jump *jump, enum outcome outcome, const char *text) MUST_CHECK;

/* Keep copies; -1 without memory. */
int jumps_learn_key(struct jump *jump, const struct host_key *key) MUST_CHECK;
int jumps_learn_addresses(struct jump *jump, const void *addresses, size_t count) MUST_CHECK;

#endif
