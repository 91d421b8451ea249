/*
 * Alert rows and their events. A transition is written by key, (client, rule, instance) for
 * the alert and (…, kind, time, sample) for the event, so that one whose commit was in doubt can be
 * applied again.
 */
#include "lib/storage/set.h"
#include "lib/storage/words.h"

enum { ALERT_PARAMETERS = 24, ALERT_COLUMNS = 31 };

static void add_alert(struct set *set, const struct db_value *row)
{
	struct alert a = {
		.id = (uint64_t)db_get_int(&row[0]),
		.client = set_text(set, &row[1]),
		.rule = set_text(set, &row[2]),
		.instance = set_text(set, &row[3]),
		.state = state_of(db_get_text(&row[4])),
		.severity = severity_of(db_get_text(&row[5])),
		.value = db_get_real(&row[6]),
		.limit = db_get_real(&row[7]),
		.since = db_get_int(&row[8]),
		.as_of = db_get_int(&row[9]),
		.as_of_id = (uint64_t)db_get_int(&row[10]),
		.clear_since = db_get_int(&row[11]),
		.count = (uint32_t)db_get_int(&row[12]),
		.last_good_at = db_get_int(&row[13]),
		.told_at = db_get_int(&row[14]),
		.opened_event = (uint64_t)db_get_int(&row[15]),
		.recipients = set_text(set, &row[16]),
		.text = set_text(set, &row[17]),
		.held = set_text(set, &row[18]),
		.breaches = (uint32_t)db_get_int(&row[19]),
		.level_since = db_get_int(&row[20]),
		.flaps = (uint32_t)db_get_int(&row[21]),
		.flaps_since = db_get_int(&row[22]),
		.escalated_at = db_get_int(&row[23]),
		.worst = severity_of(db_get_text(&row[24])),
		.told_severity = severity_of(db_get_text(&row[25])),
		.acked_at = db_get_int(&row[26]),
		.acked_severity = severity_of(db_get_text(&row[27])),
		.acked_by = set_text(set, &row[28]),
		.acked_why = set_text(set, &row[29]),
		.opened_at = db_get_int(&row[30]),
	};
	set_add(set, &a, sizeof a);
}

/* What else such a row has is nothing, as whoever wrote it said. */
static void add_last_good(struct set *set, const struct db_value *row)
{
	struct alert a = {
		.id = (uint64_t)db_get_int(&row[0]),
		.client = set_text(set, &row[1]),
		.rule = "last-good",
		.instance = "",
		.since = db_get_int(&row[2]),
		.as_of = db_get_int(&row[3]),
		.as_of_id = (uint64_t)db_get_int(&row[4]),
		.last_good_at = db_get_int(&row[5]),
		.recipients = "",
		.text = "",
		.held = "",
		.acked_by = "",
		.acked_why = "",
	};
	set_add(set, &a, sizeof a);
}

static int read_rows(struct storage *s, struct set *set, enum statement query,
	void (*add)(struct set *set, const struct db_value *row), struct error *err)
{
	struct db_value row[ALERT_COLUMNS];
	int rc;
	if (db_query(s->db, query, NULL, err))
		return -1;
	while ((rc = db_next(s->db, query, row, err)) > 0)
		add(set, row);
	return rc;
}

/* Most rows are those of the newest good samples, of which little is kept. */
static int read_alerts(struct storage *s, void *arg, struct error *err)
{
	struct set *set = *(struct set **)arg;
	set_clear(set);
	if (read_rows(s, set, STATEMENT_ALERTS, add_alert, err) ||
		read_rows(s, set, STATEMENT_LAST_GOOD, add_last_good, err))
		return -1;
	return set_check(set, err);
}

int storage_get_alerts(struct storage *s, struct alert_set *ret_alerts, struct error *err)
{
	struct set *set;
	if (set_read(s, read_alerts, &set, &set, err))
		return -1;
	*ret_alerts = (struct alert_set){ (void *)set->items.data,
		set->items.len / sizeof(struct alert), set };
	return 0;
}

void alert_set_finish(struct alert_set *a)
{
	set_destroy(a->memory);
	*a = (struct alert_set){ 0 };
}

struct apply {
	uint64_t epoch;
	const struct stored_sample *samples;
	size_t sample_count;
	const struct transition *transitions;
	size_t transition_count;
	int64_t now;
	bool *ret_lost;
	struct buffer values; /* alerts to be written, rows of struct db_value */
	struct arena strings;
};

/* The key of an alert's row as the tables hold it. */
struct alert_key {
	bool is_void;	   /* of a client that is not known, as it was forgotten meanwhile */
	int64_t client_id; /* 0: none */
	const char *rule, *instance;
	uint64_t as_of_id; /* of its events, too */
};

static int make_key(struct storage *s, struct apply *a, const struct alert *alert,
	struct alert_key *ret_key, struct error *err)
{
	struct cached_client *client = NULL;
	if (alert->client[0] && cache_find_client(s, alert->client, &client, err))
		return -1;
	*ret_key = (struct alert_key){ alert->client[0] && !client, client ? client->id : 0,
		clean_name(&a->strings, alert->rule, RULE_MAX),
		clean_name(&a->strings, alert->instance, INSTANCE_MAX), alert->as_of_id };
	return ret_key->rule && ret_key->instance ? 0 : error_no_memory(err);
}

