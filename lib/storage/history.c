/* What is stored of one series, thinned out by the database. */
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
	struct db_value from = db_time(h->from), to = db_time(h->to), row[2];
	struct db_value client = ids[0], series = ids[1];
	int rc;
	if (db_query(s->db, STATEMENT_POINTS,
		    DB_VALUES(series, series, client, from, to, series, client,
			    db_int(step > 0 ? step : 1), to, series, db_int((int64_t)h->most)),
		    err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_POINTS, row, err)) > 0)
		if (h->count < h->most)
			h->points[h->count++] =
				(struct history_point){ db_get_int(&row[0]), db_get_real(&row[1]) };
	return rc;
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
		return error_set(err, "out of memory");
	if (storage_read(s, get_history, &h, err))
		return -1;
	*ret_count = h.count;
	return 0;
}
