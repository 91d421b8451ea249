/*
 * lib/ssh from the command line, for test_ssh.py:
 *
 *   ssh_drive keys|login|run|echo NAME=VALUE…
 *
 * keys and login are ssh_scan_keys() and ssh_scan_login(); run gives `input` to `command` by
 * ssh_run(). echo drives the session itself: `bytes` random bytes to `command` and back at the
 * same time, never blocking, with the budgets `turn` and `session`; with `through`, the ports of
 * servers at 127.0.0.1 with commas between, by way of each of these in turn.
 *
 * Prints one "name: value" a line and exits with 0 whatever the host did; 1 is trouble of ours.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/clock.h"
#include "lib/ssh/identity.h"
#include "lib/ssh/scan.h"
#include "lib/ssh/session.h"

static struct {
	const char *name, *value;
} settings[] = {
	{ "ip", "127.0.0.1" },
	{ "port", "22" },
	{ "user", "" },
	{ "identity", "" },
	{ "passphrase", "" },
	{ "password", "" },
	{ "known_hosts", "/nonexistent" },
	{ "policy", "0" },
	{ "pin", "" },
	{ "timeout", "20000" },
	{ "command", "true" },
	{ "input", "" },
	{ "bytes", "1048576" },
	{ "turn", "262144" },
	{ "session", "67108864" },
	{ "through", "" },
};

static const char *get(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++)
		if (strcmp(settings[i].name, name) == 0)
			return settings[i].value;
	abort();
}

static void set(const char *argument)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		size_t len = strlen(settings[i].name);
		if (strncmp(argument, settings[i].name, len) == 0 && argument[len] == '=') {
			settings[i].value = argument + len + 1;
			return;
		}
	}
	fprintf(stderr, "%s?\n", argument);
	exit(2);
}

static struct client make_client(void)
{
	return (struct client){
		.name = "test",
		.ip = get("ip"),
		.port = (uint16_t)atoi(get("port")),
		.username = get("user"),
		.identity = get("identity"),
		.passphrase_file = get("passphrase"),
		.password = get("password"),
		.host_key_policy = (enum host_key_policy)atoi(get("policy")),
		.host_key_pin = get("pin"),
		.timeout_ms = atoi(get("timeout")),
	};
}

static void show(const struct ssh_scan *scan)
{
	char print[FINGERPRINT_SIZE];
	printf("outcome: %s\nstage: %s\naddress: %s\nbanner: %s\nreason: %s\n",
		outcome_name(scan->outcome), stage_name(scan->stage), scan->address, scan->banner,
		scan->reason);
	for (size_t i = 0; i < scan->key_count; i++)
		printf("%s: %s\n", scan->keys[i].type,
			host_key_fingerprint(scan->keys[i].blob, scan->keys[i].blob_len, print));
}

static int keys(struct error *err)
{
	struct client client = make_client();
	struct ssh_scan scan;
	if (ssh_scan_keys(&client, get("known_hosts"), &scan, err) < 0)
		return -1;
	show(&scan);
	ssh_scan_finish(&scan);
	return 0;
}

static int login(struct error *err)
{
	struct client client = make_client();
	struct ssh_scan scan;
	if (ssh_scan_login(&client, get("known_hosts"), &scan, err) < 0)
		return -1;
	show(&scan);
	ssh_scan_finish(&scan);
	return 0;
}

static int run(struct error *err)
{
	struct client client = make_client();
	struct ssh_scan scan;
	CLEANUP(buffer_finish) struct buffer output = { .cap = 4096 };
	if (ssh_run(&client, get("known_hosts"), get("command"), get("input"), &output, &scan,
		    err) < 0)
		return -1;
	show(&scan);
	ssh_scan_finish(&scan);
	printf("output: %s\n", output.data ? output.data : "");
	return 0;
}

/* The session itself. */

static struct ssh_session *session;
static int64_t deadline;
static unsigned long waits, turns_over;

static int sign(void *arg, const uint8_t *data, size_t len, uint8_t **ret_sig, size_t *ret_len)
{
	static bool asked;
	asked = !asked;
	if (asked) /* as a signer in another process would: not at once */
		return 1;
	return identity_sign(arg, data, len, ret_sig, ret_len, NULL);
}

static void wait_turn(void)
{
	struct pollfd p = { .fd = ssh_session_fd(session), .events = ssh_session_events(session) };
	bool more = ssh_session_has_more(session) || p.events == 0;
	waits++;
	turns_over += more;
	if (clock_monotonic_ms() > deadline) {
		printf("outcome: deadline\n");
		exit(0);
	}
	(void)poll(&p, 1, more ? 0 : 1000);
	ssh_session_new_turn(session);
}

static bool again(enum ssh_status status)
{
	if (status == SSH_AGAIN)
		wait_turn();
	return status == SSH_AGAIN;
}

static enum ssh_status authenticate(struct identity *id)
{
	size_t len = 0;
	const uint8_t *blob = id ? identity_public(id, &len) : NULL;
	enum ssh_status status;
	do
		status = id ? ssh_session_auth_key(session, get("user"), blob, len, sign, id)
			    : ssh_session_auth_password(session, get("user"), get("password"));
	while (again(status));
	return status;
}

