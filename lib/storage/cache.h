#ifndef FLEET_STORAGE_CACHE_H
#define FLEET_STORAGE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/error.h"

/*
 * Row ids of clients, metrics and series by their names, so that a reading costs no look-up
 * in the database. Filled from the tables as needed; what is missing there is inserted. It
 * holds only what this connection has seen committed or is about to commit: it is cleared
 * whenever a transaction did not end in a commit.
 */
enum {
	CACHE_SERIES_MAX = 10000,	/* of one client */
	CACHE_CUSTOM_SERIES_MAX = 8000, /* beyond so many those of the catalogue only are made */
	CACHE_UNSEEN_MS = 2 * 24 * 3600 * 1000, /* after which one may make room for another */
};

struct cached_client {
	const char *name;
	int64_t id;
	uint64_t newest_ok_id;
	int64_t text_at;	      /* of the stored report's text; 0 = none */
	bool has_series;	      /* `series` was read */
	bool has_more_series;	      /* made since the client's row was moved */
	struct cached_series *series; /* sorted */
	size_t series_count, series_size;
	size_t next_series; /* behind the one found last */
	int64_t seen_since; /* no series was seen last before this; 0 = not known */
};

enum { CACHE_RECENT = 512 };

struct cache {
	struct arena memory;
	bool is_loaded;
	void *clients, *metrics; /* tsearch(3) trees */
	const struct cached_metric *recent[CACHE_RECENT];
};

struct storage;

/* The client of that name; its row is made when missing. */
int cache_client(struct storage *s, const char *name, int64_t now,
	struct cached_client **ret_client, struct error *err) MUST_CHECK;

/* The same, but NULL when there is no row, which is none that another connection has just made
 * either. What was given out before may be gone then. */
int cache_find_client(struct storage *s, const char *name, struct cached_client **ret_client,
	struct error *err) MUST_CHECK;

/* Reads the series of those clients whose were not read before. */
int cache_load_series(struct storage *s, struct cached_client *const *clients, size_t count,
	struct error *err) MUST_CHECK;

/* The series of a loaded client; its row is made when missing, and remembers to the day that
 * it was seen. Of a client that has too many the one that was unseen for longest goes, and when all
 * were seen of late *ret_id is 0. */
int cache_series(struct storage *s, struct cached_client *client, const char *metric,
	const char *instance, int64_t at, int64_t *ret_id, struct error *err) MUST_CHECK;

void cache_clear(struct cache *cache);

#endif
