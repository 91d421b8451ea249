/* The fleet as the console shows it. */
#include <stdio.h>

#include "lib/attempt.h"
#include "lib/storage/set.h"
#include "lib/storage/words.h"

static void add_client(struct set *set, const struct db_value *row)
{
	bool has_sample = row[2].type != DB_NULL;
	struct client_status c = {
		.client = set_text(set, &row[1]),
		.has_sample = has_sample,
		.outcome = has_sample ? outcome_of(db_get_text(&row[3])) : OUTCOME_OK,
		.error = set_text(set, &row[4]),
		.taken_at = db_get_int(&row[5]),
		.last_good_at = db_get_int(&row[6]),
		.open_alerts = (uint32_t)db_get_int(&row[7]),
	};
	set_add(set, &c, sizeof c);
}

/* All clients, or one. */
struct status {
	struct set *set;
	enum statement clients, readings;
	struct db_value name;
};

/* Row ids of the clients, in the order of the items. */
static int read_clients(
	struct storage *s, const struct status *r, struct buffer *ids, struct error *err)
{
	struct set *set = r->set;
	struct db_value row[8];
	int rc;
	if (db_query(s->db, r->clients, &r->name, err))
		return -1;
	while ((rc = db_next(s->db, r->clients, row, err)) > 0) {
		add_client(set, row);
		if (buffer_append(ids, &row[0].i, sizeof row[0].i))
			return error_no_memory(err);
	}
	return rc ? rc : set_check(set, err);
}

static int read_readings(struct storage *s, const struct status *r, const int64_t *ids,
	struct client_status *items, size_t count, struct error *err)
{
	struct set *set = r->set;
	struct db_value row[4];
	size_t at = 0;
	int rc;
	if (db_query(s->db, r->readings, &r->name, err))
		return -1;
	while ((rc = db_next(s->db, r->readings, row, err)) > 0) {
		while (at < count && ids[at] != db_get_int(&row[0]))
			at++;
		if (at == count)
			return error_set(err, "readings out of order");
		items[at].reading_count++;
		set_add_reading(set, row + 1);
	}
	if (rc || set_check(set, err))
		return -1;
	const struct stored_reading *next = (void *)set->readings.data;
	for (size_t i = 0; i < count; i++) {
		items[i].readings = next;
		next += items[i].reading_count;
	}
	return 0;
}

static int read_status(struct storage *s, void *arg, struct error *err)
{
	const struct status *r = arg;
	CLEANUP(buffer_finish) struct buffer ids = { 0 };
	set_clear(r->set);
	if (read_clients(s, r, &ids, err))
		return -1;
	size_t count = r->set->items.len / sizeof(struct client_status);
	return count ? read_readings(s, r, (void *)ids.data, (void *)r->set->items.data, count, err)
		     : 0;
}

static int get_status(
	struct storage *s, struct status *r, struct status_set *ret_set, struct error *err)
{
	if (set_read(s, read_status, r, &r->set, err))
		return -1;
	*ret_set = (struct status_set){ (void *)r->set->items.data,
		r->set->items.len / sizeof(struct client_status), r->set };
	return 0;
}

int storage_get_status(struct storage *s, struct status_set *ret_set, struct error *err)
{
	struct status all = { .clients = STATEMENT_STATUS, .readings = STATEMENT_STATUS_READINGS };
	return get_status(s, &all, ret_set, err);
}

int storage_get_client_status(
	struct storage *s, const char *client, struct status_set *ret_set, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	const char *name = clean_name(&strings, client, CLIENT_MAX);
	if (!name)
		return error_no_memory(err);
	struct status one = { NULL, STATEMENT_STATUS_ONE, STATEMENT_STATUS_READINGS_ONE,
		db_text(name) };
	return get_status(s, &one, ret_set, err);
}

void status_set_finish(struct status_set *s)
{
	set_destroy(s->memory);
	*s = (struct status_set){ 0 };
}

/* The one of that name, which may be new; NULL when there are too many. */
static struct channel_backlog *find_channel(struct storage_backlog *b, const char *name)
{
	for (size_t i = 0; i < b->channel_count; i++)
		if (strcmp(b->channels[i].channel, name) == 0)
			return &b->channels[i];
	if (b->channel_count == BACKLOG_CHANNELS_MAX)
		return NULL;
	struct channel_backlog *c = &b->channels[b->channel_count++];
	(void)snprintf(c->channel, sizeof c->channel, "%s", name);
	return c;
}

static void add_waiting(struct storage_backlog *b, const struct db_value *row)
{
	struct channel_backlog *c = find_channel(b, db_get_text(&row[0]));
	uint64_t count = (uint64_t)db_get_int(&row[1]);
	int64_t oldest_at = db_get_int(&row[2]);
	if (b->waiting == 0 || oldest_at < b->oldest_waiting_at)
		b->oldest_waiting_at = oldest_at;
	b->waiting += count;
	if (c) {
		c->waiting = count;
		c->oldest_waiting_at = oldest_at;
	}
}

static void add_failed(struct storage_backlog *b, const struct db_value *row)
{
	struct channel_backlog *c = find_channel(b, db_get_text(&row[0]));
	int64_t newest_at = db_get_int(&row[2]);
	if (newest_at > b->newest_failed_at)
		b->newest_failed_at = newest_at;
	b->failed += (uint64_t)db_get_int(&row[1]);
	if (c)
		c->failed = (uint64_t)db_get_int(&row[1]);
}

static int read_channels(struct storage *s, enum statement query, struct storage_backlog *b,
	void (*add)(struct storage_backlog *b, const struct db_value *row), struct error *err)
{
	struct db_value row[3];
	int rc;
	if (db_query(s->db, query, NULL, err))
		return -1;
	while ((rc = db_next(s->db, query, row, err)) > 0)
		add(b, row);
	return rc;
}

static int read_backlog(struct storage *s, void *arg, struct error *err)
{
	struct storage_backlog *b = arg;
	struct db_value row[2];
	*b = (struct storage_backlog){ 0 };
	if (db_first(s->db, STATEMENT_UNPROCESSED_COUNT, NULL, row, err) < 0)
		return -1;
	b->unprocessed = (uint64_t)db_get_int(&row[0]);
	b->oldest_unprocessed_at = b->unprocessed ? attempt_time_ms((uint64_t)row[1].i) : 0;
	if (db_first(s->db, STATEMENT_DEFERRED_COUNT, NULL, row, err) < 0)
		return -1;
	b->deferred = (uint64_t)db_get_int(&row[0]);
	if (read_channels(s, STATEMENT_WAITING_COUNT, b, add_waiting, err))
		return -1;
	return read_channels(s, STATEMENT_FAILED_COUNT, b, add_failed, err);
}

int storage_get_backlog(struct storage *s, struct storage_backlog *ret, struct error *err)
{
	struct storage_backlog b;
	if (storage_read(s, read_backlog, &b, err))
		return -1;
	*ret = b;
	return 0;
}
