#include "lib/storage/watch.h"

#include <stdlib.h>

#include "lib/compiler.h"
#include "lib/storage/private.h"

struct watched_metric {
	int64_t id;
	bool is_wanted;
	const char *name;
};

static struct watched_client **clients_of(const struct watched *w, size_t *ret_count)
{
	*ret_count = w->clients.len / sizeof(struct watched_client *);
	return (void *)w->clients.data;
}

void watch_unload(struct watched *w)
{
	size_t count;
	struct watched_client **clients = clients_of(w, &count);
	for (size_t i = 0; i < count; i++)
		clients[i]->is_loaded = false;
	buffer_clear(&w->stale);
	buffer_clear(&w->metrics);
	w->is_dirty = w->is_on;
}

void watch_finish(struct watched *w)
{
	arena_finish(&w->memory);
	buffer_finish(&w->wanted);
	buffer_finish(&w->metrics);
	buffer_finish(&w->clients);
	buffer_finish(&w->stale);
	*w = (struct watched){ 0 };
}

static int make_table(struct storage *s, void *arg, struct error *err)
{
	(void)arg;
	return db_run(s->db, STATEMENT_MAKE_WATCHED, NULL, err);
}

int watch_start(struct storage *s, struct error *err)
{
	if (s->watch.is_on)
		return 0;
	if (storage_write(s, make_table, NULL, err))
		return -1;
	s->watch.is_on = true;
	return 0;
}

int watch_connect(struct storage *s, struct error *err)
{
	return s->watch.is_on ? make_table(s, NULL, err) : 0;
}

int storage_watch_metrics(struct storage *s, const char *const *metrics, struct error *err)
{
	struct watched *w = &s->watch;
	watch_unload(w);
	buffer_clear(&w->wanted);
	w->is_narrow = true;
	for (; *metrics; metrics++) {
		const char *name = clean_name(&w->memory, *metrics, METRIC_MAX);
		if (name)
			name = arena_copy(&w->memory, name, strlen(name));
		if (!name || buffer_append(&w->wanted, &name, sizeof name))
			return error_no_memory(err);
	}
	return 0;
}

