#ifndef FLEET_COLLECTOR_DISPATCH_IDENTITIES_H
#define FLEET_COLLECTOR_DISPATCH_IDENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "collector/ipc/ipc.h"
#include "lib/config/config.h"
#include "lib/error.h"

/*
 * The parent's side of the signer: which identities a run uses, each opened once there, and
 * their public halves, which are all that leaves it. To open one may take long, on purpose; only
 * the hosts that need it wait.
 */
struct known_identity {
	const char *file, *passphrase_file; /* the configuration's */
	uint8_t *blob;			    /* when it is open */
	size_t len;
	char *reason; /* when it cannot be used */
	bool is_ours; /* the reason: nothing is wrong with the key */
	bool is_lost; /* it was open in a signer that died, and is to be again */
};

struct identities {
	struct known_identity *items;
	size_t count, size, asked, pending; /* pending: neither open nor refused */
	size_t lost;
	bool is_told;	    /* the signer: that was all */
	pid_t pid;	    /* of the signer; 0 = there is none */
	int control;	    /* -1 = there is none */
	uint32_t signers;   /* so far; one more when there will be no other */
	int64_t started_ms; /* monotonic */
};

/* The identity of a client: 1 + its index, added when it is new; 0 when there are as many as the
 * signer holds. -1 without memory. */
int identities_add(struct identities *ids, const char *file, const char *passphrase_file,
	uint32_t *ret_identity) MUST_CHECK;

/* Starts the signer, if there is anything for it. */
int identities_start(struct identities *ids, struct error *err) MUST_CHECK;

/* Is it open or refused? 0, which is none, is. */
bool identities_is_settled(const struct identities *ids, uint32_t identity);

/* What to poll. */
struct pollfd;
void identities_poll(const struct identities *ids, struct pollfd *fd);

/* Asks for what was not asked for yet and takes the answers that are there, never waiting. Each
 * identity that is settled by that is told to `settled`; what cannot be opened was said as a
 * warning, and so was what took long. A signer that died is replaced, some times: then `signers`
 * has changed, and the pollers' sockets are to be handed over again. -1 without memory. */
typedef void identity_settled(void *arg, uint32_t identity);
int identities_go_on(struct identities *ids, identity_settled *settled, void *arg) MUST_CHECK;

/* There was a signer, and will be no other. */
bool identities_are_lost(const struct identities *ids);

/* Refuses what is still pending: there is no more time for it. */
void identities_give_up(struct identities *ids, identity_settled *settled, void *arg);

/* Hands the far end of a poller's socket to the signer; the caller keeps it, too, for the next one.
 * When there will be none that end is shut, which tells the poller. Only while it has room. */
bool identities_has_room(const struct identities *ids);
int identities_serve(struct identities *ids, int fd, struct error *err) MUST_CHECK;

void identities_finish(struct identities *ids);

#endif
