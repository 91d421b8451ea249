/*
 * On MariaDB `sample` and `reading` are partitioned by the UTC day of the attempt id, so that
 * removing a day is dropping a file. Partitions are made two days ahead; what comes later
 * still finds a place in `pmax`, from which the next ones are cut. Every bound is also known
 * by the partition's name, the last day in it: p20261122.
 *
 * Changing them waits for everybody who reads the table, and whoever comes later waits behind
 * it. So it waits a moment only (lock_wait_timeout), and when that is not enough the next run
 * does it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/attempt.h"
#include "lib/storage/private.h"

static const int64_t day_ms = 24 * 3600 * 1000;

enum { DAYS_AHEAD = 2 };

static const char *const tables[] = { "reading", "sample" };

struct partition {
	size_t table;
	char name[16];
	uint64_t bound; /* ids below */
};

/* Those that this file has made, in the order of their bounds. */
static int read_partitions(struct storage *s, struct buffer *out, struct error *err)
{
	struct db_value row[3];
	int rc;
	if (db_query(s->db, STATEMENT_PARTITIONS, NULL, err))
		return -1;
	while ((rc = db_next(s->db, STATEMENT_PARTITIONS, row, err)) > 0) {
		struct partition p = { .table = strcmp(db_get_text(&row[0]), tables[0]) != 0 };
		const char *name = db_get_text(&row[1]);
		if (strlen(name) != 9 || strspn(name, "p0123456789") != 9)
			continue;
		memcpy(p.name, name, 10);
		p.bound = strtoull(db_get_text(&row[2]), NULL, 10);
		if (buffer_append(out, &p, sizeof p))
			return error_no_memory(err);
	}
	return rc;
}

static uint64_t last_bound(const struct buffer *partitions, size_t table)
{
	const struct partition *p = (const void *)partitions->data;
	uint64_t last = 0;
	for (size_t i = 0; i < partitions->len / sizeof *p; i++)
		if (p[i].table == table && p[i].bound > last)
			last = p[i].bound;
	return last;
}

/* The statement that makes what is missing; nothing when nothing is. */
static int format_missing(size_t table, uint64_t last, int64_t now, struct buffer *sql)
{
	int64_t today = now - now % day_ms;
	int rc = 0;
	for (int64_t day = today; day <= today + DAYS_AHEAD * day_ms; day += day_ms) {
		struct tm tm;
		uint64_t bound = attempt_floor(day + day_ms);
		if (bound <= last)
			continue;
		(void)db_split_time(day, &tm);
		if (!sql->len)
			rc |= buffer_printf(sql, "ALTER TABLE %s REORGANIZE PARTITION pmax INTO (",
				tables[table]);
		rc |= buffer_printf(sql, "PARTITION p%04d%02d%02d VALUES LESS THAN (%llu), ",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, (unsigned long long)bound);
	}
	if (sql->len)
		rc |= buffer_append_text(sql, "PARTITION pmax VALUES LESS THAN MAXVALUE)");
	return rc;
}

/* 1 when it cannot be done now but later, by another run. */
static int change(struct storage *s, const char *sql, struct error *err)
{
	if (s->driver->script(s->db, sql, err) == 0)
		return 0;
	return s->db->fault == DB_RETRY ? 1 : -1;
}

static int extend(struct storage *s, void *arg, struct error *err)
{
	const int64_t *now = arg;
	CLEANUP(buffer_finish) struct buffer partitions = { 0 };
	if (read_partitions(s, &partitions, err))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		CLEANUP(buffer_finish) struct buffer sql = { 0 };
		uint64_t last = last_bound(&partitions, i);
		if (format_missing(i, last, *now, &sql))
			return error_no_memory(err);
		int rc = sql.len ? change(s, sql.data, err) : 0;
		if (rc < 0 || (rc && last <= attempt_floor(*now))) /* today's is needed now */
			return -1;
	}
	return 0;
}

int partitions_extend(struct storage *s, int64_t now, struct error *err)
{
	return s->driver->engine == STORAGE_MARIADB ? storage_write(s, extend, &now, err) : 0;
}

struct drop {
	uint64_t floor;
	uint32_t samples;
};

/* Drops one partition whose samples are all processed. A sample that old which arrives in
 * this very moment goes with it; it would have gone within the hour. */
static int drop_one(struct storage *s, const struct partition *p, uint64_t from, uint32_t *samples,
	struct error *err)
{
	const struct db_value *range = DB_VALUES(db_id(from), db_id(p->bound));
	struct db_value row;
	char sql[100];
	int rc = db_first(s->db, STATEMENT_UNPROCESSED_BETWEEN, range, &row, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (db_first(s->db, STATEMENT_COUNT_BETWEEN, range, &row, err) < 0)
		return -1;
	(void)snprintf(
		sql, sizeof sql, "ALTER TABLE %s DROP PARTITION %s", tables[p->table], p->name);
	rc = change(s, sql, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (p->table == 1)
		*samples += (uint32_t)db_get_int(&row);
	return 0;
}

/* Readings go first: a sample without them is removed by the next run. */
static int drop(struct storage *s, void *arg, struct error *err)
{
	struct drop *d = arg;
	CLEANUP(buffer_finish) struct buffer partitions = { 0 };
	if (read_partitions(s, &partitions, err))
		return -1;
	const struct partition *p = (const void *)partitions.data;
	for (size_t i = 0; i < partitions.len / sizeof *p; i++) {
		bool is_first = i == 0 || p[i - 1].table != p[i].table;
		if (p[i].bound <= d->floor &&
			drop_one(s, &p[i], is_first ? 0 : p[i - 1].bound, &d->samples, err))
			return -1;
	}
	return 0;
}

int partitions_drop(struct storage *s, uint64_t floor, uint32_t *ret_samples, struct error *err)
{
	struct drop d = { floor, 0 };
	*ret_samples = 0;
	if (s->driver->engine != STORAGE_MARIADB)
		return 0;
	if (storage_write(s, drop, &d, err))
		return -1;
	*ret_samples = d.samples;
	return 0;
}
