/*
 * One small function a kind of metric turns a series of its source into a value, or says that there
 * is none.
 */
#include <math.h>
#include <string.h>

#include "lib/metrics/answers.h"
#include "lib/metrics/work.h"

/* As in node_cpu_seconds_total. Guest time is not among them: it is in user and nice already
 * (proc(5), /proc/stat). */
static const char *const cpu_modes[CPU_MODE_COUNT] = { "user", "nice", "system", "idle", "iowait",
	"irq", "softirq", "steal" };

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
			if (!work_growth(w, s, &growth))
				return false;
			if (growth < 0 && strcmp(cpu_modes[mode], "iowait") != 0)
				return false;
			ret_seconds[mode] = fmax(growth, 0);
		}
	return true;
}

/* Labels are sorted, `cpu` before `mode`, so that the series of one CPU stand together. */
void work_sum_cpus(struct work *w)
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

static bool value_percent(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)w, (void)m;
	return share(s->sample->value, 100, ret_value);
}

static bool value_rate(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	double growth;
	if (!work_growth(w, s, &growth) || growth < 0)
		return false;
	if (m->unit == UNIT_RATIO)
		return share(growth, w->seconds, ret_value);
	*ret_value = growth / w->seconds;
	return true;
}

/* Since the report before; a number, where a rate of so few would tell nobody anything, and true
 * however long ago that was. */
static bool value_growth(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m;
	return work_gain(w, s, ret_value) && *ret_value >= 0;
}

/* Nothing of nothing is none. */
static bool value_growth_share(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	double part, whole;
	const struct series *other = series_twin(&w->index, m->other, s->sample);
	if (!other || !work_growth(w, s, &part) || !work_growth(w, other, &whole))
		return false;
	*ret_value = 0;
	return (part == 0 && whole == 0) || share(part, whole, ret_value);
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

static bool value_share(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	double whole;
	return series_like(&w->index, m->other, s->sample, &whole) &&
	       share(s->sample->value, whole, ret_value);
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

static bool value_cgroup(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	double limit, idle = 0;
	if (!series_like(&w->index, m->other, s->sample, &limit))
		return false;
	(void)series_like(&w->index, "fleet_cgroup_memory_inactive_file_bytes", s->sample, &idle);
	return share(s->sample->value - idle, limit, ret_value);
}

/* The kernel takes back its flag when the error that it reckons with has grown to this
 * (NTP_PHASE_LIMIT). Who keeps the clock may leave the flag as it is, and tell the error alone:
 * chronyd without `rtcsync`, since with the flag on the kernel would set the hardware's clock. */
static const double error_of_none = 16;

static bool value_clock(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	double error = error_of_none;
	(void)series_like(&w->index, m->other, s->sample, &error);
	*ret_value = s->sample->value > 0 || error < error_of_none;
	return true;
}

static bool value_time_left(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m;
	*ret_value = s->sample->value - (double)w->terms->asked_at_ms / 1000;
	return true;
}

static bool value_uptime(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m, (void)s;
	*ret_value = (double)w->header->monotonic_ms / 1000;
	return *ret_value >= 0;
}

/* A clock that shows a time between the two moments may be right; of another it is known how far
 * it is off at least. The server's own may have been set back between them. */
static double skew_ms(int64_t at, int64_t one, int64_t other)
{
	int64_t first = one < other ? one : other, last = one < other ? other : one;
	if (at < first)
		return (double)at - (double)first;
	return at > last ? (double)at - (double)last : 0;
}

static bool value_skew(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m, (void)s;
	*ret_value =
		skew_ms(w->header->wall_ms, w->terms->asked_at_ms, w->terms->came_at_ms) / 1000;
	return true;
}

static bool value_deviation(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)value_skew(w, m, s, ret_value);
	*ret_value = fabs(*ret_value);
	return true;
}

/* Nothing where nothing was asked for. */
static bool value_unanswered(
	const struct work *w, const struct metric *m, const struct series *s, double *ret_value)
{
	(void)m, (void)s;
	const char *rest = w->terms->asks ? w->terms->asks : "";
	struct ask ask;
	size_t asked = 0, answered = 0;
	for (; answers_next(&rest, &ask); asked++)
		answered += answers_has(&w->index, &ask);
	*ret_value = (double)(asked - answered);
	return asked > 0;
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

static const struct kind kinds[METRIC_KIND_COUNT] = {
	[METRIC_GAUGE] = { .value = value_gauge },
	[METRIC_HIGHEST] = { .value = value_gauge, .is_highest = true },
	[METRIC_PERCENT] = { .value = value_percent },
	[METRIC_RATE] = { .value = value_rate, .is_counted = true },
	[METRIC_GROWTH] = { .value = value_growth, .is_counted = true },
	[METRIC_GROWTH_SHARE] = { .value = value_growth_share,
		.is_counted = true,
		.is_counted_twice = true },
	[METRIC_CPU] = { .value = value_cpu, .is_counted = true, .is_whole = true },
	[METRIC_PER_CPU] = { .value = value_per_cpu },
	[METRIC_USED] = { .value = value_used },
	[METRIC_SHARE] = { .value = value_share },
	[METRIC_HIGHEST_SHARE] = { .value = value_share, .is_highest = true },
	[METRIC_FILESYSTEM] = { .value = value_filesystem },
	[METRIC_CGROUP] = { .value = value_cgroup },
	[METRIC_CLOCK] = { .value = value_clock },
	[METRIC_TIME_LEFT] = { .value = value_time_left },
	[METRIC_UPTIME] = { .value = value_uptime, .is_whole = true },
	[METRIC_SKEW] = { .value = value_skew, .is_whole = true },
	[METRIC_DEVIATION] = { .value = value_deviation, .is_whole = true },
	[METRIC_UNANSWERED] = { .value = value_unanswered, .is_whole = true },
	[METRIC_REJECTED] = { .value = value_rejected, .is_whole = true },
	[METRIC_LEFT_OUT] = { .value = value_left_out, .is_whole = true },
};

const struct kind *work_kind(const struct metric *m)
{
	return &kinds[m->kind];
}
