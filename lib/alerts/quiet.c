#include "lib/alerts/quiet.h"

#include <time.h>

static bool is_quiet(const struct recipient *r, uint32_t minute)
{
	if (r->quiet_from < r->quiet_until)
		return minute >= r->quiet_from && minute < r->quiet_until;
	return minute >= r->quiet_from || minute < r->quiet_until;
}

int64_t quiet_until(const struct recipient *r, int64_t now)
{
	time_t seconds = (time_t)(now / 1000);
	struct tm t;
	if (!r->has_quiet || !localtime_r(&seconds, &t) ||
		!is_quiet(r, (uint32_t)(t.tm_hour * 60 + t.tm_min)))
		return 0;
	bool tomorrow = (uint32_t)(t.tm_hour * 60 + t.tm_min) >= r->quiet_until;
	t.tm_mday += tomorrow;
	t.tm_hour = (int)(r->quiet_until / 60);
	t.tm_min = (int)(r->quiet_until % 60);
	t.tm_sec = 0;
	t.tm_isdst = -1; /* the clock may be changed on the way */
	int64_t end = (int64_t)mktime(&t) * 1000;
	return end > now ? end : now + QUIET_RETRY_MS;
}

bool quiet_is_limited(const struct recipient *r)
{
	return r->per_hour > 0 && r->channel != CHANNEL_STDOUT;
}

uint64_t quiet_room(
	const struct recipient *r, const struct told_before *told, bool *ret_critical_only)
{
	*ret_critical_only = false;
	if (!quiet_is_limited(r))
		return UINT64_MAX;
	if (told->hour < r->per_hour)
		return r->per_hour - told->hour;
	*ret_critical_only = true;
	return told->lately == 0;
}
