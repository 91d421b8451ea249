#include "tests/fleetsim/conn.h"

#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fleetsim/conn_private.h"

enum { TURNS_MAX = 4 };

void conn_end(struct conn *c)
{
	if (c->is_over)
		return;
	c->is_over = true;
	c->next_dead = c->env->dead;
	c->env->dead = c;
}

/* ---- what is written -------------------------------------------------------------------- */

bool conn_has_pending(const struct conn *c)
{
	return c->session && ssh_get_poll_flags(c->session) & SSH_WRITE_PENDING;
}

void conn_end_command(struct conn *c)
{
	struct visit *v = &c->visit;
	if (!c->channel || c->has_ended) {
		conn_end(c);
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
	v->trouble = TROUBLE_NONE;
}

/* True when everything before the trouble, or everything, is out of this process. */
static bool send_out(struct conn *c)
{
	const struct visit *v = &c->visit;
	size_t stop = v->trouble && v->mark < v->out.len ? v->mark : v->out.len;
	while (c->sent < stop) {
		uint32_t len = (uint32_t)(stop - c->sent);
		int n = ssh_channel_write(c->channel, v->out.data + c->sent, len);
		if (n < 0)
			conn_end(c);
		if (n <= 0)
			return false;
		c->sent += (size_t)n;
	}
	return !conn_has_pending(c);
}

static void pump(struct conn *c)
{
	struct visit *v = &c->visit;
	if (c->has_ended || !send_out(c))
		return;
	if (v->trouble)
		trouble_begin(c);
	if (v->trouble || c->sent < v->out.len)
		return;
	visit_drain(v);
	c->sent = 0;
	if (v->state == VISIT_OVER)
		conn_end_command(c);
}

/* ---- what happens ----------------------------------------------------------------------- */

static bool is_closed(const struct conn *c)
{
	return ssh_get_status(c->session) & (SSH_CLOSED | SSH_CLOSED_ERROR);
}

static void serve_once(struct conn *c)
{
	if (ssh_event_dopoll(c->event, 0) == SSH_ERROR || is_closed(c))
		conn_end(c);
	else if (c->flood)
		trouble_flood(c);
	else
		pump(c);
}

/* libssh writes once for each time that it saw the descriptor writable: looking again at once
 * is cheaper than another turn of the loop. */
static void serve(struct conn *c)
{
	for (int turn = 0; turn < TURNS_MAX; turn++) {
		serve_once(c);
		if (c->is_over || c->is_frozen || c->flood || !conn_has_pending(c))
			return;
	}
}

/* The client has answered the server's first line. */
static void reach_key_exchange(struct conn *c)
{
	visit_reach(&c->visit, AT_KEX, 0);
	if (c->visit.trouble && c->visit.at == AT_KEX && !c->flood)
		trouble_begin(c);
}

static void set_interest(struct conn *c)
{
	bool writes = conn_has_pending(c) || (c->flood && c->floods_on);
	if (c->is_frozen)
		watch_change(&c->watch, EPOLLRDHUP);
	else
		watch_change(&c->watch, EPOLLIN | EPOLLRDHUP | (writes ? EPOLLOUT : 0U));
}

static void ready(void *owner, uint32_t events)
{
	struct conn *c = owner;
	if (c->is_over)
		return;
	if (c->session && events & EPOLLIN)
		reach_key_exchange(c);
	if (events & (EPOLLHUP | EPOLLERR) || (!c->session && events & EPOLLRDHUP) ||
		(c->is_frozen && events & EPOLLRDHUP))
		conn_end(c);
	else if (c->session && !c->is_frozen && !c->is_over)
		serve(c);
	else if (c->flood)
		trouble_flood(c);
	if (!c->is_over)
		set_interest(c);
}

/* ---- its life --------------------------------------------------------------------------- */

static bool breaks_line(const struct visit *v)
{
	return v->fault && !v->is_struck && v->at == AT_BANNER && v->fault->moment == AT_ANY &&
	       v->fault->trouble != TROUBLE_SLOW;
}

/* Its first bytes, or what is wrong with them. */
static void greet(struct conn *c)
{
	static const char half[] = "SSH-2.0-Open";
	struct visit *v = &c->visit;
	visit_reach(v, AT_ACCEPT, 0);
	if (breaks_line(v))
		(void)send(c->watch.fd, half, sizeof half - 1, MSG_NOSIGNAL);
	visit_reach(v, AT_BANNER, 0);
	if (v->trouble)
		trouble_begin(c);
	if (!c->is_over && !c->is_frozen && !c->flood && conn_start_ssh(c) < 0)
		conn_end(c);
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

static struct conn *create(struct conn_env *env, int *fd, bool is_slow)
{
	struct conn *c = calloc(1, sizeof *c);
	if (c && is_slow)
		c->relay = relay_create(env->epoll, *fd, fd);
	if (c && is_slow == !c->relay) {
		free(c);
		return NULL;
	}
	return c;
}

void conn_accept(
	struct conn_env *env, int fd, struct host *host, const struct fault *fault, enum moment at)
{
	int one = 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct conn *c = create(env, &fd, fault && fault->trouble == TROUBLE_SLOW);
	if (!c) {
		(void)close(fd);
		env->failure = "out of memory, or of descriptors";
		return;
	}
	c->env = env;
	visit_init(&c->visit, &env->world, host, fault, at);
	c->watch = (struct watch){ .epoll = env->epoll, .fd = fd, .ready = ready, .owner = c };
	enlist(c);
	if (watch_begin(&c->watch, EPOLLIN | EPOLLRDHUP) < 0)
		conn_end(c);
	else
		greet(c);
	if (!c->is_over)
		set_interest(c);
}

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
		conn_end(c);
	conn_sweep(env);
}
