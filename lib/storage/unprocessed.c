/* Samples out, to the alerter: selected by their state, never by "after the last id". */
#include "lib/storage/set.h"
#include "lib/storage/words.h"

struct batch {
	struct set *set;
	size_t limit;
};

static void add_sample(struct set *set, const struct db_value *row)
{
	struct stored_sample s = {
		.id = (uint64_t)db_get_int(&row[0]),
		.cycle_id = (uint64_t)db_get_int(&row[1]),
		.client = set_text(set, &row[2]),
		.taken_at = db_get_int(&row[3]),
		.outcome = outcome_of(db_get_text(&row[4])),
		.first_outcome = outcome_of(db_get_text(&row[5])),
		.stage = stage_of(db_get_text(&row[6])),
		.error = set_text(set, &row[7]),
	};
	set_add(set, &s, sizeof s);
}

static int read_samples(struct storage *s, const struct batch *b, struct error *err)
{
	struct db_value row[8];
	int rc;
	if (db_query(s->db, STATEMENT_UNPROCESSED, DB_VALUES(db_int((int64_t)b->limit)), err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_UNPROCESSED, row, err)) > 0)
		add_sample(b->set, row);
	return rc ? rc : set_check(b->set, err);
}

/* The samples are a run without gaps of what is unprocessed, so a range of ids names them.
 * Readings come in the order of their samples; where they lie is only known at the end. */
static int read_readings(struct storage *s, struct set *set, struct stored_sample *samples,
	size_t count, struct error *err)
{
	struct db_value row[4];
	size_t at = 0;
	int rc;
	if (db_query(s->db, STATEMENT_UNPROCESSED_READINGS,
		    DB_VALUES(db_id(samples[0].id), db_id(samples[count - 1].id)), err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_UNPROCESSED_READINGS, row, err)) > 0) {
		while (at < count && samples[at].id != (uint64_t)db_get_int(&row[0]))
			at++;
		if (at == count)
			return error_set(err, "readings out of order");
		samples[at].reading_count++;
		set_add_reading(set, row + 1);
	}
	if (rc || set_check(set, err))
		return -1;
	const struct stored_reading *next = (void *)set->readings.data;
	for (size_t i = 0; i < count; i++) {
		samples[i].readings = next;
		next += samples[i].reading_count;
	}
	return 0;
}

static int read_batch(struct storage *s, void *arg, struct error *err)
{
	const struct batch *b = arg;
	set_clear(b->set);
	if (read_samples(s, b, err))
		return -1;
	size_t count = b->set->items.len / sizeof(struct stored_sample);
	return count ? read_readings(s, b->set, (void *)b->set->items.data, count, err) : 0;
}

int storage_unprocessed(
	struct storage *s, size_t limit, struct sample_batch *ret_batch, struct error *err)
{
	struct batch b = { set_create(), limit };
	if (!b.set)
		return error_set(err, "out of memory");
	if (storage_read(s, read_batch, &b, err)) {
		set_destroy(b.set);
		return -1;
	}
	*ret_batch = (struct sample_batch){ (void *)b.set->items.data,
		b.set->items.len / sizeof(struct stored_sample), b.set };
	return 0;
}

void sample_batch_finish(struct sample_batch *b)
{
	set_destroy(b->memory);
	*b = (struct sample_batch){ 0 };
}