static int flush(struct storage *s, struct apply *a, struct error *err)
{
	size_t rows = a->values.len / sizeof(struct db_value) / ALERT_PARAMETERS;
	if (rows && s->driver->execute(s->db, STATEMENT_PUT_ALERT,
			    (const struct db_value *)(void *)a->values.data, rows, NULL, err))
		return -1;
	buffer_clear(&a->values);
	return 0;
}

static int put_alert(
	struct apply *a, const struct alert_key *key, const struct alert *alert, struct error *err)
{
	const char *recipients = clean_text(&a->strings, alert->recipients, TEXT_MAX);
	const char *text = clean_text(&a->strings, text_or_none(alert->text), TEXT_MAX);
	const char *held = clean_text(&a->strings, text_or_none(alert->held), HELD_MAX);
	if (!recipients || !text || !held)
		return error_no_memory(err);
	const struct db_value row[ALERT_PARAMETERS] = {
		db_int(key->client_id),
		db_text(key->rule),
		db_text(key->instance),
		db_text(state_name(alert->state)),
		db_text(severity_name(alert->severity)),
		db_real(alert->value),
		db_real(alert->limit),
		db_time_or_null(alert->since),
		db_time_or_null(alert->as_of),
		db_id(alert->as_of_id),
		db_time_or_null(alert->clear_since),
		db_int(alert->count),
		db_time_or_null(alert->last_good_at),
		db_time_or_null(alert->told_at),
		db_text(recipients),
		db_text(text),
		db_text(held),
		db_int(alert->breaches),
		db_time_or_null(alert->level_since),
		db_int(alert->flaps),
		db_time_or_null(alert->flaps_since),
		db_time_or_null(alert->escalated_at),
		db_text(severity_name(alert->worst)),
		db_text(severity_name(alert->told_severity)),
	};
	if (buffer_append(&a->values, row, sizeof row))
		return error_no_memory(err);
	return 0;
}

static int add_event(struct storage *s, struct apply *a, const struct alert_key *key,
	const struct event *e, const struct db_value *alert_row, uint64_t *ret_id,
	struct error *err)
{
	bool opens = e->kind == EVENT_FIRING || e->kind == EVENT_LATE;
	const char *text = clean_text(&a->strings, e->text, TEXT_MAX);
	const char *recipients = clean_text(&a->strings, e->recipients, TEXT_MAX);
	const char *held = clean_text(&a->strings, text_or_none(e->held), HELD_MAX);
	if (!text || !recipients || !held)
		return error_no_memory(err);
	if (db_run(s->db, STATEMENT_ADD_EVENT,
		    DB_VALUES(alert_row[0], db_text(kind_name(e->kind)), db_time(e->at),
			    db_int(key->client_id), db_text(key->rule), db_text(key->instance),
			    db_id(key->as_of_id), db_text(severity_name(e->severity)),
			    db_real(e->value), db_real(e->limit), db_time_or_null(e->since),
			    db_time_or_null(e->last_good_at), opens ? db_int(0) : alert_row[1],
			    db_text(text), db_text(recipients), db_text(held),
			    held[0] ? db_time(e->at) : db_null()),
		    err))
		return -1;
	*ret_id = s->driver->last_id(s->db);
	return opens ? db_run(s->db, STATEMENT_OPEN_EVENT, DB_VALUES(db_id(*ret_id)), err) : 0;
}

/* The row hangs on the event that opened it, and so does who took it on, if that goes on. */
static int open_alert(struct storage *s, const struct alert_key *key, const struct alert *alert,
	struct db_value before, uint64_t opened, struct error *err)
{
	if (db_run(s->db, STATEMENT_OPEN_ALERT,
		    DB_VALUES(db_id(opened), db_int(key->client_id), db_text(key->rule),
			    db_text(key->instance)),
		    err))
		return -1;
	if (alert->acked_at == 0)
		return 0;
	return db_run(s->db, STATEMENT_MOVE_ACKNOWLEDGEMENT, DB_VALUES(db_id(opened), before), err);
}

/* The event of that key, made when it is not there yet. */
static int put_event(struct storage *s, struct apply *a, const struct alert_key *key,
	const struct transition *t, struct error *err)
{
	const struct event *e = t->event;
	/* id and opened_event of the alert's row as it stands */
	struct db_value alert_row[2] = { db_int(0), db_int(0) }, found;
	uint64_t id = 0;
	if (db_first(s->db, STATEMENT_ALERT_ROW,
		    DB_VALUES(db_int(key->client_id), db_text(key->rule), db_text(key->instance)),
		    alert_row, err) < 0)
		return -1;
	int rc = db_first(s->db, STATEMENT_EVENT_ID,
		DB_VALUES(db_int(key->client_id), db_text(key->rule), db_text(key->instance),
			db_text(kind_name(e->kind)), db_time(e->at), db_id(key->as_of_id)),
		&found, err);
	if (rc < 0)
		return -1;
	if (rc > 0)
		id = (uint64_t)db_get_int(&found);
	else if (add_event(s, a, key, e, alert_row, &id, err))
		return -1;
	if (e->kind != EVENT_FIRING)
		return 0;
	return open_alert(s, key, &t->alert, alert_row[1], id, err);
}

