#ifndef FLEET_CRYPTO_SEAL_H
#define FLEET_CRYPTO_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/error.h"
#include "lib/wire/wire.h"

/*
 * Sealing, the server's side. The only user of libsodium's public-key API on the server;
 * its types do not cross this header.
 *
 * A report is sealed with crypto_box_seal (libsodium: an ephemeral X25519 key, then
 * XSalsa20-Poly1305) to the server's public key. A sealed box does not say who sealed it:
 * that the report is this client's answer to this attempt is shown by SSH and by the nonce
 * inside, see keyring_nonce().
 *
 * A key id is the first 8 bytes of BLAKE2b-256 of the public key, as 16 hex digits. Several
 * keys are valid at once (at most KEYRING_KEYS_MAX, as many as a request can name): the first
 * seals, all open, so that a rotated key still opens what clients had kept.
 *
 * server.key, mode 0600, owned by the user or root, one key a line, newest first:
 *
 *   # comment
 *   <key id> <created, ISO 8601 UTC> <64 hex digits: the X25519 secret key>
 *
 * server.pub, mode 0644, the same with public keys.
 */
enum { KEYRING_KEYS_MAX = WIRE_KEY_IDS_MAX };

struct keyring; /* secret keys in locked, guarded memory; wiped by keyring_destroy() */

struct keyring_entry {
	char id[17];
	char created[25];
	uint8_t public_key[32];
};

enum { SEAL_NONCE_SIZE = 16 };

/* Must be called once, before any other function here. */
int seal_init(struct error *err) MUST_CHECK;

/* Reads server.key. Refuses a file that others can read, as ssh does, and says what to do.
 * A missing file is an error too; errno is ENOENT then. */
int keyring_load(const char *path, struct keyring **ret_ring, struct error *err) MUST_CHECK;

/* Makes the first key, or (rotate) a new first one before those in the file, and writes
 * server.key and server.pub atomically. Without rotate an existing file is an error and stays
 * as it is; errno is EEXIST then. Of two programs at once one makes the key, the other gets
 * that error and can load it; of two rotations one waits for the other. A ring that is full is
 * not rotated, and a failure leaves server.key as it was. */
int keyring_generate(
	const char *key_path, const char *pub_path, int rotate, struct error *err) MUST_CHECK;

void keyring_destroy(struct keyring *ring);

size_t keyring_count(const struct keyring *ring);
const struct keyring_entry *keyring_entry(const struct keyring *ring, size_t i);

/* The nonce a report sealed to key `i` must carry for this client and attempt: keyed
 * BLAKE2b-128 over both, with a key derived from secret key `i`. No state is needed to
 * recognise a replayed or swapped report. */
void keyring_nonce(const struct keyring *ring, size_t i, const char *client, uint64_t attempt_id,
	uint8_t ret_nonce[static SEAL_NONCE_SIZE]);

/* What the wire calls a key id: the folder in which this client keeps reports sealed to key
 * `i`. The first 8 bytes of BLAKE2b over the key's id and the client's name, so that several
 * clients that log in to one account do not take each other's reports, whose nonces would not
 * fit. Fills 16 hex digits and a NUL. */
void keyring_folder(
	const struct keyring *ring, size_t i, const char *client, char ret_id[static 17]);

/* Opens a sealed box with whichever key fits and appends the plain text to `out` (whose cap
 * holds). *ret_key is the key's index. On failure errno is EBADMSG when no key opens it, and that
 * of buffer_reserve() without room. */
int keyring_open(const struct keyring *ring, const void *sealed, size_t len, struct buffer *out,
	size_t *ret_key, struct error *err) MUST_CHECK;

#endif
