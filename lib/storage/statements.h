#ifndef FLEET_STORAGE_STATEMENTS_H
#define FLEET_STORAGE_STATEMENTS_H

/*
 * Every SQL statement of the programs, each once, in statements.def. SQL goes through bound
 * parameters only.
 */
enum statement {
#define X(name, columns, sql, mariadb) STATEMENT_##name,
#include "lib/storage/statements.def"
#undef X
	STATEMENT_COUNT
};

enum { STATEMENT_IDS = 64 }; /* of a statement for many rows; what is not needed repeats one */

struct statement_text {
	const char *name;
	const char *columns; /* one letter a column: i integer, d real, s text, b blob, t time */
	const char *sql;
	const char *mariadb; /* where MariaDB and MySQL need other words; NULL = the same */
};

extern const struct statement_text statement_texts[STATEMENT_COUNT];

#endif
