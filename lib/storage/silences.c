/* Silences: rows that people make and lift, and the alerter only reads. */
#include "lib/storage/set.h"

enum { SILENCE_COLUMNS = 14 };

static void add_row(struct set *set, const struct db_value *row)
{
	struct silence s = {
		.id = (uint64_t)db_get_int(&row[0]),
		.client = set_text(set, &row[1]),
		.group = set_text(set, &row[2]),
		.metric = set_text(set, &row[3]),
		.instance = set_text(set, &row[4]),
		.starts_at = db_get_int(&row[5]),
		.ends_at = db_get_int(&row[6]),
		.weekly = set_text(set, &row[7]),
		.who = set_text(set, &row[8]),
		.why = set_text(set, &row[9]),
		.created_at = db_get_int(&row[10]),
		.lifted_at = db_get_int(&row[11]),
		.lifted_by = set_text(set, &row[12]),
		.lifted_why = set_text(set, &row[13]),
	};
	set_add(set, &s, sizeof s);
}

struct read {
	struct set *set;
	int64_t at;
};

static int read_silences(struct storage *s, void *arg, struct error *err)
{
	const struct read *r = arg;
	struct db_value row[SILENCE_COLUMNS], at = db_time(r->at);
	int rc;
	set_clear(r->set);
	if (db_query(s->db, STATEMENT_SILENCES, DB_VALUES(at, at), err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_SILENCES, row, err)) > 0)
		add_row(r->set, row);
	return rc ? rc : set_check(r->set, err);
}

int storage_get_silences(
	struct storage *s, int64_t at, struct silence_set *ret_set, struct error *err)
{
	struct read r = { NULL, at };
	if (set_read(s, read_silences, &r, &r.set, err))
		return -1;
	*ret_set = (struct silence_set){ (void *)r.set->items.data,
		r.set->items.len / sizeof(struct silence), r.set };
	return 0;
}

void silence_set_finish(struct silence_set *s)
{
	set_destroy(s->memory);
	*s = (struct silence_set){ 0 };
}

enum { ROW_VALUES = 10 };

struct add {
	struct db_value values[ROW_VALUES]; /* the first of them are what tells it from others */
	uint64_t id;
};

static int add_silence(struct storage *s, void *arg, struct error *err)
{
	struct add *a = arg;
	struct db_value found;
	int rc = db_first(s->db, STATEMENT_SILENCE_ID, a->values, &found, err);
	if (rc < 0)
		return -1;
	if (rc > 0) {
		a->id = (uint64_t)db_get_int(&found);
		return 0;
	}
	if (db_run(s->db, STATEMENT_ADD_SILENCE, a->values, err))
		return -1;
	a->id = s->driver->last_id(s->db);
	return 0;
}

/* -1 without memory. */
static int put_text(struct arena *strings, const char *text, size_t max, struct db_value *ret_value)
{
	const char *clean = clean_text(strings, text, max);
	if (!clean)
		return -1;
	*ret_value = db_text(clean);
	return 0;
}

int storage_add_silence(
	struct storage *s, const struct silence *silence, uint64_t *ret_id, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct add a = { .values = { [0] = db_time(silence->created_at),
				 [6] = db_time(silence->starts_at),
				 [7] = db_time_or_null(silence->ends_at) } };
	if (put_text(&strings, silence->client, CLIENT_MAX, &a.values[1]) ||
		put_text(&strings, silence->group, CLIENT_MAX, &a.values[2]) ||
		put_text(&strings, silence->metric, METRIC_MAX, &a.values[3]) ||
		put_text(&strings, silence->instance, INSTANCE_MAX, &a.values[4]) ||
		put_text(&strings, silence->weekly, WEEKLY_MAX, &a.values[5]) ||
		put_text(&strings, silence->who, WHO_MAX, &a.values[8]) ||
		put_text(&strings, silence->why, TEXT_MAX, &a.values[9]))
		return error_no_memory(err);
	if (storage_write(s, add_silence, &a, err))
		return -1;
	*ret_id = a.id;
	return 0;
}

struct lift {
	struct db_value values[5];
	uint64_t changed;
};

static int lift_silence(struct storage *s, void *arg, struct error *err)
{
	struct lift *l = arg;
	return s->driver->execute(s->db, STATEMENT_LIFT_SILENCE, l->values, 1, &l->changed, err);
}

int storage_lift_silence(struct storage *s, uint64_t id, const char *who, const char *why,
	int64_t now, bool *ret_found, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct lift l = { .values = { [0] = db_time(now), [3] = db_id(id), [4] = db_time(now) } };
	if (put_text(&strings, who, WHO_MAX, &l.values[1]) ||
		put_text(&strings, why, TEXT_MAX, &l.values[2]))
		return error_no_memory(err);
	if (storage_write(s, lift_silence, &l, err))
		return -1;
	*ret_found = l.changed > 0;
	return 0;
}
