#ifndef FLEET_COLLECTOR_POLL_IDENTITIES_H
#define FLEET_COLLECTOR_POLL_IDENTITIES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collector/ipc/ipc.h"
#include "lib/config/config.h"
#include "lib/error.h"

/*
 * The parent's side of the signer: which identities a run uses, each opened once there, and
 * their public halves, which are all that leaves it.
 */
struct known_identity {
	const char *file, *passphrase_file; /* the configuration's */
	uint8_t *blob;			    /* NULL when it cannot be used: `reason` */
	size_t len;
	char *reason;
};

struct identities {
	struct known_identity *items;
	size_t count;
	pid_t pid; /* of the signer; 0 = none was needed */
	int control;
};

/* The identity of a client: 1 + its index, added when it is new. 0 when there are too many or
 * no memory. */
uint32_t identities_add(struct identities *ids, const char *file, const char *passphrase_file);

/* Starts the signer and has it open what was added. What cannot be opened is in `reason`, and
 * was said as a warning. */
int identities_open(struct identities *ids, struct error *err) MUST_CHECK;

/* Hands a poller's socket to the signer. */
int identities_serve(struct identities *ids, int fd, struct error *err) MUST_CHECK;

void identities_finish(struct identities *ids);

#endif
