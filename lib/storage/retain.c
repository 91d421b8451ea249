/*
 * Removal: what is older than the configuration keeps, and what is to be forgotten. Both in
 * bounded transactions, so that nobody waits long for a lock.
 */
#include "lib/attempt.h"
#include "lib/clock.h"
#include "lib/storage/private.h"

static const int64_t day_ms = 24 * 3600 * 1000;

enum { SLICE = 1000, METRICS_FEW = 1000 };

/* Runs a statement for each of the ids. */
static int run_for(
	struct storage *s, enum statement id, const struct buffer *ids, struct error *err)
{
	size_t count = ids->len / sizeof(struct db_value);
	return count ? s->driver->execute(s->db, id, (const struct db_value *)(void *)ids->data,
			       count, NULL, err)
		     : 0;
}

/* The one column of a query's result. */
static int read_ids(struct storage *s, enum statement query, struct buffer *ids, struct error *err)
{
	struct db_value row;
	int rc;
	while ((rc = db_next(s->db, query, &row, err)) > 0)
		if (buffer_append(ids, &row, sizeof row))
			return error_no_memory(err);
	return rc;
}

int samples_delete(struct storage *s, const struct db_value *ids, size_t count, struct error *err)
{
	if (!count)
		return 0;
	if (s->driver->execute(s->db, STATEMENT_DELETE_READINGS, ids, count, NULL, err))
		return -1;
	return s->driver->execute(s->db, STATEMENT_DELETE_SAMPLE, ids, count, NULL, err);
}

struct slice {
	uint64_t floor;	   /* retain: ids below go */
	int64_t client_id; /* forget */
	size_t limit, deleted;
};

/* Reads at most `limit` ids in the one column of a query's result and deletes the samples. */
static int delete_found(
	struct storage *s, enum statement query, struct slice *slice, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer ids = { 0 };
	if (read_ids(s, query, &ids, err))
		return -1;
	slice->deleted = ids.len / sizeof(struct db_value);
	return samples_delete(s, (const struct db_value *)(void *)ids.data, slice->deleted, err);
}

static int retain_slice(struct storage *s, void *arg, struct error *err)
{
	struct slice *slice = arg;
	if (db_query(s->db, STATEMENT_OLD_SAMPLES,
		    DB_VALUES(db_id(slice->floor), db_int((int64_t)slice->limit)), err))
		return -1;
	return delete_found(s, STATEMENT_OLD_SAMPLES, slice, err);
}

/* Names that nobody reports any more: of custom metrics there can be ever new ones. They are looked
 * for in the whole of `series`, so not before they are many. */
static int retain_metrics(struct storage *s, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer ids = { 0 };
	struct db_value row;
	if (db_first(s->db, STATEMENT_COUNT_METRICS, NULL, &row, err) < 0)
		return -1;
	if (db_get_int(&row) <= METRICS_FEW)
		return 0;
	if (db_query(s->db, STATEMENT_UNUSED_METRICS, DB_VALUES(db_int(SLICE)), err) ||
		read_ids(s, STATEMENT_UNUSED_METRICS, &ids, err))
		return -1;
	return run_for(s, STATEMENT_DELETE_METRIC, &ids, err);
}

/* Cycles and series to which no sample belongs any more. A cycle is a day older at most than
 * its samples; a series' seen_at is a day behind at most. */
static int retain_rest(struct storage *s, void *arg, struct error *err)
{
	const struct slice *slice = arg;
	CLEANUP(buffer_finish) struct buffer ids = { 0 };
	struct db_value row;
	int rc = db_first(s->db, STATEMENT_OLDEST_SAMPLE, NULL, &row, err);
	if (rc < 0)
		return -1;
	uint64_t floor = row.type == DB_NULL ? slice->floor : (uint64_t)row.i;
	if (floor > slice->floor)
		floor = slice->floor;
	int64_t before = attempt_time_ms(floor) - 2 * day_ms;
	if (db_run(s->db, STATEMENT_DELETE_CYCLES, DB_VALUES(db_id(attempt_floor(before))), err) ||
		db_query(s->db, STATEMENT_UNSEEN_SERIES, DB_VALUES(db_time(before), db_int(SLICE)),
			err))
		return -1;
	if (read_ids(s, STATEMENT_UNSEEN_SERIES, &ids, err))
		return -1;
	if (run_for(s, STATEMENT_DELETE_SERIES, &ids, err))
		return -1;
	return ids.len ? retain_metrics(s, err) : 0;
}

static int retain_notifications(struct storage *s, enum statement old, struct db_value before,
	struct db_value limit, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer ids = { 0 };
	if (db_query(s->db, old, DB_VALUES(before, limit), err) || read_ids(s, old, &ids, err) ||
		run_for(s, STATEMENT_DELETE_MEMBERS, &ids, err))
		return -1;
	return run_for(s, STATEMENT_DELETE_NOTIFICATION, &ids, err);
}

/* What was sent or refused, and then the events of which nothing tells any more; nothing that hangs
 * on an alert that is still open, whose mails go on to answer the first. Then what people said of
 * alerts that are gone, and silences that are over. */
