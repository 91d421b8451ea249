#ifndef FLEET_SSH_OPENSSH_KEY_H
#define FLEET_SSH_OPENSSH_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/ssh/reader.h"

/*
 * A private key in OpenSSH's own format (openssh/PROTOCOL.key): ed25519, or ecdsa over one of
 * the three NIST curves, in the clear or encrypted with aes256-ctr or aes256-cbc. Everything
 * else is refused in words that say what to do.
 */
struct openssh_key;

/* The key types that every libssh2 can log in with; 1.10 signs with RSA and SHA-1 only. */
bool openssh_key_type_usable(struct slice type);

/* `text` ends with a NUL that `len` does not count; `file` is only for messages; `passphrase`
 * may be NULL. Secrets are kept in libsodium's guarded memory, an ecdsa key in libcrypto's,
 * which clears it. */
int openssh_key_begin(const char *file, const char *text, size_t len, const char *passphrase,
	struct openssh_key **ret_key, struct error *err) MUST_CHECK;

/* The key is of no use but to be destroyed until this returns 0. It returns 1, after some
 * milliseconds, as long as there is more to decrypt. */
int openssh_key_go_on(struct openssh_key *key, struct error *err) MUST_CHECK;

/* How many rounds of bcrypt it takes to decrypt it; 0 when it is not encrypted. */
uint32_t openssh_key_rounds(const struct openssh_key *key);
void openssh_key_destroy(struct openssh_key *key);

/* The public half as on the wire (RFC 4253, section 6.6); points into the key. */
struct slice openssh_key_public(const struct openssh_key *key);

/* The bare signature, without the name of its algorithm: 64 bytes for ed25519 (RFC 8709), two
 * mpints for ecdsa (RFC 5656). Heap, caller frees. */
int openssh_key_sign(const struct openssh_key *key, const uint8_t *data, size_t len,
	uint8_t **ret_sig, size_t *ret_len, struct error *err) MUST_CHECK;

#endif
