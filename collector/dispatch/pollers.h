#ifndef FLEET_COLLECTOR_DISPATCH_POLLERS_H
#define FLEET_COLLECTOR_DISPATCH_POLLERS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/dispatch/feed.h"
#include "lib/config/config.h"
#include "lib/crypto/seal.h"
#include "lib/error.h"
#include "lib/outcome.h"
#include "lib/ssh/known_hosts.h"
#include "lib/wire/wire.h"

/*
 * The poll phase, seen from the parent: hosts in, sealed files and outcome lines in the spool
 * out. Starts the pollers (fleet-helper, one per core, each a single-threaded
 * loop over many sessions, holding host rows only), the resolver processes and the signer,
 * feeds them, replaces those that die, and ends them by the run's deadline.
 */

enum { POLLERS_MAX = 64 };

/* What is recorded for a machine; points into the known_hosts. */
struct poll_keys {
	struct host_key items[IPC_KEYS_MAX];
	uint32_t count;
	bool is_crowded; /* with more revoked ones than fit: there is no judging by them */
};

/* A jump host that hosts of the run are behind. */
struct poll_jump {
	const struct client *client;
	struct poll_keys keys;
	uint32_t jump; /* 1 + index of the one it is behind, which stands before it; 0 = none */
};

/* One attempt to be made at one host. */
struct poll_host {
	const struct client *client;
	uint64_t attempt_id;
	struct poll_keys keys;
	int64_t deadline_ms; /* relative: most milliseconds from its start */
	enum feed_turn turn; /* see feed.h */
	uint32_t jump;	     /* 1 + index of the jump host that it is behind, 0 = none */
	uint32_t is_jump;    /* 1 + index of the jump host that it is, 0 = none */
};

struct poll_progress {
	uint32_t total, ok, failed, active;
	int64_t started_ms; /* monotonic */
};

/* How an attempt ended. */
struct poll_done {
	enum outcome outcome;
	bool was_begun; /* a poller had it */
	uint32_t duration_ms;
	const char *text;
};

struct poll_plan {
	const struct config *config;
	const struct keyring *ring; /* what the requests are made of */
	uint64_t cycle_id;
	int64_t taken_at; /* of every attempt: when its id was made, by the wall clock */
	int spool_fd;	  /* encrypted_stats, a folder */
	size_t waiting;	  /* frames in there already */
	const struct poll_host *hosts; /* in the order of starting */
	size_t host_count;
	const struct poll_jump *jumps;
	size_t jump_count;
	const volatile sig_atomic_t *stop; /* set by SIGTERM: no new host, finish what runs */
	void (*progress)(void *arg, const struct poll_progress *p); /* NULL, or about 4/s */
	void (*done)(void *arg, const struct poll_host *h, const struct poll_done *d);
	void *arg;
};

struct poll_run;

/* Starts the processes; helper_find_program() and helper_choose_user() come before. They take a
 * moment to get ready, in which the caller may still look up the keys of hosts and jump hosts. The
 * plan has to stay where it is. */
int pollers_start(
	const struct poll_plan *plan, struct poll_run **ret_run, struct error *err) MUST_CHECK;

/* What came of a run as a whole. The rest was said. */
enum poll_end {
	POLL_END_GOOD,
	POLL_END_FULL,	 /* the spool took no more, so that hosts were not polled */
	POLL_END_BROKEN, /* helpers were given up, or pollers died and none was done with a host */
};

/* Returns when every host has an outcome line in the spool (or was never started). -1 only for a
 * fault of our own that leaves nothing to be ingested. */
int pollers_run(struct poll_run *run, enum poll_end *ret_end, struct error *err) MUST_CHECK;

/* Ends the processes. Accepts NULL. */
void pollers_finish(struct poll_run *run);

/* The same in place of pollers_run(): leaves nothing of the run in the spool. Accepts NULL. */
void pollers_cancel(struct poll_run *run);

#endif
