#include "lib/alerts/compose.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alerts/step.h"
#include "lib/alerts/text.h"

/* Fewer clients are no reason to doubt the collector. */
enum { ISOLATED_MIN = 3 };

/* One recipient is to be told one event. */
struct telling {
	const char *recipient;
	const struct event *event;
};

struct job {
	const struct config *config;
	int64_t now;
	size_t lost; /* clients that became unreachable, when they are so many as to be one fault */
	compose_first_message *first;
	void *arg;
	struct arena *pool;
	struct error *err;
	struct mailbag bag;
};

static int no_memory(const struct job *j)
{
	return error_set(j->err, "out of memory");
}

static size_t count_lines(const char *text)
{
	size_t n = 1;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static bool told_already(const struct telling *t, const struct telling *end, const char *who)
{
	for (; t < end; t++)
		if (strcmp(t->recipient, who) == 0)
			return true;
	return false;
}

/* Adds a telling for every recipient of the event, each once. Returns the new end, or NULL. */
static struct telling *add_tellings(const struct job *j, struct telling *to, const struct event *e)
{
	struct telling *first = to;
	const char *list = j->config->mail.enabled ? e->recipients : "";
	char *copy = arena_alloc(j->pool, strlen(list) + 1);
	if (!copy)
		return NULL;
	memcpy(copy, list, strlen(list) + 1);
	char *who;
	while ((who = strsep(&copy, "\n")))
		if (!told_already(first, to, who))
			*to++ = (struct telling){ who, e };
	return to;
}

/* By recipient; the events of each in their order. */
static int compare_tellings(const void *a, const void *b)
{
	const struct telling *x = a, *y = b;
	int order = strcmp(x->recipient, y->recipient);
	if (order != 0)
		return order;
	return (x->event > y->event) - (x->event < y->event);
}

/* FNV-1a: tells the mails of one event to several recipients apart. */
static uint64_t hash_text(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3;
	return h;
}

/* The time is in it because a new database counts its events from 1 again. */
static const char *make_message_id(const struct job *j, const struct telling *t, size_t count)
{
	const char *domain = j->config->mail.list_id;
	return pool_printf(j->pool, "%s-%" PRIx64 "-%" PRIx64 "-%016" PRIx64 "@%s",
		count > 1 ? "digest" : "event", t->event->id, (uint64_t)t->event->at,
		hash_text(t->recipient), domain[0] ? domain : "localhost");
}

static bool opens(const struct event *e)
{
	return e->kind == EVENT_FIRING || e->kind == EVENT_LATE;
}

/* Looks among what was composed just now, then in the outbox. */
static const char *find_thread(struct job *j, const struct telling *t)
{
	uint64_t opened = t->event->opened_event;
	if (opens(t->event) || opened == 0)
		return "";
	for (size_t i = j->bag.count; i-- > 0;) {
		const struct notification *n = &j->bag.items[i];
		if (strcmp(n->recipient, t->recipient) != 0)
			break;
		for (size_t k = 0; k < n->event_count; k++)
			if (n->events[k] == opened)
				return n->message_id;
	}
	struct buffer id CLEANUP(buffer_finish) = { 0 };
	if (j->first(j->arg, opened, t->recipient, &id, j->err) < 0)
		return NULL;
	return pool_text(j->pool, id.data ? id.data : "");
}

static int add_notification(struct job *j, const struct telling *t, size_t count,
	const char *subject, const char *references, const char *text)
{
	uint64_t *events = arena_alloc(j->pool, count * sizeof *events);
	const char *id = make_message_id(j, t, count);
	if (!events || !id || !subject || !references || !text)
		return no_memory(j);
	for (size_t i = 0; i < count; i++)
		events[i] = t[i].event->id;
	j->bag.items[j->bag.count++] = (struct notification){
		.channel = channel_name(t->recipient[0] ? CHANNEL_MAIL : CHANNEL_STDOUT),
		.recipient = t->recipient,
		.message_id = id,
		.references = references,
		.subject = subject,
		.text = text,
		.state = NOTIFICATION_WAITING,
		.created_at = j->now,
		.next_try_at = j->now,
		.last_error = "",
		.events = events,
		.event_count = count,
	};
	return 0;
}

/* When so much of the fleet cannot be reached the fault is likelier here than there. */
static size_t count_lost(const struct config *config, const struct event *events, size_t count)
{
	size_t lost = 0;
	for (size_t i = 0; i < count; i++)
		lost += events[i].kind == EVENT_FIRING &&
			strcmp(events[i].rule, RULE_UNREACHABLE) == 0;
	return lost >= ISOLATED_MIN && lost * 2 >= config->client_count ? lost : 0;
}

static int put_isolation(const struct job *j, struct buffer *out)
{
	if (j->lost == 0)
		return 0;
	return buffer_printf(out,
		"%zu of %zu clients cannot be reached: the collector looks isolated.\n\n", j->lost,
		j->config->client_count);
}

static int compose_single(struct job *j, const struct telling *t)
{
	struct buffer subject CLEANUP(buffer_finish) = { 0 };
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	if (buffer_append_text(&subject, "[fleet] ") < 0 ||
		text_headline(t->event, j->config, &subject) < 0 || put_isolation(j, &text) < 0 ||
		text_details(t->event, j->config, j->now, &text) < 0)
		return no_memory(j);
	const char *thread = find_thread(j, t);
	if (!thread)
		return -1;
	return add_notification(
		j, t, 1, pool_text(j->pool, subject.data), thread, pool_text(j->pool, text.data));
}

/* What a digest is divided into, in the order of its sections. */
static const struct section {
	const char *name;
	unsigned kinds;
	int severity; /* -1 = any */
} sections[] = {
	{ "critical", 1U << EVENT_FIRING | 1U << EVENT_REPEAT, SEVERITY_CRITICAL },
	{ "warning", 1U << EVENT_FIRING | 1U << EVENT_REPEAT, SEVERITY_WARNING },
	{ "late", 1U << EVENT_LATE, -1 },
	{ "closed", 1U << EVENT_CLOSED, -1 },
	{ "resolved", 1U << EVENT_RESOLVED, -1 },
};

static size_t section_of(const struct event *e)
{
	size_t i = 0;
	for (; i < ARRAY_LEN(sections); i++)
		if ((sections[i].kinds >> e->kind & 1) &&
			(sections[i].severity < 0 || sections[i].severity == (int)e->severity))
			break;
	return i;
}

/* By section; the events of each in their order. */
static int compare_sections(const void *a, const void *b)
{
	const struct telling *x = a, *y = b;
	size_t first = section_of(x->event), second = section_of(y->event);
	if (first != second)
		return first < second ? -1 : 1;
	return compare_tellings(a, b);
}

/* A mail server takes only so much at once: one digest may need several mails. */
struct digest {
	const struct telling *tellings; /* by section */
	size_t count;
	size_t mail, mails;
};

static size_t count_section(const struct digest *d, size_t section)
{
	size_t n = 0;
	for (size_t i = 0; i < d->count; i++)
		n += section_of(d->tellings[i].event) == section;
	return n;
}

/* "[fleet] 12 alerts, part 1 of 2: 9 critical, 3 resolved": the sums are of all parts. */
static int put_digest_subject(const struct digest *d, struct buffer *out)
{
	if (buffer_printf(out, "[fleet] %zu alerts", d->count) < 0)
		return -1;
	if (d->mails > 1 && buffer_printf(out, ", part %zu of %zu", d->mail, d->mails) < 0)
		return -1;
	const char *gap = ": ";
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		size_t n = count_section(d, i);
		if (n > 0 && buffer_printf(out, "%s%zu %s", gap, n, sections[i].name) < 0)
			return -1;
		gap = n > 0 ? ", " : gap;
	}
	return 0;
}

