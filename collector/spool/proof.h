#ifndef FLEET_COLLECTOR_SPOOL_PROOF_H
#define FLEET_COLLECTOR_SPOOL_PROOF_H

#include "collector/spool/spool.h"
#include "lib/crypto/seal.h"

/*
 * Pollers write outcome lines by themselves, and one that was taken over writes what it likes. So
 * a line bears the nonce of its attempt at its client, which nobody makes without the server's
 * key, and which a poller gets with the host: it can lie about those that it was given.
 */
void proof_make(const struct keyring *ring, const char *client, uint64_t attempt_id,
	char ret_nonce[static SPOOL_NONCE_SIZE]);

/* Does it bear that of its own client and attempt, under any of the keys? */
bool proof_holds(const struct keyring *ring, const struct spool_outcome *o);

#endif
