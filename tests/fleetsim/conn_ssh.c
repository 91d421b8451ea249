/*
 * What libssh calls. A request is not answered when the visit's trouble is to begin at it:
 * then there is no function for it, and on_message() is called in its place.
 */
#include <string.h>

#include "tests/fleetsim/conn_private.h"
#include "tests/fleetsim/server.h"

static void check(struct conn *c, int result)
{
	if (result < 0 && !c->env->failure)
		c->env->failure = "out of memory, or the ledger cannot be written";
}

static bool is_silent_at(const struct conn *c, enum moment m)
{
	const struct visit *v = &c->visit;
	return v->fault && v->at == m && v->fault->trouble && v->fault->trouble != TROUBLE_SLOW;
}

/* The fault of this moment is one that goes with an answer. */
static void reach(struct conn *c, enum moment m)
{
	visit_reach(&c->visit, m, 0);
	if (c->visit.trouble == TROUBLE_SLOW)
		trouble_begin(c);
}

/* Returns 1 for libssh's own answer, which is a refusal. */
static int on_message(ssh_session s, ssh_message message, void *owner)
{
	static const struct {
		int type;
		enum moment moment;
	} requests[] = {
		{ SSH_REQUEST_SERVICE, AT_SERVICE },
		{ SSH_REQUEST_AUTH, AT_AUTH },
		{ SSH_REQUEST_CHANNEL_OPEN, AT_OPEN },
		{ SSH_REQUEST_CHANNEL, AT_EXEC },
	};
	struct conn *c = owner;
	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++)
		if (ssh_message_type(message) == requests[i].type &&
			is_silent_at(c, requests[i].moment)) {
			visit_reach(&c->visit, requests[i].moment, 0);
			return 0;
		}
	return c->is_deaf ? 0 : 1;
}

static int on_service(ssh_session s, const char *service, void *owner)
{
	struct conn *c = owner;
	(void)s, (void)service;
	reach(c, AT_SERVICE);
	return 0;
}

static int let_in(const struct conn *c, bool is_right)
{
	return is_right && !c->visit.rejects ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED;
}

static int on_pubkey(
	ssh_session s, const char *user, struct ssh_key_struct *key, char state, void *owner)
{
	struct conn *c = owner;
	(void)s, (void)user;
	reach(c, AT_AUTH);
	return let_in(c,
		ssh_key_cmp(key, c->env->server->authorized, SSH_KEY_CMP_PUBLIC) == 0 &&
			(state == SSH_PUBLICKEY_STATE_NONE || state == SSH_PUBLICKEY_STATE_VALID));
}

static int on_password(ssh_session s, const char *user, const char *password, void *owner)
{
	struct conn *c = owner;
	const char *right = c->env->server->password;
	(void)s, (void)user;
	reach(c, AT_AUTH);
	return let_in(c, right && strcmp(password, right) == 0);
}

static int on_exec(ssh_session s, ssh_channel ch, const char *command, void *owner)
{
	struct conn *c = owner;
	(void)s, (void)ch;
	reach(c, AT_EXEC);
	c->env->counts->commands++;
	check(c, visit_start(&c->visit, command));
	return 0;
}

static int on_data(
	ssh_session s, ssh_channel ch, void *data, uint32_t len, int is_stderr, void *owner)
{
	struct conn *c = owner;
	(void)s, (void)ch, (void)is_stderr;
	check(c, visit_take(&c->visit, data, len));
	return (int)len;
}

static void on_eof(ssh_session s, ssh_channel ch, void *owner)
{
	struct conn *c = owner;
	(void)s, (void)ch;
	check(c, visit_end(&c->visit));
}

/* One command a connection, as the collector has it. */
static ssh_channel on_open(ssh_session s, void *owner)
{
	struct conn *c = owner;
	if (c->channel)
		return NULL;
	reach(c, AT_OPEN);
	c->channel = ssh_channel_new(s);
	c->channel_callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = c,
		.channel_exec_request_function = is_silent_at(c, AT_EXEC) ? NULL : on_exec,
		.channel_data_function = on_data,
		.channel_eof_function = on_eof,
	};
	ssh_callbacks_init(&c->channel_callbacks);
	(void)ssh_set_channel_callbacks(c->channel, &c->channel_callbacks);
	return c->channel;
}

static void set_callbacks(struct conn *c)
{
	bool is_heard = !is_silent_at(c, AT_AUTH);
	c->server_callbacks = (struct ssh_server_callbacks_struct){
		.userdata = c,
		.auth_password_function = is_heard ? on_password : NULL,
		.auth_pubkey_function = is_heard ? on_pubkey : NULL,
		.service_request_function = is_silent_at(c, AT_SERVICE) ? NULL : on_service,
		.channel_open_request_session_function = is_silent_at(c, AT_OPEN) ? NULL : on_open,
	};
	ssh_callbacks_init(&c->server_callbacks);
	(void)ssh_set_server_callbacks(c->session, &c->server_callbacks);
	ssh_set_message_callback(c->session, on_message, c);
}

void conn_go_deaf(struct conn *c)
{
	c->is_deaf = true;
	c->server_callbacks.auth_password_function = NULL;
	c->server_callbacks.auth_pubkey_function = NULL;
	c->server_callbacks.service_request_function = NULL;
	c->server_callbacks.channel_open_request_session_function = NULL;
	c->channel_callbacks.channel_exec_request_function = NULL;
}

int conn_start_ssh(struct conn *c)
{
	const struct server *server = c->env->server;
	c->session = ssh_new();
	if (!c->session ||
		ssh_bind_accept_fd(server->binds[c->visit.keys], c->session, c->watch.fd) != SSH_OK)
		return -1;
	ssh_set_blocking(c->session, 0);
	set_callbacks(c);
	ssh_set_auth_methods(c->session,
		SSH_AUTH_METHOD_PUBLICKEY | (server->password ? SSH_AUTH_METHOD_PASSWORD : 0));
	if (ssh_handle_key_exchange(c->session) == SSH_ERROR)
		return -1;
	c->event = ssh_event_new();
	return c->event && ssh_event_add_session(c->event, c->session) == SSH_OK ? 0 : -1;
}
