/*
 * A report has its families one after the other, and most of them nobody asks for. So names are
 * looked up by a hash once a family, and series are sorted once somebody wants these.
 */
#include "lib/metrics/series.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MAX = 32 }; /* families in one slot; there are as many slots as samples */

/* Of what was hashed before and this. Eight bytes at a time. */
static uint64_t hash_on(uint64_t hash, const char *text)
{
	static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15); /* of the golden ratio */
	size_t len = strlen(text);
	hash = (hash ^ len) * odd;
	for (size_t part; len > 0; text += part, len -= part) {
		uint64_t word = 0;
		part = len < sizeof word ? len : sizeof word;
		memcpy(&word, text, part);
		hash = (hash ^ le64toh(word)) * odd;
		hash ^= hash >> 32;
	}
	return hash;
}

static uint64_t hash_name(const char *name)
{
	return hash_on(0, name);
}

static struct family **slot_of(const struct series_index *index, uint64_t hash)
{
	return &index->slots[hash >> index->shift];
}

static struct family *find(const struct series_index *index, const char *name, uint64_t hash)
{
	struct family *f = *slot_of(index, hash);
	while (f && (f->hash != hash || strcmp(f->name, name) != 0))
		f = f->next;
	return f;
}

/* NULL when its slot is full: a client that chooses names for that must not make others wait. */
static struct family *add(struct series_index *index, const char *name, uint64_t hash)
{
	struct family **slot = slot_of(index, hash), *next = *slot;
	unsigned behind = next ? next->behind + 1 : 0;
	if (behind == CHAIN_MAX)
		return NULL;
	*slot = &index->families[index->count++];
	**slot = (struct family){ .name = name, .hash = hash, .next = next, .behind = behind };
	return *slot;
}

static struct family *find_or_add(struct series_index *index, const char *name)
{
	uint64_t hash = hash_name(name);
	struct family *f = find(index, name, hash);
	return f ? f : add(index, name, hash);
}

/* Lines of one name after each other share its text. */
static void find_families(
	struct series_index *index, const struct promtext *text, struct family **ret_families)
{
	const char *name = NULL;
	struct family *f = NULL;
	for (size_t i = 0; i < text->count; i++) {
		if (text->samples[i].name != name) {
			name = text->samples[i].name;
			f = find_or_add(index, name);
		}
		ret_families[i] = f;
		if (f)
			f->count++;
		else
			index->left_out++;
	}
}

/* In the order of the text. */
static void place_series(
	struct series_index *index, const struct promtext *text, struct family *const *families)
{
	struct series *to = index->items;
	for (struct family *f = index->families; f < index->families + index->count; f++) {
		f->series = to;
		to += f->count;
		f->count = 0;
	}
	for (size_t i = 0; i < text->count; i++)
		if (families[i])
			families[i]->series[families[i]->count++].sample = &text->samples[i];
}

int series_index_init(struct series_index *index, const struct promtext *text)
{
	unsigned bits = 4;
	while ((size_t)1 << bits < text->count)
		bits++;
	CLEANUP(series_index_finish)
	struct series_index made = {
		.families = reallocarray(NULL, text->count + 1, sizeof *made.families),
		.items = calloc(text->count + 1, sizeof *made.items),
		.slots = calloc((size_t)1 << bits, sizeof(struct family *)),
		.shift = 64 - bits,
	};
	struct family **families = reallocarray(NULL, text->count + 1, sizeof(struct family *));
	if (!made.families || !made.items || !made.slots || !families) {
		free(families);
		return -1;
	}
	find_families(&made, text, families);
	place_series(&made, text, families);
	free(families);
	*index = made;
	made = (struct series_index){ 0 };
	return 0;
}

void series_index_finish(struct series_index *index)
{
	free(index->families);
	free(index->items);
	free(index->slots);
	*index = (struct series_index){ 0 };
}

/* ---- of one name ------------------------------------------------------------------------- */

static int compare_labels(const struct prom_sample *a, const struct prom_sample *b)
{
	int order = 0;
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
static int compare_series(const void *a, const void *b)
{
	const struct prom_sample *x = ((const struct series *)a)->sample;
	const struct prom_sample *y = ((const struct series *)b)->sample;
	int order = compare_labels(x, y);
	return order ? order : (x > y) - (x < y);
}

/* Of lines of one series the last one stays. */
static void sort(struct family *f)
{
	size_t count = 0;
	qsort(f->series, f->count, sizeof *f->series, compare_series);
	for (size_t i = 0; i < f->count; i++) {
		bool is_last = i + 1 == f->count ||
			       compare_labels(f->series[i].sample, f->series[i + 1].sample) != 0;
		if (is_last)
			f->series[count++] = f->series[i];
	}
	f->count = count;
}

struct series *series_of(struct family *f, size_t *ret_count)
{
	if (!f->is_sorted && f->count > 1)
		sort(f);
	f->is_sorted = true;
	*ret_count = f->count;
	return f->series;
}

struct series *series_named(const struct series_index *index, const char *name, size_t *ret_count)
{
	struct family *f = find(index, name, hash_name(name));
	*ret_count = 0;
	return f ? series_of(f, ret_count) : index->items;
}

static int compare_to_series(const void *sample, const void *series)
{
	return compare_labels(sample, ((const struct series *)series)->sample);
}

const struct series *series_twin(
	const struct series_index *index, const char *name, const struct prom_sample *like)
{
	size_t count;
	const struct series *all = series_named(index, name, &count);
	return bsearch(like, all, count, sizeof *all, compare_to_series);
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

uint64_t series_key(const struct prom_sample *s)
{
	uint64_t key = hash_name(s->name);
	for (size_t i = 0; i < s->label_count; i++)
		key = hash_on(hash_on(key, s->labels[i].name), s->labels[i].value);
	return key;
}
