#ifndef FLEET_REMOTE_SOURCES_H
#define FLEET_REMOTE_SOURCES_H

#include "remote/gather/gather.h"
#include "remote/readers/readers.h"

/*
 * One mechanism for every source of metrics: a gather does the input and output and leaves
 * bytes, a reader is pure and makes samples of them.
 *
 * To add a source: readers/NAME.c (and gather/NAME.c, where none of the common gathers does), a
 * row in sources.def, a line a file in parts.txt. tests/README.md goes through one.
 */
struct source {
	const char *group;
	gather *gather;
	const char *path, *files;
	const char *name; /* the reader's */
	reader *read;
};

/* clang-format off */
enum {
	SOURCE_COUNT = 0
#define SOURCE(group, how, path, files, name) + 1
#include "remote/sources.def"
#undef SOURCE
};
/* clang-format on */

extern const struct source sources[SOURCE_COUNT];

#endif
