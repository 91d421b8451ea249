/*
 * Prepared statements of MariaDB, among them its bulk inserts: many rows of parameters in one
 * packet, which is four times as fast as the same rows one by one.
 */
#include <stdlib.h>

#include "lib/arena.h"
#include "lib/storage/mariadb.h"

enum {
	COLUMNS_MAX = 32,
	TEXT_SIZE = 256,	 /* of a column's buffer at first */
	TEXT_SIZE_MAX = 1 << 26, /* what would be larger is damaged */
	BULK_BYTES = 4 << 20,	 /* of one packet, when the server takes that much */
};

struct column {
	union {
		long long i;
		double d;
		MYSQL_TIME time;
	};
	char *data; /* of text and blob */
	unsigned long size, len;
	my_bool is_null;
};

struct prepared {
	MYSQL_STMT *handle;
	struct column columns[COLUMNS_MAX];
};

static int fail(struct mariadb *m, enum statement id, struct error *err)
{
	MYSQL_STMT *handle = m->statements[id]->handle;
	m->base.fault = mariadb_classify(mysql_stmt_errno(handle));
	return error_set(err, "%s: %s", statement_texts[id].name, mysql_stmt_error(handle));
}

static void close_statement(struct prepared *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		free(p->columns[i].data);
	if (p->handle)
		(void)mysql_stmt_close(p->handle);
	free(p);
}

void mariadb_close_statements(struct mariadb *m)
{
	for (size_t i = 0; i < STATEMENT_COUNT; i++) {
		close_statement(m->statements[i]);
		m->statements[i] = NULL;
	}
}

static struct prepared *prepare(struct mariadb *m, enum statement id, struct error *err)
{
	const struct statement_text *text = &statement_texts[id];
	const char *sql = text->mariadb ? text->mariadb : text->sql;
	if (m->statements[id])
		return m->statements[id];
	struct prepared *p = m->statements[id] = calloc(1, sizeof *p);
	if (p)
		p->handle = mysql_stmt_init(m->handle);
	if (p && p->handle && !mysql_stmt_prepare(p->handle, sql, strlen(sql)))
		return p;
	if (p && p->handle)
		(void)fail(m, id, err);
	else
		(void)error_no_memory(err);
	close_statement(p);
	m->statements[id] = NULL;
	return NULL;
}

static MYSQL_TIME time_of(int64_t ms)
{
	struct tm tm;
	int rest = db_split_time(ms, &tm);
	return (MYSQL_TIME){
		.year = (unsigned)tm.tm_year + 1900,
		.month = (unsigned)tm.tm_mon + 1,
		.day = (unsigned)tm.tm_mday,
		.hour = (unsigned)tm.tm_hour,
		.minute = (unsigned)tm.tm_min,
		.second = (unsigned)tm.tm_sec,
		.second_part = (unsigned long)rest * 1000,
		.time_type = MYSQL_TIMESTAMP_DATETIME,
	};
}

static const enum enum_field_types field_types[] = {
	[DB_NULL] = MYSQL_TYPE_NULL,
	[DB_INT] = MYSQL_TYPE_LONGLONG,
	[DB_REAL] = MYSQL_TYPE_DOUBLE,
	[DB_TEXT] = MYSQL_TYPE_STRING,
	[DB_BLOB] = MYSQL_TYPE_BLOB,
	[DB_TIME] = MYSQL_TYPE_DATETIME,
};

static MYSQL_BIND bind_value(const struct db_value *v, MYSQL_TIME *time)
{
	MYSQL_BIND b = { .buffer_type = field_types[v->type] };
	if (v->type == DB_TIME)
		*time = time_of(v->i);
	if (v->type == DB_TEXT || v->type == DB_BLOB) {
		b.buffer = (void *)(uintptr_t)v->p; /* only read */
		b.buffer_length = v->len;
	} else {
		b.buffer = v->type == DB_TIME ? (void *)time : (void *)(uintptr_t)&v->i;
	}
	return b;
}

static int run_one(
	struct mariadb *m, enum statement id, const struct db_value *values, struct error *err)
{
	MYSQL_STMT *handle = m->statements[id]->handle;
	MYSQL_BIND binds[DB_VALUES_MAX];
	MYSQL_TIME times[DB_VALUES_MAX];
	unsigned one = 0; /* no array, whatever the last run had */
	size_t count = mysql_stmt_param_count(handle);
	for (size_t i = 0; i < count; i++)
		binds[i] = bind_value(&values[i], &times[i]);
	(void)mysql_stmt_attr_set(handle, STMT_ATTR_ARRAY_SIZE, &one);
	if ((count && mysql_stmt_bind_param(handle, binds)) || mysql_stmt_execute(handle))
		return fail(m, id, err);
	return 0;
}

