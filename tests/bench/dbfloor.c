/*
 * How fast the databases take samples with nothing else around them: an INSERT of the sample, of
 * its readings, and the client's counters, 1,000 samples a transaction. SQLite by one statement a
 * row, MariaDB by array binding, one packet for all rows of a table.
 *
 *   dbfloor sqlite FILE SAMPLES      FILE is made anew
 *   dbfloor mariadb SOCKET SAMPLES   in the database `floor`, made anew, as root
 *
 * And how fast they give them to an alerter (dbscan.c): of what the above has written, all of it
 * unprocessed again.
 *
 *   dbfloor sqlite FILE scan
 *   dbfloor mariadb SOCKET scan
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/compiler.h"
#include "tests/bench/dbfloor.h"
#include "tests/bench/rows.h"

enum { BATCH = 1000, BATCH_READINGS = BATCH * ROWS_READINGS };

_Noreturn void die(const char *what, const char *why)
{
	(void)fprintf(stderr, "dbfloor: %.80s: %s\n", what, why);
	exit(1);
}

uint32_t series(uint64_t sample, int reading)
{
	return rows_client(sample) * ROWS_READINGS + (uint32_t)reading;
}

/* ---- SQLite ----------------------------------------------------------------------------- */

void lite_run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sql, sqlite3_errmsg(db));
}

sqlite3_stmt *lite_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		die(sql, sqlite3_errmsg(db));
	return s;
}

void lite_step(sqlite3_stmt *s)
{
	if (sqlite3_step(s) != SQLITE_DONE)
		die(sqlite3_sql(s), sqlite3_errmsg(sqlite3_db_handle(s)));
	(void)sqlite3_reset(s);
}

static sqlite3 *lite_open(const char *file)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char path[4096];
	sqlite3 *db;
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		(void)snprintf(path, sizeof path, "%s%s", file, suffixes[i]);
		(void)unlink(path);
	}
	if (sqlite3_open(file, &db) != SQLITE_OK)
		die(file, sqlite3_errmsg(db));
	lite_run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
		     "CREATE TABLE sample(id INTEGER PRIMARY KEY, client_id INT, taken_at INT,"
		     " outcome INT, processed_at INT);"
		     "CREATE TABLE reading(sample_id INT, series_id INT, value REAL,"
		     " PRIMARY KEY(sample_id, series_id)) WITHOUT ROWID;"
		     "CREATE TABLE report(client_id INTEGER PRIMARY KEY, counters BLOB);"
		     "CREATE INDEX unprocessed ON sample(processed_at, id)");
	return db;
}

struct lite {
	sqlite3_stmt *sample, *reading, *report;
};

static void lite_put(const struct lite *l, uint64_t sample)
{
	char counters[ROWS_COUNTERS];
	(void)sqlite3_bind_int64(l->sample, 1, (sqlite3_int64)sample + 1);
	(void)sqlite3_bind_int64(l->sample, 2, rows_client(sample));
	lite_step(l->sample);
	for (int i = 0; i < ROWS_READINGS; i++) {
		(void)sqlite3_bind_int64(l->reading, 1, (sqlite3_int64)sample + 1);
		(void)sqlite3_bind_int64(l->reading, 2, series(sample, i));
		(void)sqlite3_bind_double(l->reading, 3, rows_value(sample, i));
		lite_step(l->reading);
	}
	rows_counters(sample, counters);
	(void)sqlite3_bind_int64(l->report, 1, rows_client(sample));
	(void)sqlite3_bind_blob(l->report, 2, counters, sizeof counters, SQLITE_STATIC);
	lite_step(l->report);
}

static void lite(const char *file, long samples)
{
	sqlite3 *db = lite_open(file);
	struct lite l = {
		.sample =
			lite_prepare(db, "INSERT INTO sample VALUES(?, ?, 1704067200123, 0, NULL)"),
		.reading = lite_prepare(db, "INSERT INTO reading VALUES(?, ?, ?)"),
		.report = lite_prepare(db, "INSERT INTO report VALUES(?, ?)"
					   " ON CONFLICT(client_id) DO UPDATE SET"
					   " counters = excluded.counters"),
	};
	struct rows_cost begin = rows_cost_now();
	for (long at = 0; at < samples; at += BATCH) {
		lite_run(db, "BEGIN");
		for (long i = at; i < at + BATCH && i < samples; i++)
			lite_put(&l, (uint64_t)i);
		lite_run(db, "COMMIT");
	}
	rows_tell(&begin, samples);
	(void)sqlite3_finalize(l.sample);
	(void)sqlite3_finalize(l.reading);
	(void)sqlite3_finalize(l.report);
	(void)sqlite3_close(db);
}

/* ---- MariaDB ---------------------------------------------------------------------------- */

/* One column array for each parameter. */
struct bulk {
	uint64_t sample_id[BATCH_READINGS];
	uint32_t series_id[BATCH_READINGS];
	double value[BATCH_READINGS];
	uint64_t id[BATCH];
	uint32_t client_id[BATCH];
	char counters[BATCH][ROWS_COUNTERS];
	char *counters_at[BATCH];
	unsigned long counters_len[BATCH];
};

void maria_run(MYSQL *db, const char *sql)
{
	if (mysql_query(db, sql))
		die(sql, mysql_error(db));
}

