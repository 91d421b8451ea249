#ifndef FLEET_REMOTE_BYTES_TREE_H
#define FLEET_REMOTE_BYTES_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "remote/bytes/span.h"

/*
 * What gather_tree and gather_lines leave for a reader: lines of NAME<TAB>VALUE, where NAME is
 * ENTRY/FILE. "hwmon0/device/name<TAB>coretemp" is file "device/name" of entry "hwmon0"; a NAME
 * without a slash has no entry ("").
 */
struct tree_line {
	struct span entry, file, value;
};

/* Takes the next line off `rest`. Lines without a tab are skipped. */
bool tree_next(struct span *rest, struct tree_line *ret_line);

/* The same of the next line of `file`, of whichever entry. */
bool tree_next_of(struct span *rest, const char *file, struct tree_line *ret_line);

/* Takes all lines of the next entry off `rest`, which stand together. */
bool tree_entry(struct span *rest, struct span *ret_entry, struct span *ret_lines);

/* The value of one file of one entry, the first when there are several. Looks through all of
 * `tree`: give it tree_entry()'s lines where there are many entries. */
bool tree_find(struct span tree, struct span entry, const char *file, struct span *ret_value);
bool tree_u64(struct span tree, struct span entry, const char *file, uint64_t *ret_value);
bool tree_i64(struct span tree, struct span entry, const char *file, int64_t *ret_value);

#endif
