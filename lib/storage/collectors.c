/* Which collectors there are: one row a claim, made once and never moved. */
#include "lib/attempt.h"
#include "lib/storage/private.h"

struct claim {
	uint64_t claim;
	uint8_t wanted;
	const char *place;
	int64_t now;
	uint8_t number; /* 0 = none yet */
	bool is_taken[ATTEMPT_COLLECTOR_MAX + 1];
};

static int look_up(struct storage *s, void *arg, struct error *err)
{
	struct claim *c = arg;
	struct db_value row[2];
	int rc;
	c->number = 0;
	memset(c->is_taken, 0, sizeof c->is_taken);
	if (db_query(s->db, STATEMENT_COLLECTORS, NULL, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_COLLECTORS, row, err)) > 0) {
		int64_t number = db_get_int(&row[0]);
		if (number < 1 || number > ATTEMPT_COLLECTOR_MAX)
			continue;
		c->is_taken[number] = true;
		if ((uint64_t)db_get_int(&row[1]) == c->claim)
			c->number = (uint8_t)number;
	}
	return rc;
}

static uint8_t pick(const struct claim *c)
{
	if (c->wanted && c->wanted <= ATTEMPT_COLLECTOR_MAX && !c->is_taken[c->wanted])
		return c->wanted;
	for (uint8_t n = 1; n <= ATTEMPT_COLLECTOR_MAX; n++)
		if (!c->is_taken[n])
			return n;
	return 0;
}

/* The keys of the table let one of two win that take a number at the same time. */
static int take(struct storage *s, void *arg, struct error *err)
{
	struct claim *c = arg;
	if (look_up(s, c, err))
		return -1;
	if (c->number)
		return 0;
	c->number = pick(c);
	if (!c->number)
		return error_set(err,
			"all %d collector numbers are taken: delete the rows of collectors that "
			"are no more from the table `collector`",
			ATTEMPT_COLLECTOR_MAX);
	return db_run(s->db, STATEMENT_ADD_COLLECTOR,
		DB_VALUES(db_int(c->number), db_id(c->claim), db_text(c->place), db_time(c->now)),
		err);
}

int storage_claim_number(struct storage *s, uint64_t claim, uint8_t wanted, const char *place,
	int64_t now, uint8_t *ret_number, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct claim c = { .claim = claim,
		.wanted = wanted,
		.place = clean_text(&strings, place, PLACE_MAX),
		.now = now };
	if (!c.place)
		return error_no_memory(err);
	if (storage_read(s, look_up, &c, err))
		return -1;
	if (!c.number && storage_write(s, take, &c, err))
		return -1;
	*ret_number = c.number;
	return 0;
}
