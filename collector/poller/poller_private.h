#ifndef FLEET_COLLECTOR_POLLER_POLLER_PRIVATE_H
#define FLEET_COLLECTOR_POLLER_POLLER_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/helper/helper.h"
#include "collector/poller/host_run.h"

/*
 * Shared by poller.c (a turn), poller_parent.c (rows in, outcomes out), poller_signer.c (hosts
 * that wait for a signature), poller_sync.c (hosts whose frames wait for the disk) and
 * poller_memory.c (what all hosts together may hold).
 */
struct poller {
	int epoll;
	struct host_env env;
	struct ipc_settings settings;
	struct probes probes;
	struct buffer command;
	struct deadlines deadlines; /* one a host: also the list of all hosts */
	struct host_run *touched;   /* of this turn */
	struct host_run *waiting;   /* for the signer */
	struct host_run *unsynced;  /* with frames that are not durable yet */
	uint32_t unsynced_count;
	int64_t sync_ms;       /* when they are to be, at the latest */
	size_t held, held_max; /* bytes of all hosts */
	uint32_t live, connecting, asked;
	uint32_t dark[DARK_COUNT]; /* of the live ones */
	bool is_ready;		   /* settings, probes and command are there */
	bool hears_signer, is_stopping;
	int64_t stop_ms;      /* when those in flight are ended */
	char control, signer; /* their addresses mark these sockets' events */
	struct ipc_packet packet;
};

struct host_run *poller_host_of(struct deadline *d);

/* The host will be stepped and settled in this turn. */
void poller_touch(struct poller *p, struct host_run *h);

/* Takes what the parent says; -1 when it is gone or talks nonsense. */
int poller_listen(struct poller *p) MUST_CHECK;

/* Writes the outcome line of a host that is over, tells the parent, and destroys it. */
void poller_report(struct poller *p, struct host_run *h);
void poller_tell_new_key(void *arg, uint32_t seq, size_t hop, const struct host_key *key);
void poller_tell_passed(void *arg, uint32_t seq, size_t hop);
void poller_ask_for_more(struct poller *p);

/* RLIMIT_RSS, see role.c. */
size_t poller_memory_max(void);

/* Counts what the host holds now, and ends those that hold most while all hold too much. */
void poller_weigh(struct poller *p, struct host_run *h);

/* Remembers a host that has put frames, if it did; forgets it; makes frames durable when it is
 * time, and touches their hosts. */
void poller_await_sync(struct poller *p, struct host_run *h);
void poller_stop_sync(struct poller *p, struct host_run *h);
void poller_sync(struct poller *p);

/* Remembers a host that asked the signer, if it did; forgets it; has all of them ask anew. */
void poller_await_signer(struct poller *p, struct host_run *h);
void poller_stop_waiting(struct poller *p, struct host_run *h);
void poller_ask_again(struct poller *p);
void poller_listen_to_signer(struct poller *p);

#endif
