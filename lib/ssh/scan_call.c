/*
 * Getting to a host: directly, or over a session with its jump host, to which the way is the same.
 */
#include "lib/ssh/scan_private.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/ssh/dial.h"

enum { TURN_BYTES = 256 * 1024, SESSION_BYTES = 16 * 1024 * 1024 };

void call_finish(struct call *c)
{
	ssh_session_destroy(c->session);
}

bool call_give_up(struct call *c, enum outcome outcome, const char *reason)
{
	c->scan->outcome = outcome;
	(void)snprintf(c->scan->reason, sizeof c->scan->reason, "%s", reason);
	return false;
}

/* As the collector says it. */
static void blame(struct ssh_scan *scan, const struct client *jump)
{
	char reason[sizeof scan->reason];
	if (scan->stage == STAGE_JUMP) /* another one was to blame */
		return;
	memcpy(reason, scan->reason, sizeof reason);
	(void)snprintf(scan->reason, sizeof scan->reason, "jump host %.100s (%s): %.380s",
		jump->name, stage_name(scan->stage), reason);
	scan->stage = STAGE_JUMP;
}

static void fail(struct call *c)
{
	const struct client *at = c->client;
	c->scan->outcome = ssh_session_failure(c->session, c->scan->reason, sizeof c->scan->reason);
	for (size_t i = ssh_session_failed_below(c->session); i > 0; i--)
		at = at->jump;
	if (at != c->client)
		blame(c->scan, at);
}

bool call_wait(struct call *c, enum ssh_status status)
{
	if (status == SSH_FAILED)
		fail(c);
	if (status != SSH_AGAIN)
		return false;
	int64_t left = c->deadline_ms - clock_monotonic_ms();
	struct pollfd p = { .fd = ssh_session_fd(c->session),
		.events = ssh_session_events(c->session) };
	if (left > 0)
		(void)poll(&p, 1, ssh_session_has_more(c->session) ? 0 : (int)left);
	ssh_session_new_turn(c->session);
	return left > 0 || call_give_up(c, OUTCOME_TIMEOUT, "no answer in time");
}

/* The jump host, which is logged in to, connects to the client. */
static void forward(struct call *c, const struct client *to)
{
	char reason[sizeof c->scan->reason];
	enum ssh_status status;
	c->scan->stage = STAGE_CONNECT;
	do
		status = ssh_session_forward(c->session, to->ip, to->port);
	while (call_wait(c, status));
	if (status == SSH_DONE || c->scan->stage == STAGE_JUMP)
		return;
	memcpy(reason, c->scan->reason, sizeof reason);
	(void)snprintf(c->scan->reason, sizeof c->scan->reason, "jump host %.100s: %.390s",
		c->client->name, reason);
}

/* Gets a session with the client over one with its jump host. */
static int climb(struct call *c, const struct ssh_budget *budget, const struct host_key *keys,
	size_t count, struct error *err)
{
	struct ssh_scan scan;
	CLEANUP(login_finish) struct login l = { 0 };
	CLEANUP(call_finish)
	struct call below = { .client = c->client->jump,
		.known_hosts = c->known_hosts,
		.carries = c->carries + 1,
		.scan = &scan,
		.deadline_ms = c->deadline_ms };
	if (call_log_in(&below, &l, err) < 0)
		return -1;
	if (scan.outcome == OUTCOME_OK)
		forward(&below, c->client);
	else
		blame(&scan, c->client->jump);
	c->scan->outcome = scan.outcome;
	c->scan->stage = scan.stage;
	memcpy(c->scan->reason, scan.reason, sizeof scan.reason);
	(void)snprintf(c->scan->address, sizeof c->scan->address, "%.63s", c->client->ip);
	if (scan.outcome != OUTCOME_OK)
		return 0;
	struct ssh_session *carrier = below.session;
	below.session = NULL;
	return ssh_session_create_through(carrier, budget, keys, count, &c->session, err);
}

static int open_session(
	struct call *c, const struct host_key *keys, size_t count, struct error *err)
{
	const struct ssh_budget budget = { TURN_BYTES, SESSION_BYTES * (1 + c->carries) };
	struct ssh_scan *scan = c->scan;
	scan->outcome = OUTCOME_OK;
	scan->reason[0] = 0;
	if (c->client->jump)
		return climb(c, &budget, keys, count, err);
	int fd = dial(c->client->ip, c->client->port, c->deadline_ms, scan->address, &scan->outcome,
		&scan->stage, scan->reason, sizeof scan->reason);
	if (fd < 0)
		return 0;
	return ssh_session_create(fd, &budget, keys, count, &c->session, err);
}

int call_reach(struct call *c, const struct host_key *keys, size_t count, struct error *err)
{
	if (ssh_global_init(err) < 0 || open_session(c, keys, count, err) < 0)
		return -1;
	if (!c->session)
		return 0;
	enum ssh_status status;
	c->scan->stage = STAGE_HANDSHAKE;
	do
		status = ssh_session_handshake(c->session);
	while (call_wait(c, status));
	const char *banner = ssh_session_banner(c->session);
	(void)escape_text(c->scan->banner, sizeof c->scan->banner, banner, strlen(banner));
	return 0;
}
