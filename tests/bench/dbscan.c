/*
 * How fast the databases give back what the rules of an alerter need, and take the marks of what
 * was processed: ten of a sample's sixty readings, found by the key of `reading` through a table
 * of the series that a rule is on. SQLite in batches, each a transaction; MariaDB as one stream
 * on one connection, with the marks of a batch on another.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/dbfloor.h"
#include "tests/bench/rows.h"

enum { BATCH = 1000, RULES = 10, SQL_SIZE = 256 };

/* What was read; that it is used keeps the compiler from leaving it out. */
struct tally {
	long samples, readings;
	double sum;
};

static void tell(const struct rows_cost *begin, const struct tally *t)
{
	if (t->readings != t->samples * RULES || t->sum < 0)
		die("scan", "not every reading came back");
	rows_tell(begin, t->samples);
}

static int has_rule(int reading)
{
	return reading % (ROWS_READINGS / RULES) == 1;
}

/* ---- SQLite ----------------------------------------------------------------------------- */

static void lite_prepare_scan(sqlite3 *db)
{
	lite_run(db, "PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
		     "CREATE TABLE IF NOT EXISTS rule_series(client_id INT, series_id INT,"
		     " PRIMARY KEY(client_id, series_id)) WITHOUT ROWID;"
		     "DELETE FROM rule_series; BEGIN");
	sqlite3_stmt *s = lite_prepare(db, "INSERT INTO rule_series VALUES(?, ?)");
	for (uint64_t i = 0; i < ROWS_CLIENTS; i++)
		for (int k = 0; k < ROWS_READINGS; k++)
			if (has_rule(k)) {
				(void)sqlite3_bind_int64(s, 1, rows_client(i));
				(void)sqlite3_bind_int64(s, 2, series(i, k));
				lite_step(s);
			}
	(void)sqlite3_finalize(s);
	lite_run(db, "COMMIT; UPDATE sample SET processed_at = NULL"
		     " WHERE processed_at IS NOT NULL; PRAGMA wal_checkpoint(TRUNCATE)");
}

/* Reads a batch behind `last`; returns the last id of it, or `last` when there is none. */
static sqlite3_int64 lite_batch(sqlite3_stmt *s, sqlite3_int64 last, struct tally *t)
{
	sqlite3_int64 current = last;
	(void)sqlite3_bind_int64(s, 1, last);
	while (sqlite3_step(s) == SQLITE_ROW) {
		sqlite3_int64 id = sqlite3_column_int64(s, 0);
		if (id < current)
			die("scan", "out of order");
		t->samples += id != current;
		current = id;
		t->sum += sqlite3_column_double(s, 3);
		t->readings++;
	}
	(void)sqlite3_reset(s);
	return current;
}

void lite_scan(const char *file)
{
	sqlite3 *db;
	struct tally t = { 0 };
	if (sqlite3_open(file, &db) != SQLITE_OK)
		die(file, sqlite3_errmsg(db));
	lite_prepare_scan(db);
	sqlite3_stmt *select = lite_prepare(db,
		"SELECT s.id, s.client_id, r.series_id, r.value FROM"
		" (SELECT id, client_id FROM sample WHERE processed_at IS NULL AND id > ?"
		" ORDER BY id LIMIT 1000) s"
		" CROSS JOIN rule_series x ON x.client_id = s.client_id"
		" CROSS JOIN reading r ON r.sample_id = s.id AND r.series_id = x.series_id");
	sqlite3_stmt *mark =
		lite_prepare(db, "UPDATE sample SET processed_at = 1704067200"
				 " WHERE id BETWEEN ?1 AND ?2 AND processed_at IS NULL");
	struct rows_cost begin = rows_cost_now();
	for (sqlite3_int64 last = 0, next;; last = next) {
		lite_run(db, "BEGIN IMMEDIATE");
		next = lite_batch(select, last, &t);
		(void)sqlite3_bind_int64(mark, 1, last + 1);
		(void)sqlite3_bind_int64(mark, 2, next);
		lite_step(mark);
		lite_run(db, "COMMIT");
		if (next == last)
			break;
	}
	tell(&begin, &t);
	(void)sqlite3_finalize(select);
	(void)sqlite3_finalize(mark);
	(void)sqlite3_close(db);
}

/* ---- MariaDB ---------------------------------------------------------------------------- */

static void maria_prepare_scan(MYSQL *db)
{
	char sql[SQL_SIZE];
	maria_run(db, "CREATE OR REPLACE TABLE rule_series(client_id INT, series_id INT UNSIGNED,"
		      " PRIMARY KEY(client_id, series_id))");
	maria_run(db, "BEGIN");
	for (uint64_t i = 0; i < ROWS_CLIENTS; i++)
		for (int k = 0; k < ROWS_READINGS; k++)
			if (has_rule(k)) {
				(void)snprintf(sql, sizeof sql,
					"INSERT INTO rule_series VALUES(%u, %u)", rows_client(i),
					series(i, k));
				maria_run(db, sql);
			}
	maria_run(db, "COMMIT");
	maria_run(db, "UPDATE sample SET processed_at = NULL WHERE processed_at IS NOT NULL");
}

static void maria_mark(MYSQL *db, uint64_t first, uint64_t last)
{
	char sql[SQL_SIZE];
	(void)snprintf(sql, sizeof sql,
		"UPDATE sample SET processed_at = NOW()"
		" WHERE id BETWEEN %llu AND %llu AND processed_at IS NULL",
		(unsigned long long)first, (unsigned long long)last);
	maria_run(db, sql);
}

static void maria_stream(MYSQL *db, MYSQL *marks, struct tally *t)
{
	uint64_t first = 0, current = 0;
	maria_run(db, "SELECT STRAIGHT_JOIN s.id, s.client_id, r.series_id, r.value FROM sample s"
		      " JOIN rule_series x ON x.client_id = s.client_id"
		      " JOIN reading r ON r.sample_id = s.id AND r.series_id = x.series_id"
		      " WHERE s.processed_at IS NULL ORDER BY s.id, r.series_id");
	MYSQL_RES *result = mysql_use_result(db);
	for (MYSQL_ROW row = mysql_fetch_row(result); row; row = mysql_fetch_row(result)) {
		uint64_t id = strtoull(row[0], NULL, 10);
		if (id != current && first && t->samples % BATCH == 0) {
			maria_mark(marks, first, current);
			first = id;
		}
		first = first ? first : id;
		t->samples += id != current;
		current = id;
		t->sum += strtod(row[3], NULL);
		t->readings++;
	}
	if (mysql_errno(db))
		die("scan", mysql_error(db));
	mysql_free_result(result);
	maria_mark(marks, first, current);
}

void maria_scan(const char *socket)
{
	MYSQL *db = maria_connect(socket), *marks = maria_connect(socket);
	struct tally t = { 0 };
	maria_run(db, "USE floor");
	maria_run(marks, "USE floor");
	maria_prepare_scan(db);
	struct rows_cost begin = rows_cost_now();
	maria_stream(db, marks, &t);
	tell(&begin, &t);
	mysql_close(db);
	mysql_close(marks);
}