/* Appends as many whole lines as one mail has room for; *ret_count tells how many. */
static int put_lines(const struct job *j, const struct telling *t, size_t count, struct buffer *out,
	size_t *ret_count)
{
	size_t i = 0, start = out->len;
	for (; i < count; i++) {
		size_t before = out->len;
		if (text_headline(t[i].event, j->config, out) < 0 ||
			buffer_append_text(out, "\n") < 0)
			return -1;
		if (out->len - start > COMPOSE_LINES_MAX && i > 0) {
			out->len = before;
			out->data[before] = 0;
			break;
		}
	}
	*ret_count = i;
	return 0;
}

static int count_mails(const struct job *j, struct digest *d)
{
	for (size_t from = 0, n = 0; from < d->count; from += n, d->mails++) {
		struct buffer lines CLEANUP(buffer_finish) = { 0 };
		if (put_lines(j, d->tellings + from, d->count - from, &lines, &n) < 0)
			return -1;
	}
	return 0;
}

/* Its next mail, with the tellings from `from` on. */
static int compose_part(struct job *j, struct digest *d, size_t from, size_t *ret_count)
{
	struct buffer subject CLEANUP(buffer_finish) = { 0 };
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	const struct telling *t = d->tellings + from;
	d->mail++;
	if (put_digest_subject(d, &subject) < 0 || put_isolation(j, &text) < 0 ||
		put_lines(j, t, d->count - from, &text, ret_count) < 0 ||
		buffer_printf(&text, "\nTo look closer:\n  fleet -c %s status\n", j->config->file) <
			0)
		return no_memory(j);
	return add_notification(j, t, *ret_count, pool_text(j->pool, subject.data), "",
		pool_text(j->pool, text.data));
}

