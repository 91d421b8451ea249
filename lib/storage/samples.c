/*
 * Attempts and their readings, in. A batch goes through in chunks of different samples, so that a
 * few bulk inserts serve all of a chunk: a statement of few rows is mostly waiting for its answer.
 */
#include <stdlib.h>

#include "lib/storage/private.h"
#include "lib/storage/report.h"

enum { CHUNK = 512, SAMPLE_COLUMNS = 12, MOVE_COLUMNS = 8, READING_COLUMNS = 3 };

/* What the table holds under a sample's id. */
struct known {
	bool exists, has_report;
	int64_t client_id;
	uint8_t digest[16];
};

struct chunk {
	const struct sample *samples;
	enum put_result *results;
	size_t count;
	struct known known[CHUNK];
	struct cached_client *clients[CHUNK];
	struct arena strings;
	struct buffer values; /* struct db_value, rows of parameters */
};

static enum put_result decide(const struct known *known, const struct sample *s, int64_t client_id)
{
	if (!known->exists)
		return PUT_NEW;
	if (known->client_id != client_id)
		return PUT_STALE;
	if (!s->has_report)
		return PUT_REPLAY;
	if (!known->has_report)
		return PUT_COMPLETED;
	return memcmp(known->digest, s->digest, sizeof s->digest) == 0 ? PUT_REPLAY : PUT_STALE;
}

static bool is_stored(enum put_result r)
{
	return r == PUT_NEW || r == PUT_COMPLETED;
}

/* How many samples from the first on fit into a chunk, of different ids. */
static size_t chunk_length(const struct sample *samples, size_t count)
{
	size_t n = 0;
	for (; n < count && n < CHUNK; n++)
		for (size_t i = 0; i < n; i++)
			if (samples[i].id == samples[n].id)
				return n;
	return n;
}

static void remember_known(struct chunk *c, const struct db_value *row)
{
	for (size_t i = 0; i < c->count; i++) {
		struct known *k = &c->known[i];
		if (c->samples[i].id != (uint64_t)db_get_int(&row[0]))
			continue;
		k->exists = true;
		k->client_id = db_get_int(&row[1]);
		k->has_report = row[2].type == DB_BLOB && row[2].len == sizeof k->digest;
		if (k->has_report)
			memcpy(k->digest, row[2].p, sizeof k->digest);
	}
}

static int look_up(struct storage *s, struct chunk *c, size_t from, struct error *err)
{
	struct db_value ids[STATEMENT_IDS], row[3];
	int rc;
	for (size_t i = 0; i < STATEMENT_IDS; i++)
		ids[i] = db_id(c->samples[smaller(from + i, c->count - 1)].id);
	if (db_query(s->db, STATEMENT_KNOWN_64, ids, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_KNOWN_64, row, err)) > 0)
		remember_known(c, row);
	return rc;
}

static int find_known(struct storage *s, struct chunk *c, struct error *err)
{
	for (size_t i = 0; i < c->count; i += STATEMENT_IDS)
		if (look_up(s, c, i, err))
			return -1;
	for (size_t i = 0; i < c->count; i++)
		c->results[i] = decide(&c->known[i], &c->samples[i], c->clients[i]->id);
	return 0;
}

static int add_values(
	struct chunk *c, const struct db_value *values, size_t count, struct error *err)
{
	if (buffer_append(&c->values, values, count * sizeof *values))
		return error_no_memory(err);
	return 0;
}

/* Runs a statement for all the rows collected. With `all`, each has to find its row: one that
 * does not belongs to a client that was forgotten meanwhile, and the cache is to be renewed. */
static int flush(struct storage *s, struct chunk *c, enum statement id, size_t columns, bool all,
	struct error *err)
{
	size_t rows = c->values.len / sizeof(struct db_value) / columns;
	uint64_t changed = rows;
	if (rows && s->driver->execute(s->db, id, (const struct db_value *)c->values.data, rows,
			    &changed, err))
		return -1;
	buffer_clear(&c->values);
	if (!all || changed >= rows)
		return 0;
	s->db->fault = DB_RETRY;
	return error_set(err, "a client was forgotten meanwhile");
}

