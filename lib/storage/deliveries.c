/* What became of telling events: notifications that tell them, and what is deferred. */
#include "lib/storage/set.h"
#include "lib/storage/words.h"

enum { DELIVERY_COLUMNS = 9 };

struct read {
	struct set *set;
	const uint64_t *events;
	size_t count;
};

static void add_delivery(struct set *set, uint64_t event_id, const struct db_value *row)
{
	struct delivery d = {
		.event_id = event_id,
		.channel = set_text(set, &row[0]),
		.recipient = set_text(set, &row[1]),
		.message_id = set_text(set, &row[2]),
		.state = delivery_of(db_get_text(&row[3])),
		.tries = (uint32_t)db_get_int(&row[4]),
		.created_at = db_get_int(&row[5]),
		.next_try_at = db_get_int(&row[6]),
		.done_at = db_get_int(&row[7]),
		.last_error = set_text(set, &row[8]),
	};
	set_add(set, &d, sizeof d);
}

static int read_deliveries(struct storage *s, void *arg, struct error *err)
{
	const struct read *r = arg;
	struct db_value row[DELIVERY_COLUMNS];
	set_clear(r->set);
	for (size_t i = 0; i < r->count; i++) {
		struct db_value id = db_id(r->events[i]);
		int rc;
		if (db_query(s->db, STATEMENT_DELIVERIES, DB_VALUES(id, id), err))
			return -1;
		while ((rc = db_next(s->db, STATEMENT_DELIVERIES, row, err)) > 0)
			add_delivery(r->set, r->events[i], row);
		if (rc)
			return rc;
	}
	return set_check(r->set, err);
}

int storage_get_deliveries(struct storage *s, const uint64_t *events, size_t count,
	struct delivery_set *ret_set, struct error *err)
{
	struct read r = { NULL, events, count };
	if (set_read(s, read_deliveries, &r, &r.set, err))
		return -1;
	*ret_set = (struct delivery_set){ (void *)r.set->items.data,
		r.set->items.len / sizeof(struct delivery), r.set };
	return 0;
}

struct earlier {
	uint64_t id;
	struct earlier_messages told;
};

static int read_earlier(struct storage *s, void *arg, struct error *err)
{
	struct earlier *b = arg;
	struct db_value row[3];
	if (db_first(s->db, STATEMENT_EARLIER_MESSAGES, DB_VALUES(db_id(b->id)), row, err) < 0)
		return -1;
	b->told = (struct earlier_messages){ (uint32_t)db_get_int(&row[0]),
		(uint32_t)db_get_int(&row[1]), (uint32_t)db_get_int(&row[2]) };
	return 0;
}

int storage_earlier_messages(struct storage *s, const struct notification *n,
	struct earlier_messages *ret_earlier, struct error *err)
{
	struct earlier b = { .id = n->id };
	if (storage_read(s, read_earlier, &b, err))
		return -1;
	*ret_earlier = b.told;
	return 0;
}

void delivery_set_finish(struct delivery_set *d)
{
	set_destroy(d->memory);
	*d = (struct delivery_set){ 0 };
}
