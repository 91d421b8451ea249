#ifndef FLEET_TEST_READERS_RIG_H
#define FLEET_TEST_READERS_RIG_H

#include "tests/unit/unit.h"

#include "remote/bytes/tree.h"
#include "remote/readers/readers.h"

/*
 * Readers by tables: what a gather leaves, and the report that comes of it. Each row is also
 * tried cut short after every byte, with nothing readable on either side of it.
 */
struct reader_row {
	reader *read;
	const char *bytes, *out;
};

/* A family's first line, and a family of one sample: of node_exporter's names and of our own. */
#define TYPE(name, type)       "# TYPE node_" name " " type "\n"
#define ONE(name, type, value) TYPE(name, type) "node_" name " " value "\n"
#define OUR_TYPE(name, type)   "# TYPE fleet_" name " " type "\n"
#define OUR(name, type, value) OUR_TYPE(name, type) "fleet_" name " " value "\n"

/* As main() returns it. */
int run_reader_rows(const struct reader_row *rows, size_t count);

/* The text of one reader, in memory that stays until the next call. */
const char *run_reader(reader *read, const char *bytes, size_t len);

#endif
