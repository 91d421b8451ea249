#ifndef FLEET_SSH_SCAN_PRIVATE_H
#define FLEET_SSH_SCAN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ssh/host_key_judge.h"
#include "lib/ssh/identity.h"
#include "lib/ssh/scan.h"
#include "lib/ssh/session.h"

/* Shared by scan*.c only. */

/* One connection, which may be carried by another one. The host's trouble stands in its scan. */
struct call {
	const struct client *client;
	const char *known_hosts;
	uint64_t carries; /* so many others */
	struct ssh_scan *scan;
	struct ssh_session *session;
	int64_t deadline_ms;
};

enum { RECORDED_MAX = 16 };

/* What is needed to log in; all of it ours. */
struct login {
	struct known_hosts *hosts;
	struct host_key recorded[RECORDED_MAX];
	size_t recorded_count;
	struct host_key_types types; /* to be asked of a pinned host, once it showed others */
	struct identity *identity;   /* NULL: by password */
};

/* For CLEANUP(). */
void call_finish(struct call *c);
void login_finish(struct login *l);

/* Waits until a step is worth calling again. False when it is done or has come to nothing. */
bool call_wait(struct call *c, enum ssh_status status);

/* Always false. */
bool call_give_up(struct call *c, enum outcome outcome, const char *reason);

/* Connects and exchanges keys, of these types only (none: of any). -1 is our own trouble. */
int call_reach(
	struct call *c, const struct host_key *keys, size_t count, struct error *err) MUST_CHECK;

/* Everything up to a session that is logged in; the scan's outcome tells whether it is. */
int call_log_in(struct call *c, struct login *l, struct error *err) MUST_CHECK;

#endif
