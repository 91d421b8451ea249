#ifndef FLEET_CRYPTO_HMAC_H
#define FLEET_CRYPTO_HMAC_H

#include <stddef.h>
#include <stdint.h>

/*
 * HMAC-SHA256 (RFC 2104, RFC 6234), by libsodium, which need not be started for it.
 */
enum { HMAC_SIZE = 32 };

/* Over `head` and then `body`, as if they were one text. The key may have any length. */
void hmac_sha256(const void *key, size_t key_len, const char *head, const void *body,
	size_t body_len, uint8_t ret_hmac[static HMAC_SIZE]);

#endif
