#ifndef FLEET_SSH_AGENT_H
#define FLEET_SSH_AGENT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/ssh/reader.h"

/*
 * An SSH agent (draft-miller-ssh-agent) at a Unix socket: which keys it holds, and signatures
 * by one of them. Nothing here waits, so that an agent that is slow holds up nobody else: a
 * question is asked, agent_go_on() is called until it is answered, and then the answer is taken.
 *
 * Each request has ten seconds; an agent that asks a person for every signature is of no use to
 * cron. The one after a request that failed has a connection of its own; after two in a row that it
 * did not answer it is asked no more.
 */
struct agent;

int agent_open(const char *path, struct agent **ret_agent, struct error *err) MUST_CHECK;
void agent_close(struct agent *a);

/* One question at a time. */
int agent_ask_keys(struct agent *a, struct error *err) MUST_CHECK;
int agent_ask_signature(
	struct agent *a, struct slice blob, struct slice data, struct error *err) MUST_CHECK;

/* 0 when the answer is there, 1 when it is to be called again, once agent_waits() is over. */
int agent_go_on(struct agent *a, struct error *err) MUST_CHECK;

/* Whether it has a question to answer: then what to wait for, and until when (monotonic). */
bool agent_waits(const struct agent *a, struct pollfd *ret_fd, int64_t *ret_deadline_ms);

/* Looks for this public key, or, when `wanted` is empty, for the first usable one. Its blob is
 * on the heap, the caller frees it. */
int agent_take_key(const struct agent *a, struct slice wanted, uint8_t **ret_blob, size_t *ret_len,
	struct error *err) MUST_CHECK;

/* The bare signature, as openssh_key_sign() gives it. */
int agent_take_signature(
	const struct agent *a, uint8_t **ret_sig, size_t *ret_len, struct error *err) MUST_CHECK;

#endif