MYSQL *maria_connect(const char *socket)
{
	MYSQL *db = mysql_init(NULL);
	if (!db || !mysql_real_connect(db, NULL, "root", NULL, NULL, 0, socket, 0))
		die(socket, db ? mysql_error(db) : "out of memory");
	return db;
}

static MYSQL *maria_open(const char *socket)
{
	static const char *const set_up[] = {
		"DROP DATABASE IF EXISTS floor",
		"CREATE DATABASE floor",
		"USE floor",
		"CREATE TABLE sample(id BIGINT UNSIGNED PRIMARY KEY, client_id INT,"
		" taken_at DATETIME(3), outcome TINYINT, processed_at DATETIME NULL,"
		" KEY(processed_at, id)) ENGINE=InnoDB CHARACTER SET latin1",
		"CREATE TABLE reading(sample_id BIGINT UNSIGNED, series_id INT UNSIGNED,"
		" value DOUBLE, PRIMARY KEY(sample_id, series_id)) ENGINE=InnoDB",
		"CREATE TABLE report(client_id INT PRIMARY KEY, counters BLOB) ENGINE=InnoDB",
	};
	MYSQL *db = maria_connect(socket);
	for (size_t i = 0; i < ARRAY_LEN(set_up); i++)
		maria_run(db, set_up[i]);
	return db;
}

static MYSQL_STMT *maria_prepare(MYSQL *db, const char *sql, unsigned rows, MYSQL_BIND *columns)
{
	MYSQL_STMT *s = mysql_stmt_init(db);
	if (!s || mysql_stmt_prepare(s, sql, strlen(sql)) ||
		mysql_stmt_attr_set(s, STMT_ATTR_ARRAY_SIZE, &rows) ||
		mysql_stmt_bind_param(s, columns))
		die(sql, mysql_error(db));
	return s;
}

static void maria_execute(MYSQL_STMT *s)
{
	if (mysql_stmt_execute(s))
		die("execute", mysql_stmt_error(s));
}

static void fill(struct bulk *b, uint64_t first)
{
	for (int i = 0; i < BATCH; i++) {
		uint64_t sample = first + (uint64_t)i;
		b->id[i] = sample + 1;
		b->client_id[i] = rows_client(sample);
		rows_counters(sample, b->counters[i]);
		b->counters_at[i] = b->counters[i];
		b->counters_len[i] = ROWS_COUNTERS;
		for (int k = 0; k < ROWS_READINGS; k++) {
			b->sample_id[i * ROWS_READINGS + k] = sample + 1;
			b->series_id[i * ROWS_READINGS + k] = series(sample, k);
			b->value[i * ROWS_READINGS + k] = rows_value(sample, k);
		}
	}
}

static MYSQL_BIND column(enum enum_field_types type, void *data)
{
	return (MYSQL_BIND){ .buffer_type = type, .buffer = data, .is_unsigned = 1 };
}

/* `samples` is a multiple of the batch. */
static void maria(const char *socket, long samples)
{
	MYSQL *db = maria_open(socket);
	struct bulk *b = calloc(1, sizeof *b);
	if (!b)
		die("bulk", "out of memory");
	MYSQL_BIND sample[] = { column(MYSQL_TYPE_LONGLONG, b->id),
		column(MYSQL_TYPE_LONG, b->client_id) };
	MYSQL_BIND reading[] = { column(MYSQL_TYPE_LONGLONG, b->sample_id),
		column(MYSQL_TYPE_LONG, b->series_id), column(MYSQL_TYPE_DOUBLE, b->value) };
	MYSQL_BIND report[] = { column(MYSQL_TYPE_LONG, b->client_id),
		column(MYSQL_TYPE_BLOB, b->counters_at) };
	report[1].length = b->counters_len;
	MYSQL_STMT *statements[] = {
		maria_prepare(db,
			"INSERT INTO sample VALUES(?, ?, '2024-01-01 00:00:00.123', 0, NULL)",
			BATCH, sample),
		maria_prepare(db, "INSERT INTO reading VALUES(?, ?, ?)", BATCH_READINGS, reading),
		maria_prepare(db,
			"INSERT INTO report VALUES(?, ?) ON DUPLICATE KEY UPDATE"
			" counters = VALUES(counters)",
			BATCH, report),
	};
	struct rows_cost begin = rows_cost_now();
	for (long at = 0; at < samples; at += BATCH) {
		maria_run(db, "BEGIN");
		fill(b, (uint64_t)at);
		for (size_t i = 0; i < ARRAY_LEN(statements); i++)
			maria_execute(statements[i]);
		maria_run(db, "COMMIT");
	}
	rows_tell(&begin, samples);
	for (size_t i = 0; i < ARRAY_LEN(statements); i++)
		(void)mysql_stmt_close(statements[i]);
	mysql_close(db);
	free(b);
}

int main(int argc, char **argv)
{
	bool is_scan = argc == 4 && strcmp(argv[3], "scan") == 0;
	bool is_lite = argc == 4 && strcmp(argv[1], "sqlite") == 0;
	long samples = argc == 4 ? atol(argv[3]) : 0;
	if (is_scan)
		is_lite ? lite_scan(argv[2]) : maria_scan(argv[2]);
	else if (samples <= 0 || samples % BATCH)
		die("usage", "dbfloor sqlite|mariadb FILE|SOCKET SAMPLES|scan, by 1000 samples");
	else
		is_lite ? lite(argv[2], samples) : maria(argv[2], samples);
	return 0;
}
