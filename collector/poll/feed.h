#ifndef FLEET_COLLECTOR_POLL_FEED_H
#define FLEET_COLLECTOR_POLL_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "collector/ipc/ipc.h"

/*
 * Whose turn it is: every host of a run with where it stands. Pure bookkeeping.
 *
 * Hosts that missed their turn in the last run go first, those that were down last. Among
 * equals those whose name was just resolved go first: few are resolved ahead, so that no
 * address grows old in the queue.
 */
enum feed_turn { TURN_MISSED, TURN_FINE, TURN_DOWN, TURN_COUNT };

enum feed_phase { FEED_QUEUED, FEED_RESOLVING, FEED_FLYING, FEED_DONE };

struct feed_host {
	enum feed_phase phase;
	enum feed_turn turn; /* set by the caller before it is queued */
	bool by_name;
	uint32_t identity;		    /* 1 + index, or 0 */
	uint32_t worker;		    /* that has it, while flying */
	uint32_t spent_ms;		    /* for its name */
	int64_t started_ms;		    /* monotonic: of resolving, then of flying */
	struct sockaddr_storage *addresses; /* heap */
	size_t address_count;
};

struct feed_queue {
	uint32_t *items;
	size_t head, tail;
};

enum { FEED_QUEUES = 3 * TURN_COUNT };

struct feed {
	struct feed_host *hosts;
	size_t count, left;		       /* left: not done */
	size_t resolved;		       /* ready by name, waiting */
	struct feed_queue queues[FEED_QUEUES]; /* private */
};

int feed_init(struct feed *f, size_t count) MUST_CHECK;
void feed_finish(struct feed *f);

/* Its name is to be resolved. */
void feed_name(struct feed *f, uint32_t seq);

/* Its addresses (copied) are known: -1 without memory. */
int feed_ready(struct feed *f, uint32_t seq, const void *addresses, size_t count) MUST_CHECK;

/* The next one to be resolved, or to be flown; false when there is none. It is taken off the
 * queue: the caller sets its phase. */
bool feed_next_name(struct feed *f, uint32_t *ret_seq);
bool feed_next_ready(struct feed *f, uint32_t *ret_seq);

/* Puts back what feed_next_ready() gave. */
void feed_put_back(struct feed *f, uint32_t seq);

void feed_done(struct feed *f, uint32_t seq);

#endif
