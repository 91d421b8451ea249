/* Notifications: what tells events, and which recipients are told of them later. */
#include "lib/storage/set.h"
#include "lib/storage/words.h"

enum { NOTIFICATION_COLUMNS = 15 };

struct read {
	struct set *set;
	int64_t now;
	uint64_t after_id;
	size_t limit;
};

static void add_notification(struct set *set, const struct db_value *row)
{
	struct notification n = {
		.id = (uint64_t)db_get_int(&row[0]),
		.channel = set_text(set, &row[1]),
		.recipient = set_text(set, &row[2]),
		.message_id = set_text(set, &row[3]),
		.references = set_text(set, &row[4]),
		.subject = set_text(set, &row[5]),
		.text = set_text(set, &row[6]),
		.payload = set_text(set, &row[7]),
		.tries = (uint32_t)db_get_int(&row[8]),
		.state = delivery_of(db_get_text(&row[9])),
		.created_at = db_get_int(&row[10]),
		.next_try_at = db_get_int(&row[11]),
		.done_at = db_get_int(&row[12]),
		.last_error = set_text(set, &row[13]),
		.is_end = db_get_int(&row[14]) != 0,
	};
	set_add(set, &n, sizeof n);
}

static int read_due(struct storage *s, void *arg, struct error *err)
{
	const struct read *r = arg;
	struct db_value row[NOTIFICATION_COLUMNS];
	int rc;
	set_clear(r->set);
	if (db_query(s->db, STATEMENT_DUE_NOTIFICATIONS,
		    DB_VALUES(db_time(r->now), db_time(r->now + STORAGE_TRY_MAX_MS),
			    db_id(r->after_id), db_int((int64_t)r->limit)),
		    err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_DUE_NOTIFICATIONS, row, err)) > 0)
		add_notification(r->set, row);
	return rc ? rc : set_check(r->set, err);
}

int storage_due_notifications(struct storage *s, int64_t now, uint64_t after_id, size_t limit,
	struct notification_set *ret_set, struct error *err)
{
	struct read r = { NULL, now, after_id, limit };
	if (set_read(s, read_due, &r, &r.set, err))
		return -1;
	*ret_set = (struct notification_set){ (void *)r.set->items.data,
		r.set->items.len / sizeof(struct notification), r.set };
	return 0;
}

void notification_set_finish(struct notification_set *n)
{
	set_destroy(n->memory);
	*n = (struct notification_set){ 0 };
}

struct put {
	uint64_t epoch;
	const struct composed *composed;
	bool *ret_lost;
	struct arena strings;
};

/* Marks the events as told; adds to *changed those that were not. */
static int tell_events(
	struct storage *s, const struct composed *c, uint64_t *changed, struct error *err)
{
	int64_t now = c->count ? c->items[0].created_at : 1;
	for (size_t i = 0; i < c->event_count; i += STATEMENT_IDS) {
		struct db_value values[1 + STATEMENT_IDS] = { db_time(now) };
		uint64_t n;
		for (size_t k = 0; k < STATEMENT_IDS; k++)
			values[1 + k] =
				i + k < c->event_count ? db_id(c->events[i + k]) : values[k];
		if (s->driver->execute(s->db, STATEMENT_TELL_64, values, 1, &n, err))
			return -1;
		*changed += n;
	}
	return 0;
}

/* Runs a statement for each row of event, recipient and time. */
static int run_deferrals(struct storage *s, struct put *p, enum statement id,
	const struct deferral *items, size_t count, uint64_t *changed, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *recipient = clean_name(&p->strings, items[i].recipient, RECIPIENT_MAX);
		uint64_t n;
		if (!recipient)
			return error_no_memory(err);
		if (s->driver->execute(s->db, id,
			    DB_VALUES(db_text(recipient), db_time(items[i].due_at),
				    db_id(items[i].event_id)),
			    1, &n, err))
			return -1;
		*changed += n;
	}
	return 0;
}

/* Work: 1 when this recipient has a notification of the first of its events. */
static int find_notification(
	struct storage *s, struct put *p, const struct notification *n, struct error *err)
{
	const char *recipient = clean_name(&p->strings, n->recipient, RECIPIENT_MAX);
	struct db_value found;
	if (!recipient)
		return error_no_memory(err);
	if (n->event_count == 0)
		return 0;
	return db_first(s->db, STATEMENT_FIND_NOTIFICATION,
		DB_VALUES(db_id(n->events[0]), db_text(recipient)), &found, err);
}

/* Takes what was composed off the lists of work. Work: 1 when it was taken before, so that an
 * earlier try was committed. */
static int take_work(struct storage *s, struct put *p, struct error *err)
{
	const struct composed *c = p->composed;
	uint64_t changed = 0, all = c->event_count + c->done_count;
	if (all == 0)
		return c->count > 0 ? find_notification(s, p, &c->items[0], err) : 0;
	if (tell_events(s, c, &changed, err) || run_deferrals(s, p, STATEMENT_DELETE_DEFERRED,
							c->done, c->done_count, &changed, err))
		return -1;
	if (changed && changed != all)
		return error_set(err, "some of these events are told already");
	return changed == 0;
}

static int add_members(struct storage *s, const struct notification *n, struct error *err)
{
	int64_t id = (int64_t)s->driver->last_id(s->db);
	CLEANUP(buffer_finish) struct buffer rows = { 0 };
	for (size_t i = 0; i < n->event_count; i++)
		if (buffer_append(&rows, DB_VALUES(db_int(id), db_id(n->events[i])),
			    2 * sizeof(struct db_value)))
			return error_no_memory(err);
	if (!n->event_count)
		return 0;
	return s->driver->execute(s->db, STATEMENT_ADD_MEMBER,
		(const struct db_value *)(void *)rows.data, n->event_count, NULL, err);
}

