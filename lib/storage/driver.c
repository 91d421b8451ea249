#include "lib/storage/driver.h"

static const int64_t year_1000 = INT64_C(-30610224000000);
static const int64_t year_9999 = INT64_C(253402300799999);

int db_split_time(int64_t ms, struct tm *ret_tm)
{
	if (ms < year_1000)
		ms = year_1000;
	if (ms > year_9999)
		ms = year_9999;
	int rest = (int)(((ms % 1000) + 1000) % 1000);
	time_t seconds = (time_t)((ms - rest) / 1000);
	(void)gmtime_r(&seconds, ret_tm); /* cannot fail within these years */
	return rest;
}

int64_t db_join_time(const struct tm *tm, int ms)
{
	struct tm copy = *tm;
	return (int64_t)timegm(&copy) * 1000 + ms;
}
