#include "tests/fleetsim/conn.h"

#include <libssh/callbacks.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fleetsim/relay.h"
#include "tests/fleetsim/server.h"

enum {
	CHUNK = 32000, /* of a flood */
	TURNS_MAX = 4,
	FLOOD_TURN = 8,	     /* chunks a turn, so that other hosts get on */
	FLOOD_MAX = 1 << 30, /* bytes of an output without sense */
};

struct conn {
	struct conn *next, **link; /* of all; `link` points at this one */
	struct conn *next_dead;
	struct conn_env *env;
	struct visit visit;
	struct watch watch; /* of the server's descriptor */
	struct relay *relay;
	ssh_session session;
	ssh_event event;
	ssh_channel channel;
	struct ssh_server_callbacks_struct server_callbacks;
	struct ssh_channel_callbacks_struct channel_callbacks;

	enum moment next_moment;       /* when the client's next bytes come */
	size_t sent;		       /* of visit.out */
	bool (*flood)(struct conn *c); /* writes some; false when it cannot for now */
	size_t flooded;
	bool floods_on; /* it could, last time */
	bool has_ended; /* the command's end is told */
	bool is_frozen; /* nothing is done any more until the other side goes */
	bool is_over;	/* to be freed */
};

static void end(struct conn *c)
{
	if (c->is_over)
		return;
	c->is_over = true;
	c->next_dead = c->env->dead;
	c->env->dead = c;
}

/* ---- trouble ---------------------------------------------------------------------------- */

static void hang(struct conn *c)
{
	c->is_frozen = true;
}

