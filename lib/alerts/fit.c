#include "lib/alerts/fit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

enum { POINTS_MIN = 8, CLEANUP_PARTS = 3 };

static const double least_explained = 0.8;

static double find_range(const struct history_point *p, size_t count)
{
	double low = INFINITY, high = -INFINITY;
	for (size_t i = 0; i < count; i++) {
		low = fmin(low, p[i].value);
		high = fmax(high, p[i].value);
	}
	return high - low;
}

/* The points after the last cleanup begin here: where it was at its lowest. */
static size_t find_begin(const struct history_point *p, size_t count)
{
	size_t begin = 0;
	double cleanup = find_range(p, count) / CLEANUP_PARTS;
	double peak = count > 0 ? p[0].value : 0;
	for (size_t i = 1; i < count; i++) {
		bool is_lower = begin > 0 && p[i].value < p[begin].value;
		if (is_lower || (cleanup > 0 && peak - p[i].value >= cleanup)) {
			begin = i;
			peak = p[i].value;
		}
		peak = fmax(peak, p[i].value);
	}
	return begin;
}

/* Sums of products of the differences to the means; time in seconds. */
struct sums {
	double tt, tv, vv;
};

static struct sums add_up(const struct history_point *p, size_t count)
{
	double mean_t = 0, mean_v = 0;
	struct sums s = { 0 };
	for (size_t i = 0; i < count; i++) {
		mean_t += (double)(p[i].at - p[0].at) / 1000 / (double)count;
		mean_v += p[i].value / (double)count;
	}
	for (size_t i = 0; i < count; i++) {
		double t = (double)(p[i].at - p[0].at) / 1000 - mean_t;
		double v = p[i].value - mean_v;
		s.tt += t * t;
		s.tv += t * v;
		s.vv += v * v;
	}
	return s;
}

enum fit fit_full(const struct history_point *points, size_t count, int64_t least_span_ms,
	double *ret_seconds)
{
	size_t begin = find_begin(points, count);
	const struct history_point *p = points + begin;
	count -= begin;
	if (count < POINTS_MIN || p[count - 1].at - p[0].at < least_span_ms)
		return begin > 0 ? FIT_NEVER : FIT_UNKNOWN;
	struct sums s = add_up(p, count);
	if (!(s.tt > 0) || !(s.tv > 0) || s.tv * s.tv < least_explained * s.tt * s.vv)
		return FIT_NEVER;
	double left = 1 - p[count - 1].value;
	*ret_seconds = left > 0 ? left * s.tt / s.tv : 0;
	return isfinite(*ret_seconds) ? FIT_KNOWN : FIT_NEVER;
}

enum fit fit_past(const struct history_point *points, size_t count, int64_t at, int64_t slack_ms,
	double *ret_value)
{
	int64_t nearest = slack_ms + 1;
	for (size_t i = 0; i < count; i++) {
		int64_t distance = llabs(points[i].at - at);
		if (distance < nearest) {
			nearest = distance;
			*ret_value = points[i].value;
		}
	}
	return nearest <= slack_ms ? FIT_KNOWN : FIT_UNKNOWN;
}
