#ifndef FLEET_COLLECTOR_DISPATCH_REQUEST_H
#define FLEET_COLLECTOR_DISPATCH_REQUEST_H

#include "lib/seal.h"
#include "lib/wire/wire.h"

/* What is asked of a client: its nonce, and the folders of its files under each of the server's
 * keys, the newest first. Pure. */
void request_make(struct wire_request *ret_request, const struct keyring *ring, const char *client,
	uint64_t attempt_id);

#endif
