/*
 * Logging in to a host that was reached: nothing is told to one whose key is not known.
 */
#include "lib/ssh/scan_private.h"

#include <string.h>

#include "lib/ssh/host_key_judge.h"

void login_finish(struct login *l)
{
	identity_close(l->identity);
	known_hosts_destroy(l->hosts);
}

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
	while (call_wait(c, status));
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
	if (call_reach(c, expected, count, err) < 0)
		return -1;
	struct ssh_scan first = { 0 };
	while (c->scan->outcome == OUTCOME_OK && check_host_key(c, l) == SSH_AGAIN) {
		if (first.outcome == OUTCOME_OK)
			first = *c->scan;
		ssh_session_destroy(c->session);
		c->session = NULL;
		if (call_reach(c, l->types.items, l->types.count, err) < 0)
			return -1;
	}
	if (first.outcome != OUTCOME_OK && (c->scan->outcome == first.outcome ||
						   c->scan->outcome == OUTCOME_NO_COMMON_ALGORITHM))
		*c->scan = first;
	return 0;
}

int call_log_in(struct call *c, struct login *l, struct error *err)
{
	*c->scan = (struct ssh_scan){ 0 };
	if (prepare(c->client, c->known_hosts, l, err) < 0 || reach_known(c, l, err) < 0)
		return -1;
	if (c->scan->outcome == OUTCOME_OK)
		(void)authenticate(c, l);
	return 0;
}
