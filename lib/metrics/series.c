#include "lib/metrics/series.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buffer.h"
#include "lib/crypto/seal.h"

static int compare_series(const struct prom_sample *a, const struct prom_sample *b)
{
	int order = strcmp(a->name, b->name);
	for (size_t i = 0; order == 0 && i < a->label_count && i < b->label_count; i++) {
		order = strcmp(a->labels[i].name, b->labels[i].name);
		if (order == 0)
			order = strcmp(a->labels[i].value, b->labels[i].value);
	}
	if (order == 0)
		order = (a->label_count > b->label_count) - (a->label_count < b->label_count);
	return order;
}

/* Lines of one series stay in the order of the text. */
static int compare_items(const void *a, const void *b)
{
	const struct prom_sample *x = ((const struct series *)a)->sample;
	const struct prom_sample *y = ((const struct series *)b)->sample;
	int order = compare_series(x, y);
	return order ? order : (x > y) - (x < y);
}

int series_index_init(struct series_index *index, const struct promtext *text)
{
	struct series *items = calloc(text->count + 1, sizeof *items);
	if (!items)
		return -1;
	for (size_t i = 0; i < text->count; i++)
		items[i].sample = &text->samples[i];
	qsort(items, text->count, sizeof *items, compare_items);
	size_t count = 0;
	for (size_t i = 0; i < text->count; i++) {
		bool is_last = i + 1 == text->count ||
			       compare_series(items[i].sample, items[i + 1].sample) != 0;
		if (is_last)
			items[count++] = items[i];
	}
	*index = (struct series_index){ items, count };
	return 0;
}

void series_index_finish(struct series_index *index)
{
	free(index->items);
	*index = (struct series_index){ 0 };
}

struct series *series_named(const struct series_index *index, const char *name, size_t *ret_count)
{
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(index->items[middle].sample->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	size_t end = low;
	while (end < index->count && strcmp(index->items[end].sample->name, name) == 0)
		end++;
	*ret_count = end - low;
	return &index->items[low];
}

static int compare_to_item(const void *sample, const void *item)
{
	return compare_series(sample, ((const struct series *)item)->sample);
}

const struct series *series_twin(
	const struct series_index *index, const char *name, const struct prom_sample *like)
{
	struct prom_sample wanted = *like;
	wanted.name = name;
	return bsearch(&wanted, index->items, index->count, sizeof *index->items, compare_to_item);
}

bool series_like(const struct series_index *index, const char *name, const struct prom_sample *like,
	double *ret_value)
{
	const struct series *found = series_twin(index, name, like);
	if (!found)
		return false;
	*ret_value = found->sample->value;
	return true;
}

static int append_with_nul(struct buffer *b, const char *text)
{
	return buffer_append(b, text, strlen(text) + 1);
}

int series_key(const struct prom_sample *s, uint64_t *ret_key)
{
	CLEANUP(buffer_finish) struct buffer identity = { 0 };
	if (append_with_nul(&identity, s->name) < 0)
		return -1;
	for (size_t i = 0; i < s->label_count; i++)
		if (append_with_nul(&identity, s->labels[i].name) < 0 ||
			append_with_nul(&identity, s->labels[i].value) < 0)
			return -1;
	uint8_t digest[SEAL_DIGEST_SIZE];
	seal_digest(identity.data, identity.len, digest);
	*ret_key = 0;
	for (size_t i = 0; i < sizeof *ret_key; i++)
		*ret_key |= (uint64_t)digest[i] << 8 * i;
	return 0;
}
