#include "lib/alerts/story.h"

#include <stdlib.h>
#include <string.h>

/* What is said of an alert that fires, when several things happened since it began to: the
 * heaviest. */
static const unsigned char weights[] = {
	[EVENT_REPEAT] = 1,
	[EVENT_WORSE] = 2,
	[EVENT_FIRING] = 3,
	[EVENT_FLAPPING] = 4,
	[EVENT_ESCALATED] = 5,
	[EVENT_LATE] = 0, /* the rest are ends */
};

static bool ends(const struct event *e)
{
	return e->kind == EVENT_RESOLVED || e->kind == EVENT_CLOSED || e->kind == EVENT_LATE;
}

/* Flapping is said in place of firing once more. */
static bool fires(const struct event *e)
{
	return e->kind == EVENT_FIRING || e->kind == EVENT_FLAPPING || e->kind == EVENT_LATE;
}

/* Whether this can be the first that somebody hears of an alert. */
static bool introduces(const struct event *e)
{
	return fires(e) || e->kind == EVENT_ESCALATED;
}

static enum event_kind heaviest(const struct event *const *events, size_t count)
{
	enum event_kind kind = events[count - 1]->kind;
	for (size_t i = count; i-- > 0 && !ends(events[i]);)
		if (weights[events[i]->kind] > weights[kind])
			kind = events[i]->kind;
	return kind;
}

static struct story tell(const struct event *const *events, size_t count)
{
	const struct event *last = events[count - 1];
	struct story s = {
		.event = *last,
		.events = events,
		.count = count,
		.known = !introduces(events[0]),
		.over = ends(last),
		.since = events[0]->since,
	};
	if (!s.over)
		s.event.kind = heaviest(events, count);
	s.times = s.known;
	for (size_t i = 0; i < count; i++) {
		s.times += fires(events[i]);
		s.critical = s.critical || events[i]->severity == SEVERITY_CRITICAL;
		if (events[i]->since < s.since)
			s.since = events[i]->since;
	}
	return s;
}

struct story story_of(const struct event *const *event)
{
	return tell(event, 1);
}

static int compare_alerts(const struct event *x, const struct event *y)
{
	int order = strcmp(x->client, y->client);
	if (order == 0)
		order = strcmp(x->rule, y->rule);
	return order != 0 ? order : strcmp(x->instance, y->instance);
}

static int compare_events(const void *a, const void *b)
{
	const struct event *x = *(const struct event *const *)a;
	const struct event *y = *(const struct event *const *)b;
	int order = compare_alerts(x, y);
	return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

static int compare_stories(const void *a, const void *b)
{
	const struct story *x = a, *y = b;
	return (x->events[0]->id > y->events[0]->id) - (x->events[0]->id < y->events[0]->id);
}

int story_gather(const struct event **events, size_t count, struct arena *pool,
	struct story **ret_stories, size_t *ret_count)
{
	size_t n = 0;
	struct story *stories = arena_alloc(pool, (count + 1) * sizeof *stories);
	if (!stories)
		return -1;
	if (count > 0)
		qsort(events, count, sizeof(const struct event *), compare_events);
	for (size_t from = 0, to; from < count; from = to) {
		to = from + 1;
		while (to < count && compare_alerts(events[from], events[to]) == 0)
			to++;
		stories[n++] = tell(events + from, to - from);
	}
	if (n > 0)
		qsort(stories, n, sizeof *stories, compare_stories);
	*ret_stories = stories;
	*ret_count = n;
	return 0;
}
