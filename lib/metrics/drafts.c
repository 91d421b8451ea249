#include "lib/metrics/drafts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/escape.h"

enum {
	ESCAPED = 4, /* bytes that one becomes at most */
	USUAL = 128, /* readings of a report */
};

void drafts_finish(struct drafts *d)
{
	free(d->items);
	*d = (struct drafts){ 0 };
}

void drafts_next_metric(struct drafts *d)
{
	d->metric_start = d->count;
}

static struct draft *find_instance(const struct drafts *d, const char *instance)
{
	for (size_t i = d->metric_start; i < d->count; i++)
		if (strcmp(d->items[i].reading.instance, instance) == 0)
			return &d->items[i];
	return NULL;
}

static int grow(struct drafts *d)
{
	struct draft *items = array_reserve(d->items, d->count + USUAL, &d->size, sizeof *items);
	if (!items)
		return -1;
	d->items = items;
	return 0;
}

void drafts_leave_out(struct drafts *d, size_t count)
{
	d->left_out += count;
}

/* As it is stored: escaped. */
static bool is_too_long(const char *instance)
{
	char escaped[ESCAPED * DERIVE_INSTANCE_LENGTH_MAX + 1];
	size_t len = strlen(instance);
	if (ESCAPED * len <= DERIVE_INSTANCE_LENGTH_MAX)
		return false;
	return len > DERIVE_INSTANCE_LENGTH_MAX ||
	       escape_text(escaped, sizeof escaped, instance, len) > DERIVE_INSTANCE_LENGTH_MAX;
}

int drafts_add(struct drafts *d, const struct draft *draft)
{
	const char *instance = draft->reading.instance;
	struct draft *same = find_instance(d, instance);
	if (same) {
		d->left_out += draft->is_custom; /* the catalogue's may be several by intent */
		if (draft->rank > same->rank)
			*same = *draft;
		return 0;
	}
	if (d->count - d->metric_start == DERIVE_INSTANCES_MAX || is_too_long(instance)) {
		drafts_leave_out(d, 1);
		return 0;
	}
	if (d->count == d->size && grow(d) < 0)
		return -1;
	d->items[d->count++] = *draft;
	return 0;
}

/* Whether its metric's name has to be copied: that of the reading before will do, too. */
static bool needs_name(const struct drafts *d, size_t i)
{
	return d->items[i].is_custom &&
	       (i == 0 || d->items[i].reading.metric != d->items[i - 1].reading.metric);
}

static size_t names_size(const struct drafts *d)
{
	size_t size = 0;
	for (size_t i = 0; i < d->count; i++) {
		size += ESCAPED * strlen(d->items[i].reading.instance) + 1;
		size += needs_name(d, i) ? strlen(d->items[i].reading.metric) + 1 : 0;
	}
	return size;
}

int drafts_hand_over(const struct drafts *d, struct readings *ret_readings)
{
	struct reading *items = malloc(d->count * sizeof *items + names_size(d) + 1);
	if (!items)
		return -1;
	char *name = (char *)(items + d->count);
	for (size_t i = 0; i < d->count; i++) {
		const char *raw = d->items[i].reading.instance;
		size_t len = strlen(raw);
		items[i] = d->items[i].reading;
		items[i].instance = name;
		name += escape_text(name, ESCAPED * len + 1, raw, len) + 1;
		if (!d->items[i].is_custom)
			continue;
		items[i].metric = needs_name(d, i) ? name : items[i - 1].metric;
		if (items[i].metric == name)
			name = stpcpy(name, d->items[i].reading.metric) + 1;
	}
	*ret_readings = (struct readings){ items, d->count, items };
	return 0;
}

void readings_finish(struct readings *r)
{
	free(r->memory);
	*r = (struct readings){ 0 };
}
