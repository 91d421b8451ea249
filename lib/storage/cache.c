#include "lib/storage/cache.h"

#include <search.h>

#include "lib/metrics/metrics.h"
#include "lib/storage/private.h"

static const int64_t day_ms = 24 * 3600 * 1000;

struct cached_metric {
	const char *name;
	int64_t id;
};

struct cached_series {
	int64_t metric_id;
	const char *instance;
	int64_t id, seen_at;
};

static int compare_clients(const void *a, const void *b)
{
	return strcmp(
		((const struct cached_client *)a)->name, ((const struct cached_client *)b)->name);
}

static int compare_metrics(const void *a, const void *b)
{
	return strcmp(
		((const struct cached_metric *)a)->name, ((const struct cached_metric *)b)->name);
}

static int compare_series(const void *a, const void *b)
{
	const struct cached_series *x = a, *y = b;
	if (x->metric_id != y->metric_id)
		return x->metric_id < y->metric_id ? -1 : 1;
	return strcmp(x->instance, y->instance);
}

static void keep(void *item)
{
	(void)item; /* the arena has it */
}

static void destroy_client(void *item)
{
	tdestroy(((struct cached_client *)item)->series, keep);
}

void cache_clear(struct cache *cache)
{
	tdestroy(cache->clients, destroy_client);
	tdestroy(cache->metrics, keep);
	arena_finish(&cache->memory);
	*cache = (struct cache){ 0 };
}

/* Copies `item` into the arena and the tree. NULL without memory. */
static void *add(struct storage *s, void **tree, const void *item, size_t size,
	int (*compare)(const void *, const void *))
{
	void *copy = arena_alloc(&s->cache.memory, size);
	if (!copy)
		return NULL;
	memcpy(copy, item, size);
	return tsearch(copy, tree, compare) ? copy : NULL;
}

static struct cached_client *add_client(struct storage *s, const struct cached_client *client)
{
	struct cached_client copy = *client;
	copy.name = arena_copy(&s->cache.memory, client->name, strlen(client->name));
	if (!copy.name)
		return NULL;
	return add(s, &s->cache.clients, &copy, sizeof copy, compare_clients);
}

static struct cached_metric *add_metric(struct storage *s, int64_t id, const char *name)
{
	struct cached_metric m = { arena_copy(&s->cache.memory, name, strlen(name)), id };
	return m.name ? add(s, &s->cache.metrics, &m, sizeof m, compare_metrics) : NULL;
}

static struct cached_series *add_series(
	struct storage *s, struct cached_client *client, const struct cached_series *series)
{
	struct cached_series copy = *series;
	copy.instance = arena_copy(&s->cache.memory, series->instance, strlen(series->instance));
	if (!copy.instance)
		return NULL;
	client->series_count++;
	return add(s, &client->series, &copy, sizeof copy, compare_series);
}

static int load(struct storage *s, struct error *err)
{
	struct db_value row[4];
	int rc;
	if (s->cache.is_loaded)
		return 0;
	if (db_query(s->db, STATEMENT_CLIENTS, NULL, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_CLIENTS, row, err)) > 0) {
		struct cached_client c = { .id = db_get_int(&row[0]),
			.name = db_get_text(&row[1]),
			.newest_ok_id = (uint64_t)db_get_int(&row[2]),
			.text_at = db_get_int(&row[3]) };
		if (!add_client(s, &c))
			return error_set(err, "out of memory");
	}
	if (rc < 0 || db_query(s->db, STATEMENT_METRICS, NULL, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_METRICS, row, err)) > 0)
		if (!add_metric(s, db_get_int(&row[0]), db_get_text(&row[1])))
			return error_set(err, "out of memory");
	s->cache.is_loaded = rc == 0;
	return rc;
}

int cache_client(struct storage *s, const char *name, int64_t now,
	struct cached_client **ret_client, struct error *err)
{
	if (load(s, err))
		return -1;
	struct cached_client key = { .name = clean_name(&s->cache.memory, name, CLIENT_MAX) };
	if (!key.name)
		return error_set(err, "out of memory");
	struct cached_client **found = tfind(&key, &s->cache.clients, compare_clients);
	if (found) {
		*ret_client = *found;
		return 0;
	}
	if (db_run(s->db, STATEMENT_ADD_CLIENT, DB_VALUES(db_text(key.name), db_time(now)), err))
		return -1;
	key.id = (int64_t)s->driver->last_id(s->db);
	key.has_series = true;
	*ret_client = add_client(s, &key);
	return *ret_client ? 0 : error_set(err, "out of memory");
}