static int put_row(struct chunk *c, size_t i, struct error *err)
{
	const struct sample *s = &c->samples[i];
	const char *error = clean_text(&c->strings, s->error, ERROR_MAX);
	if (!error)
		return error_no_memory(err);
	return add_values(c,
		DB_VALUES(db_id(s->id), db_int(c->clients[i]->id), db_id(s->cycle_id),
			db_time(s->taken_at), db_time(s->received_at),
			db_text(outcome_name(s->outcome)), db_text(outcome_name(s->first_outcome)),
			db_text(stage_name(s->stage)), db_text(error), db_int(s->duration_ms),
			db_text(s->probe_hash),
			s->has_report ? db_blob(s->digest, sizeof s->digest) : db_null()),
		SAMPLE_COLUMNS, err);
}

static int complete_row(struct storage *storage, struct chunk *c, size_t i, struct error *err)
{
	const struct sample *s = &c->samples[i];
	const char *error = clean_text(&c->strings, s->error, ERROR_MAX);
	if (!error)
		return error_no_memory(err);
	return db_run(storage->db, STATEMENT_COMPLETE_SAMPLE,
		DB_VALUES(db_text(outcome_name(s->outcome)), db_text(stage_name(s->stage)),
			db_text(error), db_time(s->received_at), db_text(s->probe_hash),
			db_blob(s->digest, sizeof s->digest), db_id(s->id)),
		err);
}

static int put_rows(struct storage *s, struct chunk *c, struct error *err)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->results[i] == PUT_NEW && put_row(c, i, err))
			return -1;
		if (c->results[i] == PUT_COMPLETED && complete_row(s, c, i, err))
			return -1;
	}
	return flush(s, c, STATEMENT_ADD_SAMPLE, SAMPLE_COLUMNS, false, err);
}

/* The clients' pointers to their newest samples, by id: ids never run backwards. And that there are
 * series which whoever knows the client's has not seen. */
static int move_clients(struct storage *s, struct chunk *c, struct error *err)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct sample *sample = &c->samples[i];
		struct cached_client *client = c->clients[i];
		uint64_t good_id = sample->has_report ? sample->id : 0;
		struct db_value id = db_id(sample->id), good = db_id(good_id);
		struct db_value at = db_time(sample->taken_at);
		if (!is_stored(c->results[i]))
			continue;
		if (add_values(c,
			    DB_VALUES(id, id, good, at, good, good, db_int(client->has_more_series),
				    db_int(client->id)),
			    MOVE_COLUMNS, err))
			return -1;
		client->has_more_series = false;
		if (client->newest_ok_id < good_id)
			client->newest_ok_id = good_id;
	}
	return flush(s, c, STATEMENT_MOVE_CLIENT, MOVE_COLUMNS, true, err);
}

static int by_series(const void *a, const void *b)
{
	const struct db_value *x = a, *y = b;
	return (x[1].i > y[1].i) - (x[1].i < y[1].i);
}

static bool is_sorted(const struct db_value *rows, size_t count)
{
	for (size_t i = READING_COLUMNS; i < count * READING_COLUMNS; i += READING_COLUMNS)
		if (rows[i + 1].i <= rows[i + 1 - READING_COLUMNS].i)
			return false;
	return true;
}

/* In the order of the key, and each series once: a report may name a thing twice. */
static size_t sort_readings(struct db_value *rows, size_t count)
{
	size_t kept = 0;
	if (is_sorted(rows, count))
		return count;
	qsort(rows, count, READING_COLUMNS * sizeof *rows, by_series);
	for (size_t i = 0; i < count; i++) {
		struct db_value *row = rows + i * READING_COLUMNS;
		if (kept && rows[(kept - 1) * READING_COLUMNS + 1].i == row[1].i)
			continue;
		memmove(rows + kept++ * READING_COLUMNS, row, READING_COLUMNS * sizeof *rows);
	}
	return kept;
}

static int add_reading(struct storage *storage, struct chunk *c, size_t at, const struct reading *r,
	uint64_t *refused, struct error *err)
{
	const struct sample *s = &c->samples[at];
	int64_t series;
	double value = r->value;
	if (cache_series(
		    storage, c->clients[at], r->metric, r->instance, s->taken_at, &series, err))
		return -1;
	if (!series) {
		++*refused;
		return 0;
	}
	if (*refused && strcmp(r->metric, "readings_left_out") == 0) /* derive() has it last */
		value += (double)*refused;
	return add_values(
		c, DB_VALUES(db_id(s->id), db_int(series), db_real(value)), READING_COLUMNS, err);
}

