/*
 * Databases. What fails does it within the library, for a cause that a real one can have, so that
 * its error text and what becomes of the transaction are its own.
 */
#include <mysql.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "tests/torture/fault.h"

/* What a call that was to fail returned. */
static int failed(int result)
{
	if (result == 0 || result == SQLITE_ROW || result == SQLITE_DONE)
		abort(); /* nothing was tortured */
	return result;
}

/* ---- SQLite ----------------------------------------------------------------------------- */

static int stop(void *arg)
{
	(void)arg;
	return 1;
}

/* It is to end before it has done anything, and then rolls back as after a disk's error. */
static void stop_next(sqlite3 *db)
{
	sqlite3_progress_handler(db, 1, stop, NULL);
}

static int stopped(sqlite3 *db, int result)
{
	sqlite3_progress_handler(db, 0, NULL, NULL);
	return failed(result);
}

int __real_sqlite3_step(sqlite3_stmt *s);
int __wrap_sqlite3_step(sqlite3_stmt *s);
int __wrap_sqlite3_step(sqlite3_stmt *s)
{
	if (!FAULT(sqlite3_step))
		return __real_sqlite3_step(s);
	sqlite3 *db = sqlite3_db_handle(s);
	stop_next(db);
	return stopped(db, __real_sqlite3_step(s));
}

typedef int take_row(void *arg, int count, char **values, char **names);

int __real_sqlite3_exec(sqlite3 *db, const char *sql, take_row *take, void *arg, char **err);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, take_row *take, void *arg, char **err);
int __wrap_sqlite3_exec(sqlite3 *db, const char *sql, take_row *take, void *arg, char **err)
{
	if (!FAULT(sqlite3_exec))
		return __real_sqlite3_exec(db, sql, take, arg, err);
	stop_next(db);
	return stopped(db, __real_sqlite3_exec(db, sql, take, arg, err));
}

/* A folder is no database. There is a handle all the same. */
int __real_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags, const char *vfs)
{
	if (!FAULT(sqlite3_open_v2))
		return __real_sqlite3_open_v2(path, db, flags, vfs);
	return failed(__real_sqlite3_open_v2("/", db, flags, vfs));
}

/* As when somebody has dropped a table. */
static const char nonsense[] = "SELECT * FROM no_such_table";

int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags,
	sqlite3_stmt **out, const char **end);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags,
	sqlite3_stmt **out, const char **end);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int size, unsigned flags,
	sqlite3_stmt **out, const char **end)
{
	if (!FAULT(sqlite3_prepare_v3))
		return __real_sqlite3_prepare_v3(db, sql, size, flags, out, end);
	return failed(__real_sqlite3_prepare_v3(db, nonsense, -1, flags, out, end));
}

/* ---- MariaDB ---------------------------------------------------------------------------- */

/* Nobody listens there. */
MYSQL *__real_mysql_real_connect(MYSQL *m, const char *host, const char *user, const char *password,
	const char *db, unsigned port, const char *path, unsigned long flags);
MYSQL *__wrap_mysql_real_connect(MYSQL *m, const char *host, const char *user, const char *password,
	const char *db, unsigned port, const char *path, unsigned long flags);
MYSQL *__wrap_mysql_real_connect(MYSQL *m, const char *host, const char *user, const char *password,
	const char *db, unsigned port, const char *path, unsigned long flags)
{
	unsigned protocol = MYSQL_PROTOCOL_SOCKET;
	if (!FAULT(mysql_real_connect))
		return __real_mysql_real_connect(m, host, user, password, db, port, path, flags);
	(void)mysql_options(m, MYSQL_OPT_PROTOCOL, &protocol);
	if (__real_mysql_real_connect(m, NULL, user, password, db, 0, "/", flags))
		abort();
	return NULL;
}

/* The server is gone before it hears of it; or it did as it was told, but its answer is lost. */
static void lose(MYSQL *m)
{
	(void)shutdown(mysql_get_socket(m), fault_is_half() ? SHUT_RD : SHUT_RDWR);
}

int __real_mysql_real_query(MYSQL *m, const char *sql, unsigned long size);
int __wrap_mysql_real_query(MYSQL *m, const char *sql, unsigned long size);
int __wrap_mysql_real_query(MYSQL *m, const char *sql, unsigned long size)
{
	if (!FAULT(mysql_real_query))
		return __real_mysql_real_query(m, sql, size);
	lose(m);
	return failed(__real_mysql_real_query(m, sql, size));
}

int __real_mysql_stmt_execute(MYSQL_STMT *s);
int __wrap_mysql_stmt_execute(MYSQL_STMT *s);
int __wrap_mysql_stmt_execute(MYSQL_STMT *s)
{
	if (!FAULT(mysql_stmt_execute))
		return __real_mysql_stmt_execute(s);
	lose(s->mysql);
	return failed(__real_mysql_stmt_execute(s));
}

int __real_mysql_stmt_prepare(MYSQL_STMT *s, const char *sql, unsigned long size);
int __wrap_mysql_stmt_prepare(MYSQL_STMT *s, const char *sql, unsigned long size);
int __wrap_mysql_stmt_prepare(MYSQL_STMT *s, const char *sql, unsigned long size)
{
	if (!FAULT(mysql_stmt_prepare))
		return __real_mysql_stmt_prepare(s, sql, size);
	return failed(__real_mysql_stmt_prepare(s, nonsense, sizeof nonsense - 1));
}
