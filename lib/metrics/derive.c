/*
 * The catalogue drives: for each metric, the series of its source are looked up, and one small
 * function by kind turns each of them into a value or says that there is none.
 */
#include "lib/metrics/derive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attempt.h"
#include "lib/metrics/counters.h"
#include "lib/metrics/drafts.h"
#include "lib/metrics/series.h"
#include "lib/seal.h"

enum { CPU_MODE_COUNT = 8 };

/* As in node_cpu_seconds_total. Guest time is not among them: it is in user and nice already
 * (proc(5), /proc/stat). */
static const char *const cpu_modes[CPU_MODE_COUNT] = { "user", "nice", "system", "idle", "iowait",
	"irq", "softirq", "steal" };

struct work {
	const struct wire_report_header *header;
	const struct promtext *text;
	struct series_index index;
	struct counters before, now;
	int64_t taken_at_ms, gap_max_ms;
	bool is_newer;	/* than `before` */
	double seconds; /* between them; 0 when there can be no rates */
	double cpu_seconds[CPU_MODE_COUNT];
	size_t cpu_count;
	struct drafts drafts;
};

static void finish_work(struct work *w)
{
	series_index_finish(&w->index);
	drafts_finish(&w->drafts);
}

/* ---- counters, before and now ----------------------------------------------------------- */

/* Gives every series that some metric takes the rate of its key. */
static int key_counters(struct work *w)
{
	for (size_t i = 0; i < metric_count(); i++) {
		const struct metric *m = metric_at(i);
		if (m->kind != METRIC_RATE && m->kind != METRIC_CPU)
			continue;
		size_t count;
		struct series *s = series_named(&w->index, m->source, &count);
		for (; count > 0; s++, count--) {
			if (s->has_key || s->sample->value < 0)
				continue;
			if (series_key(s->sample, &s->key) < 0)
				return -1;
			s->has_key = true;
		}
	}
	return 0;
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
	w->is_newer = w->now.monotonic_ms > w->before.monotonic_ms;
	int64_t gap_ms;
	if (w->is_newer &&
		!__builtin_sub_overflow(w->now.monotonic_ms, w->before.monotonic_ms, &gap_ms) &&
		gap_ms <= w->gap_max_ms)
		w->seconds = (double)gap_ms / 1000;
}

/* How much a counter grew since the report before; negative when it was reset. */
static bool find_growth(const struct work *w, const struct series *s, double *ret_growth)
{
	double before;
	if (!(w->seconds > 0) || !s->has_key || !counters_find(&w->before, s->key, &before))
		return false;
	*ret_growth = s->sample->value - before;
	return true;
}

static int pack_counters(const struct work *w, struct buffer *out)
{
	struct counter *items = calloc(w->index.count + 1, sizeof *items);
	if (!items)
		return -1;
	size_t count = 0;
	for (size_t i = 0; i < w->index.count; i++) {
		const struct series *s = &w->index.items[i];
		if (s->has_key)
			items[count++] = (struct counter){ s->key, s->sample->value };
	}
	int result = counters_pack(&w->now, items, count, out);
	free(items);
	return result;
}

/* ---- CPU time --------------------------------------------------------------------------- */

static const char *label_or_empty(const struct prom_sample *s, const char *name)
{
	const char *value = prom_label(s, name);
	return value ? value : "";
}

/* What one CPU did since the report before. False when that is not known: it came online, or
 * its counters were reset. Only iowait may fall, as proc(5) warns. */
static bool sum_cpu(const struct work *w, const struct series *s, size_t count,
	double ret_seconds[static CPU_MODE_COUNT])
{
	for (; count > 0; s++, count--)
		for (size_t mode = 0; mode < CPU_MODE_COUNT; mode++) {
			double growth;
			if (strcmp(cpu_modes[mode], label_or_empty(s->sample, "mode")) != 0)
				continue;
			if (!find_growth(w, s, &growth))
				return false;
			if (growth < 0 && strcmp(cpu_modes[mode], "iowait") != 0)
				return false;
			ret_seconds[mode] = fmax(growth, 0);
		}
	return true;
}

/* Labels are sorted, `cpu` before `mode`, so that the series of one CPU stand together. */
static void sum_cpus(struct work *w)
{
	size_t count, run;
	const struct series *s = series_named(&w->index, "node_cpu_seconds_total", &count);
	for (; count > 0; s += run, count -= run) {
		const char *cpu = label_or_empty(s->sample, "cpu");
		for (run = 1; run < count; run++)
			if (strcmp(label_or_empty(s[run].sample, "cpu"), cpu) != 0)
				break;
		w->cpu_count++;
		double seconds[CPU_MODE_COUNT] = { 0 };
		if (!sum_cpu(w, s, run, seconds))
			continue;
		for (size_t mode = 0; mode < CPU_MODE_COUNT; mode++)
			w->cpu_seconds[mode] += seconds[mode];
	}
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);
	for (; *words; words += strcspn(words, " "), words += strspn(words, " "))
		if (strcspn(words, " ") == len && strncmp(words, word, len) == 0)
			return true;
	return false;
}

/* ---- one value, by kind ----------------------------------------------------------------- */

/* `s` is a series of the metric's source; NULL for kinds that look at the report as a whole. */
typedef bool value_fn(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value);

static bool share(double part, double whole, double *ret_value)
{
	if (!(part >= 0 && whole > 0))
		return false;
	*ret_value = fmin(part / whole, 1); /* rounding may leave it a hair above */
	return true;
}

static bool value_gauge(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)w, (void)m;
	*ret_value = s->sample->value;
	return true;
}

