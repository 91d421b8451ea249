/*
 * The non-blocking session, waited for: what a person at a terminal wants of one host.
 */
#include "lib/ssh/scan.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/ssh/dial.h"
#include "lib/ssh/host_key_judge.h"
#include "lib/ssh/identity.h"
#include "lib/ssh/session.h"

enum {
	RECORDED_MAX = 16,
	TURN_BYTES = 256 * 1024,
	SESSION_BYTES = 16 * 1024 * 1024,
};

/* One connection, which may be carried by another one. */
struct call {
	const struct client *client;
	const char *known_hosts;
	uint64_t carries; /* so many others */
	struct ssh_scan *scan;
	struct ssh_session *session;
	int64_t deadline_ms;
};

/* What is needed to log in; all of it ours. */
struct login {
	struct known_hosts *hosts;
	struct host_key recorded[RECORDED_MAX];
	size_t recorded_count;
	struct host_key_types types; /* to be asked of a pinned host, once it showed others */
	struct identity *identity;   /* NULL: by password */
};

static void call_finish(struct call *c)
{
	ssh_session_destroy(c->session);
}

static void login_finish(struct login *l)
{
	identity_close(l->identity);
	known_hosts_destroy(l->hosts);
}

static bool came_to_nothing(struct call *c, enum outcome outcome, const char *reason)
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

/* Waits until a step is worth calling again. False when it is done or has come to nothing. */
static bool again(struct call *c, enum ssh_status status)
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
	return left > 0 || came_to_nothing(c, OUTCOME_TIMEOUT, "no answer in time");
}

static int log_in(struct call *c, struct login *l, struct error *err);

