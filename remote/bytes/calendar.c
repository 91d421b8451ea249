#include "remote/bytes/calendar.h"

/* Days before 1970-01-01 since the day before 0001-01-01. */
enum { EPOCH = 719163 };

/* Before the first of each month in a year that is no leap year. */
static const unsigned short before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334,
	365 };

bool calendar_is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

unsigned calendar_month_days(int64_t year, unsigned month)
{
	unsigned days = (unsigned)before[month] - before[month - 1];
	return days + (month == 2 && calendar_is_leap(year));
}

int64_t calendar_days(int64_t year, unsigned month, unsigned day)
{
	int64_t full = year - 1;
	int64_t days = full * 365 + full / 4 - full / 100 + full / 400;
	days += before[month - 1] + (month > 2 && calendar_is_leap(year));
	return days + day - EPOCH;
}

int64_t calendar_year(int64_t days)
{
	int64_t year = 1 + (days + EPOCH - 1) * 400 / 146097;
	while (calendar_days(year + 1, 1, 1) <= days)
		year++;
	while (calendar_days(year, 1, 1) > days)
		year--;
	return year;
}
