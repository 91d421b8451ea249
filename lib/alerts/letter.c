#include "lib/alerts/letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/alerts/about.h"
#include "lib/alerts/spark.h"
#include "lib/alerts/text.h"
#include "lib/send/payload.h"

/* FNV-1a: tells the mails of one event to several recipients apart. */
static uint64_t hash_text(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3;
	return h;
}

/* The time is in it because a new database counts its events from 1 again. */
static const char *make_message_id(
	const struct letters *l, const char *recipient, const struct story *s, size_t count)
{
	const struct event *e = s->events[0];
	const char *domain = l->in->config->mail.list_id;
	return pool_printf(l->pool, "%s-%" PRIx64 "-%" PRIx64 "-%016" PRIx64 "@%s",
		count > 1 ? "digest" : "event", e->id, (uint64_t)e->at, hash_text(recipient),
		domain && domain[0] ? domain : "localhost");
}

/* "CRITICAL web1: disk /var 93.1 % (limit 90.0 %)" in the pool, NULL without memory. */
static const char *make_headline(const struct letters *l, const struct page_row *row)
{
	struct buffer line CLEANUP(buffer_finish) = { 0 };
	struct pen pen = { &line, false };
	page_headline(row, &pen);
	return pen.failed ? NULL : pool_text(l->pool, line.data);
}

/* ---- what a webhook or a command is given ----------------------------------------------- */

static int make_payload_events(const struct letters *l, const struct story *stories, size_t count,
	struct payload_event *events)
{
	for (size_t i = 0; i < count; i++) {
		const struct event *e = &stories[i].event;
		const struct client *c = config_client(l->in->config, e->client);
		struct page_row row;
		if (text_row(&stories[i], l->in->config, l->pool, &row) < 0)
			return error_no_memory(l->err);
		events[i] = (struct payload_event){ e, make_headline(l, &row), c ? c->group : "" };
		if (!events[i].headline)
			return error_no_memory(l->err);
	}
	return 0;
}

static int make_payload(const struct letters *l, const struct recipient *to,
	const struct story *stories, size_t count, const struct notification *n, struct buffer *out)
{
	struct payload_event *events = arena_alloc(l->pool, count * sizeof *events);
	if (!events)
		return error_no_memory(l->err);
	if (make_payload_events(l, stories, count, events) < 0)
		return -1;
	const struct payload_message m = { n->message_id, n->references, n->subject, n->text,
		events, count };
	return payload_render(to, &m, out, l->err);
}

static int put_payload(const struct letters *l, const struct recipient *to,
	const struct story *stories, size_t count, const struct page *p, struct notification *n)
{
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	switch (to->channel) {
	case CHANNEL_MAIL:
		if (page_html(p, &out) < 0)
			return error_no_memory(l->err);
		break;
	case CHANNEL_WEBHOOK:
	case CHANNEL_COMMAND:
		if (make_payload(l, to, stories, count, n, &out) < 0)
			return -1;
		break;
	case CHANNEL_STDOUT:
		break;
	}
	n->payload = pool_text(l->pool, out.data ? out.data : "");
	return n->payload ? 0 : error_no_memory(l->err);
}

/* ---- the row ---------------------------------------------------------------------------- */

/* The events of all these stories, in their order. */
static int put_events(
	const struct letters *l, const struct story *stories, size_t count, struct notification *n)
{
	size_t most = 0;
	for (size_t i = 0; i < count; i++)
		most += stories[i].count;
	uint64_t *events = arena_alloc(l->pool, most * sizeof *events);
	if (!events)
		return error_no_memory(l->err);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < stories[i].count; k++)
			events[n->event_count++] = stories[i].events[k]->id;
	n->events = events;
	return 0;
}

static int put_texts(const struct letters *l, const struct page *p, struct notification *n)
{
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	if (page_text(p, &text) < 0)
		return error_no_memory(l->err);
	n->subject = pool_printf(l->pool, "[fleet] %s", p->heading);
	n->text = pool_text(l->pool, text.data);
	return n->subject && n->text ? 0 : error_no_memory(l->err);
}

