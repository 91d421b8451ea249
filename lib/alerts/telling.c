#include "lib/alerts/telling.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct telling make_telling(
	const struct config *config, const char *name, const struct event *e)
{
	struct recipient to = config_recipient(config, name);
	return (struct telling){
		.name = to.channel == CHANNEL_STDOUT ? "" : name,
		.event = e,
		.address = to.channel == CHANNEL_MAIL ? to.address : "",
	};
}

/* An address may stand in a list twice: by itself, and under the name of its <recipient>. */
static bool told_already(
	const struct telling *t, const struct telling *end, const struct telling *next)
{
	for (; t < end; t++)
		if (strcmp(t->name, next->name) == 0 ||
			(next->address[0] && strcasecmp(t->address, next->address) == 0))
			return true;
	return false;
}

/* Adds a telling for every recipient of the event, each address once. Returns the new end, or NULL.
 */
static struct telling *add_event(const struct compose_input *in, struct arena *pool,
	struct telling *to, const struct event *e)
{
	struct telling *first = to;
	char *rest = arena_copy(pool, e->recipients, strlen(e->recipients)), *name;
	if (!rest)
		return NULL;
	while ((name = strsep(&rest, "\n"))) {
		struct telling next = make_telling(in->config, name, e);
		if (!told_already(first, to, &next))
			*to++ = next;
	}
	return to;
}

static bool is_held(const struct event *e)
{
	return e->held && e->held[0];
}

/* Returns the end, or NULL. */
static struct telling *add_all(
	const struct compose_input *in, struct arena *pool, struct telling *to)
{
	for (size_t i = 0; to && i < in->count; i++)
		if (!is_held(&in->events[i]))
			to = add_event(in, pool, to, &in->events[i]);
	for (size_t i = 0; to && i < in->deferred_count; i++) {
		const struct deferred_event *d = &in->deferred[i];
		*to = make_telling(in->config, d->recipient, &d->event);
		to++->deferred = d;
	}
	return to;
}

/* The first pair of that event, or where it would be. */
static size_t find_told(const struct compose_input *in, uint64_t event_id)
{
	size_t low = 0, high = in->told_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (in->told[middle].event_id < event_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_composed(const struct compose_input *in, const struct telling *t)
{
	uint64_t id = t->event->id;
	for (size_t i = find_told(in, id); i < in->told_count && in->told[i].event_id == id; i++)
		if (strcmp(in->told[i].recipient, t->name) == 0)
			return true;
	return false;
}

/* Leaves out what a run that was cut off had composed. Returns the new end. */
static struct telling *drop_composed(
	const struct compose_input *in, struct telling *first, struct telling *end)
{
	struct telling *kept = first;
	for (const struct telling *t = first; in->told_count > 0 && t < end; t++)
		if (!is_composed(in, t))
			*kept++ = *t;
	return in->told_count > 0 ? kept : end;
}

static size_t count_lines(const char *text)
{
	size_t n = 1;
	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static size_t most_tellings(const struct compose_input *in)
{
	size_t most = in->deferred_count;
	for (size_t i = 0; i < in->count; i++)
		most += count_lines(in->events[i].recipients);
	return most;
}

/* By recipient, then by event. */
static int compare_tellings(const void *a, const void *b)
{
	const struct telling *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	if (order != 0)
		return order;
	return (x->event->id > y->event->id) - (x->event->id < y->event->id);
}

const struct telling *tellings_gather(
	const struct compose_input *in, struct arena *pool, size_t *ret_count)
{
	struct telling *first = arena_alloc(pool, (most_tellings(in) + 1) * sizeof *first);
	struct telling *end = first ? add_all(in, pool, first) : NULL;
	if (!end)
		return NULL;
	*ret_count = (size_t)(drop_composed(in, first, end) - first);
	if (*ret_count > 0)
		qsort(first, *ret_count, sizeof *first, compare_tellings);
	return first;
}