/* The jump host, which is logged in to, connects to the client. */
static void forward(struct call *c, const struct client *to)
{
	char reason[sizeof c->scan->reason];
	enum ssh_status status;
	c->scan->stage = STAGE_CONNECT;
	do
		status = ssh_session_forward(c->session, to->ip, to->port);
	while (again(c, status));
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
	if (log_in(&below, &l, err) < 0)
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

/* Connects and exchanges keys. -1 is our own trouble; the host's stands in the scan. */
static int reach(struct call *c, const struct host_key *keys, size_t count, struct error *err)
{
	if (ssh_global_init(err) < 0 || open_session(c, keys, count, err) < 0)
		return -1;
	if (!c->session)
		return 0;
	enum ssh_status status;
	c->scan->stage = STAGE_HANDSHAKE;
	do
		status = ssh_session_handshake(c->session);
	while (again(c, status));
	const char *banner = ssh_session_banner(c->session);
	(void)escape_text(c->scan->banner, sizeof c->scan->banner, banner, strlen(banner));
	return 0;
}

/* Keys. */

static int keep_key(struct ssh_scan *scan, const struct host_key *key, struct error *err)
{
	for (size_t i = 0; i < scan->key_count; i++)
		if (strcmp(scan->keys[i].type, key->type) == 0)
			return 0;
	if (scan->key_count == SCAN_KEYS_MAX)
		return 0;
	struct host_key *copy = &scan->keys[scan->key_count];
	char *type = strdup(key->type);
	uint8_t *blob = malloc(key->blob_len ? key->blob_len : 1);
	if (!type || !blob) {
		free(type);
		free(blob);
		return error_set(err, "no memory");
	}
	memcpy(blob, key->blob, key->blob_len);
	*copy = (struct host_key){ .type = type, .blob = blob, .blob_len = key->blob_len };
	scan->key_count++;
	return 0;
}

/* One connection that asks for keys of these types only, or for any. */
static int scan_once(
	const struct call *call, const struct host_key *types, size_t count, struct error *err)
{
	CLEANUP(call_finish) struct call c = *call;
	struct host_key key;
	if (reach(&c, types, count, err) < 0)
		return -1;
	if (c.scan->outcome != OUTCOME_OK)
		return 0;
	ssh_session_host_key(c.session, &key);
	return keep_key(c.scan, &key, err);
}

int ssh_scan_keys(const struct client *client, const char *known_hosts, struct ssh_scan *ret_scan,
	struct error *err)
{
	static const struct host_key ecdsa[] = { { .type = "ecdsa-sha2-nistp256" },
		{ .type = "ecdsa-sha2-nistp384" }, { .type = "ecdsa-sha2-nistp521" } };
	static const struct host_key rsa[] = { { .type = "ssh-rsa" } };
	static const struct {
		const struct host_key *types;
		size_t count;
	} rounds[] = { { NULL, 0 }, { ecdsa, ARRAY_LEN(ecdsa) }, { rsa, ARRAY_LEN(rsa) } };
	const struct call call = { .client = client,
		.known_hosts = known_hosts,
		.scan = ret_scan,
		.deadline_ms = clock_monotonic_ms() + client->timeout_ms };
	*ret_scan = (struct ssh_scan){ 0 };
	for (size_t i = 0; i < ARRAY_LEN(rounds); i++) {
		if (scan_once(&call, rounds[i].types, rounds[i].count, err) < 0)
			return -1;
		if (ret_scan->outcome == OUTCOME_NO_COMMON_ALGORITHM &&
			ret_scan->stage != STAGE_JUMP && i > 0)
			ret_scan->outcome = OUTCOME_OK; /* it has no key of these types */
		if (ret_scan->outcome != OUTCOME_OK)
			return 0;
	}
	ret_scan->reason[0] = 0;
	return 0;
}

void ssh_scan_finish(struct ssh_scan *scan)
{
	for (size_t i = 0; i < scan->key_count; i++) {
		free((void *)scan->keys[i].type);
		free((void *)scan->keys[i].blob);
	}
	scan->key_count = 0;
}

/* Logging in. */

static int prepare(
	const struct client *client, const char *known_hosts, struct login *l, struct error *err)
{
	if (known_hosts_load(known_hosts, NULL, NULL, &l->hosts, err) < 0)
		return -1;
	l->recorded_count =
		known_hosts_find(l->hosts, client->ip, client->port, l->recorded, RECORDED_MAX);
	if (l->recorded_count > RECORDED_MAX && l->recorded[RECORDED_MAX - 1].revoked)
		return error_set(err, "%s: too many @revoked keys for %s", known_hosts, client->ip);
	if (l->recorded_count > RECORDED_MAX)
		l->recorded_count = RECORDED_MAX;
	if (*client->identity)
		return identity_open(client->identity, client->passphrase_file, &l->identity, err);
	if (!*client->password)
		return error_set(err, "%s has neither an identity nor a password", client->name);
	return 0;
}

static int sign(void *arg, const uint8_t *data, size_t len, uint8_t **ret_sig, size_t *ret_len)
{
	struct login *l = arg;
	return identity_sign(l->identity, data, len, ret_sig, ret_len, NULL);
}

/* SSH_AGAIN: another connection is to be made, for another key. */
static enum ssh_status check_host_key(struct call *c, struct login *l)
{
	enum host_key_policy policy = c->client->host_key_policy;
	const char *pin = c->client->host_key_pin;
	struct host_key shown;
	bool is_new;
	c->scan->stage = STAGE_HOST_KEY;
	ssh_session_host_key(c->session, &shown);
	c->scan->outcome = host_key_judge(policy, pin, l->recorded, l->recorded_count, &shown,
		&is_new, c->scan->reason, sizeof c->scan->reason);
	if (c->scan->outcome == OUTCOME_OK)
		return SSH_DONE;
	return host_key_ask_others(policy, pin, l->recorded, l->recorded_count, &shown, &l->types)
		       ? SSH_AGAIN
		       : SSH_FAILED;
}

static bool authenticate(struct call *c, struct login *l)
{
	const char *user = c->client->username;
	size_t len = 0;
	const uint8_t *blob = l->identity ? identity_public(l->identity, &len) : NULL;
	enum ssh_status status;
	c->scan->stage = STAGE_AUTH;
	do
		status = blob ? ssh_session_auth_key(c->session, user, blob, len, sign, l)
			      : ssh_session_auth_password(c->session, user, c->client->password);
	while (again(c, status));
	return status == SSH_DONE;
}

/* Connects until a host key is shown that will do. A pinned host that has no key of the types that
 * are left has shown all: what was said of the first, which is the best, stands. */
static int reach_known(struct call *c, struct login *l, struct error *err)
{
	struct host_key expected[RECORDED_MAX];
	memcpy(expected, l->recorded, sizeof expected);
	size_t count = host_key_expected(
		c->client->host_key_policy, c->client->host_key_pin, expected, l->recorded_count);
	if (reach(c, expected, count, err) < 0)
		return -1;
	struct ssh_scan first = { 0 };
	while (c->scan->outcome == OUTCOME_OK && check_host_key(c, l) == SSH_AGAIN) {
		if (first.outcome == OUTCOME_OK)
			first = *c->scan;
		ssh_session_destroy(c->session);
		c->session = NULL;
		if (reach(c, l->types.items, l->types.count, err) < 0)
			return -1;
	}
	if (first.outcome != OUTCOME_OK && (c->scan->outcome == first.outcome ||
						   c->scan->outcome == OUTCOME_NO_COMMON_ALGORITHM))
		*c->scan = first;
	return 0;
}

/* Everything up to a session that is logged in; the scan's outcome tells whether it is. */
static int log_in(struct call *c, struct login *l, struct error *err)
{
	*c->scan = (struct ssh_scan){ 0 };
	if (prepare(c->client, c->known_hosts, l, err) < 0 || reach_known(c, l, err) < 0)
		return -1;
	if (c->scan->outcome == OUTCOME_OK)
		(void)authenticate(c, l);
	return 0;
}

int ssh_scan_login(const struct client *client, const char *known_hosts, struct ssh_scan *ret_scan,
	struct error *err)
{
	CLEANUP(login_finish) struct login l = { 0 };
	CLEANUP(call_finish)
	struct call c = { .client = client,
		.known_hosts = known_hosts,
		.scan = ret_scan,
		.deadline_ms = clock_monotonic_ms() + client->timeout_ms };
	return log_in(&c, &l, err);
}

/* Running a command. */

/* Gives the command what is left of its input. True when there is nothing more to give. */
static enum ssh_status feed(struct call *c, const char **input)
{
	size_t len;
	while (**input) {
		enum ssh_status status =
			ssh_session_write(c->session, *input, strlen(*input), &len);
		if (status != SSH_DONE)
			return status;
		*input += len;
	}
	return ssh_session_send_eof(c->session);
}

/* Takes what output there is. SSH_DONE at its end. */
static enum ssh_status take(struct call *c, struct buffer *output)
{
	char data[16 * 1024];
	for (;;) {
		size_t len;
		enum ssh_status status = ssh_session_read(c->session, data, sizeof data, &len);
		if (status != SSH_DONE || len == 0)
			return status;
		if (buffer_append(output, data, len) < 0) {
			(void)came_to_nothing(c, OUTCOME_TOO_LARGE, "it says more than expected");
			return SSH_DONE;
		}
	}
}

static void converse(struct call *c, const char *command, const char *input, struct buffer *output)
{
	enum ssh_status status, fed = SSH_AGAIN;
	c->scan->stage = STAGE_EXEC;
	do
		status = ssh_session_exec(c->session, command);
	while (again(c, status));
	if (status != SSH_DONE)
		return;
	c->scan->stage = STAGE_RUN;
	do {
		if (fed == SSH_AGAIN)
			fed = feed(c, &input);
		status = fed == SSH_FAILED ? fed : take(c, output);
	} while (again(c, status));
}

int ssh_run(const struct client *client, const char *known_hosts, const char *command,
	const char *input, struct buffer *output, struct ssh_scan *ret_scan, struct error *err)
{
	CLEANUP(login_finish) struct login l = { 0 };
	CLEANUP(call_finish)
	struct call c = { .client = client,
		.known_hosts = known_hosts,
		.scan = ret_scan,
		.deadline_ms = clock_monotonic_ms() + client->timeout_ms };
	if (log_in(&c, &l, err) < 0)
		return -1;
	if (ret_scan->outcome == OUTCOME_OK)
		converse(&c, command, input, output);
	return 0;
}
