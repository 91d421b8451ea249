#ifndef FLEET_CONSOLE_STATUS_TEXT_H
#define FLEET_CONSOLE_STATUS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/storage/storage.h"

/*
 * What `fleet status` prints, as pure functions from stored rows to text.
 */

/* One client as shown. A value that was not measured is NaN. */
struct status_row {
	const char *client;
	const char *state;	/* "ok", an outcome's name, or "never" */
	const char *error;	/* "" when ok */
	int64_t age_ms;		/* of the newest good sample; -1 = there is none */
	double cpu, memory;	/* ratios */
	double disk;		/* of the fullest filesystem */
	const char *disk_mount; /* which one; "" */
	double load;		/* load1 */
	uint32_t open_alerts;
};

/* `status` may be NULL: the client has never been seen. */
void status_row_fill(struct status_row *row, const char *client, const struct client_status *status,
	int64_t now);

/* A table for people; colours are ANSI SGR (ECMA-48). 0, or -1 without memory. */
int status_table(
	struct buffer *out, const struct status_row *rows, size_t count, bool colour) MUST_CHECK;

/* A JSON array (RFC 8259), one object a client; what was not measured is null. */
int status_json(struct buffer *out, const struct status_row *rows, size_t count) MUST_CHECK;

/* What is not about one client. */
struct status_programs {
	int64_t collector_finished_at, alerter_finished_at; /* 0: never */
	struct storage_backlog backlog;
};

/* A JSON object. */
int status_programs_json(struct buffer *out, const struct status_programs *p) MUST_CHECK;

#endif