static bool is_wanted(const struct watched *w, const char *name)
{
	const char *const *names = (void *)w->wanted.data;
	for (size_t i = 0; i < w->wanted.len / sizeof *names; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return !w->is_narrow;
}

static int compare_metrics(const void *a, const void *b)
{
	const struct watched_metric *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

static int load_metrics(struct storage *s, struct error *err)
{
	struct buffer *metrics = &s->watch.metrics;
	struct db_value row[2];
	int rc;
	buffer_clear(metrics);
	if (db_query(s->db, STATEMENT_METRICS, NULL, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_METRICS, row, err)) > 0) {
		const char *name = db_get_text(&row[1]);
		struct watched_metric m = { db_get_int(&row[0]), is_wanted(&s->watch, name),
			arena_copy(&s->watch.memory, name, strlen(name)) };
		if (!m.name || buffer_append(metrics, &m, sizeof m))
			return error_no_memory(err);
	}
	if (metrics->len)
		qsort(metrics->data, metrics->len / sizeof(struct watched_metric),
			sizeof(struct watched_metric), compare_metrics);
	return rc;
}

static const struct watched_metric *find_metric(const struct watched *w, int64_t id)
{
	struct watched_metric key = { .id = id };
	return w->metrics.len ? bsearch(&key, w->metrics.data, w->metrics.len / sizeof key,
					sizeof key, compare_metrics)
			      : NULL;
}

/* Where the client is, or belongs. */
static size_t place_of(const struct watched *w, int64_t id)
{
	size_t low = 0, high;
	struct watched_client **clients = clients_of(w, &high);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (clients[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct watched_client *find_client(const struct watched *w, int64_t id, size_t *ret_at)
{
	size_t count;
	struct watched_client **clients = clients_of(w, &count);
	*ret_at = place_of(w, id);
	return *ret_at < count && clients[*ret_at]->id == id ? clients[*ret_at] : NULL;
}

static struct watched_client *add_client(struct watched *w, size_t at, int64_t id, const char *name)
{
	struct watched_client *c = arena_alloc(&w->memory, sizeof *c);
	const char *copy = arena_copy(&w->memory, name, strlen(name));
	if (!c || !copy || buffer_append(&w->clients, &c, sizeof(void *)))
		return NULL;
	*c = (struct watched_client){ .id = id, .name = copy };
	size_t count;
	struct watched_client **clients = clients_of(w, &count);
	memmove(clients + at + 1, clients + at, (count - 1 - at) * sizeof(void *));
	clients[at] = c;
	return c;
}

int watch_client(struct storage *s, int64_t id, const char *name, int64_t turn,
	struct watched_client **ret_client, struct error *err)
{
	struct watched *w = &s->watch;
	size_t at;
	struct watched_client *c = find_client(w, id, &at);
	if (!c)
		c = add_client(w, at, id, name);
	if (!c)
		return error_no_memory(err);
	if (!c->is_loaded || c->turn != turn) {
		if (buffer_append(&w->stale, &c, sizeof(void *)))
			return error_no_memory(err);
		c->turn = turn;
		c->is_loaded = true; /* or else the transaction comes to nothing */
	}
	*ret_client = c;
	return 0;
}

/* What was read of one client, in the order of the ids, and what the table is to have. */
struct load {
	struct watched_client *client;
	struct buffer series, rows;
};

static void load_finish(struct load *l)
{
	buffer_finish(&l->series);
	buffer_finish(&l->rows);
}

static int compare_series(const void *a, const void *b)
{
	const struct watched_series *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

/* The client's series have all been read. */
static int end_client(struct watched *w, struct load *l)
{
	size_t count = l->series.len / sizeof(struct watched_series);
	if (!l->client)
		return 0;
	struct watched_series *series = arena_alloc(&w->memory, l->series.len + 1);
	if (!series)
		return -1;
	if (count)
		memcpy(series, l->series.data, l->series.len);
	qsort(series, count, sizeof *series, compare_series);
	l->client->series = series;
	l->client->count = count;
	buffer_clear(&l->series);
	return 0;
}

static int add_series(
	struct storage *s, struct load *l, const struct db_value *row, struct error *err)
{
	const struct watched_metric *m = find_metric(&s->watch, row[2].i);
	if (!m) {
		if (load_metrics(s, err))
			return -1;
		m = find_metric(&s->watch, row[2].i);
	}
	if (!m || !m->is_wanted)
		return 0;
	struct watched_series series = { (uint64_t)row[1].i, m->name,
		arena_copy(&s->watch.memory, db_get_text(&row[3]), row[3].len) };
	if (!series.instance || buffer_append(&l->series, &series, sizeof series) ||
		buffer_append(&l->rows, DB_VALUES(row[0], row[1]), 2 * sizeof *row))
		return error_no_memory(err);
	return 0;
}

static int load_some(
	struct storage *s, struct watched_client *const *clients, size_t count, struct error *err)
{
	CLEANUP(load_finish) struct load l = { 0 };
	struct db_value ids[STATEMENT_IDS], row[5];
	size_t at;
	int rc;
	for (size_t i = 0; i < STATEMENT_IDS; i++)
		ids[i] = db_int(clients[i < count ? i : count - 1]->id);
	for (size_t i = 0; i < count; i++)
		clients[i]->count = 0;
	if (db_query(s->db, STATEMENT_SERIES_OF_64, ids, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_SERIES_OF_64, row, err)) > 0) {
		if (!l.client || l.client->id != row[0].i) {
			if (end_client(&s->watch, &l))
				return error_no_memory(err);
			l.client = find_client(&s->watch, row[0].i, &at);
		}
		if (add_series(s, &l, row, err))
			return -1;
	}
	if (rc < 0)
		return -1;
	if (end_client(&s->watch, &l))
		return error_no_memory(err);
	size_t rows = l.rows.len / (2 * sizeof *row);
	return rows ? s->driver->execute(
			      s->db, STATEMENT_WATCH, (const void *)l.rows.data, rows, NULL, err)
		    : 0;
}

int watch_load(struct storage *s, struct error *err)
{
	struct watched *w = &s->watch;
	struct watched_client *const *stale = (void *)w->stale.data;
	size_t count = w->stale.len / sizeof(void *);
	if (w->is_dirty && db_run(s->db, STATEMENT_UNWATCH, NULL, err))
		return -1;
	for (size_t at = 0, n; at < count; at += n) {
		n = smaller(count - at, STATEMENT_IDS);
		if (load_some(s, stale + at, n, err))
			return -1;
	}
	w->is_dirty = false;
	buffer_clear(&w->stale);
	return 0;
}

const struct watched_series *watch_find(const struct watched_client *c, uint64_t id, size_t *at)
{
	if (*at < c->count && c->series[*at].id == id)
		return &c->series[(*at)++];
	struct watched_series key = { .id = id };
	const struct watched_series *found =
		c->count ? bsearch(&key, c->series, c->count, sizeof key, compare_series) : NULL;
	if (found)
		*at = (size_t)(found - c->series) + 1;
	return found;
}