/* What Connector/C wants for arrays: numbers side by side, everything else as pointers. */
static void *make_array(
	struct arena *a, enum db_type type, const struct db_value *v, size_t step, size_t rows)
{
	void **pointers = arena_alloc(a, rows * sizeof *pointers);
	int64_t *numbers = (void *)pointers;
	double *reals = (void *)pointers;
	MYSQL_TIME *times = type == DB_TIME ? arena_alloc(a, rows * sizeof *times) : NULL;
	if (!pointers || (type == DB_TIME && !times))
		return NULL;
	for (size_t i = 0; i < rows; i++, v += step) {
		if (type == DB_INT)
			numbers[i] = v->i;
		else if (type == DB_REAL)
			reals[i] = v->d;
		else if (type == DB_TIME)
			*(MYSQL_TIME *)(pointers[i] = &times[i]) = time_of(v->type ? v->i : 0);
		else
			pointers[i] = (void *)(uintptr_t)v->p;
	}
	return pointers;
}

static int bind_array(
	struct arena *a, const struct db_value *v, size_t step, size_t rows, MYSQL_BIND *ret_bind)
{
	enum db_type type = DB_NULL;
	char *indicators = arena_alloc(a, rows);
	unsigned long *lengths = arena_alloc(a, rows * sizeof *lengths);
	if (!indicators || !lengths)
		return -1;
	for (size_t i = 0; i < rows; i++) {
		const struct db_value *at = v + i * step;
		indicators[i] = at->type == DB_NULL ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
		lengths[i] = at->len;
		if (at->type != DB_NULL)
			type = at->type;
	}
	*ret_bind = (MYSQL_BIND){
		.buffer_type = type == DB_NULL ? MYSQL_TYPE_LONGLONG : field_types[type],
		.buffer = make_array(a, type == DB_NULL ? DB_INT : type, v, step, rows),
		.length = lengths,
		.u.indicator = indicators,
	};
	return ret_bind->buffer ? 0 : -1;
}

static int run_bulk(struct mariadb *m, enum statement id, const struct db_value *values,
	size_t rows, struct error *err)
{
	MYSQL_STMT *handle = m->statements[id]->handle;
	MYSQL_BIND binds[DB_VALUES_MAX];
	CLEANUP(arena_finish) struct arena a = { 0 };
	size_t count = mysql_stmt_param_count(handle);
	unsigned size = (unsigned)rows;
	for (size_t i = 0; i < count; i++)
		if (bind_array(&a, values + i, count, rows, &binds[i]))
			return error_no_memory(err);
	(void)mysql_stmt_attr_set(handle, STMT_ATTR_ARRAY_SIZE, &size);
	if (mysql_stmt_bind_param(handle, binds) || mysql_stmt_execute(handle))
		return fail(m, id, err);
	return 0;
}

/* How many of the rows fit into one packet; at least one, which the server may refuse. */
static size_t rows_that_fit(
	const struct mariadb *m, const struct db_value *values, size_t count, size_t rows)
{
	size_t room = m->packet_max / 2 < BULK_BYTES ? m->packet_max / 2 : BULK_BYTES, n = 0;
	for (; n < rows; n++, values += count) {
		size_t need = 0;
		for (size_t i = 0; i < count; i++)
			need += 16 + values[i].len;
		if (need > room)
			break;
		room -= need;
	}
	return n ? n : 1;
}

int mariadb_execute(struct db *db, enum statement id, const struct db_value *values, size_t rows,
	uint64_t *ret_changed, struct error *err)
{
	struct mariadb *m = (struct mariadb *)db;
	struct prepared *p = prepare(m, id, err);
	if (!p)
		return -1;
	size_t count = mysql_stmt_param_count(p->handle);
	uint64_t changed = 0;
	for (size_t n; rows > 0; rows -= n, values += n * count) {
		n = m->has_bulk ? rows_that_fit(m, values, count, rows) : 1;
		if (n == 1 ? run_one(m, id, values, err) : run_bulk(m, id, values, n, err))
			return -1;
		changed += mysql_stmt_affected_rows(p->handle);
	}
	if (ret_changed)
		*ret_changed = changed;
	return 0;
}

static int grow(struct column *c, unsigned long size)
{
	if (size <= c->size)
		return 0;
	if (size > TEXT_SIZE_MAX)
		return -1;
	char *data = realloc(c->data, size + 1); /* and a NUL */
	if (!data)
		return -1;
	c->data = data;
	c->size = size;
	return 0;
}

