#ifndef FLEET_SEND_TEMPLATE_H
#define FLEET_SEND_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buffer.h"
#include "lib/error.h"

/*
 * Text with names in it that stand for values. Pure. All that is special:
 *
 *   {{name}}            the value of that name, escaped for where it goes
 *   {{name|filter}}     changed before that; several filters are taken from left to right:
 *                         a number   at most so many bytes, 4 or more: cut at a character, with
 *                                    … behind
 *                         chat       for Slack and Mattermost: no markup, no link, nobody called
 *   {{#events}}…{{/events}}
 *                       once for each event, with commas between; not inside itself
 *
 * Blanks beside a name or filter are nothing. Everything else stays as it is, also a brace that
 * stands alone.
 */

/* Where values come from. */
struct template_source {
	/* Appends the value of a name, raw. `event` counts from 0; TEMPLATE_ALL is outside of
	 * {{#events}}. *ret_bare: it is a number or null in its final form, which no filter is
	 * for. -1 for want of memory; a name that is not known is told by *ret_known. */
	int (*put)(void *arg, const char *name, size_t event, struct buffer *out, bool *ret_bare,
		bool *ret_known);
	size_t events;
	void *arg;
};
#define TEMPLATE_ALL ((size_t)-1)

/* How values are escaped. */
typedef int template_escape(const char *s, size_t len, struct buffer *out);

/* Appends the text with values in place of names. Fails for what is not closed or not known, which
 * it names, and for want of room or memory. */
int template_render(const char *text, const struct template_source *source, template_escape *escape,
	struct buffer *out, struct error *err) MUST_CHECK;

#endif
