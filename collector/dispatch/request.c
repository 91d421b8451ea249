#include "collector/dispatch/request.h"

#include <string.h>

void request_make(struct wire_request *ret_request, const struct keyring *ring,
	const struct client *client, uint64_t attempt_id)
{
	struct wire_request *r = ret_request;
	*r = (struct wire_request){
		.attempt_id = attempt_id,
		.files_max = WIRE_FILES_MAX,
		.bytes_max = WIRE_BYTES_MAX,
		.asks = client->asks,
	};
	memcpy(r->public_key, keyring_entry(ring, 0)->public_key, sizeof r->public_key);
	keyring_nonce(ring, 0, client->name, attempt_id, r->nonce);
	for (size_t i = 0; i < keyring_count(ring) && i < WIRE_KEY_IDS_MAX; i++)
		keyring_folder(ring, i, client->name, r->open[r->open_count++].hex);
	r->key_id = r->open[0];
}
