#ifndef FLEET_COLLECTOR_DISPATCH_WORKER_H
#define FLEET_COLLECTOR_DISPATCH_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "collector/dispatch/identities.h"
#include "collector/ipc/ipc.h"
#include "lib/error.h"
#include "lib/probes.h"

/*
 * One poller process, seen from the parent.
 */
struct worker {
	pid_t pid; /* 0 = not there */
	int control;
	int signing;	  /* the signer's end of its socket */
	uint32_t signers; /* which of them it was handed to, as in struct identities; 0: none */
	uint32_t wanted;  /* hosts it has room for */
	uint32_t flying;  /* hosts it has */
	bool is_full;	  /* its queue is: POLLOUT tells when it is not */
	bool is_told;	  /* to take no more hosts */
};

struct worker_setup {
	const struct ipc_settings *settings;
	const struct probes *probes;
	int spool_fd;
	uint32_t number; /* of its files; no two of a run share one */
};

int worker_start(struct worker *w, const struct worker_setup *setup, struct error *err) MUST_CHECK;

/* When there is a signer that does not have it yet, that gets the poller's socket, and the poller
 * is told. Does nothing as long as the queue of either is full. When it fails the poller finds its
 * signer gone. */
int worker_follow_signer(
	struct worker *w, struct identities *identities, struct error *err) MUST_CHECK;

/* -1 with errno; EAGAIN (and is_full): later. */
int worker_send(struct worker *w, enum ipc_type type, const void *message) MUST_CHECK;

/* Kills and reaps it; or lets it go when there is nothing left to do. Both accept one that is
 * not there. */
void worker_end(struct worker *w);
void worker_dismiss(struct worker *w);

#endif
