#ifndef FLEET_COLLECTOR_DISPATCH_FEED_H
#define FLEET_COLLECTOR_DISPATCH_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "collector/ipc/ipc.h"

/*
 * Whose turn it is: every host of a run with where it stands. Pure bookkeeping.
 *
 * Hosts that missed their turn in the last run go first, those that were down late, and those
 * that a poller may have died of last. Among equals those whose name was just resolved go first:
 * few are resolved ahead, so that no address grows old in the queue.
 *
 * Gates are caps that hosts share: of those who have to pass one, at most so many are between
 * being given out (to be resolved, or flown) and being done. Who finds one full waits beside
 * it and holds up nobody behind.
 */
enum feed_turn { TURN_MISSED, TURN_FINE, TURN_DOWN, TURN_SUSPECT, TURN_COUNT };

enum feed_phase { FEED_QUEUED, FEED_RESOLVING, FEED_FLYING, FEED_DONE };

enum { FEED_GATES = 10 }; /* of one host, those around them included */

struct feed_host {
	enum feed_phase phase;
	enum feed_turn turn; /* set by the caller before it is queued */
	bool by_name;
	uint32_t identity;		    /* 1 + index, or 0 */
	uint32_t worker;		    /* that has it, while flying */
	bool has_shown_key;		    /* of which nothing was recorded */
	uint32_t spent_ms;		    /* for its name */
	uint32_t files;			    /* that it may bring to the spool, while flying */
	int64_t started_ms;		    /* monotonic: of resolving, then of flying */
	struct sockaddr_storage *addresses; /* heap */
	size_t address_count;

	/* private */
	uint32_t next;		    /* in the list it is in; 1 + seq, 0 = the last */
	uint32_t gates[FEED_GATES]; /* 1 + index; 0 ends them */
	uint32_t woken_by;	    /* the gate that let it try again; 1 + index */
	bool is_inside;		    /* its gates */
	bool is_ahead;		    /* counted in `resolved` */
};

struct feed_list {
	uint32_t first, last; /* 1 + seq, 0 = none */
};

struct feed_gate {
	uint32_t max, used;
	uint32_t outer;		  /* 1 + index of the one around it, 0 = none */
	struct feed_list waiting; /* private */
};

enum { FEED_QUEUES = 3 * TURN_COUNT };

struct feed {
	struct feed_host *hosts;
	size_t count, left;		      /* left: not done */
	size_t resolved;		      /* ready by name, waiting */
	struct feed_list queues[FEED_QUEUES]; /* private */
	struct feed_gate *gates;
	size_t gate_count, gate_size;
};

int feed_init(struct feed *f, size_t count) MUST_CHECK;
void feed_finish(struct feed *f);

/* Makes a gate for at most `max` (1 or more) hosts, inside the gate `outer` unless that is 0. The
 * number of a gate is never 0. -1 without memory. */
int feed_add_gate(struct feed *f, uint32_t max, uint32_t outer, uint32_t *ret_gate) MUST_CHECK;

/* The host has to pass that gate and those around it; each counts once. Before the host is
 * queued. -1 when they are more than FEED_GATES. */
int feed_bind(struct feed *f, uint32_t seq, uint32_t gate) MUST_CHECK;

/* More may be in there at once from now on. */
void feed_widen(struct feed *f, uint32_t gate, uint32_t max);

/* The host is through that gate before it is done. Whether it was inside. */
bool feed_leave(struct feed *f, uint32_t seq, uint32_t gate);

/* Its name is to be resolved. */
void feed_name(struct feed *f, uint32_t seq);

/* Its addresses (copied) are known: -1 without memory. */
int feed_ready(struct feed *f, uint32_t seq, const void *addresses, size_t count) MUST_CHECK;

/* The next one to be resolved, or to be flown, whose gates let it in; false when there is none.
 * It is taken off the queue: the caller sets its phase. */
bool feed_next_name(struct feed *f, uint32_t *ret_seq);
bool feed_next_ready(struct feed *f, uint32_t *ret_seq);

/* Puts back what feed_next_ready() gave: it is the next again, and stays inside its gates. */
void feed_put_back(struct feed *f, uint32_t seq);

void feed_done(struct feed *f, uint32_t seq);

#endif
