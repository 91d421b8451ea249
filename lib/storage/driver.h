#ifndef FLEET_STORAGE_DRIVER_H
#define FLEET_STORAGE_DRIVER_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/storage/statements.h"

/*
 * What an engine has to do: connect, run a statement of statements.def with typed values, and
 * say what a failure means. Everything above is the same for every engine.
 */
enum db_type { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB, DB_TIME };

/* A parameter or a column. Bytes belong to the caller as a parameter, and to the driver until
 * the next db_next() or reset of the same statement as a column; text is NUL-terminated then. */
struct db_value {
	enum db_type type;
	uint32_t len; /* of text and blob */
	union {
		int64_t i; /* DB_INT; DB_TIME: UTC milliseconds since 1970 */
		double d;
		const void *p;
	};
};

static inline struct db_value db_null(void)
{
	return (struct db_value){ .type = DB_NULL };
}

static inline struct db_value db_int(int64_t i)
{
	return (struct db_value){ .type = DB_INT, .i = i };
}

/* Ids have 63 bits. */
static inline struct db_value db_id(uint64_t id)
{
	return db_int((int64_t)id);
}

/* What is not finite is stored as NULL: neither engine holds it. */
static inline struct db_value db_real(double d)
{
	return isfinite(d) ? (struct db_value){ .type = DB_REAL, .d = d } : db_null();
}

static inline struct db_value db_text(const char *text)
{
	return (struct db_value){ .type = DB_TEXT, .len = (uint32_t)strlen(text), .p = text };
}

static inline struct db_value db_blob(const void *data, size_t len)
{
	return (struct db_value){ .type = DB_BLOB, .len = (uint32_t)len, .p = data };
}

static inline struct db_value db_time(int64_t ms)
{
	return (struct db_value){ .type = DB_TIME, .i = ms };
}

/* For times of which 0 means "none". */
static inline struct db_value db_time_or_null(int64_t ms)
{
	return ms ? db_time(ms) : db_null();
}

/* NULL reads as 0, as "not a number", and as "". */
static inline int64_t db_get_int(const struct db_value *v)
{
	return v->type == DB_NULL ? 0 : v->i;
}

static inline double db_get_real(const struct db_value *v)
{
	return v->type == DB_NULL ? NAN : v->d;
}

static inline const char *db_get_text(const struct db_value *v)
{
	return v->type == DB_NULL ? "" : v->p;
}

/* What a failure means for the transaction it happened in. */
enum db_fault {
	DB_FATAL, /* trying again does not help */
	DB_RETRY, /* lock, deadlock: the whole transaction, after a pause */
	DB_LOST,  /* the connection is gone, and with it what a COMMIT did: connect again, and
		     replay; everything here is written by key, so that is safe */
};

/* Most columns and parameters of one statement. */
enum { DB_VALUES_MAX = 72 };

/* The head of every engine's connection. */
struct db {
	const struct driver *driver;
	enum db_fault fault;   /* of the last failure */
	size_t value_max;      /* bytes of one value that the engine takes */
	char description[512]; /* "SQLite 3.40.1, /etc/fleet-health/fleet.db" */
};

/* All return 0 or -1, and set db->fault with -1. */
struct driver {
	enum storage_engine engine;
	/* `create`: the database file may be made. On failure *ret_fault tells its class. */
	int (*open)(const struct storage_config *config, bool create, struct db **ret_db,
		enum db_fault *ret_fault, struct error *err);
	void (*close)(struct db *db);

	/* One at a time. Rows of one query stay readable until its transaction ends. */
	int (*begin)(struct db *db, bool write, struct error *err);
	int (*commit)(struct db *db, struct error *err);
	void (*rollback)(struct db *db);

	/* Runs a statement without a result once for each of `rows` rows of parameters, which
	 * follow each other in `values`. *ret_changed (or NULL) counts rows changed or matched;
	 * with several rows it may be less than exact. */
	int (*execute)(struct db *db, enum statement statement, const struct db_value *values,
		size_t rows, uint64_t *ret_changed, struct error *err);

	/* Starts a statement with a result; next() returns 1 and a row, 0 after the last, or -1. */
	int (*query)(struct db *db, enum statement statement, const struct db_value *values,
		struct error *err);
	int (*next)(struct db *db, enum statement statement, struct db_value *ret_row,
		struct error *err);

	/* The id that the last single INSERT was given. */
	uint64_t (*last_id)(struct db *db);

	/* Several statements as text: migrations and partitions, never anything from outside. Ends
	 * all queries. */
	int (*script)(struct db *db, const char *sql, struct error *err);
};

extern const struct driver sqlite_driver, mariadb_driver;

/* db_run(db, STATEMENT_X, DB_VALUES(db_id(id), db_text(name)), &changed, err) */
#define DB_VALUES(...) ((const struct db_value[]){ __VA_ARGS__ })

static inline int db_run(
	struct db *db, enum statement statement, const struct db_value *values, struct error *err)
{
	return db->driver->execute(db, statement, values, 1, NULL, err);
}

static inline int db_query(
	struct db *db, enum statement statement, const struct db_value *values, struct error *err)
{
	return db->driver->query(db, statement, values, err);
}

static inline int db_next(
	struct db *db, enum statement statement, struct db_value *ret_row, struct error *err)
{
	return db->driver->next(db, statement, ret_row, err);
}

/* Starts a query and reads its first row: 1, 0 or -1. */
static inline int db_first(struct db *db, enum statement statement, const struct db_value *values,
	struct db_value *ret_row, struct error *err)
{
	return db_query(db, statement, values, err) ? -1 : db_next(db, statement, ret_row, err);
}

/* UTC calendar time and the milliseconds of the second; years 1000 to 9999, which is what
 * DATETIME and ISO 8601 hold: what lies outside becomes the nearest end. */
int db_split_time(int64_t ms, struct tm *ret_tm);
int64_t db_join_time(const struct tm *tm, int ms);

#endif
