#include "console/alerts/history_text.h"

#include <inttypes.h>
#include <string.h>

#include "lib/alerts/pen.h"
#include "lib/alerts/text.h"
#include "lib/clock.h"
#include "lib/escape.h"

static void put_time(struct pen *p, const char *before, int64_t ms)
{
	char iso[CLOCK_TEXT_SIZE];
	(void)clock_format_utc(ms, iso);
	pen_printf(p, "%s%.10s %.8s UTC", before, iso, iso + 11);
}

static void put_escaped(struct pen *p, const char *before, const char *text)
{
	char safe[1024];
	(void)escape_text(safe, sizeof safe, text, strlen(text));
	pen_text(p, before);
	pen_text(p, safe);
}

static void put_fate(struct pen *p, const struct delivery *d)
{
	if (d->state == NOTIFICATION_SENT)
		put_time(p, "sent ", d->done_at);
	else if (d->state == NOTIFICATION_FAILED)
		put_time(p, "failed for good ", d->done_at);
	else if (!d->channel[0])
		put_time(p, "kept back until ", d->next_try_at);
	else if (d->tries == 0)
		pen_text(p, "waits to be sent");
	else
		pen_printf(
			p, "waits after %" PRIu32 " tr%s", d->tries, d->tries == 1 ? "y" : "ies");
	if (d->state == NOTIFICATION_WAITING && d->tries > 0)
		put_time(p, ", the next at ", d->next_try_at);
}

static void put_delivery(struct pen *p, const struct delivery *d)
{
	bool is_named = d->recipient[0] != 0;
	put_escaped(p, "    ", is_named ? d->recipient : "standard output");
	if (is_named && d->channel[0])
		put_escaped(p, " by ", d->channel);
	pen_text(p, ": ");
	put_fate(p, d);
	if (d->message_id[0]) {
		put_escaped(p, ", <", d->message_id);
		pen_text(p, ">");
	}
	if (d->last_error[0])
		put_escaped(p, ": ", d->last_error);
	pen_text(p, "\n");
}

static size_t put_deliveries(
	struct pen *p, const struct event *e, const struct delivery *deliveries, size_t count)
{
	size_t told = 0;
	for (size_t i = 0; i < count; i++)
		if (deliveries[i].event_id == e->id) {
			put_delivery(p, &deliveries[i]);
			told++;
		}
	return told;
}

int history_event(struct buffer *out, const struct event *e, const struct delivery *deliveries,
	size_t count, const struct config *config)
{
	struct pen p = { .out = out };
	put_time(&p, "", e->at);
	pen_text(&p, "  ");
	if (text_headline(e, config, out) != 0)
		return -1;
	if (e->text[0] && e->kind != EVENT_CLOSED) /* which says it */
		put_escaped(&p, "\n    ", e->text);
	pen_text(&p, "\n");
	bool is_held = e->held && e->held[0];
	if (is_held)
		put_escaped(&p, "    nobody was told: ", e->held);
	else if (put_deliveries(&p, e, deliveries, count) == 0)
		pen_text(&p, "    nobody was told yet\n");
	pen_text(&p, is_held ? "\n" : "");
	return p.failed ? -1 : 0;
}