struct transfer {
	uint8_t *out, *in;
	size_t size, sent, got;
	bool eof_sent;
};

static enum ssh_status give(struct transfer *t)
{
	size_t len;
	while (t->sent < t->size) {
		enum ssh_status status =
			ssh_session_write(session, t->out + t->sent, t->size - t->sent, &len);
		t->sent += len;
		if (status != SSH_DONE)
			return status;
	}
	enum ssh_status status = t->eof_sent ? SSH_AGAIN : ssh_session_send_eof(session);
	t->eof_sent |= status == SSH_DONE;
	return status == SSH_DONE ? SSH_AGAIN : status;
}

static enum ssh_status take(struct transfer *t)
{
	for (;;) {
		size_t len;
		enum ssh_status status =
			ssh_session_read(session, t->in + t->got, t->size + 1 - t->got, &len);
		t->got += len;
		if (status != SSH_DONE || len == 0)
			return status;
	}
}

static enum ssh_status transfer(struct transfer *t)
{
	enum ssh_status status;
	do {
		status = give(t);
		if (status != SSH_FAILED)
			status = take(t);
	} while (again(status));
	printf("sent: %zu\ngot: %zu\nsame: %s\n", t->sent, t->got,
		t->got == t->size && memcmp(t->out, t->in, t->size) == 0 ? "yes" : "no");
	return status;
}

static int dial_now(const char *ip, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	(void)inet_pton(AF_INET, ip, &to.sin_addr);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)
		return -1;
	return fd;
}

static enum ssh_status log_in(struct identity *id)
{
	enum ssh_status status;
	do
		status = ssh_session_handshake(session);
	while (again(status));
	return status == SSH_DONE ? authenticate(id) : status;
}

static enum ssh_status forward(const char *ip, const char *port)
{
	enum ssh_status status;
	do
		status = ssh_session_forward(session, ip, (uint16_t)atoi(port));
	while (again(status));
	return status;
}

/* Makes the session that all the rest is done with. -1 is trouble of ours. */
static int reach(const struct ssh_budget *budget, struct identity *id, enum ssh_status *ret_status,
	struct error *err)
{
	const struct ssh_budget wider = { budget->turn_bytes, 4 * budget->session_bytes };
	const char *port = get("through"), *next = port;
	*ret_status = SSH_DONE;
	if (!*port)
		return ssh_session_create(
			dial_now(get("ip"), get("port")), budget, NULL, 0, &session, err);
	if (ssh_session_create(dial_now("127.0.0.1", port), &wider, NULL, 0, &session, err) < 0)
		return -1;
	while (*ret_status == SSH_DONE && next) {
		next = strchr(port, ',');
		port = next ? next + 1 : get("port");
		*ret_status = log_in(id);
		if (*ret_status == SSH_DONE)
			*ret_status = forward(next ? "127.0.0.1" : get("ip"), port);
		if (*ret_status == SSH_DONE &&
			ssh_session_create_through(
				session, next ? &wider : budget, NULL, 0, &session, err) < 0)
			return -1;
	}
	return 0;
}

static enum ssh_status converse(struct identity *id, struct transfer *t)
{
	enum ssh_status status = log_in(id);
	if (status == SSH_DONE)
		do
			status = ssh_session_exec(session, get("command"));
		while (again(status));
	return status == SSH_DONE ? transfer(t) : status;
}

static int echo(struct error *err)
{
	const struct ssh_budget budget = { (size_t)atol(get("turn")),
		(uint64_t)atol(get("session")) };
	struct transfer t = { .size = (size_t)atol(get("bytes")) };
	struct identity *id = NULL;
	char reason[512] = "";
	t.out = malloc(t.size + 1);
	t.in = malloc(t.size + 1);
	if (!t.out || !t.in || sodium_init() < 0 || ssh_global_init(err) < 0)
		return -1;
	randombytes_buf(t.out, t.size);
	deadline = clock_monotonic_ms() + atoi(get("timeout"));
	if (*get("identity") && identity_open(get("identity"), get("passphrase"), &id, err) < 0)
		return -1;
	enum ssh_status status;
	if (reach(&budget, id, &status, err) < 0)
		return -1;
	if (status == SSH_DONE)
		status = converse(id, &t);
	enum outcome outcome = status == SSH_DONE
				       ? OUTCOME_OK
				       : ssh_session_failure(session, reason, sizeof reason);
	printf("outcome: %s\nreason: %s\nbelow: %zu\ncomplaint: %s\nwaits: %lu\nturns: %lu\n",
		outcome_name(outcome), reason, ssh_session_failed_below(session),
		ssh_session_complaint(session), waits, turns_over);
	ssh_session_destroy(session);
	identity_close(id);
	free(t.out);
	free(t.in);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*function)(struct error *err);
	} commands[] = { { "keys", keys }, { "login", login }, { "run", run }, { "echo", echo } };
	struct error err;
	for (int i = 2; i < argc; i++)
		set(argv[i]);
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0) {
			if (commands[i].function(&err) == 0)
				return 0;
			printf("error: %s\n", err.text);
			return 1;
		}
	return 2;
}
