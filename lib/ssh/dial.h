#ifndef FLEET_SSH_DIAL_H
#define FLEET_SSH_DIAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/outcome.h"

/*
 * A TCP connection to a name or an address, waited for until a deadline of the monotonic
 * clock. Every address a name has is tried in turn, the time left being shared out.
 *
 * Returns a non-blocking socket and in `address` (64 bytes) what it is connected to; or -1, the
 * outcome, its stage and words for people.
 */
enum { DIAL_ADDRESS_SIZE = 64 };

int dial(const char *host, uint16_t port, int64_t deadline_ms,
	char address[static DIAL_ADDRESS_SIZE], enum outcome *ret_outcome, enum stage *ret_stage,
	char *reason, size_t size);

#endif
