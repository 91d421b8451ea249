#ifndef FLEETSIM_CONN_PRIVATE_H
#define FLEETSIM_CONN_PRIVATE_H

#include <libssh/callbacks.h>
#include <stdbool.h>

#include "tests/fleetsim/conn.h"
#include "tests/fleetsim/relay.h"
#include "tests/fleetsim/watch.h"

/*
 * A connection as its three files see it: conn.c has its life and its bytes, conn_ssh.c what
 * libssh calls, trouble.c what is wrong with it.
 */
struct conn {
	struct conn *next, **link; /* of all; `link` points at this one */
	struct conn *next_dead;
	struct conn_env *env;
	struct visit visit;
	struct watch watch;  /* of the server's descriptor */
	struct relay *relay; /* NULL but for TROUBLE_SLOW */
	ssh_session session; /* NULL before its first byte */
	ssh_event event;
	ssh_channel channel; /* NULL before the client opens it */
	struct ssh_server_callbacks_struct server_callbacks;
	struct ssh_channel_callbacks_struct channel_callbacks;

	size_t sent;		       /* of visit.out */
	bool (*flood)(struct conn *c); /* writes some; false when it cannot for now */
	size_t flooded;
	bool floods_on; /* it could, last time */
	bool is_deaf;	/* nothing is answered any more */
	bool has_ended; /* the command's end is told */
	bool is_frozen; /* nothing is done any more until the other side goes */
	bool is_over;	/* to be freed */
};

void conn_end(struct conn *c);

/* Whether libssh waits until it may write; then it has perhaps not written all. */
bool conn_has_pending(const struct conn *c);

/* Tells the command's status, or ends the connection when there is none. */
void conn_end_command(struct conn *c);

/* Makes the server and says its first line. */
int conn_start_ssh(struct conn *c) MUST_CHECK;

/* From now on nothing is answered. */
void conn_go_deaf(struct conn *c);

/* The visit's trouble begins, now that all before it is said. */
void trouble_begin(struct conn *c);

/* Writes a part of a flood. */
void trouble_flood(struct conn *c);

#endif
