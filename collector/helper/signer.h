#ifndef FLEET_COLLECTOR_HELPER_SIGNER_H
#define FLEET_COLLECTOR_HELPER_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

/*
 * The process that holds the private keys. The parent tells it files to open (IPC_OPEN) and
 * hands it the pollers' sockets (IPC_CLIENT); pollers ask it for signatures (IPC_SIGN) and
 * get them only for login requests, see identity_sign().
 */
struct signature {
	uint8_t *data; /* heap */
	size_t len;    /* 0: refused */
};

/* The poller's side, which never waits: a question, marked with a number of the poller's, and
 * later, when the socket is readable, the answer that bears it. -1 with errno EAGAIN when
 * there is no room, or no answer, now; any other -1 means that the signer is gone. */
int signer_ask(
	int signer_fd, uint32_t serial, uint32_t id, const uint8_t *data, size_t len) MUST_CHECK;
int signer_answer(int signer_fd, uint32_t *ret_serial, struct signature *ret_signature) MUST_CHECK;

#endif