static bool value_rate(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	double growth;
	if (!find_growth(w, s, &growth) || growth < 0)
		return false;
	if (m->unit == UNIT_RATIO)
		return share(growth, w->seconds, ret_value);
	*ret_value = growth / w->seconds;
	return true;
}

static bool value_cpu(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)s;
	double part = 0, whole = 0;
	for (size_t mode = 0; mode < CPU_MODE_COUNT; mode++) {
		whole += w->cpu_seconds[mode];
		if (has_word(m->other, cpu_modes[mode]))
			part += w->cpu_seconds[mode];
	}
	return share(part, whole, ret_value);
}

static bool value_per_cpu(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m;
	if (w->cpu_count == 0)
		return false;
	*ret_value = s->sample->value / (double)w->cpu_count;
	return true;
}

static bool value_used(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	double whole = s->sample->value, without;
	if (!series_like(&w->index, m->other, s->sample, &without) || without < 0)
		return false;
	return share(whole - without, whole, ret_value);
}

static bool value_filesystem(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m;
	double free_bytes, avail;
	if (!series_like(&w->index, "node_filesystem_free_bytes", s->sample, &free_bytes) ||
		!series_like(&w->index, "node_filesystem_avail_bytes", s->sample, &avail) ||
		free_bytes < 0 || avail < 0)
		return false;
	double used = s->sample->value - free_bytes;
	return share(used, used + avail, ret_value);
}

static bool value_uptime(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m, (void)s;
	*ret_value = (double)w->header->monotonic_ms / 1000;
	return *ret_value >= 0;
}

static bool value_skew(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m, (void)s;
	*ret_value = ((double)w->header->wall_ms - (double)w->taken_at_ms) / 1000;
	return true;
}

static bool value_deviation(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)value_skew(w, m, s, ret_value);
	*ret_value = fabs(*ret_value);
	return true;
}

static bool value_rejected(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m, (void)s;
	*ret_value = (double)w->text->rejected;
	return true;
}

static bool value_left_out(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m, (void)s;
	*ret_value = (double)w->drafts.left_out;
	return true;
}

static const struct {
	value_fn *value;
	bool is_whole; /* one value for the report, not one a series */
} kinds[METRIC_KIND_COUNT] = {
	[METRIC_GAUGE] = { value_gauge, false },
	[METRIC_RATE] = { value_rate, false },
	[METRIC_CPU] = { value_cpu, true },
	[METRIC_PER_CPU] = { value_per_cpu, false },
	[METRIC_USED] = { value_used, false },
	[METRIC_FILESYSTEM] = { value_filesystem, false },
	[METRIC_UPTIME] = { value_uptime, true },
	[METRIC_SKEW] = { value_skew, true },
	[METRIC_DEVIATION] = { value_deviation, true },
	[METRIC_REJECTED] = { value_rejected, true },
	[METRIC_LEFT_OUT] = { value_left_out, true },
};

/* Only durations can be negative. */
static bool is_plausible(const struct metric *m, double value)
{
	return isfinite(value) && (value >= 0 || m->unit == UNIT_SECONDS);
}

/* ---- readings --------------------------------------------------------------------------- */

/* The instance a series stands for; NULL when it is none. A filesystem without a size is only
 * a door into the kernel. */
static const char *find_instance(
	const struct work *w, const struct metric *m, const struct prom_sample *s)
{
	double size;
	if (!*m->instance)
		return "";
	if (strcmp(m->instance, "mountpoint") == 0 &&
		(!series_like(&w->index, "node_filesystem_size_bytes", s, &size) || size <= 0))
		return NULL;
	return prom_label(s, m->instance);
}

static int derive_series(struct work *w, const struct metric *m, const struct series *s)
{
	struct reading r = { .metric = m->name };
	r.instance = s ? find_instance(w, m, s->sample) : "";
	if (!r.instance || !kinds[m->kind].value(w, m, s, &r.value) || !is_plausible(m, r.value))
		return 0;
	return drafts_add(&w->drafts, &r, s ? (size_t)(s->sample - w->text->samples) : 0);
}

static int derive_metric(struct work *w, const struct metric *m)
{
	drafts_next_metric(&w->drafts);
	if (kinds[m->kind].is_whole)
		return derive_series(w, m, NULL);
	size_t count;
	const struct series *s = series_named(&w->index, m->source, &count);
	for (; count > 0; s++, count--)
		if (derive_series(w, m, s) < 0)
			return -1;
	return 0;
}

static int derive_all(struct work *w, struct readings *ret_readings, struct buffer *ret_counters)
{
	CLEANUP(readings_finish) struct readings readings = { 0 };
	if (key_counters(w) < 0)
		return -1;
	sum_cpus(w);
	for (size_t i = 0; i < metric_count(); i++)
		if (derive_metric(w, metric_at(i)) < 0)
			return -1;
	if (drafts_hand_over(&w->drafts, &readings) < 0)
		return -1;
	if (w->is_newer && pack_counters(w, ret_counters) < 0)
		return -1;
	*ret_readings = readings;
	readings.memory = NULL;
	return 0;
}

int derive(const struct wire_report_header *header, const struct promtext *text,
	int64_t taken_at_ms, int64_t gap_max_ms, const void *counters, size_t counters_len,
	struct readings *ret_readings, struct buffer *ret_counters, struct error *err)
{
	CLEANUP(finish_work)
	struct work w = {
		.header = header, .text = text, .taken_at_ms = taken_at_ms, .gap_max_ms = gap_max_ms
	};
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
