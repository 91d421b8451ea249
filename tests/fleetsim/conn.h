#ifndef FLEETSIM_CONN_H
#define FLEETSIM_CONN_H

#include <stdbool.h>

#include "tests/fleetsim/visit.h"

/*
 * Connections: libssh's server side around visits.
 */
struct server;
struct conn;

/* Counts of one worker, in memory that it shares with its parent. */
struct counts {
	unsigned long accepted, commands, ended, faults;
	unsigned generation; /* of the rules */
};

struct conn_env {
	int epoll;
	const struct server *server;
	struct visit_world world;
	struct counts *counts;
	struct conn *conns, *dead; /* all there are; those that are over */
	const char *failure;	   /* why this worker cannot go on; NULL = it can */
};

/* Takes the descriptor. The connection ends by itself; conn_sweep() frees it. */
void conn_accept(
	struct conn_env *env, int fd, struct host *host, const struct fault *fault, enum moment at);

/* After each turn of the loop: frees those that are over. */
void conn_sweep(struct conn_env *env);

/* Once a second, for those that are slow. */
void conn_tick(struct conn_env *env);

void conn_finish_all(struct conn_env *env);

#endif
