#ifndef FLEETSIM_SERVER_H
#define FLEETSIM_SERVER_H

#include <libssh/libssh.h>
#include <libssh/server.h>

#include "lib/error.h"
#include "tests/fleetsim/visit.h"

/*
 * What a host shows and whom it lets in: the same for all of them.
 */
struct server {
	ssh_bind binds[KEYS_COUNT];
	ssh_key authorized;
	const char *password; /* NULL: by key only */
};

int server_init(struct server *s, const char *host_key, const char *authorized,
	const char *password, struct error *err) MUST_CHECK;
void server_finish(struct server *s);

#endif
