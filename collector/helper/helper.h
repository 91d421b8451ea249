#ifndef FLEET_COLLECTOR_HELPER_HELPER_H
#define FLEET_COLLECTOR_HELPER_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/error.h"

/*
 * The helpers of one collector run: this program executed again under another role, so that
 * nothing of the parent's memory is in theirs. Descriptors are handed over under fixed
 * numbers, everything else is closed; neither argv nor the environment carries a secret.
 */
enum {
	HELPER_CONTROL = 3, /* SOCK_SEQPACKET to the parent, in every role */
	POLLER_SIGNER = 4,
	POLLER_SPOOL = 5,
	POLLER_OUTCOMES = 6,
	POLLER_PROBES = 7, /* and following */
	HELPER_FDS_MAX = 24,
	HELPER_IDENTITIES_MAX = 1024, /* that one run can use */
};

/* Starts "--ROLE"; fds[i] becomes HELPER_CONTROL + i there and stays open here. */
int helper_spawn(const char *role, const int *fds, size_t count, pid_t *ret_pid,
	struct error *err) MUST_CHECK;

/* What a helper does first: dies with its parent, can gain no privilege, dumps no core, lets
 * nobody trace it, and leaves signals from the terminal to the parent. */
int helper_confine(struct error *err) MUST_CHECK;

/* Caps the address space: an absurd length in a packet is then a failed allocation. */
int helper_limit_memory(size_t bytes, struct error *err) MUST_CHECK;

/* Kills (unless it is gone) and reaps. Accepts 0. */
void helper_end(pid_t pid);

/* The same, but first leaves it a moment to end by itself, now that its control socket is
 * closed. False when it had to be killed or ended badly. */
bool helper_dismiss(pid_t pid);

#endif
