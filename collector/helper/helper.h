#ifndef FLEET_COLLECTOR_HELPER_HELPER_H
#define FLEET_COLLECTOR_HELPER_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "collector/helper/role.h"
#include "lib/error.h"

/*
 * The helpers of one collector run: the program fleet-helper in one of three roles, so that
 * nothing of the parent's memory is in theirs, and no library that they do not need. Descriptors
 * are handed over under fixed numbers, everything else is closed; neither argv nor the environment
 * carries a secret.
 */
enum {
	HELPER_CONTROL = 3, /* SOCK_SEQPACKET to the parent, in every role */
	POLLER_SIGNER = 4,
	POLLER_FRAMES = 5, /* these two: files in the spool, to append to */
	POLLER_OUTCOMES = 6,
	POLLER_PROBES = 7, /* and following */
	HELPER_FDS_MAX = 24,
	HELPER_IDENTITIES_MAX = 1024, /* that one run can use */
};

/* Opens fleet-helper, which was built or installed with this program. Once, before the first helper
 * starts: all of a run are the same one. */
int helper_find_program(struct error *err) MUST_CHECK;

/* Whom helpers become when the run is root's: `name` as in <collector user="…"/>, "" = nobody
 * else's number, see confine_user_find(). Said with -v when a container has no second user; with
 * a name that is an error. Once, before the first helper starts. */
int helper_choose_user(const char *name, struct error *err) MUST_CHECK;

/* Starts "fleet-helper --ROLE"; fds[i] becomes HELPER_CONTROL + i there and stays open here. */
int helper_spawn(
	enum role role, const int *fds, size_t count, pid_t *ret_pid, struct error *err) MUST_CHECK;

/* The same with nothing but HELPER_CONTROL, whose other end becomes *ret_control. */
int helper_start(enum role role, pid_t *ret_pid, int *ret_control, struct error *err) MUST_CHECK;

/* The roles. They return an exit status. */
int poller_main(void);
int resolver_main(void);
int signer_main(void);

/* What a helper does first, since it starts with all signals blocked, and as the run's own user:
 * becomes the user that it is told, leaves signals from the terminal to the parent, dies with it,
 * can gain no privilege, dumps no core, lets nobody trace it, and has the limits of role.c. */
int helper_confine(enum role role, struct error *err) MUST_CHECK;

/* Kills (unless it is gone) and reaps. Accepts 0. */
void helper_end(pid_t pid);

/* The same, but first leaves it a moment to end by itself, now that its control socket is
 * closed. False when it had to be killed or ended badly. */
bool helper_dismiss(pid_t pid);

#endif
