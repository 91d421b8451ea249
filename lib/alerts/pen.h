#ifndef FLEET_ALERTS_PEN_H
#define FLEET_ALERTS_PEN_H

#include <stdbool.h>

#include "lib/buffer.h"

/*
 * Writes into a buffer and remembers when there was no memory, so that what puts a text together
 * piece by piece need not ask after each of them.
 */
struct pen {
	struct buffer *out;
	bool failed;
};

void pen_text(struct pen *p, const char *text);

/* For numbers, times and the like: at most 255 bytes. */
void pen_printf(struct pen *p, const char *fmt, ...) PRINTF(2, 3);

/* Text inside HTML, wherever it came from: as escape_text() has it, and the five characters that
 * mean something to HTML as entities, so that it is safe between tags and in a quoted
 * attribute. */
void pen_html(struct pen *p, const char *text);

#endif
