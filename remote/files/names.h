#ifndef FLEET_REMOTE_FILES_NAMES_H
#define FLEET_REMOTE_FILES_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/compiler.h"
#include "remote/bytes/span.h"

/*
 * The names in a folder, in natural order: cpu2 before cpu10. In memory that is there once and
 * used again for every folder.
 */
struct names {
	char *data;	    /* one behind the other */
	struct span *items; /* into it */
	size_t size, max, count;
};

/* Lists those of an open folder that are wanted (with NULL: all); without ".", ".." and names that
 * hold a control character. Returns how many more there are than fit. */
typedef bool names_wanted(struct span name);
size_t names_list(struct names *n, int dir_fd, names_wanted *is_wanted) MUST_CHECK;

/* Less than, equal to or greater than 0, as for qsort(3). */
int names_compare(struct span a, struct span b);

#endif