static struct cached_client *client_of(
	struct cached_client *const *clients, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (clients[i]->id == id && !clients[i]->has_series)
			return clients[i];
	return NULL;
}

int cache_load_series(
	struct storage *s, struct cached_client *const *clients, size_t count, struct error *err)
{
	struct db_value ids[64], row[5];
	size_t wanted = 0;
	int rc;
	for (size_t i = 0; i < count; i++)
		if (!clients[i]->has_series)
			ids[wanted++] = db_int(clients[i]->id);
	if (!wanted)
		return 0;
	for (size_t i = wanted; i < 64; i++)
		ids[i] = ids[wanted - 1];
	if (db_query(s->db, STATEMENT_SERIES_OF_64, ids, err))
		return -1;
	struct cached_client *client = NULL;
	while ((rc = db_next(s->db, STATEMENT_SERIES_OF_64, row, err)) > 0) {
		if (!client || client->id != db_get_int(&row[0]))
			client = client_of(clients, count, db_get_int(&row[0]));
		struct cached_series series = { .id = db_get_int(&row[1]),
			.metric_id = db_get_int(&row[2]),
			.instance = db_get_text(&row[3]),
			.seen_at = db_get_int(&row[4]) };
		if (client && !add_series(s, client, &series))
			return error_set(err, "out of memory");
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		clients[i]->has_series = true;
	return rc;
}

static int metric_id(struct storage *s, const char *name, int64_t *ret_id, struct error *err)
{
	struct cached_metric key = { .name = name };
	struct cached_metric **found = tfind(&key, &s->cache.metrics, compare_metrics);
	if (found) {
		*ret_id = (*found)->id;
		return 0;
	}
	const struct metric *known = metric_find(name);
	if (db_run(s->db, STATEMENT_ADD_METRIC,
		    DB_VALUES(db_text(name), db_text(known ? unit_name(known->unit) : ""),
			    db_text(known ? known->help : "")),
		    err))
		return -1;
	*ret_id = (int64_t)s->driver->last_id(s->db);
	return add_metric(s, *ret_id, name) ? 0 : error_set(err, "out of memory");
}

/* Once a day: retention removes series that were not seen for long. */
static int see_series(
	struct storage *s, struct cached_series *series, int64_t at, struct error *err)
{
	if (at - series->seen_at < day_ms)
		return 0;
	uint64_t changed;
	if (s->driver->execute(s->db, STATEMENT_SEE_SERIES,
		    DB_VALUES(db_time(at), db_int(series->id)), 1, &changed, err))
		return -1;
	series->seen_at = at;
	if (changed)
		return 0;
	s->db->fault = DB_RETRY; /* removed in between: begin again with a fresh cache */
	return error_set(err, "a series was removed meanwhile");
}

static int insert_series(struct storage *s, struct cached_client *client,
	struct cached_series *series, struct error *err)
{
	if (db_run(s->db, STATEMENT_ADD_SERIES,
		    DB_VALUES(db_int(client->id), db_int(series->metric_id),
			    db_text(series->instance), db_time(series->seen_at)),
		    err))
		return -1;
	series->id = (int64_t)s->driver->last_id(s->db);
	return add_series(s, client, series) ? 0 : error_set(err, "out of memory");
}

int cache_series(struct storage *s, struct cached_client *client, const char *metric,
	const char *instance, int64_t at, int64_t *ret_id, struct error *err)
{
	struct arena *a = &s->cache.memory;
	struct cached_series key = { .instance = clean_name(a, instance, INSTANCE_MAX),
		.seen_at = at };
	metric = clean_name(a, metric, METRIC_MAX);
	if (!metric || !key.instance)
		return error_set(err, "out of memory");
	if (metric_id(s, metric, &key.metric_id, err))
		return -1;
	struct cached_series **found = tfind(&key, &client->series, compare_series);
	if (found) {
		*ret_id = (*found)->id;
		return see_series(s, *found, at, err);
	}
	if (client->series_count < CACHE_SERIES_MAX && insert_series(s, client, &key, err))
		return -1;
	*ret_id = key.id;
	return 0;
}
