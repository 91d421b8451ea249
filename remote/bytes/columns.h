#ifndef FLEET_REMOTE_BYTES_COLUMNS_H
#define FLEET_REMOTE_BYTES_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "remote/bytes/span.h"
#include "remote/bytes/text.h"

/*
 * Files with a line a device and a number a column: one row a family of samples. A family without
 * any, for a column that this kernel does not have, is not named.
 */
struct column {
	const char *name, *type;
	unsigned column; /* of what follows the device's name, from 0 */
	unsigned factor; /* to the metric's unit, at its last decimal */
	unsigned decimals;
};

/* Takes the device's name off a line; false for a line that is none of a device's. */
typedef bool take_device(struct span *line, struct span *ret_device);

enum { COLUMNS_LINES_MAX = 2048 }; /* of devices; what follows is cut */

/* The rows are in the order of their columns. */
void columns_read(struct span file, take_device *take, const struct column *rows, size_t count,
	struct text *out);

#endif
