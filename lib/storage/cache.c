#include "lib/storage/cache.h"

#include <search.h>
#include <stdlib.h>

#include "lib/array.h"
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
	free(((struct cached_client *)item)->series);
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

/* Where the series is, or belongs. They mostly come in the order in which they are kept. */
static bool find_series(
	struct cached_client *client, const struct cached_series *key, size_t *ret_at)
{
	size_t low = 0, high = client->series_count;
	size_t at = client->next_series < high ? client->next_series : high / 2;
	int order = 1;
	for (; low < high; at = low + (high - low) / 2) {
		order = compare_series(key, &client->series[at]);
		if (order == 0)
			break;
		if (order > 0)
			low = at + 1;
		else
			high = at;
	}
	*ret_at = order == 0 ? at : low;
	client->next_series = *ret_at + 1;
	return order == 0;
}

static int grow_series(struct cached_client *client)
{
	struct cached_series *items = array_reserve(
		client->series, client->series_count + 1, &client->series_size, sizeof *items);
	if (!items)
		return -1;
	client->series = items;
	return 0;
}

static int add_series(
	struct storage *s, struct cached_client *client, const struct cached_series *series)
{
	struct cached_series copy = *series;
	size_t at;
	copy.instance = arena_copy(&s->cache.memory, series->instance, strlen(series->instance));
	if (!copy.instance || grow_series(client) || find_series(client, series, &at))
		return -1;
	struct cached_series *to = client->series + at;
	memmove(to + 1, to, (client->series_count++ - at) * sizeof *to);
	*to = copy;
	return 0;
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
			return error_no_memory(err);
	}
	if (rc < 0 || db_query(s->db, STATEMENT_METRICS, NULL, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_METRICS, row, err)) > 0)
		if (!add_metric(s, db_get_int(&row[0]), db_get_text(&row[1])))
			return error_no_memory(err);
	s->cache.is_loaded = rc == 0;
	return rc;
}

/* Looks in the cache; NULL when it is not there. */
static int find_client(struct storage *s, struct cached_client *key, const char *name,
	struct cached_client **ret_client, struct error *err)
{
	if (load(s, err))
		return -1;
	key->name = clean_name(&s->cache.memory, name, CLIENT_MAX);
	if (!key->name)
		return error_no_memory(err);
	struct cached_client **found = tfind(key, &s->cache.clients, compare_clients);
	*ret_client = found ? *found : NULL;
	return 0;
}

/* One that is in the table and not in the cache is another connection's: all is read again. */
int cache_find_client(
	struct storage *s, const char *name, struct cached_client **ret_client, struct error *err)
{
	struct cached_client key = { 0 };
	struct db_value row;
	if (find_client(s, &key, name, ret_client, err))
		return -1;
	if (*ret_client)
		return 0;
	int rc = db_first(s->db, STATEMENT_CLIENT_ID, DB_VALUES(db_text(key.name)), &row, err);
	if (rc <= 0)
		return rc;
	cache_clear(&s->cache);
	return find_client(s, &key, name, ret_client, err);
}

int cache_client(struct storage *s, const char *name, int64_t now,
	struct cached_client **ret_client, struct error *err)
{
	struct cached_client key = { 0 };
	if (find_client(s, &key, name, ret_client, err))
		return -1;
	if (*ret_client)
		return 0;
	if (db_run(s->db, STATEMENT_ADD_CLIENT, DB_VALUES(db_text(key.name), db_time(now)), err))
		return -1;
	key.id = (int64_t)s->driver->last_id(s->db);
	key.has_series = true;
	*ret_client = add_client(s, &key);
	return *ret_client ? 0 : error_no_memory(err);
}

static struct cached_client *client_of(
	struct cached_client *const *clients, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (clients[i]->id == id && !clients[i]->has_series)
			return clients[i];
	return NULL;
}

static int load_group(
	struct storage *s, struct cached_client *const *clients, size_t count, struct error *err)
{
	struct db_value ids[STATEMENT_IDS], row[5];
	size_t wanted = 0;
	int rc;
	for (size_t i = 0; i < count; i++)
		if (!clients[i]->has_series)
			ids[wanted++] = db_int(clients[i]->id);
	if (!wanted)
		return 0;
	for (size_t i = wanted; i < STATEMENT_IDS; i++)
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
		if (client && add_series(s, client, &series))
			return error_no_memory(err);
	}
	for (size_t i = 0; i < count && rc == 0; i++) {
		clients[i]->has_series = true;
		clients[i]->next_series = 0;
	}
	return rc;
}

int cache_load_series(
	struct storage *s, struct cached_client *const *clients, size_t count, struct error *err)
{
	for (size_t at = 0; at < count; at += STATEMENT_IDS)
		if (load_group(s, clients + at, smaller(STATEMENT_IDS, count - at), err))
			return -1;
	return 0;
}

static const struct cached_metric *find_metric(struct storage *s, const char *name)
{
	struct cached_metric key = { .name = name };
	struct cached_metric **found = tfind(&key, &s->cache.metrics, compare_metrics);
	return found ? *found : NULL;
}