static MYSQL_BIND bind_column(struct column *c, char type)
{
	static const struct {
		char letter;
		enum enum_field_types type;
	} types[] = {
		{ 'i', MYSQL_TYPE_LONGLONG },
		{ 'd', MYSQL_TYPE_DOUBLE },
		{ 't', MYSQL_TYPE_DATETIME },
		{ 's', MYSQL_TYPE_STRING },
		{ 'b', MYSQL_TYPE_BLOB },
	};
	MYSQL_BIND b = { .length = &c->len, .is_null = &c->is_null };
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (types[i].letter == type)
			b.buffer_type = types[i].type;
	bool is_bytes = type == 's' || type == 'b';
	b.buffer = is_bytes ? (void *)c->data : (void *)&c->time;
	b.buffer_length = is_bytes ? c->size : sizeof c->time;
	return b;
}

static int bind_columns(struct mariadb *m, enum statement id, struct error *err)
{
	struct prepared *p = m->statements[id];
	MYSQL_BIND binds[COLUMNS_MAX];
	const char *types = statement_texts[id].columns;
	for (size_t i = 0; types[i]; i++) {
		if (grow(&p->columns[i], TEXT_SIZE))
			return error_no_memory(err);
		binds[i] = bind_column(&p->columns[i], types[i]);
	}
	return mysql_stmt_bind_result(p->handle, binds) ? fail(m, id, err) : 0;
}

/* The whole result is fetched, so that other statements can be run while it is read. */
int mariadb_query(
	struct db *db, enum statement id, const struct db_value *values, struct error *err)
{
	struct mariadb *m = (struct mariadb *)db;
	struct prepared *p = prepare(m, id, err);
	if (!p)
		return -1;
	(void)mysql_stmt_free_result(p->handle);
	if (run_one(m, id, values, err) || bind_columns(m, id, err))
		return -1;
	return mysql_stmt_store_result(p->handle) ? fail(m, id, err) : 0;
}

/* Fetches a text again that did not fit, into a larger buffer. */
static int fetch_long(struct mariadb *m, enum statement id, size_t at, struct error *err)
{
	struct prepared *p = m->statements[id];
	struct column *c = &p->columns[at];
	if (grow(c, c->len))
		return error_set(
			err, "%s: a column of %lu bytes", statement_texts[id].name, c->len);
	MYSQL_BIND b = bind_column(c, statement_texts[id].columns[at]);
	return mysql_stmt_fetch_column(p->handle, &b, (unsigned)at, 0) ? fail(m, id, err) : 0;
}

static struct db_value get_column(const struct column *c, char type)
{
	if (c->is_null)
		return db_null();
	if (type == 'i')
		return db_int(c->i);
	if (type == 'd')
		return (struct db_value){ .type = DB_REAL, .d = c->d };
	if (type == 'b')
		return db_blob(c->data, c->len);
	if (type == 's')
		return (struct db_value){ .type = DB_TEXT, .len = (uint32_t)c->len, .p = c->data };
	struct tm tm = {
		.tm_year = (int)c->time.year - 1900,
		.tm_mon = (int)c->time.month - 1,
		.tm_mday = (int)c->time.day,
		.tm_hour = (int)c->time.hour,
		.tm_min = (int)c->time.minute,
		.tm_sec = (int)c->time.second,
	};
	return db_time(db_join_time(&tm, (int)(c->time.second_part / 1000)));
}

int mariadb_next(struct db *db, enum statement id, struct db_value *ret_row, struct error *err)
{
	struct mariadb *m = (struct mariadb *)db;
	struct prepared *p = m->statements[id];
	const char *types = statement_texts[id].columns;
	int rc = mysql_stmt_fetch(p->handle);
	if (rc == MYSQL_NO_DATA) {
		(void)mysql_stmt_free_result(p->handle);
		return 0;
	}
	if (rc != 0 && rc != MYSQL_DATA_TRUNCATED)
		return fail(m, id, err);
	bool grown = false;
	for (size_t i = 0; types[i]; i++) {
		struct column *c = &p->columns[i];
		bool is_bytes = types[i] == 's' || types[i] == 'b';
		if (is_bytes && !c->is_null && c->len > c->size) {
			if (fetch_long(m, id, i, err))
				return -1;
			grown = true;
		}
		if (is_bytes)
			c->data[c->is_null ? 0 : c->len] = 0;
		ret_row[i] = get_column(c, types[i]);
	}
	/* else the next row would go where the old buffers were */
	return grown && bind_columns(m, id, err) ? -1 : 1;
}

uint64_t mariadb_last_id(struct db *db)
{
	return mysql_insert_id(((struct mariadb *)db)->handle);
}
