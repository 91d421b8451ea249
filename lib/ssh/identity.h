#ifndef FLEET_SSH_IDENTITY_H
#define FLEET_SSH_IDENTITY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/*
 * Something that can sign a login: a private key file in OpenSSH's own format
 * (openssh/PROTOCOL.key; ed25519 and ecdsa, encrypted or not), parsed and decrypted once a
 * run, or a key that an agent holds (draft-miller-ssh-agent).
 */
struct identity;

/* `file`: a private key; "agent" for the first ed25519 or ecdsa key of the agent at
 * $SSH_AUTH_SOCK; "agent:PATH" for another socket; or a .pub file, whose private half the
 * agent must hold. `passphrase_file` may be "". Refuses a private key that others can read. */
int identity_open(const char *file, const char *passphrase_file, struct identity **ret_identity,
	struct error *err) MUST_CHECK;

/* The same in steps of some milliseconds each, since a passphrase is slow on purpose, and an agent
 * may be: after the first the identity is of no use but to be closed until the second returns 0.
 * It returns 1 as long as it is to be called again, once identity_waits() is over. */
int identity_begin(const char *file, const char *passphrase_file, struct identity **ret_identity,
	struct error *err) MUST_CHECK;
int identity_go_on(struct identity *id, struct error *err) MUST_CHECK;

/* Whether the next step is an agent's: then what to wait for, and until when (monotonic). */
bool identity_waits(const struct identity *id, struct pollfd *ret_fd, int64_t *ret_deadline_ms);

/* How many rounds of bcrypt its passphrase takes; 0 without one. */
uint32_t identity_rounds(const struct identity *id);

void identity_close(struct identity *id);

/* The public key as it goes over the wire; points into `id`. */
const uint8_t *identity_public(const struct identity *id, size_t *ret_len);

/* Signs one SSH userauth request. Anything that is not exactly such a request for this key is
 * refused: bytes of a hostile poller never become a signature for something else. The
 * signature is the raw form that libssh2's sign callback returns; heap, caller frees. */
int identity_sign(struct identity *id, const uint8_t *data, size_t len, uint8_t **ret_sig,
	size_t *ret_len, struct error *err) MUST_CHECK;

/* The same without waiting for an agent: 1 when it was asked, and then, as long as it is to be
 * called again, from the second. One signature at a time. */
int identity_sign_begin(struct identity *id, const uint8_t *data, size_t len, uint8_t **ret_sig,
	size_t *ret_len, struct error *err) MUST_CHECK;
int identity_sign_go_on(
	struct identity *id, uint8_t **ret_sig, size_t *ret_len, struct error *err) MUST_CHECK;

#endif
