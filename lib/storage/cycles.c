/* Runs of the programs. */
#include "lib/storage/private.h"

static int put_cycle(struct storage *s, void *arg, struct error *err)
{
	const struct cycle *c = arg;
	return db_run(s->db, STATEMENT_PUT_CYCLE,
		DB_VALUES(db_id(c->id), db_text(c->program), db_text(c->version),
			db_time(c->started_at), db_time_or_null(c->finished_at),
			db_time_or_null(c->deadline_at), db_int(c->clients), db_int(c->ok),
			db_int(c->failed), db_int(c->whole_fleet)),
		err);
}

int storage_put_cycle(struct storage *s, const struct cycle *c, struct error *err)
{
	struct cycle copy = *c;
	return storage_write(s, put_cycle, &copy, err);
}

struct last_cycle {
	const char *program;
	bool finished_only, found;
	struct cycle cycle;
};

static int last_cycle(struct storage *s, void *arg, struct error *err)
{
	struct last_cycle *l = arg;
	struct db_value row[10];
	int rc = db_first(s->db, STATEMENT_LAST_CYCLE,
		DB_VALUES(db_text(l->program), db_int(l->finished_only)), row, err);
	l->found = rc > 0;
	if (rc <= 0)
		return rc;
	l->cycle = (struct cycle){
		.id = (uint64_t)db_get_int(&row[0]),
		.program = l->program,
		.version = "",
		.started_at = db_get_int(&row[3]),
		.finished_at = db_get_int(&row[4]),
		.deadline_at = db_get_int(&row[5]),
		.clients = (uint32_t)db_get_int(&row[6]),
		.ok = (uint32_t)db_get_int(&row[7]),
		.failed = (uint32_t)db_get_int(&row[8]),
		.whole_fleet = db_get_int(&row[9]) != 0,
	};
	return 0;
}

int storage_last_cycle(struct storage *s, const char *program, bool finished_only,
	struct cycle *ret_cycle, bool *ret_found, struct error *err)
{
	struct last_cycle l = { .program = program, .finished_only = finished_only };
	if (storage_read(s, last_cycle, &l, err))
		return -1;
	*ret_found = l.found;
	if (l.found)
		*ret_cycle = l.cycle;
	return 0;
}
