/*
 * The catalogue drives: for each metric, the series of its source are looked up, and one small
 * function by kind turns each of them into a value or says that there is none.
 */
#include "lib/metrics/derive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attempt.h"
#include "lib/hex.h"
#include "lib/metrics/interface.h"
#include "lib/metrics/work.h"

static void finish_work(struct work *w)
{
	series_index_finish(&w->index);
	drafts_finish(&w->drafts);
	arena_finish(&w->memory);
}

/* ---- counters, before and now ----------------------------------------------------------- */

void work_key_counters(struct series *s, size_t count)
{
	for (; count > 0; s++, count--) {
		if (s->has_key || s->sample->value < 0)
			continue;
		s->key = series_key(s->sample);
		s->has_key = true;
	}
}

static void key_named(struct work *w, const char *name)
{
	size_t count;
	struct series *s = series_named(&w->index, name, &count);
	work_key_counters(s, count);
}

/* Of what is stored. */
static void key_counters(struct work *w)
{
	for (size_t i = 0; i < metric_count(); i++) {
		const struct metric *m = metric_at(i);
		const struct kind *kind = work_kind(m);
		if (kind->is_counted && choice_has(w->choice, i))
			key_named(w, m->source);
		if (kind->is_counted_twice && choice_has(w->choice, i))
			key_named(w, m->other);
	}
}

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"; anything else is an unknown boot. */
static void parse_boot(const char *text, uint8_t ret_boot[static COUNTERS_BOOT_SIZE])
{
	char hex[2 * COUNTERS_BOOT_SIZE + 1];
	size_t len = 0;
	for (; *text && len < sizeof hex - 1; text++)
		if (*text != '-')
			hex[len++] = *text;
	hex[len] = 0;
	if (*text || hex_decode(ret_boot, COUNTERS_BOOT_SIZE, hex) < 0)
		memset(ret_boot, 0, COUNTERS_BOOT_SIZE);
}

/* An unknown boot is never the same: it could hide a reboot. */
static bool is_same_boot(const struct counters *a, const struct counters *b)
{
	static const uint8_t unknown[COUNTERS_BOOT_SIZE];
	return memcmp(a->boot, b->boot, sizeof unknown) == 0 &&
	       memcmp(a->boot, unknown, sizeof unknown) != 0;
}

static void compare_times(struct work *w)
{
	if (!is_same_boot(&w->before, &w->now)) {
		w->is_newer = w->now.taken_at_ms > w->before.taken_at_ms;
		return;
	}
	w->is_newer = w->is_grown = w->now.monotonic_ms > w->before.monotonic_ms;
	int64_t gap_ms;
	if (w->is_newer &&
		!__builtin_sub_overflow(w->now.monotonic_ms, w->before.monotonic_ms, &gap_ms) &&
		gap_ms <= w->terms->gap_max_ms)
		w->seconds = (double)gap_ms / 1000;
}

bool work_gain(const struct work *w, const struct series *s, double *ret_gain)
{
	double before;
	if (!w->is_grown || !s->has_key || !counters_find(&w->before, s->key, &before))
		return false;
	*ret_gain = s->sample->value - before;
	return true;
}

bool work_growth(const struct work *w, const struct series *s, double *ret_growth)
{
	return w->seconds > 0 && work_gain(w, s, ret_growth);
}

static int pack_counters(const struct work *w, struct buffer *out)
{
	struct counter *items = calloc(w->text->count + 1, sizeof *items);
	if (!items)
		return -1;
	size_t count = 0;
	for (const struct family *f = w->index.families; f < w->index.families + w->index.count;
		f++)
		for (size_t i = 0; i < f->count; i++)
			if (f->series[i].has_key)
				items[count++] = (struct counter){ f->series[i].key,
					f->series[i].sample->value };
	int result = counters_pack(&w->now, items, count, out);
	free(items);
	return result;
}

/* ---- readings --------------------------------------------------------------------------- */

static bool has_label(const struct prom_sample *s, const char *label)
{
	size_t len = strcspn(label, "=");
	const char *value = prom_label_n(s, label, len);
	return value && strcmp(value, label + len + 1) == 0;
}

/* A filesystem of no size is only a door into the kernel. */
static bool is_door(const struct work *w, const struct metric *m, const struct prom_sample *s)
{
	double size;
	return strcmp(m->instance, "mountpoint") == 0 &&
	       series_like(&w->index, "node_filesystem_size_bytes", s, &size) && size <= 0;
}