/* Those that tell nothing and remove nothing are collected and written in one go; that is
 * nearly all of them. An alert's row is there before its event, and goes after it. */
static int apply_one(
	struct storage *s, struct apply *a, const struct transition *t, struct error *err)
{
	struct alert_key key;
	if (make_key(s, a, &t->alert, &key, err))
		return -1;
	if (key.is_void)
		return 0;
	if (!t->remove && put_alert(a, &key, &t->alert, err))
		return -1;
	if (!t->event && !t->remove)
		return 0;
	if (flush(s, a, err))
		return -1;
	if (t->event && put_event(s, a, &key, t, err))
		return -1;
	if (!t->remove)
		return 0;
	return db_run(s->db, STATEMENT_DELETE_ALERT,
		DB_VALUES(db_int(key.client_id), db_text(key.rule), db_text(key.instance)), err);
}

/* Those of one outcome: what was completed since it was read has another. Named one by one, not as
 * a range, in which others may have come to lie; but many to a statement, since on MariaDB the
 * statement costs twice what the row does. */
static int mark_outcome(
	struct storage *s, const struct apply *a, enum outcome outcome, struct error *err)
{
	struct db_value values[2 + STATEMENT_IDS] = { db_time(a->now),
		db_text(outcome_name(outcome)) };
	size_t count = 0;
	for (size_t i = 0; i < a->sample_count; i++) {
		if (a->samples[i].outcome == outcome)
			values[2 + count++] = db_id(a->samples[i].id);
		if (count == 0 || (count < STATEMENT_IDS && i + 1 < a->sample_count))
			continue;
		for (; count < STATEMENT_IDS; count++)
			values[2 + count] = values[1 + count];
		if (db_run(s->db, STATEMENT_MARK_64, values, err))
			return -1;
		count = 0;
	}
	return 0;
}

static int mark_processed(struct storage *s, const struct apply *a, struct error *err)
{
	bool seen[OUTCOME_COUNT] = { false };
	for (size_t i = 0; i < a->sample_count; i++) {
		enum outcome outcome = a->samples[i].outcome;
		if (!seen[outcome] && mark_outcome(s, a, outcome, err))
			return -1;
		seen[outcome] = true;
	}
	return 0;
}

static int apply(struct storage *s, void *arg, struct error *err)
{
	struct apply *a = arg;
	buffer_clear(&a->values);
	int rc = lease_hold(s, a->epoch, a->ret_lost, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < a->transition_count; i++)
		if (apply_one(s, a, &a->transitions[i], err))
			return -1;
	if (flush(s, a, err))
		return -1;
	return mark_processed(s, a, err);
}

int storage_apply(struct storage *s, uint64_t epoch, const struct stored_sample *samples,
	size_t sample_count, const struct transition *transitions, size_t transition_count,
	int64_t now, bool *ret_lost, struct error *err)
{
	struct apply a = { epoch, samples, sample_count, transitions, transition_count, now,
		ret_lost, { 0 }, { 0 } };
	*ret_lost = false;
	int rc = storage_write(s, apply, &a, err);
	buffer_finish(&a.values);
	arena_finish(&a.strings);
	if (rc == 0)
		return 0;
	return rc < 0 ? -1 : error_set(err, "another alerter has taken over");
}

struct acknowledge {
	uint64_t opened_event;
	const char *who, *why;
	int64_t now;
};

/* Work: 1 when there is no such alert. */
static int acknowledge(struct storage *s, void *arg, struct error *err)
{
	const struct acknowledge *a = arg;
	struct db_value severity;
	int rc = db_first(s->db, STATEMENT_FIRING_SEVERITY, DB_VALUES(db_id(a->opened_event)),
		&severity, err);
	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	const char *name = severity_name(severity_of(db_get_text(&severity)));
	return db_run(s->db, STATEMENT_PUT_ACKNOWLEDGEMENT,
		DB_VALUES(db_id(a->opened_event), db_text(name), db_time(a->now), db_text(a->who),
			db_text(a->why)),
		err);
}

int storage_acknowledge(struct storage *s, uint64_t opened_event, const char *who, const char *why,
	int64_t now, bool *ret_found, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct acknowledge a = { opened_event, clean_text(&strings, who, WHO_MAX),
		clean_text(&strings, why, TEXT_MAX), now };
	if (!a.who || !a.why)
		return error_no_memory(err);
	int rc = opened_event ? storage_write(s, acknowledge, &a, err) : 1;
	if (rc < 0)
		return -1;
	*ret_found = rc == 0;
	return 0;
}