static int add_readings(struct storage *storage, struct chunk *c, size_t at, struct error *err)
{
	const struct sample *s = &c->samples[at];
	size_t begin = c->values.len, row_size = READING_COLUMNS * sizeof(struct db_value);
	uint64_t refused = 0;
	for (size_t i = 0; i < s->reading_count; i++)
		if (isfinite(s->readings[i].value) &&
			add_reading(storage, c, at, &s->readings[i], &refused, err))
			return -1;
	storage->refused += refused;
	size_t count = (c->values.len - begin) / row_size;
	if (count)
		c->values.len =
			begin +
			row_size *
				sort_readings(
					(struct db_value *)(void *)(c->values.data + begin), count);
	return 0;
}

static int put_readings(struct storage *s, struct chunk *c, struct error *err)
{
	struct cached_client *clients[CHUNK];
	size_t count = 0;
	for (size_t i = 0; i < c->count; i++)
		if (is_stored(c->results[i]) && c->samples[i].reading_count)
			clients[count++] = c->clients[i];
	if (cache_load_series(s, clients, count, err))
		return -1;
	for (size_t i = 0; i < c->count; i++)
		if (is_stored(c->results[i]) && add_readings(s, c, i, err))
			return -1;
	return flush(s, c, STATEMENT_ADD_READING, READING_COLUMNS, false, err);
}

/* None when the server takes no packet as large: the sample without them is better than neither.
 * The stored ones must not stay, or what was gained since then would be told twice. */
static struct db_value counters_of(const struct storage *s, const struct sample *sample)
{
	if (sample->counters_len > s->db->value_max)
		return db_null();
	return db_blob(sample->counters, sample->counters_len);
}

static int put_reports(struct storage *s, struct chunk *c, struct error *err)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct sample *sample = &c->samples[i];
		if (is_stored(c->results[i]) && sample->has_report && sample->counters_len &&
			add_values(c, DB_VALUES(db_int(c->clients[i]->id), counters_of(s, sample)),
				2, err))
			return -1;
	}
	if (flush(s, c, STATEMENT_PUT_COUNTERS, 2, false, err))
		return -1;
	for (size_t i = 0; i < c->count; i++)
		if (is_stored(c->results[i]) &&
			report_put_text(s, c->clients[i], &c->samples[i], err))
			return -1;
	return 0;
}

static int put_chunk(struct storage *s, struct chunk *c, struct error *err)
{
	for (size_t i = 0; i < c->count; i++)
		if (cache_client(s, c->samples[i].client, c->samples[i].received_at, &c->clients[i],
			    err))
			return -1;
	if (find_known(s, c, err) || put_rows(s, c, err) || put_readings(s, c, err) ||
		put_reports(s, c, err))
		return -1;
	return move_clients(s, c, err);
}

struct batch {
	const struct sample *samples;
	enum put_result *results;
	size_t count;
};

static void chunk_finish(struct chunk *c)
{
	arena_finish(&c->strings);
	buffer_finish(&c->values);
}

static int put_batch(struct storage *s, void *arg, struct error *err)
{
	const struct batch *b = arg;
	s->refused = 0;
	for (size_t at = 0, n; at < b->count; at += n) {
		n = chunk_length(b->samples + at, b->count - at);
		CLEANUP(chunk_finish)
		struct chunk c = { b->samples + at, b->results + at, n, .known = { { 0 } } };
		if (put_chunk(s, &c, err))
			return -1;
	}
	return 0;
}

int storage_put_samples(struct storage *s, const struct sample *samples, size_t count,
	enum put_result *ret_results, struct error *err)
{
	struct batch b = { samples, ret_results, count };
	for (size_t i = 0; i < count; i++)
		if (samples[i].id == 0 || samples[i].id > INT64_MAX)
			return error_set(err, "%s: not an attempt id: %llu", samples[i].client,
				(unsigned long long)samples[i].id);
	s->refused = 0;
	return count ? storage_write(s, put_batch, &b, err) : 0;
}

uint64_t storage_refused(const struct storage *s)
{
	return s->refused;
}
