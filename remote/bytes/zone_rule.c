#include "remote/bytes/zone_rule.h"

#include "remote/bytes/calendar.h"

enum { HOUR_S = 3600, HOURS_MAX = 167, WEEK_DAYS = 7, THURSDAY = 4 /* 1970-01-01 */ };

/* When a year's change to or from summer time is. */
struct change {
	char form; /* 'M': weekday of a week of a month; 'J': day without 29 February; 0: day */
	unsigned month, week, day;
	int64_t time_s; /* of local time, after midnight */
};

static bool take_number(struct span *rest, unsigned max, unsigned *ret_value)
{
	unsigned value = 0;
	size_t len = 0;
	for (; len < rest->len && span_is_digit(rest->at[len]) && len < 4; len++)
		value = value * 10 + (unsigned)(rest->at[len] - '0');
	if (len == 0 || value > max)
		return false;
	*rest = (struct span){ rest->at + len, rest->len - len };
	*ret_value = value;
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Letters, or anything between < and >. */
static bool take_name(struct span *rest, struct span *ret_name)
{
	bool is_quoted = span_char(rest, '<');
	size_t len = 0;
	while (len < rest->len && (is_quoted ? rest->at[len] != '>' : is_letter(rest->at[len])))
		len++;
	*ret_name = (struct span){ rest->at, len };
	*rest = (struct span){ rest->at + len, rest->len - len };
	return len >= 3 && (!is_quoted || span_char(rest, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct span *rest, int64_t *ret_seconds)
{
	unsigned hours, minutes = 0, seconds = 0;
	bool is_negative = span_char(rest, '-');
	if (!is_negative)
		(void)span_char(rest, '+');
	if (!take_number(rest, HOURS_MAX, &hours) ||
		(span_char(rest, ':') && !take_number(rest, 59, &minutes)) ||
		(span_char(rest, ':') && !take_number(rest, 59, &seconds)))
		return false;
	int64_t value = (int64_t)hours * HOUR_S + minutes * 60 + seconds;
	*ret_seconds = is_negative ? -value : value;
	return true;
}

static bool take_day(struct span *rest, struct change *c)
{
	if (span_char(rest, 'M')) {
		c->form = 'M';
		return take_number(rest, 12, &c->month) && c->month > 0 && span_char(rest, '.') &&
		       take_number(rest, 5, &c->week) && c->week > 0 && span_char(rest, '.') &&
		       take_number(rest, 6, &c->day);
	}
	if (span_char(rest, 'J')) {
		c->form = 'J';
		return take_number(rest, 365, &c->day) && c->day > 0;
	}
	return take_number(rest, 365, &c->day);
}

/* ,date[/time] */
static bool take_change(struct span *rest, struct change *ret_change)
{
	struct change c = { .time_s = 2 * HOUR_S };
	if (!span_char(rest, ',') || !take_day(rest, &c) ||
		(span_char(rest, '/') && !take_time(rest, &c.time_s)))
		return false;
	*ret_change = c;
	return true;
}

/* The day of that weekday in that week of that month; week 5 is the last there is. */
static int64_t weekday_of_month(const struct change *c, int64_t year)
{
	int64_t first = calendar_days(year, c->month, 1);
	int64_t to_first = (c->day + 2 * WEEK_DAYS - (first + THURSDAY) % WEEK_DAYS) % WEEK_DAYS;
	int64_t day = to_first + (int64_t)(c->week - 1) * WEEK_DAYS;
	if (day >= calendar_month_days(year, c->month))
		day -= WEEK_DAYS;
	return first + day;
}

/* In seconds since 1970, of local time. */
static int64_t change_time(const struct change *c, int64_t year)
{
	int64_t days = calendar_days(year, 1, 1) + c->day;
	if (c->form == 'M')
		days = weekday_of_month(c, year);
	else if (c->form == 'J')
		days += calendar_is_leap(year) && c->day >= 60 ? 0 : -1;
	return days * CALENDAR_DAY_S + c->time_s;
}

/* Whether it is summer, which south of the equator goes over the turn of the year. */
static bool is_summer(const struct change *start, const struct change *end, int64_t now,
	int64_t winter_s, int64_t summer_s)
{
	int64_t local = now + winter_s;
	int64_t year = calendar_year(local / CALENDAR_DAY_S);
	int64_t from = change_time(start, year) - winter_s;
	int64_t to = change_time(end, year) - summer_s;
	return from < to ? now >= from && now < to : now >= from || now < to;
}

/* What stands behind the name and offset of winter time. */
static bool take_summer(
	struct span rule, int64_t now, const struct zone_time *winter, struct zone_time *ret_time)
{
	struct zone_time summer;
	struct change start, end;
	int64_t behind = -winter->offset_s - HOUR_S;
	if (!take_name(&rule, &summer.name) ||
		(rule.len > 0 && *rule.at != ',' && !take_time(&rule, &behind)) ||
		!take_change(&rule, &start) || !take_change(&rule, &end) || rule.len > 0)
		return false;
	summer.offset_s = -behind;
	bool in_summer = is_summer(&start, &end, now, winter->offset_s, summer.offset_s);
	*ret_time = in_summer ? summer : *winter;
	return true;
}

bool zone_rule(struct span rule, int64_t now, struct zone_time *ret_time)
{
	struct zone_time winter;
	int64_t behind; /* which is what POSIX counts */
	if (now < 0 || now / CALENDAR_DAY_S >= calendar_days(9999, 1, 1) ||
		!take_name(&rule, &winter.name) || !take_time(&rule, &behind))
		return false;
	winter.offset_s = -behind;
	if (rule.len > 0)
		return take_summer(rule, now, &winter, ret_time);
	*ret_time = winter;
	return true;
}
