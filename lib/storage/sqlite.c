/*
 * The embedded engine, and the only user of sqlite3. WAL lets readers go on while one program
 * writes; synchronous=FULL makes a commit survive a power cut; BEGIN IMMEDIATE takes the
 * write lock at once, so that a transaction never fails half-way for want of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "lib/storage/driver.h"

enum { LOCK_WAIT_MS = 100, WIDE_ROWS = 32 };

/* Half of what a row costs to insert is to start and end a statement, so those that only insert are
 * there for WIDE_ROWS at a time, too. */
enum width { WIDTH_ONE, WIDTH_WIDE, WIDTH_COUNT };

/* Every transaction, of which each client has one to itself, begins and ends with these. */
enum control { CONTROL_READ, CONTROL_WRITE, CONTROL_COMMIT, CONTROL_COUNT };

struct sqlite {
	struct db base;
	sqlite3 *handle;
	sqlite3_stmt *statements[STATEMENT_COUNT][WIDTH_COUNT], *controls[CONTROL_COUNT];
	struct {
		char text[64];
		int64_t ms;
		int len;
	} parsed, bound; /* the times that were read and written last */
};

static struct sqlite *sqlite_of(struct db *db)
{
	return (struct sqlite *)db;
}

/* A key that is there already: another program was faster, and the row is seen when looked up
 * again. */
static enum db_fault classify(int code)
{
	bool is_duplicate =
		code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
	int primary = code & 0xff;
	return primary == SQLITE_BUSY || primary == SQLITE_LOCKED || is_duplicate ? DB_RETRY
										  : DB_FATAL;
}

static int fail(struct sqlite *s, const char *what, struct error *err)
{
	s->base.fault = classify(sqlite3_extended_errcode(s->handle));
	return error_set(err, "%s: %s", what, sqlite3_errmsg(s->handle));
}

static int run_text(struct sqlite *s, const char *sql, const char *what, struct error *err)
{
	if (sqlite3_exec(s->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, what, err);
	return 0;
}

static void sqlite_close(struct db *db)
{
	struct sqlite *s = sqlite_of(db);
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		for (size_t width = 0; width < WIDTH_COUNT; width++)
			(void)sqlite3_finalize(s->statements[i][width]);
	for (size_t i = 0; i < CONTROL_COUNT; i++)
		(void)sqlite3_finalize(s->controls[i]);
	(void)sqlite3_close(s->handle);
	free(s);
}

/* SQLite gives its -wal and -shm files the mode of the database file. */
static int make_file(const char *path, bool create, struct error *err)
{
	if (access(path, F_OK) == 0)
		return 0;
	if (errno != ENOENT)
		return error_errno(err, "%s", path);
	if (!create)
		return error_set(err, "%s: no database there yet; make it with `fleet init`", path);
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_errno(err, "%s", path);
	(void)close(fd);
	return 0;
}

static int set_up(struct sqlite *s, const char *path, struct error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (sqlite3_open_v2(path, &s->handle, flags, NULL) != SQLITE_OK)
		return fail(s, "open", err);
	(void)sqlite3_busy_timeout(s->handle, LOCK_WAIT_MS);
	s->base.value_max = (size_t)sqlite3_limit(s->handle, SQLITE_LIMIT_LENGTH, -1) / 2;
	/* temp_store: what a statement of many rows has changed, in case it fails in the middle,
	 * went to a file. Sorts and temporary tables are in memory with it: all are of few rows; a
	 * migration that sorts a large table has to set it back. */
	return run_text(s,
		"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768;"
		"PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF",
		"set up", err);
}

static int sqlite_open(const struct storage_config *config, bool create, struct db **ret_db,
	enum db_fault *ret_fault, struct error *err)
{
	*ret_fault = DB_FATAL;
	if (make_file(config->path, create, err))
		return -1;
	struct sqlite *s = calloc(1, sizeof *s);
	if (!s)
		return error_no_memory(err);
	s->base.driver = &sqlite_driver;
	(void)snprintf(s->base.description, sizeof s->base.description, "SQLite %s, %s",
		sqlite3_libversion(), config->path);
	if (set_up(s, config->path, err)) {
		(void)error_context(err, "%s", s->base.description);
		*ret_fault = s->base.fault;
		sqlite_close(&s->base);
		return -1;
	}
	*ret_db = &s->base;
	return 0;
}

static int run_control(struct sqlite *s, enum control id, struct error *err)
{
	static const char *const texts[] = { "BEGIN", "BEGIN IMMEDIATE", "COMMIT" };
	sqlite3_stmt **stmt = &s->controls[id];
	int rc = *stmt ? SQLITE_OK
		       : sqlite3_prepare_v3(
				 s->handle, texts[id], -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(*stmt);
		(void)sqlite3_reset(*stmt);
	}
	return rc == SQLITE_DONE ? 0 : fail(s, id == CONTROL_COMMIT ? "commit" : "begin", err);
}

static int sqlite_begin(struct db *db, bool write, struct error *err)
{
	return run_control(sqlite_of(db), write ? CONTROL_WRITE : CONTROL_READ, err);
}

static void reset_all(struct sqlite *s)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		for (size_t width = 0; width < WIDTH_COUNT; width++)
			(void)sqlite3_reset(s->statements[i][width]);
}

