#ifndef FLEET_REMOTE_BYTES_CALENDAR_H
#define FLEET_REMOTE_BYTES_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum { CALENDAR_DAY_S = 86400 };

/* Days from 1970-01-01 to that day of the Gregorian calendar. Months and days count from 1; days
 * beyond the month's last run on into the next. Years 1 to 9999. */
int64_t calendar_days(int64_t year, unsigned month, unsigned day);

/* The year in which that day falls, counted as above. */
int64_t calendar_year(int64_t days);

bool calendar_is_leap(int64_t year);

/* 28 to 31, of months from 1 to 12. */
unsigned calendar_month_days(int64_t year, unsigned month);

#endif
