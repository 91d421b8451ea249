/*
 * Metrics outside the catalogue, which a client brings in files of its own: whatever it says about
 * them is the client's word, and all of it is capped.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/metrics/work.h"

/* ---- names -------------------------------------------------------------------------------- */

/* Without a TYPE line the name tells, as Prometheus' conventions have it. */
static bool is_counter(const struct prom_sample *s)
{
	return s->type == PROM_COUNTER ||
	       (s->type == PROM_UNTYPED && metric_counter_stem(s->name) > 0);
}

void derive_custom_name(const struct prom_sample *s, char ret_name[static DERIVE_STORED_NAME_SIZE])
{
	size_t len = strlen(s->name), stem = metric_counter_stem(s->name);
	ret_name[0] = 0;
	if (len > DERIVE_CUSTOM_NAME_MAX || s->type == PROM_PART)
		return;
	if (is_counter(s))
		(void)snprintf(ret_name, DERIVE_STORED_NAME_SIZE, "%.*s_per_second",
			(int)(stem ? stem : len), s->name);
	else
		memcpy(ret_name, s->name, len + 1);
}

static enum choice_verdict judge(
	const struct work *w, const struct prom_sample *s, const char *stored)
{
	if (s->type == PROM_PART)
		return CHOICE_LEFT;
	return choice_of_custom(w->choice, *stored ? stored : s->name);
}

static bool is_there(const struct work *w, const char *name, bool is_rate)
{
	size_t count;
	const struct series *s = series_named(&w->index, name, &count);
	return count > 0 && s->sample->type != PROM_PART && is_counter(s->sample) == is_rate;
}

/* By another name of the report that is stored under the same: what the client says is a rate goes
 * before one that is made of a counter, and x before x_total. */
static bool is_taken(const struct work *w, const struct prom_sample *s, const char *stored)
{
	char stem[DERIVE_STORED_NAME_SIZE];
	size_t len = metric_counter_stem(s->name);
	if (!is_counter(s))
		return false;
	(void)snprintf(stem, sizeof stem, "%.*s", (int)len, s->name);
	return is_there(w, stored, false) || (len > 0 && is_there(w, stem, true));
}

/* A client must not speak for the catalogue. */
static bool can_be_stored(const struct work *w, const struct prom_sample *s, const char *stored)
{
	return *stored && !metric_find(stored) && !is_taken(w, s, stored) &&
	       w->custom_count < DERIVE_CUSTOM_MAX;
}

static int add_name(struct work *w, struct family *f, enum choice_verdict verdict)
{
	char name[DERIVE_STORED_NAME_SIZE];
	const struct prom_sample *first = f->series->sample;
	derive_custom_name(first, name);
	if (judge(w, first, name) != verdict)
		return 0;
	if (!can_be_stored(w, first, name)) {
		drafts_leave_out(&w->drafts, f->count);
		return 0;
	}
	const char *copy = arena_copy(&w->memory, name, strlen(name));
	if (!copy)
		return -1;
	size_t count;
	struct series *s = series_of(f, &count);
	struct custom *c = &w->customs[w->custom_count++];
	*c = (struct custom){ copy, s, count, is_counter(first) };
	if (c->is_rate)
		work_key_counters(s, count);
	return 0;
}

static int add_names(struct work *w, enum choice_verdict verdict)
{
	for (struct family *f = w->index.families; f < w->index.families + w->index.count; f++)
		if (add_name(w, f, verdict) < 0)
			return -1;
	return 0;
}

/* What alerts compare comes first: of the rest there may be more than there is room for. */
int work_find_customs(struct work *w)
{
	if (!w->choice->has_custom)
		return 0;
	w->customs = arena_alloc(&w->memory, DERIVE_CUSTOM_MAX * sizeof *w->customs);
	if (!w->customs)
		return -1;
	if (w->choice->needs_custom && add_names(w, CHOICE_NEEDED) < 0)
		return -1;
	return add_names(w, CHOICE_STORED);
}

/* ---- readings ----------------------------------------------------------------------------- */

static bool find_value(
	const struct work *w, const struct custom *c, const struct series *s, double *ret_value)
{
	*ret_value = s->sample->value;
	if (!c->is_rate)
		return true;
	if (!work_growth(w, s, ret_value) || *ret_value < 0)
		return false;
	*ret_value /= w->seconds;
	return isfinite(*ret_value);
}

static int add_series(struct work *w, const struct custom *c, const struct series *s)
{
	struct draft d = { .reading.metric = c->name, .is_custom = true };
	d.rank = (double)(s->sample - w->text->samples);
	if (!find_value(w, c, s, &d.reading.value))
		return 0;
	if (w->drafts.count == DERIVE_CUSTOM_MAX) {
		drafts_leave_out(&w->drafts, 1);
		return 0;
	}
	if (work_instance(w, s->sample, "*", &d.reading.instance) < 0)
		return -1;
	return drafts_add(&w->drafts, &d);
}

int work_add_customs(struct work *w)
{
	for (const struct custom *c = w->customs; c < w->customs + w->custom_count; c++) {
		drafts_next_metric(&w->drafts);
		for (size_t i = 0; i < c->count; i++)
			if (add_series(w, c, &c->series[i]) < 0)
				return -1;
	}
	return 0;
}

/* ---- instances ---------------------------------------------------------------------------- */

static size_t joined_size(const struct prom_sample *s)
{
	size_t size = 1;
	for (size_t i = 0; i < s->label_count; i++)
		size += strlen(s->labels[i].value) + 1;
	return size;
}

static char *join(char *to, const char *begin, const char *value)
{
	if (to != begin)
		*to++ = '/';
	return stpcpy(to, value);
}

/* In the order of the labels' names. */
static char *join_all(const struct prom_sample *s, char *begin)
{
	char *to = begin;
	for (size_t i = 0; i < s->label_count; i++)
		to = join(to, begin, s->labels[i].value);
	return begin;
}

static char *join_these(const struct prom_sample *s, const char *labels, char *begin)
{
	char *to = begin;
	for (; *labels; labels += strcspn(labels, " "), labels += strspn(labels, " ")) {
		const char *value = prom_label_n(s, labels, strcspn(labels, " "));
		if (!value)
			return NULL;
		to = join(to, begin, value);
	}
	return begin;
}

int work_instance(
	struct work *w, const struct prom_sample *s, const char *labels, const char **ret_instance)
{
	bool is_all = strcmp(labels, "*") == 0;
	if (!*labels || (is_all && !s->label_count)) {
		*ret_instance = "";
		return 0;
	}
	if (!is_all && !strchr(labels, ' ')) { /* most of them */
		*ret_instance = prom_label(s, labels);
		return 0;
	}
	char *joined = arena_alloc(&w->memory, joined_size(s));
	if (!joined)
		return -1;
	*ret_instance = is_all ? join_all(s, joined) : join_these(s, labels, joined);
	return 0;
}