static int sqlite_commit(struct db *db, struct error *err)
{
	reset_all(sqlite_of(db));
	return run_control(sqlite_of(db), CONTROL_COMMIT, err);
}

static void sqlite_rollback(struct db *db)
{
	struct sqlite *s = sqlite_of(db);
	reset_all(s);
	/* some failures, a full disk among them, have rolled back already */
	if (!sqlite3_get_autocommit(s->handle))
		(void)sqlite3_exec(s->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* The one row that a statement inserts, "(?, ?)", when it does no more than that; else NULL. */
static const char *inserted_row(const char *sql)
{
	static const char begin[] = ") VALUES ";
	const char *row = strstr(sql, begin);
	row = row ? row + sizeof begin - 1 : NULL;
	return row && !row[strspn(row, "(?, )")] ? row : NULL;
}

static int widen(struct buffer *sql, const char *row)
{
	for (int i = 1; i < WIDE_ROWS; i++)
		if (buffer_printf(sql, ", %s", row) < 0)
			return -1;
	return 0;
}

static sqlite3_stmt *prepare(
	struct sqlite *s, enum statement id, enum width width, struct error *err)
{
	const struct statement_text *text = &statement_texts[id];
	sqlite3_stmt **stmt = &s->statements[id][width];
	CLEANUP(buffer_finish) struct buffer sql = { 0 };
	if (*stmt)
		return *stmt;
	s->base.fault = DB_FATAL;
	if (buffer_append_text(&sql, text->sql) < 0 ||
		(width == WIDTH_WIDE && widen(&sql, inserted_row(text->sql)) < 0))
		(void)error_no_memory(err);
	else if (sqlite3_prepare_v3(s->handle, sql.data, -1, SQLITE_PREPARE_PERSISTENT, stmt,
			 NULL) != SQLITE_OK)
		(void)fail(s, text->name, err);
	return *stmt;
}

/* Times in a row are mostly the same here, too: those of all that one look processed. */
static int bind_time(struct sqlite *s, sqlite3_stmt *stmt, int at, int64_t ms)
{
	if (ms != s->bound.ms || !s->bound.len) {
		struct tm tm;
		int rest = db_split_time(ms, &tm);
		s->bound.ms = ms;
		s->bound.len = snprintf(s->bound.text, sizeof s->bound.text,
			"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
			tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, rest);
	}
	return sqlite3_bind_text(stmt, at, s->bound.text, s->bound.len, SQLITE_TRANSIENT);
}

static int bind_value(struct sqlite *s, sqlite3_stmt *stmt, int at, const struct db_value *v)
{
	switch (v->type) {
	case DB_INT:
		return sqlite3_bind_int64(stmt, at, v->i);
	case DB_REAL:
		return sqlite3_bind_double(stmt, at, v->d);
	case DB_TEXT:
		return sqlite3_bind_text(stmt, at, v->p, (int)v->len, SQLITE_STATIC);
	case DB_BLOB:
		return sqlite3_bind_blob(stmt, at, v->p, (int)v->len, SQLITE_STATIC);
	case DB_TIME:
		return bind_time(s, stmt, at, v->i);
	case DB_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, at);
}

/* Binds its parameters. Returns how many there are, or -1. */
static int bind_values(struct sqlite *s, enum statement id, sqlite3_stmt *stmt,
	const struct db_value *values, struct error *err)
{
	int count = sqlite3_bind_parameter_count(stmt);
	for (int i = 0; i < count; i++)
		if (bind_value(s, stmt, i + 1, &values[i]) != SQLITE_OK)
			return fail(s, statement_texts[id].name, err);
	return count;
}

/* So many times, and moves *values behind what that took. */
static int execute_times(struct sqlite *s, enum statement id, enum width width, size_t times,
	const struct db_value **values, uint64_t *changed, struct error *err)
{
	sqlite3_stmt *stmt = times ? prepare(s, id, width, err) : NULL;
	for (size_t i = 0; i < times; i++) {
		int count = stmt ? bind_values(s, id, stmt, *values, err) : -1;
		if (count < 0)
			return -1;
		*values += count;
		int rc = sqlite3_step(stmt);
		if (rc != SQLITE_DONE) {
			(void)fail(s, statement_texts[id].name, err);
			(void)sqlite3_reset(stmt);
			return -1;
		}
		(void)sqlite3_reset(stmt);
		*changed += (uint64_t)sqlite3_changes64(s->handle);
	}
	return 0;
}

static int sqlite_execute(struct db *db, enum statement id, const struct db_value *values,
	size_t rows, uint64_t *ret_changed, struct error *err)
{
	struct sqlite *s = sqlite_of(db);
	uint64_t changed = 0;
	size_t wide =
		rows >= WIDE_ROWS && inserted_row(statement_texts[id].sql) ? rows / WIDE_ROWS : 0;
	if (execute_times(s, id, WIDTH_WIDE, wide, &values, &changed, err) ||
		execute_times(s, id, WIDTH_ONE, rows - wide * WIDE_ROWS, &values, &changed, err))
		return -1;
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}

static int sqlite_query(
	struct db *db, enum statement id, const struct db_value *values, struct error *err)
{
	struct sqlite *s = sqlite_of(db);
	sqlite3_stmt *stmt = prepare(s, id, WIDTH_ONE, err);
	if (!stmt)
		return -1;
	(void)sqlite3_reset(stmt);
	return bind_values(s, id, stmt, values, err) < 0 ? -1 : 0;
}

/* The number of `count` digits at `text`; -1 when they are none. */
static int read_digits(const char *text, int count)
{
	int n = 0;
	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		n = 10 * n + (text[i] - '0');
	}
	return n;
}

/* What bind_time() wrote; anything else that somebody put there by hand reads as 0. Times in a row
 * are mostly the same: a client's series were all seen by one report. */
static int64_t parse_time(struct sqlite *s, const char *text)
{
	static const struct {
		int at, count;
	} parts[] = { { 0, 4 }, { 5, 2 }, { 8, 2 }, { 11, 2 }, { 14, 2 }, { 17, 2 }, { 20, 3 } };
	int n[ARRAY_LEN(parts)];
	if (strcmp(text, s->parsed.text) == 0)
		return s->parsed.ms;
	if (strlen(text) != sizeof "2026-11-22T12:00:00.000Z" - 1)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if ((n[i] = read_digits(text + parts[i].at, parts[i].count)) < 0)
			return 0;
	const struct tm tm = { .tm_year = n[0] - 1900,
		.tm_mon = n[1] - 1,
		.tm_mday = n[2],
		.tm_hour = n[3],
		.tm_min = n[4],
		.tm_sec = n[5] };
	s->parsed.ms = db_join_time(&tm, n[6]);
	memcpy(s->parsed.text, text, strlen(text) + 1);
	return s->parsed.ms;
}

static struct db_value get_column(struct sqlite *s, sqlite3_stmt *stmt, int at, char type)
{
	if (sqlite3_column_type(stmt, at) == SQLITE_NULL)
		return db_null();
	if (type == 'i')
		return db_int(sqlite3_column_int64(stmt, at));
	if (type == 'd')
		return (struct db_value){ .type = DB_REAL, .d = sqlite3_column_double(stmt, at) };
	if (type == 'b') {
		const void *data = sqlite3_column_blob(stmt, at);
		return db_blob(data ? data : "", (size_t)sqlite3_column_bytes(stmt, at));
	}
	const char *text = (const char *)sqlite3_column_text(stmt, at);
	if (!text) /* no memory for it */
		return db_null();
	return type == 't' ? db_time(parse_time(s, text)) : db_text(text);
}

static int sqlite_next(
	struct db *db, enum statement id, struct db_value *ret_row, struct error *err)
{
	struct sqlite *s = sqlite_of(db);
	sqlite3_stmt *stmt = s->statements[id][WIDTH_ONE];
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		const char *columns = statement_texts[id].columns;
		for (int i = 0; columns[i]; i++)
			ret_row[i] = get_column(s, stmt, i, columns[i]);
		return 1;
	}
	if (rc != SQLITE_DONE)
		(void)fail(s, statement_texts[id].name, err);
	(void)sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : -1;
}

static uint64_t sqlite_last_id(struct db *db)
{
	return (uint64_t)sqlite3_last_insert_rowid(sqlite_of(db)->handle);
}

/* No table can be dropped while anything is read. */
static int sqlite_script(struct db *db, const char *sql, struct error *err)
{
	reset_all(sqlite_of(db));
	return run_text(sqlite_of(db), sql, "schema", err);
}

const struct driver sqlite_driver = {
	.engine = STORAGE_SQLITE,
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.execute = sqlite_execute,
	.query = sqlite_query,
	.next = sqlite_next,
	.last_id = sqlite_last_id,
	.script = sqlite_script,
};
