#include "lib/metrics/drafts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"

enum { ESCAPED = 4 }; /* bytes that one becomes at most */

struct draft {
	struct reading reading;
	size_t line;
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
	size_t size = d->size ? 2 * d->size : 128;
	struct draft *items = reallocarray(d->items, size, sizeof *items);
	if (!items)
		return -1;
	d->items = items;
	d->size = size;
	return 0;
}

int drafts_add(struct drafts *d, const struct reading *r, size_t line)
{
	struct draft *same = find_instance(d, r->instance);
	if (same) {
		if (line > same->line)
			*same = (struct draft){ *r, line };
		return 0;
	}
	if (d->count - d->metric_start == DERIVE_INSTANCES_MAX ||
		strlen(r->instance) > DERIVE_INSTANCE_LENGTH_MAX) {
		d->left_out++;
		return 0;
	}
	if (d->count == d->size && grow(d) < 0)
		return -1;
	d->items[d->count++] = (struct draft){ *r, line };
	return 0;
}

int drafts_hand_over(const struct drafts *d, struct readings *ret_readings)
{
	size_t names = 0;
	for (size_t i = 0; i < d->count; i++)
		names += ESCAPED * strlen(d->items[i].reading.instance) + 1;
	struct reading *items = malloc(d->count * sizeof *items + names + 1);
	if (!items)
		return -1;
	char *name = (char *)(items + d->count);
	for (size_t i = 0; i < d->count; i++) {
		const char *raw = d->items[i].reading.instance;
		size_t len = strlen(raw);
		items[i] = d->items[i].reading;
		items[i].instance = name;
		name += escape_text(name, ESCAPED * len + 1, raw, len) + 1;
	}
	*ret_readings = (struct readings){ items, d->count, items };
	return 0;
}

void readings_finish(struct readings *r)
{
	free(r->memory);
	*r = (struct readings){ 0 };
}
