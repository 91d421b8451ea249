#ifndef FLEET_SSH_AGENT_H
#define FLEET_SSH_AGENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/ssh/reader.h"

/*
 * An SSH agent (draft-miller-ssh-agent) at a Unix socket: which keys it holds, and signatures
 * by one of them. Each request has ten seconds; an agent that asks a person for every signature
 * is of no use to cron. The one after a request that failed has a connection of its own; after two
 * in a row that it did not answer it is asked no more, lest it hold up everybody else for ever.
 */
struct agent;

int agent_open(const char *path, struct agent **ret_agent, struct error *err) MUST_CHECK;
void agent_close(struct agent *a);

/* Looks for this public key, or, when `wanted` is empty, for the first usable one. Its blob is
 * on the heap, the caller frees it. */
int agent_find(struct agent *a, struct slice wanted, uint8_t **ret_blob, size_t *ret_len,
	struct error *err) MUST_CHECK;

/* The bare signature, as openssh_key_sign() gives it. */
int agent_sign(struct agent *a, struct slice blob, struct slice data, uint8_t **ret_sig,
	size_t *ret_len, struct error *err) MUST_CHECK;

#endif
