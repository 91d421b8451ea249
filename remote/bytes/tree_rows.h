#ifndef FLEET_REMOTE_BYTES_TREE_ROWS_H
#define FLEET_REMOTE_BYTES_TREE_ROWS_H

#include "remote/bytes/text.h"
#include "remote/bytes/tree.h"

/*
 * Folders with an entry a device and a file a value, as most of sysfs is: tables that say which
 * file is which metric, and which is which label.
 */

/* One row a family, whose samples are the numbers in `file`, one an entry. */
struct tree_row {
	const char *file;
	const char *name;
	const char *type;
	int32_t factor; /* to the metric's unit, at its last decimal */
	uint8_t decimals;
	bool no_negative; /* which here means that it is not known; old kernels say 4294967295 */
};

/* How an entry becomes labels. */
struct tree_entries {
	const char *label;  /* its name; or NULL, for none */
	const char *prefix; /* which that name lacks, and without which it is none; or "" */
	const char *file; /* and a second label, this file's value under the file's name; or NULL */
};

void tree_rows(struct span tree, const struct tree_entries *entries, const struct tree_row *rows,
	size_t count, struct text *out);

struct tree_field {
	const char *label, *file;
};

/* The family `name`, a sample of value 1 an entry that has any of the fields: with all that it has
 * as labels, beside that of `entries`. */
void tree_info(struct span tree, const struct tree_entries *entries, const char *name,
	const struct tree_field *fields, size_t count, struct text *out);

enum { TREE_FIELDS_MAX = 20 };

/* Appends a label a field: with `all` each, "" when there is no value, else those that have one.
 * `lines` are the entry's. Returns how many were appended. */
size_t tree_labels(struct span lines, const struct tree_field *fields, size_t count, bool all,
	struct label *ret_labels);

/* Takes `prefix` off a name, or returns false. */
bool tree_strip(struct span *name, const char *prefix);

#endif
