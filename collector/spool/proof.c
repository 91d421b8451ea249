#include "collector/spool/proof.h"

#include <string.h>

#include "lib/hex.h"

static void make(const struct keyring *ring, size_t key, const char *client, uint64_t attempt_id,
	char ret_nonce[static SPOOL_NONCE_SIZE])
{
	uint8_t nonce[SEAL_NONCE_SIZE];
	keyring_nonce(ring, key, client, attempt_id, nonce);
	(void)hex_encode(ret_nonce, nonce, sizeof nonce);
}

void proof_make(const struct keyring *ring, const char *client, uint64_t attempt_id,
	char ret_nonce[static SPOOL_NONCE_SIZE])
{
	make(ring, 0, client, attempt_id, ret_nonce);
}

bool proof_holds(const struct keyring *ring, const struct spool_outcome *o)
{
	char nonce[SPOOL_NONCE_SIZE];
	bool holds = false;
	for (size_t i = 0; !holds && i < keyring_count(ring); i++) {
		make(ring, i, o->client, o->attempt_id, nonce);
		holds = strcmp(nonce, o->nonce) == 0;
	}
	return holds;
}
