#ifndef FLEET_COLLECTOR_HOST_KEY_CHECK_H
#define FLEET_COLLECTOR_HOST_KEY_CHECK_H

#include <stddef.h>

#include "collector/verdict.h"
#include "lib/config/config.h"
#include "lib/ssh/known_hosts.h"

/*
 * Whether the key a host shows is the one it should show. Decided before any credential is
 * sent; pure.
 */
enum host_key_answer {
	HOST_KEY_TRUSTED,
	HOST_KEY_NEW,	  /* accept-new: trusted from now on, to be recorded */
	HOST_KEY_REFUSED, /* *ret_verdict tells why, with both fingerprints */
};

/* `recorded` are those of known_hosts, revoked ones included; `pin` counts when the policy is
 * HOST_KEY_PINNED, and then nothing recorded does but @revoked. */
enum host_key_answer host_key_check(enum host_key_policy policy, const char *pin,
	const struct host_key *recorded, size_t count, const struct host_key *shown,
	struct verdict *ret_verdict);

#endif
