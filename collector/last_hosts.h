#ifndef FLEET_COLLECTOR_LAST_HOSTS_H
#define FLEET_COLLECTOR_LAST_HOSTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/outcome.h"

/*
 * How the last attempt at each client ended, kept in `hosts` beside the spool, so that the
 * order of a run is known before any connection to the database is opened. A line is:
 *
 *   <wall ms of the last attempt> <outcome> <client, percent-encoded>
 *
 * That a client was not reached (not-done) is no attempt: its time is that of the one before,
 * 0 if there was none.
 */
struct last_host {
	char *client;
	int64_t attempted_at;
	enum outcome outcome;
};

struct last_hosts {
	struct last_host *items; /* by client once sorted */
	size_t count;
};

/* A missing file is an empty one; malformed lines are dropped, since nothing but the order of
 * the hosts hangs on them. Sorted. */
int last_hosts_load(const char *path, struct last_hosts *ret_hosts, struct error *err) MUST_CHECK;
int last_hosts_save(const char *path, const struct last_hosts *hosts, struct error *err) MUST_CHECK;

/* Appends a copy; each client once. Then sort, before any find. */
int last_hosts_add(struct last_hosts *hosts, const char *client, int64_t attempted_at,
	enum outcome outcome, struct error *err) MUST_CHECK;
void last_hosts_sort(struct last_hosts *hosts);

/* NULL when it was never tried. */
const struct last_host *last_hosts_find(const struct last_hosts *hosts, const char *client);

void last_hosts_finish(struct last_hosts *hosts);

#endif