int letter_add(struct letters *l, const struct recipient *to, const struct story *stories,
	size_t count, const struct page *p, const char *references)
{
	struct notification n = {
		.channel = channel_name(to->channel),
		.recipient = to->name,
		.message_id = make_message_id(l, to->name, stories, count),
		.references = references,
		.state = NOTIFICATION_WAITING,
		.created_at = l->in->now,
		.last_error = "",
	};
	if (!n.message_id)
		return error_no_memory(l->err);
	if (put_texts(l, p, &n) < 0 || put_events(l, stories, count, &n) < 0 ||
		put_payload(l, to, stories, count, p, &n) < 0)
		return -1;
	l->items[l->count++] = n;
	return 0;
}

/* ---- one story -------------------------------------------------------------------------- */

/* The message that this one answers: "" for the first of an alert. */
static const char *find_thread(
	const struct letters *l, const struct recipient *to, const struct story *s)
{
	const struct compose_ask *ask = &l->in->ask;
	const struct event *e = s->events[0];
	struct buffer id CLEANUP(buffer_finish) = { 0 };
	bool opens = e->kind == EVENT_FIRING || e->kind == EVENT_LATE;
	if (opens || e->opened_event == 0)
		return "";
	if (ask->first_message(ask->arg, e->opened_event, to->name, &id, l->err) < 0)
		return NULL;
	const char *thread = pool_text(l->pool, id.data ? id.data : "");
	if (!thread)
		(void)error_no_memory(l->err);
	return thread;
}

/* "▁▁▂▅▇█  71.0 % to 93.1 %" */
static int draw_day(const struct letters *l, const struct about *a, const char **ret_text)
{
	enum { DAY_MS = 24 * 60 * 60 * 1000, POINTS = 4 * SPARK_WIDTH };
	const struct compose_ask *ask = &l->in->ask;
	const struct event *e = &a->story->event;
	struct history_point points[POINTS];
	size_t count = 0;
	int64_t now = l->in->now;
	if (ask->history(ask->arg, e->client, a->metric.name, e->instance, now - DAY_MS, now,
		    POINTS, points, &count, l->err) < 0)
		return -1;
	bool lowest = a->rule->kind == RULE_LEVEL && a->rule->below;
	struct spark s = spark_draw(points, count, now - DAY_MS, now, lowest);
	char least[64], most[64];
	enum metric_unit unit = a->metric.unit;
	*ret_text = s.text[0] ? pool_printf(l->pool, "%s  %s to %s", s.text,
					unit_format(unit, s.least, least, sizeof least),
					unit_format(unit, s.most, most, sizeof most))
			      : "";
	return *ret_text ? 0 : error_no_memory(l->err);
}

/* Of what is a series of one client. */
static int find_day(struct letters *l, const struct story *s, const char **ret_text)
{
	struct about a = about_story(s, l->in->config);
	*ret_text = "";
	if (!l->in->ask.history || !a.client || !a.metric.name || !a.rule ||
		a.rule->kind == RULE_ABSENT)
		return 0;
	for (size_t i = 0; i < LETTER_DAYS_MAX; i++)
		if (l->days[i].event == s->event.id && l->days[i].text) {
			*ret_text = l->days[i].text;
			return 0;
		}
	if (draw_day(l, &a, ret_text) < 0)
		return -1;
	l->days[l->day_count++ % LETTER_DAYS_MAX] = (struct letter_day){ s->event.id, *ret_text };
	return 0;
}

int letter_single(struct letters *l, const struct recipient *to, const struct story *s,
	const char *note, bool put_off)
{
	const struct compose_ask *ask = &l->in->ask;
	struct text_more more = { .now = l->in->now, .put_off = put_off };
	struct page_row row;
	struct page page = { 0 };
	if (find_day(l, s, &more.day) < 0)
		return -1;
	more.alert = ask->alert ? ask->alert(ask->arg, &s->event) : NULL;
	if (note)
		page_note(&page, note);
	if (text_row(s, l->in->config, l->pool, &row) < 0 ||
		text_details(s, l->in->config, &more, l->pool, &page) < 0)
		return error_no_memory(l->err);
	page.heading = make_headline(l, &row);
	page.color = row.color;
	const char *thread = page.heading ? find_thread(l, to, s) : NULL;
	if (!page.heading)
		return error_no_memory(l->err);
	return thread ? letter_add(l, to, s, 1, &page, thread) : -1;
}
