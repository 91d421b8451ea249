#include "lib/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t SECOND_MS = 1000, MINUTE_MS = 60 * 1000, HOUR_MS = 3600 * 1000,
		     DAY_MS = 24 * 3600 * 1000;

static const struct {
	const char *name;
	int64_t ms;
} units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 3600 * 1000 },
	{ "d", 24 * 3600 * 1000 },
	{ "w", 7 * 24 * 3600 * 1000 },
};

bool span_parse(const char *text, int64_t *ret_ms)
{
	size_t len = strspn(text, "0123456789");
	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return true;
	}
	if (len == 0 || len > 15)
		return false;
	int64_t number = strtoll(text, NULL, 10);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(text + len, units[i].name) != 0)
			continue;
		bool fits = number <= INT64_MAX / units[i].ms;
		*ret_ms = fits ? number * units[i].ms : INT64_MAX;
		return true;
	}
	return false;
}

const char *span_format(int64_t ms, char out[static SPAN_TEXT_SIZE])
{
	size_t i = ARRAY_LEN(units) - 1;
	while (ms % units[i].ms)
		i--;
	(void)snprintf(
		out, SPAN_TEXT_SIZE, "%" PRId64 "%s", ms / units[i].ms, ms ? units[i].name : "");
	return out;
}

/* ---- ISO 8601 ----------------------------------------------------------------------------- */

/* Exactly so many digits, within these bounds. Moves on; -1 when they are not there. */
static int read_number(const char **text, size_t digits, int least, int most)
{
	int number = 0;
	for (size_t i = 0; i < digits; i++) {
		char c = (*text)[i];
		if (c < '0' || c > '9')
			return -1;
		number = number * 10 + (c - '0');
	}
	*text += digits;
	return number >= least && number <= most ? number : -1;
}

static bool skip(const char **text, char c)
{
	bool there = **text == c;
	*text += there;
	return there;
}

static bool read_date(const char **text, struct tm *tm)
{
	int year = read_number(text, 4, 1970, 9999);
	if (year < 0 || !skip(text, '-'))
		return false;
	int month = read_number(text, 2, 1, 12);
	if (month < 0 || !skip(text, '-'))
		return false;
	*tm = (struct tm){ .tm_year = year - 1900, .tm_mon = month - 1, .tm_isdst = -1 };
	tm->tm_mday = read_number(text, 2, 1, 31);
	return tm->tm_mday > 0;
}

/* ":30.250"; what is finer than milliseconds does not count. */
static bool read_seconds(const char **text, struct tm *tm, int *ret_ms)
{
	if (!skip(text, ':'))
		return true;
	tm->tm_sec = read_number(text, 2, 0, 60);
	if (tm->tm_sec < 0)
		return false;
	if (!skip(text, '.'))
		return true;
	size_t digits = strspn(*text, "0123456789");
	int weight = 100;
	for (size_t i = 0; i < digits; i++, weight /= 10)
		*ret_ms += ((*text)[i] - '0') * weight;
	*text += digits;
	return digits > 0;
}

static bool read_time(const char **text, struct tm *tm, int *ret_ms)
{
	if (!skip(text, 'T') && !skip(text, ' '))
		return **text == 0;
	tm->tm_hour = read_number(text, 2, 0, 23);
	if (tm->tm_hour < 0 || !skip(text, ':'))
		return false;
	tm->tm_min = read_number(text, 2, 0, 59);
	return tm->tm_min >= 0 && read_seconds(text, tm, ret_ms);
}

/* "Z", "+01:00" or nothing. */
static bool read_zone(const char **text, bool *ret_local, int64_t *ret_offset_ms)
{
	if (**text == 0) {
		*ret_local = true;
		return true;
	}
	if (skip(text, 'Z'))
		return **text == 0;
	int sign = **text == '-' ? -1 : 1;
	if (!skip(text, '+') && !skip(text, '-'))
		return false;
	int hours = read_number(text, 2, 0, 23);
	if (hours < 0 || !skip(text, ':'))
		return false;
	int minutes = read_number(text, 2, 0, 59);
	*ret_offset_ms = sign * (hours * HOUR_MS + minutes * MINUTE_MS);
	return minutes >= 0 && **text == 0;
}

/* There is no 31st of February, which mktime(3) would make one of March. */
static bool read_iso(const char *text, int64_t *ret_ms)
{
	struct tm tm, asked;
	int ms = 0;
	bool local = false;
	int64_t offset_ms = 0;
	if (!read_date(&text, &tm) || !read_time(&text, &tm, &ms) ||
		!read_zone(&text, &local, &offset_ms))
		return false;
	asked = tm;
	time_t seconds = local ? mktime(&tm) : timegm(&tm);
	if (tm.tm_mday != asked.tm_mday && tm.tm_mon != asked.tm_mon)
		return false;
	*ret_ms = (int64_t)seconds * SECOND_MS + ms - offset_ms;
	return true;
}

int moment_parse(const char *text, int64_t now, bool back, int64_t *ret_ms, struct error *err)
{
	int64_t span_ms;
	if (strcmp(text, "now") == 0) {
		*ret_ms = now;
		return 0;
	}
	if (span_parse(text, &span_ms) && span_ms <= 36600 * DAY_MS) {
		*ret_ms = back ? now - span_ms : now + span_ms;
		return 0;
	}
	if (read_iso(text, ret_ms))
		return 0;
	return error_set(err,
		"\"%.40s\" is no time; write a span as 2h or 3d, or a date as 2026-11-22, "
		"\"2026-11-22 10:00\" or 2026-11-22T10:00:00Z",
		text);
}
