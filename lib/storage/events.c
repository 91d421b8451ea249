/* Events out: those that are still to be told, those that are told later, and history. */
#include "lib/storage/set.h"
#include "lib/storage/words.h"

enum { EVENT_COLUMN_COUNT = 16, DEFERRED_COLUMN_COUNT = EVENT_COLUMN_COUNT + 2 };

static void add_told(struct set *set, const struct db_value *row)
{
	struct told t = { (uint64_t)db_get_int(&row[0]), set_text(set, &row[1]) };
	set_add(set, &t, sizeof t);
}

static struct event make_event(struct set *set, const struct db_value *row)
{
	return (struct event){
		.id = (uint64_t)db_get_int(&row[0]),
		.alert_id = (uint64_t)db_get_int(&row[1]),
		.kind = kind_of(db_get_text(&row[2])),
		.at = db_get_int(&row[3]),
		.client = set_text(set, &row[4]),
		.rule = set_text(set, &row[5]),
		.instance = set_text(set, &row[6]),
		.severity = severity_of(db_get_text(&row[7])),
		.value = db_get_real(&row[8]),
		.limit = db_get_real(&row[9]),
		.since = db_get_int(&row[10]),
		.last_good_at = db_get_int(&row[11]),
		.opened_event = (uint64_t)db_get_int(&row[12]),
		.text = set_text(set, &row[13]),
		.recipients = set_text(set, &row[14]),
		.held = set_text(set, &row[15]),
	};
}

static void add_event(struct set *set, const struct db_value *row)
{
	struct event e = make_event(set, row);
	set_add(set, &e, sizeof e);
}

static void add_deferred(struct set *set, const struct db_value *row)
{
	struct deferred_event d = { make_event(set, row), set_text(set, &row[16]),
		db_get_int(&row[17]) };
	set_add(set, &d, sizeof d);
}

/* Fills a set with the rows of a query. */
static int read_rows(struct storage *s, struct set *set, enum statement query,
	const struct db_value *values, void (*add)(struct set *set, const struct db_value *row),
	struct error *err)
{
	struct db_value row[DEFERRED_COLUMN_COUNT];
	int rc;
	set_clear(set);
	if (db_query(s->db, query, values, err))
		return -1;
	while ((rc = db_next(s->db, query, row, err)) > 0)
		add(set, row);
	return rc ? rc : set_check(set, err);
}

struct read {
	struct set *set;
	const char *client, *rule, *instance;
	int64_t now;
	uint64_t opened_event;
	size_t limit;
};

static int read_untold(struct storage *s, void *arg, struct error *err)
{
	const struct read *r = arg;
	return read_rows(s, r->set, STATEMENT_UNTOLD_EVENTS, DB_VALUES(db_int((int64_t)r->limit)),
		add_event, err);
}

static int read_told(struct storage *s, void *arg, struct error *err)
{
	const struct read *r = arg;
	return read_rows(s, r->set, STATEMENT_TOLD_ALREADY, NULL, add_told, err);
}

static int read_deferred(struct storage *s, void *arg, struct error *err)
{
	const struct read *r = arg;
	return read_rows(s, r->set, STATEMENT_DEFERRED,
		DB_VALUES(db_time(r->now), db_time(r->now + STORAGE_WAIT_MAX_MS),
			db_int((int64_t)r->limit)),
		add_deferred, err);
}

/* A client that is not known has none. */
static int read_history(struct storage *s, void *arg, struct error *err)
{
	const struct read *r = arg;
	struct db_value id = db_int(0);
	int rc = r->client[0] ? db_first(s->db, STATEMENT_CLIENT_ID, DB_VALUES(db_text(r->client)),
					&id, err)
			      : 1;
	set_clear(r->set);
	if (rc <= 0)
		return rc;
	struct db_value rule = r->rule ? db_text(r->rule) : db_null();
	struct db_value instance = r->instance ? db_text(r->instance) : db_null();
	return read_rows(s, r->set, STATEMENT_EVENTS_OF,
		DB_VALUES(id, rule, rule, instance, instance, db_int((int64_t)r->limit)), add_event,
		err);
}

static int read_thread(struct storage *s, void *arg, struct error *err)
{
	const struct read *r = arg;
	return read_rows(s, r->set, STATEMENT_EVENTS_OPENED_BY,
		DB_VALUES(db_id(r->opened_event), db_int((int64_t)r->limit)), add_event, err);
}

static int get_events(struct storage *s, storage_work *work, struct read *r,
	struct event_set *ret_events, struct error *err)
{
	if (set_read(s, work, r, &r->set, err))
		return -1;
	*ret_events = (struct event_set){ (void *)r->set->items.data,
		r->set->items.len / sizeof(struct event), r->set };
	return 0;
}

int storage_untold_events(
	struct storage *s, size_t limit, struct event_set *ret_events, struct error *err)
{
	return get_events(s, read_untold, &(struct read){ .limit = limit }, ret_events, err);
}

int storage_get_events(struct storage *s, const char *client, const char *rule,
	const char *instance, size_t limit, struct event_set *ret_events, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct read r = {
		.client = clean_name(&strings, client, CLIENT_MAX),
		.rule = rule ? clean_name(&strings, rule, RULE_MAX) : NULL,
		.instance = instance ? clean_name(&strings, instance, INSTANCE_MAX) : NULL,
		.limit = limit,
	};
	if (!r.client || !r.rule != !rule || !r.instance != !instance)
		return error_no_memory(err);
	return get_events(s, read_history, &r, ret_events, err);
}

int storage_get_thread(struct storage *s, uint64_t opened_event, size_t limit,
	struct event_set *ret_events, struct error *err)
{
	struct read r = { .opened_event = opened_event, .limit = limit };
	return get_events(s, read_thread, &r, ret_events, err);
}

void event_set_finish(struct event_set *e)
{
	set_destroy(e->memory);
	*e = (struct event_set){ 0 };
}

int storage_get_deferred(struct storage *s, int64_t now, size_t limit, struct deferred_set *ret_set,
	struct error *err)
{
	struct read r = { .now = now, .limit = limit };
	if (set_read(s, read_deferred, &r, &r.set, err))
		return -1;
	*ret_set = (struct deferred_set){ (void *)r.set->items.data,
		r.set->items.len / sizeof(struct deferred_event), r.set };
	return 0;
}

int storage_told_already(struct storage *s, struct told_set *ret_set, struct error *err)
{
	struct read r = { 0 };
	if (set_read(s, read_told, &r, &r.set, err))
		return -1;
	*ret_set = (struct told_set){ (void *)r.set->items.data,
		r.set->items.len / sizeof(struct told), r.set };
	return 0;
}

void told_set_finish(struct told_set *t)
{
	set_destroy(t->memory);
	*t = (struct told_set){ 0 };
}

bool storage_is_due(const struct deferred_event *d, int64_t now)
{
	return d->due_at <= now || d->due_at > now + STORAGE_WAIT_MAX_MS;
}

void deferred_set_finish(struct deferred_set *d)
{
	set_destroy(d->memory);
	*d = (struct deferred_set){ 0 };
}
