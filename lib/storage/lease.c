/* Who works as the alerter now: one row, moved by compare-and-set. */
#include "lib/storage/private.h"

struct take {
	const char *holder;
	int64_t now, ttl_ms;
	uint64_t epoch;
};

static int take(struct storage *s, void *arg, struct error *err)
{
	struct take *t = arg;
	struct db_value row[3];
	t->epoch = 0;
	int rc = db_first(s->db, STATEMENT_LEASE, NULL, row, err);
	if (rc <= 0)
		return rc < 0 ? -1 : error_set(err, "the lease's row is missing");
	const char *holder = db_get_text(&row[0]);
	int64_t epoch = db_get_int(&row[1]);
	bool is_free = row[2].type == DB_NULL || db_get_int(&row[2]) < t->now;
	if (!is_free && strcmp(holder, t->holder) != 0)
		return 1;
	int64_t next = is_free ? epoch + 1 : epoch;
	uint64_t changed;
	if (s->driver->execute(s->db, STATEMENT_TAKE_LEASE,
		    DB_VALUES(db_text(t->holder), db_int(next), db_time(t->now + t->ttl_ms),
			    db_int(epoch), db_text(holder)),
		    1, &changed, err))
		return -1;
	if (!changed)
		return 1;
	t->epoch = (uint64_t)next;
	return 0;
}

int storage_take_lease(struct storage *s, const char *holder, int64_t now, int64_t ttl_ms,
	uint64_t *ret_epoch, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct take t = { clean_name(&strings, holder, CLIENT_MAX), now, ttl_ms, 0 };
	if (!t.holder)
		return error_no_memory(err);
	if (storage_write(s, take, &t, err) < 0)
		return -1;
	*ret_epoch = t.epoch;
	return 0;
}

/* Whoever forgets a client writes to the lease's row, too, so that this sees all that were
 * forgotten before, and they come after what is written here. */
static int renew_cache(struct storage *s, struct error *err)
{
	struct db_value row;
	if (db_first(s->db, STATEMENT_FORGOTTEN, NULL, &row, err) < 0)
		return -1;
	int64_t forgotten = db_get_int(&row);
	if (forgotten != s->forgotten)
		cache_clear(&s->cache);
	s->forgotten = forgotten;
	return 0;
}

int lease_hold(struct storage *s, uint64_t epoch, bool *ret_lost, struct error *err)
{
	uint64_t changed;
	if (s->driver->execute(
		    s->db, STATEMENT_HOLD_LEASE, DB_VALUES(db_id(epoch)), 1, &changed, err))
		return -1;
	*ret_lost = changed == 0;
	return *ret_lost ? 1 : renew_cache(s, err);
}

static int drop(struct storage *s, void *arg, struct error *err)
{
	const uint64_t *epoch = arg;
	return db_run(s->db, STATEMENT_DROP_LEASE, DB_VALUES(db_id(*epoch)), err);
}

int storage_drop_lease(struct storage *s, uint64_t epoch, struct error *err)
{
	return storage_write(s, drop, &epoch, err);
}
