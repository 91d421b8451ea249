#ifndef FLEET_REMOTE_BYTES_PROM_LINE_H
#define FLEET_REMOTE_BYTES_PROM_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "remote/bytes/span.h"

/*
 * One line of somebody else's metrics in the Prometheus text format 0.0.4, by the same rules as
 * the server's parser has (lib/metrics/promtext.h), so that what passes here is taken there.
 * Timestamps are refused, as node_exporter refuses them in a textfile.
 */
enum { PROM_LINE_MAX = 8192, PROM_LABELS_MAX = 16 };

enum prom_kind {
	PROM_BAD,
	PROM_NOTHING, /* blank, a comment, HELP */
	PROM_TYPE,
	PROM_SAMPLE,
};

struct prom_pair {
	struct span name, value; /* as written, without the quotes */
};

struct prom_line {
	struct span name;
	const char *type;   /* PROM_TYPE: "counter", "gauge", "histogram", "summary", "untyped" */
	struct span labels; /* as written, with the braces; empty without */
	struct prom_pair pairs[PROM_LABELS_MAX];
	size_t pair_count;
	struct span value; /* as written */
	bool is_finite;
};

/* `line` is without its newline. */
enum prom_kind prom_parse(struct span line, struct prom_line *ret_line);

#endif
