/*
 * The non-blocking session, waited for: what a person at a terminal wants of one host.
 */
#include "lib/ssh/scan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/ssh/scan_private.h"

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
		return error_no_memory(err);
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
	if (call_reach(&c, types, count, err) < 0)
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

int ssh_scan_login(const struct client *client, const char *known_hosts, struct ssh_scan *ret_scan,
	struct error *err)
{
	CLEANUP(login_finish) struct login l = { 0 };
	CLEANUP(call_finish)
	struct call c = { .client = client,
		.known_hosts = known_hosts,
		.scan = ret_scan,
		.deadline_ms = clock_monotonic_ms() + client->timeout_ms };
	return call_log_in(&c, &l, err);
}

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
			(void)call_give_up(c, OUTCOME_TOO_LARGE, "it says more than expected");
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
	while (call_wait(c, status));
	if (status != SSH_DONE)
		return;
	c->scan->stage = STAGE_RUN;
	do {
		if (fed == SSH_AGAIN)
			fed = feed(c, &input);
		status = fed == SSH_FAILED ? fed : take(c, output);
	} while (call_wait(c, status));
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
	if (call_log_in(&c, &l, err) < 0)
		return -1;
	if (ret_scan->outcome == OUTCOME_OK)
		converse(&c, command, input, output);
	return 0;
}
