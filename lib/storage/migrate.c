/*
 * The schema's numbered steps. sql/<engine>/NNN-*.sql travels inside the programs; schema_version
 * remembers which have been taken.
 */
#include "lib/clock.h"
#include "lib/storage/private.h"

extern const char migration_sqlite_001[], migration_mariadb_001[];
extern const char migration_sqlite_002[], migration_mariadb_002[];
extern const char migration_sqlite_003[], migration_mariadb_003[];

/* One row a step, in order: version 1 first. */
static const char *const steps[][2] = {
	{ [STORAGE_SQLITE] = migration_sqlite_001, [STORAGE_MARIADB] = migration_mariadb_001 },
	{ [STORAGE_SQLITE] = migration_sqlite_002, [STORAGE_MARIADB] = migration_mariadb_002 },
	{ [STORAGE_SQLITE] = migration_sqlite_003, [STORAGE_MARIADB] = migration_mariadb_003 },
};

static const int newest = (int)ARRAY_LEN(steps);

/* Work: 0 when there is no schema yet. */
static int read_version(struct storage *s, void *arg, struct error *err)
{
	int *ret_version = arg;
	struct db_value row;
	*ret_version = 0;
	if (db_first(s->db, STATEMENT_HAS_SCHEMA, NULL, &row, err) < 0)
		return -1;
	if (db_get_int(&row) == 0)
		return 0;
	if (db_first(s->db, STATEMENT_SCHEMA_VERSION, NULL, &row, err) < 0)
		return -1;
	*ret_version = (int)db_get_int(&row);
	return 0;
}

static int refuse_newer(struct storage *s, int version, struct error *err)
{
	if (version <= newest)
		return 0;
	return error_set(err,
		"%s: the schema is version %d and this program (%s) knows version %d: "
		"it is too old for this database",
		s->description, version, FLEET_VERSION, newest);
}

int migrate_check(struct storage *s, struct error *err)
{
	int version;
	if (storage_read(s, read_version, &version, err) || refuse_newer(s, version, err))
		return -1;
	if (version == 0)
		return error_set(err, "%s: there are no tables yet; make them with `fleet init`",
			s->description);
	if (version < newest)
		return error_set(err,
			"%s: the schema is version %d and this program needs version %d; "
			"upgrade it with `fleet init`",
			s->description, version, newest);
	return 0;
}

/* Work: the next step, when there is one left. On SQLite it is taken whole or not at all; on
 * MariaDB every statement commits by itself, which is why a step there can be run again, also by
 * the slower of two that take it together: no lock spans its statements, for GET_LOCK() does not
 * work in a cluster. */
static int take_step(struct storage *s, void *arg, struct error *err)
{
	int *version = arg;
	if (read_version(s, version, err))
		return -1;
	if (*version >= newest)
		return 0;
	if (s->driver->script(s->db, steps[*version][s->driver->engine], err))
		return error_context(err, "schema version %d", *version + 1);
	++*version;
	return db_run(s->db, STATEMENT_ADD_VERSION,
		DB_VALUES(db_int(*version), db_time(clock_wall_ms()), db_text(FLEET_VERSION)), err);
}

int migrate_run(struct storage *s, struct error *err)
{
	int version;
	if (storage_read(s, read_version, &version, err))
		return -1;
	if (version >= newest)
		return refuse_newer(s, version, err);
	do {
		if (storage_write(s, take_step, &version, err))
			return -1;
	} while (version < newest);
	if (refuse_newer(s, version, err))
		return -1;
	return partitions_extend(s, clock_wall_ms(), err); /* the first; then storage_retain() */
}
