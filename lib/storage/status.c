/* The fleet as the console shows it. */
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

/* Row ids of the clients, in the order of the items. */
static int read_clients(struct storage *s, struct set *set, struct buffer *ids, struct error *err)
{
	struct db_value row[8];
	int rc;
	if (db_query(s->db, STATEMENT_STATUS, NULL, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_STATUS, row, err)) > 0) {
		add_client(set, row);
		if (buffer_append(ids, &row[0].i, sizeof row[0].i))
			return error_set(err, "out of memory");
	}
	return rc ? rc : set_check(set, err);
}

static int read_readings(struct storage *s, struct set *set, const int64_t *ids,
	struct client_status *items, size_t count, struct error *err)
{
	struct db_value row[4];
	size_t at = 0;
	int rc;
	if (db_query(s->db, STATEMENT_STATUS_READINGS, NULL, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_STATUS_READINGS, row, err)) > 0) {
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
	struct set *set = arg;
	CLEANUP(buffer_finish) struct buffer ids = { 0 };
	set_clear(set);
	if (read_clients(s, set, &ids, err))
		return -1;
	size_t count = set->items.len / sizeof(struct client_status);
	return count ? read_readings(s, set, (void *)ids.data, (void *)set->items.data, count, err)
		     : 0;
}

int storage_get_status(struct storage *s, struct status_set *ret_set, struct error *err)
{
	struct set *set = set_create();
	if (!set)
		return error_set(err, "out of memory");
	if (storage_read(s, read_status, set, err)) {
		set_destroy(set);
		return -1;
	}
	*ret_set = (struct status_set){ (void *)set->items.data,
		set->items.len / sizeof(struct client_status), set };
	return 0;
}

void status_set_finish(struct status_set *s)
{
	set_destroy(s->memory);
	*s = (struct status_set){ 0 };
}

static int read_backlog(struct storage *s, void *arg, struct error *err)
{
	struct storage_backlog *b = arg;
	struct db_value row[2];
	if (db_first(s->db, STATEMENT_UNPROCESSED_COUNT, NULL, row, err) < 0)
		return -1;
	b->unprocessed = (uint64_t)db_get_int(&row[0]);
	b->oldest_unprocessed_at = b->unprocessed ? attempt_time_ms((uint64_t)row[1].i) : 0;
	if (db_first(s->db, STATEMENT_WAITING_COUNT, NULL, row, err) < 0)
		return -1;
	b->waiting = (uint64_t)db_get_int(&row[0]);
	b->oldest_waiting_at = db_get_int(&row[1]);
	if (db_first(s->db, STATEMENT_FAILED_COUNT, NULL, row, err) < 0)
		return -1;
	b->failed = (uint64_t)db_get_int(&row[0]);
	return 0;
}

int storage_get_backlog(struct storage *s, struct storage_backlog *ret, struct error *err)
{
	struct storage_backlog b;
	if (storage_read(s, read_backlog, &b, err))
		return -1;
	*ret = b;
	return 0;
}