static int retain_told(struct storage *s, void *arg, struct error *err)
{
	const struct slice *slice = arg;
	CLEANUP(buffer_finish) struct buffer events = { 0 };
	struct db_value before = db_time(attempt_time_ms(slice->floor));
	struct db_value limit = db_int((int64_t)slice->limit);
	if (retain_notifications(s, STATEMENT_OLD_SENT, before, limit, err) ||
		retain_notifications(s, STATEMENT_OLD_FAILED, before, limit, err))
		return -1;
	if (db_query(s->db, STATEMENT_OLD_EVENTS, DB_VALUES(before, before, limit), err) ||
		read_ids(s, STATEMENT_OLD_EVENTS, &events, err) ||
		run_for(s, STATEMENT_DELETE_EVENT, &events, err))
		return -1;
	return db_run(s->db, STATEMENT_DELETE_ACKNOWLEDGEMENTS, &before, err) ||
			       db_run(s->db, STATEMENT_DELETE_SILENCES, &before, err)
		       ? -1
		       : 0;
}

int storage_retain(
	struct storage *s, int64_t before, uint32_t limit, uint32_t *ret_deleted, struct error *err)
{
	/* whole days on every engine, since partitions are days */
	struct slice slice = { .floor = attempt_floor(before - before % day_ms) };
	uint32_t deleted = 0;
	if (partitions_extend(s, clock_wall_ms(), err) ||
		partitions_drop(s, slice.floor, &deleted, err))
		return -1;
	while (deleted < limit) {
		slice.limit = limit - deleted < SLICE ? limit - deleted : SLICE;
		if (storage_write(s, retain_slice, &slice, err))
			return -1;
		deleted += (uint32_t)slice.deleted;
		if (slice.deleted < slice.limit)
			break;
	}
	slice.limit = limit < SLICE ? limit : SLICE;
	if (storage_write(s, retain_rest, &slice, err) ||
		storage_write(s, retain_told, &slice, err))
		return -1;
	cache_clear(&s->cache); /* series have gone */
	*ret_deleted = deleted;
	return 0;
}

struct forget {
	const char *client;
	int64_t id; /* 0: not known */
	struct slice slice;
};

static int delete_samples_of(struct storage *s, struct forget *f, struct error *err)
{
	if (db_query(s->db, STATEMENT_SAMPLES_OF_CLIENT, DB_VALUES(db_int(f->id), db_int(SLICE)),
		    err))
		return -1;
	return delete_found(s, STATEMENT_SAMPLES_OF_CLIENT, &f->slice, err);
}

static int forget_slice(struct storage *s, void *arg, struct error *err)
{
	struct forget *f = arg;
	struct db_value row;
	int rc = db_first(s->db, STATEMENT_CLIENT_ID, DB_VALUES(db_text(f->client)), &row, err);
	f->slice.deleted = 0;
	f->id = rc > 0 ? db_get_int(&row) : 0;
	return rc > 0 ? delete_samples_of(s, f, err) : rc;
}

/* The alerter's row first: it either comes before, and what it wrote is found below, or sees
 * that the client is gone. Then the client: storing a sample ends with moving its client's row, so
 * one that is being stored now is either waited for and found below, or misses the row and begins
 * again. */
static int forget_rest(struct storage *s, void *arg, struct error *err)
{
	static const enum statement statements[] = {
		STATEMENT_FORGET_MEMBERS,
		STATEMENT_FORGET_DEFERRED,
		STATEMENT_FORGET_ACKNOWLEDGEMENTS,
		STATEMENT_FORGET_EVENTS,
		STATEMENT_FORGET_ALERTS,
		STATEMENT_FORGET_SERIES,
		STATEMENT_FORGET_REPORT,
	};
	struct forget *f = arg;
	if (db_run(s->db, STATEMENT_COUNT_FORGOTTEN, NULL, err) ||
		db_run(s->db, STATEMENT_FORGET_CLIENT, DB_VALUES(db_int(f->id)), err))
		return -1;
	do {
		if (delete_samples_of(s, f, err))
			return -1;
	} while (f->slice.deleted == SLICE);
	for (size_t i = 0; i < ARRAY_LEN(statements); i++)
		if (db_run(s->db, statements[i], DB_VALUES(db_int(f->id)), err))
			return -1;
	return db_run(s->db, STATEMENT_FORGET_SILENCES, DB_VALUES(db_text(f->client)), err) ||
			       db_run(s->db, STATEMENT_FORGET_NOTIFICATIONS, NULL, err)
		       ? -1
		       : 0;
}

int storage_forget(struct storage *s, const char *client, bool *ret_found, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct forget f = { .client = clean_name(&strings, client, CLIENT_MAX) };
	bool found = false;
	if (!f.client)
		return error_no_memory(err);
	do {
		if (storage_write(s, forget_slice, &f, err))
			return -1;
		found = found || f.id;
	} while (f.slice.deleted == SLICE);
	if (f.id && storage_write(s, forget_rest, &f, err))
		return -1;
	cache_clear(&s->cache);
	*ret_found = found;
	return 0;
}
