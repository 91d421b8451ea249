#ifndef FLEET_STORAGE_WATCH_H
#define FLEET_STORAGE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buffer.h"
#include "lib/error.h"

/*
 * The series of which unprocessed samples are read. A temporary table of the connection has them
 * by client, so that the database finds their readings by the key of `reading` and touches no
 * others; here stand their names, which no reading brings along. Both are filled, client by
 * client, as samples come, within the very transaction that reads the samples: client.series_turn
 * tells that there are more since, so no reading of a new series is missed.
 */
struct storage;

struct watched_series {
	uint64_t id;
	const char *metric, *instance;
};

struct watched_client {
	int64_t id;
	const char *name;
	int64_t turn; /* client.series_turn when the series were read */
	bool is_loaded;
	const struct watched_series *series; /* by id */
	size_t count;
};

struct watched {
	bool is_on;	       /* every connection has the table */
	bool is_dirty;	       /* the table has series that are not watched any more */
	bool is_narrow;	       /* to the wanted metrics */
	struct arena memory;   /* names and series: as long as the handle is open */
	struct buffer wanted;  /* const char *: names of metrics */
	struct buffer metrics; /* struct watched_metric, by id */
	struct buffer clients; /* struct watched_client *, by id */
	struct buffer stale;   /* struct watched_client *, whose series are to be read */
};

/* Outside a transaction: makes the table, if it is not there. */
int watch_start(struct storage *s, struct error *err) MUST_CHECK;
/* On a new connection. */
int watch_connect(struct storage *s, struct error *err) MUST_CHECK;

/* Within a transaction: the client of that id, which watch_load() reads if it was not read at this
 * turn. */
int watch_client(struct storage *s, int64_t id, const char *name, int64_t turn,
	struct watched_client **ret_client, struct error *err) MUST_CHECK;
int watch_load(struct storage *s, struct error *err) MUST_CHECK;

/* The series of a loaded client, or NULL. *at is where the last one was found, 0 at first: they
 * come in the order of their ids. */
const struct watched_series *watch_find(const struct watched_client *c, uint64_t id, size_t *at);

/* The transaction came to nothing, and with it what was put in the table. */
void watch_unload(struct watched *w);
void watch_finish(struct watched *w);

#endif