static int put_one(
	struct storage *s, struct put *p, const struct notification *n, struct error *err)
{
	const char *recipient = clean_name(&p->strings, n->recipient, RECIPIENT_MAX);
	const char *subject = clean_text(&p->strings, n->subject, ERROR_MAX);
	const char *text = clean_text(&p->strings, n->text, BODY_MAX);
	const char *payload = clean_text(&p->strings, text_or_none(n->payload), BODY_MAX);
	if (!recipient || !subject || !text || !payload)
		return error_no_memory(err);
	if (db_run(s->db, STATEMENT_ADD_NOTIFICATION,
		    DB_VALUES(db_text(n->channel), db_text(recipient), db_text(n->message_id),
			    db_text(n->references), db_text(subject), db_text(text),
			    db_text(payload), db_text(delivery_name(n->state)), db_int(n->tries),
			    db_time(n->created_at), db_time_or_null(n->next_try_at),
			    db_time_or_null(n->done_at), db_text("")),
		    err))
		return -1;
	return add_members(s, n, err);
}

static int put(struct storage *s, void *arg, struct error *err)
{
	struct put *p = arg;
	const struct composed *c = p->composed;
	uint64_t changed = 0;
	int rc = lease_hold(s, p->epoch, p->ret_lost, err);
	if (rc)
		return rc;
	rc = take_work(s, p, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	for (size_t i = 0; i < c->count; i++)
		if (put_one(s, p, &c->items[i], err))
			return -1;
	return run_deferrals(
		s, p, STATEMENT_PUT_DEFERRED, c->deferred, c->deferred_count, &changed, err);
}

int storage_put_composed(struct storage *s, uint64_t epoch, const struct composed *c,
	bool *ret_lost, struct error *err)
{
	struct put p = { epoch, c, ret_lost, { 0 } };
	*ret_lost = false;
	int rc = storage_write(s, put, &p, err);
	arena_finish(&p.strings);
	if (rc == 0)
		return 0;
	return rc < 0 ? -1 : error_set(err, "another alerter has taken over");
}

struct count {
	const char *recipient;
	int64_t since, until;
	uint64_t count;
};

static int count_notifications(struct storage *s, void *arg, struct error *err)
{
	struct count *c = arg;
	struct db_value row;
	if (db_first(s->db, STATEMENT_COUNT_NOTIFICATIONS,
		    DB_VALUES(db_text(c->recipient), db_time(c->since), db_time(c->until)), &row,
		    err) < 0)
		return -1;
	c->count = (uint64_t)db_get_int(&row);
	return 0;
}

int storage_count_notifications(struct storage *s, const char *recipient, int64_t since,
	int64_t until, uint64_t *ret_count, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct count c = { clean_name(&strings, recipient, RECIPIENT_MAX), since, until, 0 };
	if (!c.recipient)
		return error_no_memory(err);
	if (storage_read(s, count_notifications, &c, err))
		return -1;
	*ret_count = c.count;
	return 0;
}

static int put_delivery(struct storage *s, const struct notification *n, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	const char *error = clean_text(&strings, n->last_error ? n->last_error : "", ERROR_MAX);
	if (!error)
		return error_no_memory(err);
	return db_run(s->db, STATEMENT_PUT_DELIVERY,
		DB_VALUES(db_text(delivery_name(n->state)), db_int(n->tries),
			db_time_or_null(n->next_try_at), db_time_or_null(n->done_at),
			db_text(error), db_id(n->id)),
		err);
}

struct deliveries {
	const struct notification *items;
	size_t count;
};

static int put_deliveries(struct storage *s, void *arg, struct error *err)
{
	const struct deliveries *d = arg;
	for (size_t i = 0; i < d->count; i++)
		if (put_delivery(s, &d->items[i], err))
			return -1;
	return 0;
}

int storage_put_deliveries(
	struct storage *s, const struct notification *n, size_t count, struct error *err)
{
	struct deliveries d = { n, count };
	return storage_write(s, put_deliveries, &d, err);
}

int storage_put_delivery(struct storage *s, const struct notification *n, struct error *err)
{
	return storage_put_deliveries(s, n, 1, err);
}

struct first_message {
	uint64_t opened_event;
	const char *recipient;
	struct buffer *out;
	size_t before;
};

static int first_message(struct storage *s, void *arg, struct error *err)
{
	const struct first_message *f = arg;
	CLEANUP(arena_finish) struct arena strings = { 0 };
	const char *recipient = clean_name(&strings, f->recipient, RECIPIENT_MAX);
	struct db_value row;
	if (!recipient)
		return error_no_memory(err);
	f->out->len = f->before;
	int rc = db_first(s->db, STATEMENT_FIRST_MESSAGE,
		DB_VALUES(db_id(f->opened_event), db_text(recipient)), &row, err);
	if (rc > 0 && buffer_append_text(f->out, db_get_text(&row)))
		return error_no_memory(err);
	return rc < 0 ? -1 : 0;
}

int storage_first_message(struct storage *s, uint64_t opened_event, const char *recipient,
	struct buffer *out, struct error *err)
{
	struct first_message f = { opened_event, recipient, out, out->len };
	return storage_read(s, first_message, &f, err);
}