static const struct cached_metric *make_metric(
	struct storage *s, const char *name, struct error *err)
{
	struct metric known = metric_named(name);
	if (db_run(s->db, STATEMENT_ADD_METRIC,
		    DB_VALUES(db_text(name), db_text(unit_name(known.unit)), db_text(known.help)),
		    err))
		return NULL;
	const struct cached_metric *m = add_metric(s, (int64_t)s->driver->last_id(s->db), name);
	if (!m)
		(void)error_no_memory(err);
	return m;
}

/* Names are mostly those of the catalogue, which are always at the same place. *ret_id is 0 when
 * it is not known and not to be made. */
static int metric_id(
	struct storage *s, const char *name, bool make, int64_t *ret_id, struct error *err)
{
	const struct cached_metric **recent =
		&s->cache.recent[(uintptr_t)name / sizeof(void *) % CACHE_RECENT];
	if (!*recent || strcmp((*recent)->name, name) != 0) {
		const char *clean = clean_name(&s->cache.memory, name, METRIC_MAX);
		if (!clean)
			return error_no_memory(err);
		const struct cached_metric *m = find_metric(s, clean);
		if (!m && !make) {
			*ret_id = 0;
			return 0;
		}
		if (!m && !(m = make_metric(s, clean, err)))
			return -1;
		*recent = m;
	}
	*ret_id = (*recent)->id;
	return 0;
}

/* With a fresh cache. */
static int begin_again(struct storage *s, const char *what, struct error *err)
{
	s->db->fault = DB_RETRY;
	return error_set(err, "a %s was removed meanwhile", what);
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
	return changed ? 0 : begin_again(s, "series", err);
}

static int insert_series(struct storage *s, struct cached_client *client,
	struct cached_series *series, struct error *err)
{
	uint64_t added;
	if (s->driver->execute(s->db, STATEMENT_ADD_SERIES,
		    DB_VALUES(db_int(client->id), db_text(series->instance),
			    db_time(series->seen_at), db_int(series->metric_id)),
		    1, &added, err))
		return -1;
	if (!added)
		return begin_again(s, "metric", err);
	series->id = (int64_t)s->driver->last_id(s->db);
	client->has_more_series = true;
	return add_series(s, client, series) ? error_no_memory(err) : 0;
}

/* ---- room --------------------------------------------------------------------------------- */

static size_t longest_unseen(const struct cached_client *client)
{
	size_t found = 0;
	for (size_t i = 1; i < client->series_count; i++)
		if (client->series[i].seen_at < client->series[found].seen_at)
			found = i;
	return found;
}

/* Its readings go with their samples. It may be gone already: retention is another connection's. */
static int remove_series(
	struct storage *s, struct cached_client *client, size_t at, struct error *err)
{
	struct cached_series *series = client->series + at;
	if (db_run(s->db, STATEMENT_DELETE_SERIES, DB_VALUES(db_int(series->id)), err))
		return -1;
	memmove(series, series + 1, (--client->series_count - at) * sizeof *series);
	client->next_series = 0;
	return 0;
}

/* Looks through all of them only when one can have been unseen for long enough. */
static int make_room(struct storage *s, struct cached_client *client, size_t most, int64_t at,
	bool *ret_has_room, struct error *err)
{
	*ret_has_room = client->series_count < most;
	if (*ret_has_room || at - client->seen_since < CACHE_UNSEEN_MS)
		return 0;
	size_t oldest = longest_unseen(client);
	client->seen_since = client->series[oldest].seen_at;
	if (at - client->seen_since < CACHE_UNSEEN_MS)
		return 0;
	*ret_has_room = true;
	return remove_series(s, client, oldest, err);
}

/* What may be an alert's is not to be kept out by what a client makes up. */
static size_t most_series(const char *metric)
{
	return metric_find(metric) ? CACHE_SERIES_MAX : CACHE_CUSTOM_SERIES_MAX;
}

int cache_series(struct storage *s, struct cached_client *client, const char *metric,
	const char *instance, int64_t at, int64_t *ret_id, struct error *err)
{
	struct cached_series key = { .instance = instance, .seen_at = at };
	size_t place;
	*ret_id = 0;
	if (metric_id(s, metric, false, &key.metric_id, err))
		return -1;
	bool found = key.metric_id && find_series(client, &key, &place);
	if (!found) { /* what is found was clean */
		key.instance = clean_name(&s->cache.memory, instance, INSTANCE_MAX);
		if (!key.instance)
			return error_no_memory(err);
		found = key.metric_id && key.instance != instance &&
			find_series(client, &key, &place);
	}
	if (found) {
		*ret_id = client->series[place].id;
		return see_series(s, &client->series[place], at, err);
	}
	bool has_room;
	if (make_room(s, client, most_series(metric), at, &has_room, err))
		return -1;
	if (has_room && (metric_id(s, metric, true, &key.metric_id, err) ||
				insert_series(s, client, &key, err)))
		return -1;
	*ret_id = key.id;
	return 0;
}