static int compose_digest(struct job *j, struct telling *t, size_t count)
{
	struct digest d = { t, count, 0, 0 };
	qsort(t, count, sizeof *t, compare_sections);
	if (count_mails(j, &d) < 0)
		return no_memory(j);
	for (size_t from = 0, n = 0; from < count; from += n)
		if (compose_part(j, &d, from, &n) < 0)
			return -1;
	return 0;
}

/* Everything for one recipient. */
static int compose_recipient(struct job *j, struct telling *t, size_t count)
{
	if (count > COMPOSE_SINGLE_MAX || (j->lost > 0 && count > 1))
		return compose_digest(j, t, count);
	for (size_t i = 0; i < count; i++)
		if (compose_single(j, &t[i]) < 0)
			return -1;
	return 0;
}

static int compose_all(struct job *j, struct telling *t, size_t count)
{
	j->bag.items = arena_alloc(j->pool, (count + 1) * sizeof *j->bag.items);
	if (!j->bag.items)
		return no_memory(j);
	qsort(t, count, sizeof *t, compare_tellings);
	for (size_t from = 0, to; from < count; from = to) {
		to = from;
		while (to < count && strcmp(t[to].recipient, t[from].recipient) == 0)
			to++;
		if (compose_recipient(j, t + from, to - from) < 0)
			return -1;
	}
	return 0;
}

int compose(const struct event *events, size_t count, const struct config *config, int64_t now,
	compose_first_message *first, void *arg, struct arena *pool, struct mailbag *ret_bag,
	struct error *err)
{
	struct job j = { config, now, count_lost(config, events, count), first, arg, pool, err,
		{ 0 } };
	size_t most = 0;
	for (size_t i = 0; i < count; i++)
		most += count_lines(events[i].recipients);
	struct telling *tellings = arena_alloc(pool, (most + 1) * sizeof *tellings);
	if (!tellings)
		return no_memory(&j);
	struct telling *end = tellings;
	for (size_t i = 0; i < count; i++) {
		end = add_tellings(&j, end, &events[i]);
		if (!end)
			return no_memory(&j);
	}
	if (compose_all(&j, tellings, (size_t)(end - tellings)) < 0)
		return -1;
	*ret_bag = j.bag;
	return 0;
}
