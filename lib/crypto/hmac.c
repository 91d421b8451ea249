#include "lib/crypto/hmac.h"

#include <sodium.h>
#include <string.h>

void hmac_sha256(const void *key, size_t key_len, const char *head, const void *body,
	size_t body_len, uint8_t ret_hmac[static HMAC_SIZE])
{
	_Static_assert(HMAC_SIZE == crypto_auth_hmacsha256_BYTES, "see hmac.h");
	crypto_auth_hmacsha256_state state;
	(void)crypto_auth_hmacsha256_init(&state, key, key_len);
	(void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, strlen(head));
	(void)crypto_auth_hmacsha256_update(&state, body, body_len);
	(void)crypto_auth_hmacsha256_final(&state, ret_hmac);
	sodium_memzero(&state, sizeof state);
}
