/*
 * What is stored of one series, thinned out by the database: a look-up for each point that is
 * wanted, however many there are. One statement for all of them costs more: as a range it reads
 * every sample between, and a recursive one took half as much again on SQLite and four times as
 * much on MariaDB.
 */
#include "lib/storage/private.h"

struct history {
	const char *client, *metric, *instance;
	int64_t from, to;
	size_t most, count;
	struct history_point *points;
};

/* Work: the ids of client and series are two columns of a row. */
static int read_points(
	struct storage *s, struct history *h, const struct db_value ids[2], struct error *err)
{
	int64_t step = (h->to - h->from) / (int64_t)(h->most - 1);
	for (int64_t at = h->from; at <= h->to && h->count < h->most;) {
		struct db_value row[2];
		int rc = db_first(s->db, STATEMENT_NEXT_POINT,
			DB_VALUES(ids[1], ids[0], db_time(at), db_time(h->to)), row, err);
		if (rc <= 0)
			return rc;
		struct history_point *p = &h->points[h->count++];
		*p = (struct history_point){ db_get_int(&row[0]), db_get_real(&row[1]) };
		at = p->at + (step > 0 ? step : 1);
	}
	return 0;
}

static int get_history(struct storage *s, void *arg, struct error *err)
{
	struct history *h = arg;
	struct db_value ids[2];
	h->count = 0;
	int rc = db_first(s->db, STATEMENT_FIND_SERIES,
		DB_VALUES(db_text(h->client), db_text(h->metric), db_text(h->instance)), ids, err);
	return rc > 0 ? read_points(s, h, ids, err) : rc;
}

int storage_get_history(struct storage *s, const char *client, const char *metric,
	const char *instance, int64_t from, int64_t to, size_t most,
	struct history_point *ret_points, size_t *ret_count, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct history h = {
		.client = clean_name(&strings, client, CLIENT_MAX),
		.metric = clean_name(&strings, metric, METRIC_MAX),
		.instance = clean_name(&strings, instance, INSTANCE_MAX),
		.from = from,
		.to = to,
		.most = most,
		.points = ret_points,
	};
	if (!h.client || !h.metric || !h.instance)
		return error_no_memory(err);
	if (storage_read(s, get_history, &h, err))
		return -1;
	*ret_count = h.count;
	return 0;
}
