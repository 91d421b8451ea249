#include "collector/spool/outcomes.h"

#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

static int make_room(struct outcomes *o, struct error *err)
{
	if (o->count < o->size)
		return 0;
	outcomes_sort(o);
	if (o->count < o->size / 2)
		return 0;
	struct spool_outcome *items = array_reserve(o->items, o->size + 1, &o->size, sizeof *items);
	if (!items)
		return error_no_memory(err);
	o->items = items;
	return 0;
}

static bool is_line(const struct keyring *ring, const char *data, const char *newline,
	struct spool_outcome *line)
{
	return newline && spool_parse_outcome(data, (size_t)(newline - data), line, NULL) == 0 &&
	       (!ring || proof_holds(ring, line));
}

int outcomes_add(struct outcomes *o, const struct keyring *ring, uint64_t cycle_id,
	const char *data, size_t len, struct error *err)
{
	const char *end = len ? data + len : data;
	while (data < end) {
		const char *newline = memchr(data, '\n', (size_t)(end - data));
		struct spool_outcome line;
		if (is_line(ring, data, newline, &line)) {
			if (make_room(o, err) < 0)
				return -1;
			line.cycle_id = cycle_id;
			o->items[o->count++] = line;
		} else {
			o->malformed++;
		}
		data = newline ? newline + 1 : end;
	}
	return 0;
}

/* The parent says `internal' of those whose poller it buried: what such a one said last counts only
 * when a report must be there. */
static int rank(const struct spool_outcome *o)
{
	return o->outcome == OUTCOME_OK ? 0 : o->outcome == OUTCOME_INTERNAL ? 1 : 2;
}

static int compare(const void *a, const void *b)
{
	const struct spool_outcome *x = a, *y = b;
	if (x->attempt_id != y->attempt_id)
		return x->attempt_id < y->attempt_id ? -1 : 1;
	return rank(x) - rank(y);
}

void outcomes_sort(struct outcomes *o)
{
	size_t n = 0;
	if (o->count)
		qsort(o->items, o->count, sizeof *o->items, compare);
	for (size_t i = 0; i < o->count; i++)
		if (n == 0 || o->items[n - 1].attempt_id != o->items[i].attempt_id)
			o->items[n++] = o->items[i];
	o->count = n;
}

void outcomes_finish(struct outcomes *o)
{
	free(o->items);
	*o = (struct outcomes){ 0 };
}
