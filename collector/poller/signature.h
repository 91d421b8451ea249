#ifndef FLEET_COLLECTOR_POLLER_SIGNATURE_H
#define FLEET_COLLECTOR_POLLER_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

/*
 * The poller's side of the signer, the process that holds the private keys. A poller asks it for
 * signatures (IPC_SIGN) and gets them only for login requests, see identity_sign_begin().
 */
struct signature {
	uint8_t *data; /* heap */
	size_t len;    /* 0: refused */
};

/* Both never wait: a question, marked with a number of the poller's, and later, when the socket is
 * readable, the answer that bears it. -1 with errno EAGAIN when there is no room, or no answer,
 * now; any other -1 means that the signer is gone. */
int signature_ask(
	int signer_fd, uint32_t serial, uint32_t id, const uint8_t *data, size_t len) MUST_CHECK;
int signature_take(int signer_fd, uint32_t *ret_serial, struct signature *ret_signature) MUST_CHECK;

#endif
