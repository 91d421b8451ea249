#ifndef FLEET_CONFIG_SECRETS_H
#define FLEET_CONFIG_SECRETS_H

#include <stddef.h>

#include "lib/compiler.h"

/*
 * Passwords, packed into a few guarded, locked regions of libsodium: one region a password
 * would cost four pages each and exhaust RLIMIT_MEMLOCK with the first hundred clients.
 */
struct secret_chunk;

struct secrets {
	struct secret_chunk *chunks; /* zero-initialised it is empty */
};

/* A copy of `len` bytes and a NUL. NULL without memory. */
const char *secrets_add(struct secrets *s, const char *text, size_t len) MUST_CHECK;

/* Wipes and frees everything. */
void secrets_finish(struct secrets *s);

#endif
