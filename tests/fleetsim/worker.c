#include "tests/fleetsim/worker.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tests/fleetsim/listen.h"
#include "tests/fleetsim/server.h"
#include "tests/fleetsim/watch.h"

enum { EVENTS = 256, ACCEPTS = 64, TICK_MS = 1000 };

struct worker {
	const struct options *options;
	struct conn_env env;
	struct rules rules;
	struct hosts hosts;
	struct server server;
	struct ledger ledger;
	struct watch listener;
	int64_t next_tick_ms;
};

static volatile sig_atomic_t asked_to_stop, asked_to_read;

static void on_signal(int number)
{
	if (number == SIGHUP)
		asked_to_read = 1;
	else
		asked_to_stop = 1;
}

static int read_rules(struct worker *w, struct error *err)
{
	rules_finish(&w->rules);
	asked_to_read = 0;
	if (options_rules(w->options, &w->rules, err) < 0 ||
		listen_darken(w->listener.fd, &w->rules, err) < 0)
		return -1;
	w->env.counts->generation++;
	return 0;
}

static void greet(struct worker *w, int fd)
{
	enum moment at = AT_ACCEPT;
	struct sockaddr_in a;
	socklen_t len = sizeof a;
	struct host *h = NULL;
	if (getsockname(fd, (struct sockaddr *)&a, &len) == 0)
		h = hosts_get(&w->hosts, ntohl(a.sin_addr.s_addr));
	if (!h) {
		w->env.failure = "out of memory for a host";
		(void)close(fd);
		return;
	}
	const struct fault *f = rules_find(&w->rules, h->address, h->visits, &at);
	conn_accept(&w->env, fd, h, f, at);
}

static void accept_some(void *owner, uint32_t events)
{
	struct worker *w = owner;
	(void)events;
	for (int i = 0; i < ACCEPTS && !w->env.failure; i++) {
		int fd = accept4(w->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		greet(w, fd);
	}
}

static void tick(struct worker *w)
{
	if (clock_monotonic_ms() < w->next_tick_ms)
		return;
	w->next_tick_ms = clock_monotonic_ms() + TICK_MS;
	conn_tick(&w->env);
}

static int turn(struct worker *w, struct error *err)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(w->env.epoll, events, EVENTS, TICK_MS);
	for (int i = 0; i < n; i++) {
		struct watch *of = events[i].data.ptr;
		of->ready(of->owner, events[i].events);
	}
	tick(w);
	conn_sweep(&w->env);
	if (w->env.failure)
		return error_set(err, "%s", w->env.failure);
	return asked_to_read ? read_rules(w, err) : 0;
}

static int set_up(struct worker *w, unsigned number, struct error *err)
{
	const struct options *o = w->options;
	if (server_init(&w->server, o->host_key, o->authorized, o->password, err) < 0 ||
		ledger_open(&w->ledger, o->ledger, number, err) < 0 || read_rules(w, err) < 0)
		return -1;
	w->env.epoll = w->listener.epoll = epoll_create1(EPOLL_CLOEXEC);
	w->env.server = &w->server;
	w->env.world = (struct visit_world){ .seed = o->seed,
		.is_cold = o->is_cold,
		.is_forced = o->is_forced,
		.ledger = &w->ledger };
	if (visit_world_init(&w->env.world) < 0 || w->env.epoll < 0 ||
		watch_begin(&w->listener, EPOLLIN) < 0)
		return error_errno(err, "worker");
	return 0;
}

static void tear_down(struct worker *w)
{
	conn_finish_all(&w->env);
	hosts_finish(&w->hosts);
	visit_world_finish(&w->env.world);
	rules_finish(&w->rules);
	ledger_close(&w->ledger);
	server_finish(&w->server);
	if (w->env.epoll > 0)
		(void)close(w->env.epoll);
	free(w);
}

static void catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

int worker_run(const struct options *o, unsigned number, int listener, struct counts *counts,
	struct error *err)
{
	struct worker *w = calloc(1, sizeof *w);
	if (!w)
		return error_set(err, "out of memory");
	catch_signals();
	w->options = o;
	w->env.counts = counts;
	w->listener = (struct watch){ .fd = listener, .ready = accept_some, .owner = w };
	int result = set_up(w, number, err);
	while (result == 0 && !asked_to_stop)
		result = turn(w, err);
	tear_down(w);
	return result;
}
