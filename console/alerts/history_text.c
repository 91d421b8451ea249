#include "console/alerts/history_text.h"

#include <inttypes.h>
#include <string.h>

#include "lib/alerts/text.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"

/* "2026-11-22 10:12:30" */
static const char *format_time(int64_t ms, char out[static CLOCK_TEXT_SIZE])
{
	(void)clock_format_utc(ms, out);
	out[10] = ' ';
	out[19] = 0;
	return out;
}

static int put_escaped(struct buffer *out, const char *before, const char *text)
{
	char safe[1024];
	(void)escape_text(safe, sizeof safe, text, strlen(text));
	return buffer_printf(out, "%s%s", before, safe);
}

static int put_fate(struct buffer *out, const struct delivery *d)
{
	char at[CLOCK_TEXT_SIZE];
	if (d->state == NOTIFICATION_SENT)
		return buffer_printf(out, "sent %s UTC", format_time(d->done_at, at));
	if (d->state == NOTIFICATION_FAILED)
		return buffer_printf(out, "failed for good %s UTC", format_time(d->done_at, at));
	if (!d->channel[0])
		return buffer_printf(
			out, "kept back until %s UTC", format_time(d->next_try_at, at));
	if (d->tries == 0)
		return buffer_append_text(out, "waits to be sent");
	return buffer_printf(out, "waits after %" PRIu32 " tr%s, the next at %s UTC", d->tries,
		d->tries == 1 ? "y" : "ies", format_time(d->next_try_at, at));
}

static int put_delivery(struct buffer *out, const struct delivery *d)
{
	bool named = d->recipient[0] != 0;
	if (put_escaped(out, "    ", named ? d->recipient : "standard output") != 0 ||
		buffer_printf(out, "%s%s: ", d->channel[0] && named ? " by " : "",
			named ? d->channel : "") != 0 ||
		put_fate(out, d) != 0)
		return -1;
	if (d->message_id[0] &&
		(put_escaped(out, ", <", d->message_id) != 0 || buffer_append_text(out, ">") != 0))
		return -1;
	if (d->last_error[0] && put_escaped(out, ": ", d->last_error) != 0)
		return -1;
	return buffer_append_text(out, "\n");
}

int history_event(struct buffer *out, const struct event *e, const struct delivery *deliveries,
	size_t count, const struct config *config)
{
	char at[CLOCK_TEXT_SIZE];
	size_t told = 0;
	if (buffer_printf(out, "%s UTC  ", format_time(e->at, at)) != 0 ||
		text_headline(e, config, out) != 0 || buffer_append_text(out, "\n") != 0)
		return -1;
	if (e->text[0] && put_escaped(out, "    ", e->text) + buffer_append_text(out, "\n") != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (deliveries[i].event_id != e->id)
			continue;
		told++;
		if (put_delivery(out, &deliveries[i]) != 0)
			return -1;
	}
	if (e->held && e->held[0])
		return put_escaped(out, "    nobody was told: ", e->held) +
					       buffer_append_text(out, "\n") !=
				       0
			       ? -1
			       : 0;
	return told == 0 ? buffer_append_text(out, "    nobody was told yet\n") : 0;
}
