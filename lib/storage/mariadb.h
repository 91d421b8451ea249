#ifndef FLEET_STORAGE_MARIADB_H
#define FLEET_STORAGE_MARIADB_H

#include <mysql.h>

#include "lib/storage/driver.h"

/*
 * Shared by the two halves of the MariaDB driver: mariadb.c connects and runs transactions,
 * mariadb_statement.c runs prepared statements. Nobody else includes it.
 */
struct prepared;

struct mariadb {
	struct db base;
	MYSQL *handle;
	size_t packet_max; /* bytes of one packet that the server takes */
	bool has_bulk;	   /* a MariaDB server; MySQL has no array binding */
	struct prepared *statements[STATEMENT_COUNT];
};

/* What an error number of server or client library means. */
enum db_fault mariadb_classify(unsigned code);

void mariadb_close_statements(struct mariadb *m);
int mariadb_execute(struct db *db, enum statement id, const struct db_value *values, size_t rows,
	uint64_t *ret_changed, struct error *err);
int mariadb_query(
	struct db *db, enum statement id, const struct db_value *values, struct error *err);
int mariadb_next(struct db *db, enum statement id, struct db_value *ret_row, struct error *err);
uint64_t mariadb_last_id(struct db *db);

#endif
