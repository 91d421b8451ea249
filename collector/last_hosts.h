#ifndef FLEET_COLLECTOR_LAST_HOSTS_H
#define FLEET_COLLECTOR_LAST_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/outcome.h"

/*
 * How the last attempt at each client ended, kept in `hosts` beside the spool, so that who is
 * polled, and in which order, is known before any connection to the database is opened. A line
 * is:
 *
 *   <wall ms of the last attempt> <its duration, ms> <its outcome> <1 missed, 0>
 *     <client, percent-encoded>
 *
 * Missed is who was not reached by the last run, or had not got through when it ended: its turn
 * still stands out. Who was never reached has the time 0 and the outcome not-done. A suspect has
 * the outcome internal: a poller had it, and perhaps died of it.
 */
struct last_host {
	char *client;
	int64_t attempted_at;
	uint32_t duration_ms;
	enum outcome outcome;
	bool missed;
};

struct last_hosts {
	struct last_host *items; /* by client once sorted */
	size_t count, size;
};

/* A missing file is an empty one; malformed lines are dropped, since nothing but the order of
 * the hosts hangs on them. Sorted. */
int last_hosts_load(const char *path, struct last_hosts *ret_hosts, struct error *err) MUST_CHECK;
int last_hosts_save(const char *path, const struct last_hosts *hosts, struct error *err) MUST_CHECK;

/* Appends a copy; each client once. Then sort, before any find. */
int last_hosts_add(
	struct last_hosts *hosts, const struct last_host *host, struct error *err) MUST_CHECK;
void last_hosts_sort(struct last_hosts *hosts);

/* NULL when it was never tried. */
const struct last_host *last_hosts_find(const struct last_hosts *hosts, const char *client);

/* What is remembered of a client after a run that began `at`. `last` is NULL when it was never
 * tried; `was_begun` tells whether somebody had it. Whom nobody had, because the run was over or
 * something failed here, is owed its turn. Who is not done twice, though it was the first of the
 * second run, hangs: that is a deadline, and no turn is owed to it, lest a few of that kind be the
 * first of every run. Pure; the client is the caller's to set. */
struct last_host last_host_next(const struct last_host *last, int64_t at, enum outcome outcome,
	bool was_begun, uint32_t duration_ms);

void last_hosts_finish(struct last_hosts *hosts);

#endif