/* A container's interface: see interface.h. */
static bool is_passing(const struct metric *m, const struct prom_sample *s)
{
	const char *device = m->group == METRIC_GROUP_NETWORK ? prom_label(s, "device") : NULL;
	return device && interface_is_passing(device);
}

/* One that nobody can write to cannot run full, though images are full by design. */
static bool is_sealed(const struct work *w, const struct metric *m, const struct prom_sample *s)
{
	double readonly;
	return m->unit == UNIT_RATIO && strcmp(m->instance, "mountpoint") == 0 &&
	       series_like(&w->index, "node_filesystem_readonly", s, &readonly) && readonly > 0;
}

static bool is_none_of_ours(
	const struct work *w, const struct metric *m, const struct prom_sample *s)
{
	return is_door(w, m, s) || is_passing(m, s) || is_sealed(w, m, s);
}

/* Only durations and temperatures can be negative. */
static bool is_plausible(const struct metric *m, double value)
{
	return isfinite(value) &&
	       (value >= 0 || m->unit == UNIT_SECONDS || m->unit == UNIT_CELSIUS);
}

static int derive_series(struct work *w, const struct metric *m, const struct series *s)
{
	struct draft d = { .reading.metric = m->name };
	double *value = &d.reading.value;
	if (*m->only && !has_label(s->sample, m->only))
		return 0;
	if (is_none_of_ours(w, m, s->sample) || !work_kind(m)->value(w, m, s, value) ||
		!is_plausible(m, *value))
		return 0;
	if (work_instance(w, s->sample, m->instance, &d.reading.instance) < 0)
		return -1;
	if (m->group == METRIC_GROUP_DISK && d.reading.instance)
		d.reading.instance = work_disk_name(w, d.reading.instance);
	d.rank = work_kind(m)->is_highest ? *value : (double)(s->sample - w->text->samples);
	return d.reading.instance ? drafts_add(&w->drafts, &d) : 0;
}

static int derive_whole(struct work *w, const struct metric *m)
{
	struct draft d = { .reading = { m->name, "", 0 } };
	if (!work_kind(m)->value(w, m, NULL, &d.reading.value) || !is_plausible(m, d.reading.value))
		return 0;
	return drafts_add(&w->drafts, &d);
}

static int derive_metric(struct work *w, const struct metric *m)
{
	drafts_next_metric(&w->drafts);
	if (work_kind(m)->is_whole)
		return derive_whole(w, m);
	size_t count;
	const struct series *s = series_named(&w->index, m->source, &count);
	for (; count > 0; s++, count--)
		if (derive_series(w, m, s) < 0)
			return -1;
	return 0;
}

/* The catalogue comes last: at its end stands what the others left out. */
static int derive_chosen(struct work *w)
{
	if (work_add_customs(w) < 0)
		return -1;
	for (size_t i = 0; i < metric_count(); i++)
		if (choice_has(w->choice, i) && derive_metric(w, metric_at(i)) < 0)
			return -1;
	return 0;
}

static int derive_all(struct work *w, struct readings *ret_readings, struct buffer *ret_counters)
{
	CLEANUP(readings_finish) struct readings readings = { 0 };
	key_counters(w);
	if (work_find_customs(w) < 0)
		return -1;
	drafts_leave_out(&w->drafts, w->index.left_out);
	work_sum_cpus(w);
	if (derive_chosen(w) < 0 || drafts_hand_over(&w->drafts, &readings) < 0)
		return -1;
	if (w->is_newer && pack_counters(w, ret_counters) < 0)
		return -1;
	*ret_readings = readings;
	readings.memory = NULL;
	return 0;
}

int derive(const struct wire_report_header *header, const struct promtext *text,
	const struct derive_terms *terms, const void *counters, size_t counters_len,
	struct readings *ret_readings, struct buffer *ret_counters, struct error *err)
{
	CLEANUP(finish_work)
	struct work w = { .header = header, .text = text, .terms = terms, .choice = terms->choice };
	struct metric_choice usual;
	if (!w.choice) {
		choice_init(&usual, NULL, 0);
		w.choice = &usual;
	}
	w.now.monotonic_ms = header->monotonic_ms;
	w.now.taken_at_ms = attempt_time_ms(header->attempt_id);
	parse_boot(header->boot_id, w.now.boot);
	if (counters_open(counters, counters_len, &w.before) < 0)
		w.before = (struct counters){ .taken_at_ms = INT64_MIN };
	compare_times(&w);
	if (series_index_init(&w.index, text) < 0 || derive_all(&w, ret_readings, ret_counters) < 0)
		return error_set(err, "out of memory for the readings of %zu samples", text->count);
	return 0;
}
