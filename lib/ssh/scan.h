#ifndef FLEET_SSH_SCAN_H
#define FLEET_SSH_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/outcome.h"
#include "lib/ssh/known_hosts.h"

/*
 * One unhurried, blocking look at one host, for `fleet trust` and `fleet check --connect`. The
 * client's timeout covers connecting and everything after it; getaddrinfo(3) cannot be given
 * one, so a resolver that hangs holds this up for as long as resolv.conf(5) says.
 *
 * A client behind jump hosts is reached through them: each is logged in to as the client's own
 * configuration of it says. What goes wrong there has the stage STAGE_JUMP and a reason that
 * begins with "jump host NAME".
 */
enum { SCAN_KEYS_MAX = 3 };

struct ssh_scan {
	enum outcome outcome; /* OK, or why not */
	enum stage stage;
	char address[64];		     /* that was reached; as configured, through a jump */
	char banner[256];		     /* the server's version line, escaped */
	struct host_key keys[SCAN_KEYS_MAX]; /* heap copies, freed by ssh_scan_finish() */
	size_t key_count;
	char reason[512]; /* for people; both sides' algorithms on a mismatch */
};

/* Collects the host keys of every type the library can verify, one connection each. No
 * credential is sent but to jump hosts, whose keys must be in known_hosts. Host trouble is in
 * ret_scan; -1 is our own. */
int ssh_scan_keys(const struct client *client, const char *known_hosts, struct ssh_scan *ret_scan,
	struct error *err) MUST_CHECK;

/* Connects, checks the host key by the client's policy against known_hosts (accept-new only
 * reports), authenticates and disconnects. Runs no command. */
int ssh_scan_login(const struct client *client, const char *known_hosts, struct ssh_scan *ret_scan,
	struct error *err) MUST_CHECK;

void ssh_scan_finish(struct ssh_scan *scan);

/* Runs one command, feeds it `input`, appends its standard output; for `fleet forget`. */
int ssh_run(const struct client *client, const char *known_hosts, const char *command,
	const char *input, struct buffer *output, struct ssh_scan *ret_scan,
	struct error *err) MUST_CHECK;

#endif
