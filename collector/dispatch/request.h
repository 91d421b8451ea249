#ifndef FLEET_COLLECTOR_DISPATCH_REQUEST_H
#define FLEET_COLLECTOR_DISPATCH_REQUEST_H

#include "lib/config/config.h"
#include "lib/crypto/seal.h"
#include "lib/wire/wire.h"

/* What is asked of a client: its nonce, the folders of its files under each of the server's keys,
 * the newest first, and what the configuration wants to know of it. Pure. */
void request_make(struct wire_request *ret_request, const struct keyring *ring,
	const struct client *client, uint64_t attempt_id);

#endif
