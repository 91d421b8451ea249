/* Samples out, to the alerter: selected by their state, never by "after the last id". */
#include "lib/attempt.h"
#include "lib/storage/set.h"
#include "lib/storage/words.h"

enum { SAMPLE_COLUMN_COUNT = 10 };

/* Which samples: a query that takes the parameters and a limit, and the one of their readings,
 * which takes the first id and the last. */
struct choice {
	enum statement samples, readings;
	struct db_value parameters[3];
};

struct batch {
	struct set *set;
	const struct choice *choice;
	struct buffer clients; /* struct watched_client *, of each sample */
};

static void add_sample(
	struct set *set, const struct watched_client *client, const struct db_value *row)
{
	struct stored_sample s = {
		.id = (uint64_t)db_get_int(&row[0]),
		.cycle_id = (uint64_t)db_get_int(&row[1]),
		.client = client->name,
		.taken_at = db_get_int(&row[5]),
		.outcome = outcome_of(db_get_text(&row[6])),
		.first_outcome = outcome_of(db_get_text(&row[7])),
		.stage = stage_of(db_get_text(&row[8])),
		.error = set_text(set, &row[9]),
	};
	set_add(set, &s, sizeof s);
}

static int read_samples(struct storage *s, struct batch *b, struct error *err)
{
	enum statement query = b->choice->samples;
	struct db_value row[SAMPLE_COLUMN_COUNT];
	int rc;
	if (db_query(s->db, query, b->choice->parameters, err))
		return -1;
	while ((rc = db_next(s->db, query, row, err)) > 0) {
		struct watched_client *client;
		if (watch_client(s, row[2].i, db_get_text(&row[3]), row[4].i, &client, err))
			return -1;
		if (buffer_append(&b->clients, &client, sizeof(void *)))
			return error_no_memory(err);
		add_sample(b->set, client, row);
	}
	return rc ? rc : set_check(b->set, err);
}

/* A reading of a series that is in the table but not watched any more is left out. */
static int add_reading(struct set *set, struct stored_sample *sample,
	const struct watched_client *client, size_t *at, const struct db_value *row)
{
	const struct watched_series *series = watch_find(client, (uint64_t)row[1].i, at);
	if (!series)
		return 0;
	struct stored_reading r = { series->id, series->metric, series->instance,
		db_get_real(&row[2]) };
	sample->reading_count++;
	return buffer_append(&set->readings, &r, sizeof r);
}

/* The samples are a run without gaps of what was chosen, so a range of ids names them. Readings
 * come in the order of their samples. */
static int read_readings(struct storage *s, const struct batch *b, struct stored_sample *samples,
	size_t count, struct error *err)
{
	struct watched_client *const *clients = (void *)b->clients.data;
	enum statement query = b->choice->readings;
	struct db_value row[3];
	size_t at = 0, series = 0;
	int rc;
	if (db_query(s->db, query, DB_VALUES(db_id(samples[0].id), db_id(samples[count - 1].id)),
		    err))
		return -1;
	while ((rc = db_next(s->db, query, row, err)) > 0) {
		for (; at < count && samples[at].id != (uint64_t)row[0].i; at++)
			series = 0;
		if (at == count)
			return error_set(err, "readings out of order");
		if (add_reading(b->set, &samples[at], clients[at], &series, row))
			return error_no_memory(err);
	}
	return rc;
}

/* Where the readings lie is only known at the end. */
static void place_readings(struct set *set, struct stored_sample *samples, size_t count)
{
	const struct stored_reading *next = (void *)set->readings.data;
	for (size_t i = 0; i < count; i++) {
		samples[i].readings = next;
		next += samples[i].reading_count;
	}
}

static int read_batch(struct storage *s, void *arg, struct error *err)
{
	struct batch *b = arg;
	set_clear(b->set);
	buffer_clear(&b->clients);
	if (read_samples(s, b, err))
		return -1;
	struct stored_sample *samples = (void *)b->set->items.data;
	size_t count = b->set->items.len / sizeof *samples;
	if (!count)
		return 0;
	if (watch_load(s, err) || read_readings(s, b, samples, count, err))
		return -1;
	place_readings(b->set, samples, count);
	return 0;
}

static int get_samples(struct storage *s, const struct choice *choice,
	struct sample_batch *ret_batch, struct error *err)
{
	struct batch b = { NULL, choice, { 0 } };
	int rc = watch_start(s, err) ? -1 : set_read(s, read_batch, &b, &b.set, err);
	buffer_finish(&b.clients);
	if (rc)
		return -1;
	*ret_batch = (struct sample_batch){ (void *)b.set->items.data,
		b.set->items.len / sizeof(struct stored_sample), b.set };
	return 0;
}

int storage_unprocessed(
	struct storage *s, size_t limit, struct sample_batch *ret_batch, struct error *err)
{
	const struct choice choice = { STATEMENT_UNPROCESSED, STATEMENT_UNPROCESSED_READINGS,
		{ db_int((int64_t)limit) } };
	return get_samples(s, &choice, ret_batch, err);
}

int storage_samples_between(struct storage *s, uint64_t after_id, int64_t until, size_t limit,
	struct sample_batch *ret_batch, struct error *err)
{
	const struct choice choice = { STATEMENT_SAMPLES_BETWEEN, STATEMENT_READINGS_BETWEEN,
		{ db_id(after_id), db_id(attempt_floor(until)), db_int((int64_t)limit) } };
	return get_samples(s, &choice, ret_batch, err);
}

void sample_batch_finish(struct sample_batch *b)
{
	set_destroy(b->memory);
	*b = (struct sample_batch){ 0 };
}