static void reset(struct conn *c)
{
	const struct linger at_once = { 1, 0 };
	(void)setsockopt(c->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	end(c);
}

static void slow(struct conn *c)
{
	c->relay->is_slow = true;
	c->visit.trouble = TROUBLE_NONE;
}

static void junk(struct conn *c)
{
	char bytes[512];
	randombytes_buf(bytes, sizeof bytes);
	(void)send(c->watch.fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	c->is_frozen = true;
}

static bool has_pending(const struct conn *c)
{
	return c->session && ssh_get_poll_flags(c->session) & SSH_WRITE_PENDING;
}

static const char *noise(void)
{
	static char text[CHUNK + 1];
	if (!*text)
		memset(text, 'x', CHUNK);
	return text;
}

static bool flood_ignores(struct conn *c)
{
	return ssh_send_ignore(c->session, noise()) == SSH_OK;
}

static bool flood_lines(struct conn *c)
{
	static const char line[] = "still starting, please wait\r\n";
	return send(c->watch.fd, line, sizeof line - 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

static bool flood_stdout(struct conn *c)
{
	int n = ssh_channel_write(c->channel, noise(), CHUNK);
	c->flooded += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool flood_stderr(struct conn *c)
{
	int n = ssh_channel_write_stderr(c->channel, noise(), CHUNK);
	c->flooded += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void end_command(struct conn *c)
{
	const struct visit *v = &c->visit;
	if (!c->channel || c->has_ended) {
		end(c);
		return;
	}
	c->has_ended = true;
	c->env->counts->ended++;
	if (v->signal)
		(void)ssh_channel_request_send_exit_signal(c->channel, v->signal, 0, "", "");
	else
		(void)ssh_channel_request_send_exit_status(c->channel, v->status);
	(void)ssh_channel_send_eof(c->channel);
	(void)ssh_channel_close(c->channel);
	c->visit.trouble = TROUBLE_NONE;
}

static const struct {
	void (*begin)(struct conn *c);
	bool (*flood)(struct conn *c);
	bool needs_session, needs_channel;
} troubles[TROUBLE_COUNT] = {
	[TROUBLE_HANG] = { .begin = hang },
	[TROUBLE_DROP] = { .begin = end },
	[TROUBLE_RESET] = { .begin = reset },
	[TROUBLE_SLOW] = { .begin = slow },
	[TROUBLE_END] = { .begin = end_command },
	[TROUBLE_JUNK] = { .begin = junk },
	[TROUBLE_LINES] = { .flood = flood_lines },
	[TROUBLE_IGNORES] = { .flood = flood_ignores, .needs_session = true },
	[TROUBLE_STDOUT] = { .flood = flood_stdout, .needs_channel = true },
	[TROUBLE_STDERR] = { .flood = flood_stderr, .needs_channel = true },
};

/* The trouble of the visit begins, now that all before it is said. What needs more of the
 * protocol than there is yet becomes the end of it. */
static void begin_trouble(struct conn *c)
{
	enum trouble t = c->visit.trouble;
	bool lacks = (troubles[t].needs_session && !c->session) ||
		     (troubles[t].needs_channel && !c->channel);
	if (lacks)
		end(c);
	else if (troubles[t].begin)
		troubles[t].begin(c);
	else
		c->flood = troubles[t].flood;
}

/* ---- what is written -------------------------------------------------------------------- */

/* True when everything before the trouble, or everything, is out of this process. */
static bool send_out(struct conn *c)
{
	const struct visit *v = &c->visit;
	size_t stop = v->trouble && v->mark < v->out.len ? v->mark : v->out.len;
	while (c->sent < stop) {
		int n = ssh_channel_write(
			c->channel, v->out.data + c->sent, (uint32_t)(stop - c->sent));
		if (n <= 0) {
			if (n < 0)
				end(c);
			return false;
		}
		c->sent += (size_t)n;
	}
	return !has_pending(c);
}

static void pump(struct conn *c)
{
	struct visit *v = &c->visit;
	if (c->has_ended || !send_out(c))
		return;
	if (v->trouble)
		begin_trouble(c);
	if (v->trouble || c->sent < v->out.len)
		return;
	visit_drain(v);
	c->sent = 0;
	if (v->state == VISIT_OVER)
		end_command(c);
}

static void pump_flood(struct conn *c)
{
	int turn = 0;
	while (turn < FLOOD_TURN && !has_pending(c) && c->flood(c))
		turn++;
	c->floods_on = turn > 0;
	if (c->flooded < FLOOD_MAX)
		return;
	c->flood = NULL;
	end_command(c);
}

/* ---- libssh calls ----------------------------------------------------------------------- */

static void check(struct conn *c, int result)
{
	if (result < 0 && !c->env->failure)
		c->env->failure = "out of memory, or the ledger cannot be written";
}

static int on_service(ssh_session s, const char *service, void *owner)
{
	(void)s, (void)service;
	((struct conn *)owner)->next_moment = AT_AUTH;
	return 0;
}

static int let_in(struct conn *c, bool is_right)
{
	if (!is_right || c->visit.rejects)
		return SSH_AUTH_DENIED;
	c->next_moment = AT_OPEN;
	return SSH_AUTH_SUCCESS;
}

static int on_pubkey(
	ssh_session s, const char *user, struct ssh_key_struct *key, char state, void *owner)
{
	struct conn *c = owner;
	(void)s, (void)user;
	if (ssh_key_cmp(key, c->env->server->authorized, SSH_KEY_CMP_PUBLIC) != 0)
		return SSH_AUTH_DENIED;
	if (state == SSH_PUBLICKEY_STATE_NONE)
		return c->visit.rejects ? SSH_AUTH_DENIED : SSH_AUTH_SUCCESS;
	return let_in(c, state == SSH_PUBLICKEY_STATE_VALID);
}

static int on_password(ssh_session s, const char *user, const char *password, void *owner)
{
	struct conn *c = owner;
	const char *right = c->env->server->password;
	(void)s, (void)user;
	return let_in(c, right && strcmp(password, right) == 0);
}

static int on_exec(ssh_session s, ssh_channel ch, const char *command, void *owner)
{
	struct conn *c = owner;
	(void)s, (void)ch;
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
	c->channel = ssh_channel_new(s);
	c->channel_callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = c,
		.channel_exec_request_function = on_exec,
		.channel_data_function = on_data,
		.channel_eof_function = on_eof,
	};
	ssh_callbacks_init(&c->channel_callbacks);
	(void)ssh_set_channel_callbacks(c->channel, &c->channel_callbacks);
	c->next_moment = AT_EXEC;
	return c->channel;
}

/* ---- a connection ----------------------------------------------------------------------- */

static void destroy(struct conn *c)
{
	if (c->event) {
		(void)ssh_event_remove_session(c->event, c->session);
		ssh_event_free(c->event);
	}
	if (c->session)
		ssh_free(c->session); /* the descriptor with it */
	else
		(void)close(c->watch.fd);
	relay_destroy(c->relay);
	c->env->counts->faults += c->visit.is_struck;
	visit_finish(&c->visit);
	free(c);
}

/* The client's next bytes are not to be read any more. */
static bool is_at_its_moment(const struct conn *c)
{
	const struct visit *v = &c->visit;
	return v->fault && !v->is_struck && v->at == c->next_moment;
}

static void set_interest(struct conn *c)
{
	bool writes = has_pending(c) || (c->flood && c->floods_on);
	writes = writes && !is_at_its_moment(c);
	if (c->is_frozen)
		watch_change(&c->watch, EPOLLRDHUP);
	else
		watch_change(&c->watch, EPOLLIN | EPOLLRDHUP | (writes ? EPOLLOUT : 0U));
}

static bool is_closed(const struct conn *c)
{
	return ssh_get_status(c->session) & (SSH_CLOSED | SSH_CLOSED_ERROR);
}

/* libssh writes once for each time that it saw the descriptor writable. */
static void serve_ssh(struct conn *c)
{
	for (int turn = 0; turn < TURNS_MAX && !c->is_over && !is_at_its_moment(c); turn++) {
		if (ssh_event_dopoll(c->event, 0) == SSH_ERROR || is_closed(c))
			end(c);
		else if (!c->flood)
			pump(c);
		if (c->is_frozen || c->flood || !has_pending(c))
			break;
	}
	if (c->flood && !c->is_over)
		pump_flood(c);
}

static void ready_ssh(struct conn *c, uint32_t events)
{
	const struct visit *v = &c->visit;
	if (events & EPOLLIN)
		visit_reach(&c->visit, c->next_moment, 0);
	if (v->trouble && !c->flood && v->mark <= c->sent)
		begin_trouble(c);
	if (!c->is_frozen && !c->is_over)
		serve_ssh(c);
}

static void ready(void *owner, uint32_t events)
{
	struct conn *c = owner;
	if (c->is_over)
		return;
	if (events & (EPOLLHUP | EPOLLERR) || (c->is_frozen && events & EPOLLRDHUP))
		end(c);
	else if (c->session)
		ready_ssh(c, events);
	else if (c->flood && !(events & EPOLLRDHUP))
		pump_flood(c);
	else
		end(c);
	if (!c->is_over)
		set_interest(c);
}

static int start_ssh(struct conn *c)
{
	c->session = ssh_new();
	if (!c->session || ssh_bind_accept_fd(c->env->server->binds[c->visit.keys], c->session,
				   c->watch.fd) != SSH_OK)
		return -1;
	ssh_set_blocking(c->session, 0);
	c->server_callbacks = (struct ssh_server_callbacks_struct){
		.userdata = c,
		.auth_password_function = on_password,
		.auth_pubkey_function = on_pubkey,
		.service_request_function = on_service,
		.channel_open_request_session_function = on_open,
	};
	ssh_callbacks_init(&c->server_callbacks);
	(void)ssh_set_server_callbacks(c->session, &c->server_callbacks);
	ssh_set_auth_methods(
		c->session, SSH_AUTH_METHOD_PUBLICKEY |
				    (c->env->server->password ? SSH_AUTH_METHOD_PASSWORD : 0));
	if (ssh_handle_key_exchange(c->session) == SSH_ERROR)
		return -1;
	c->next_moment = AT_KEX;
	c->event = ssh_event_new();
	return c->event && ssh_event_add_session(c->event, c->session) == SSH_OK ? 0 : -1;
}

/* Its first bytes, or what is wrong with them. */
static void greet(struct conn *c)
{
	static const char half[] = "SSH-2.0-Open";
	struct visit *v = &c->visit;
	visit_reach(v, AT_ACCEPT, 0);
	if (v->fault && v->at == AT_BANNER && v->fault->trouble != TROUBLE_SLOW && !v->is_struck)
		(void)send(c->watch.fd, half, sizeof half - 1, MSG_NOSIGNAL);
	visit_reach(v, AT_BANNER, 0);
	if (v->trouble)
		begin_trouble(c);
	if (!c->is_over && !c->is_frozen && !c->flood && start_ssh(c) < 0)
		end(c);
}

static void enlist(struct conn *c)
{
	c->link = &c->env->conns;
	c->next = c->env->conns;
	if (c->next)
		c->next->link = &c->next;
	c->env->conns = c;
	c->env->counts->accepted++;
}

void conn_accept(
	struct conn_env *env, int fd, struct host *host, const struct fault *fault, enum moment at)
{
	int one = 1;
	struct conn *c = calloc(1, sizeof *c);
	if (!c) {
		(void)close(fd);
		env->failure = "out of memory";
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->env = env;
	visit_init(&c->visit, &env->world, host, fault, at);
	if (fault && fault->trouble == TROUBLE_SLOW)
		c->relay = relay_create(env->epoll, fd, &fd);
	c->watch = (struct watch){ .epoll = env->epoll, .fd = fd, .ready = ready, .owner = c };
	enlist(c);
	if (watch_begin(&c->watch, EPOLLIN | EPOLLRDHUP) < 0)
		end(c);
	else
		greet(c);
	if (!c->is_over) {
		c->floods_on = c->flood != NULL;
		set_interest(c);
	}
}

void conn_sweep(struct conn_env *env)
{
	for (struct conn *c; (c = env->dead);) {
		env->dead = c->next_dead;
		*c->link = c->next;
		if (c->next)
			c->next->link = c->link;
		destroy(c);
	}
}

void conn_tick(struct conn_env *env)
{
	for (struct conn *c = env->conns; c; c = c->next)
		if (c->relay)
			relay_tick(c->relay);
}

void conn_finish_all(struct conn_env *env)
{
	for (struct conn *c = env->conns; c; c = c->next)
		end(c);
	conn_sweep(env);
}
