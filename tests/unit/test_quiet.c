/* Quiet hours and room, as pure functions. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/alerts/quiet.h"

/* Sunday 2026-10-25 is the day on which Berlin has the hour from 02:00 twice, 2026-03-29 the one
 * on which it does not have it. */
static const struct {
	const char *zone;
	const char *now;      /* UTC */
	uint32_t from, until; /* hour and minute, as 2230 */
	const char *end;      /* UTC; "" = it is not quiet */
} rows[] = {
	{ "UTC", "2026-11-22 21:59:59", 2200, 700, "" },
	{ "UTC", "2026-11-22 22:00:00", 2200, 700, "2026-11-23 07:00:00" },
	{ "UTC", "2026-11-22 23:59:59", 2200, 700, "2026-11-23 07:00:00" },
	{ "UTC", "2026-11-23 00:00:00", 2200, 700, "2026-11-23 07:00:00" },
	{ "UTC", "2026-11-23 06:59:59", 2200, 700, "2026-11-23 07:00:00" },
	{ "UTC", "2026-11-23 07:00:00", 2200, 700, "" },
	{ "UTC", "2026-12-31 23:00:00", 2200, 700, "2027-01-01 07:00:00" },
	{ "UTC", "2026-11-22 12:30:00", 1230, 1315, "2026-11-22 13:15:00" },
	{ "UTC", "2026-11-22 13:15:00", 1230, 1315, "" },
	{ "UTC", "2026-11-22 12:29:59", 1230, 1315, "" },
	{ "UTC", "2026-11-22 00:00:00", 0, 2359, "2026-11-22 23:59:00" },
	{ "Europe/Berlin", "2026-11-22 20:59:59", 2200, 700, "" },
	{ "Europe/Berlin", "2026-11-22 21:00:00", 2200, 700, "2026-11-23 06:00:00" },
	{ "Europe/Berlin", "2026-10-24 22:00:00", 2200, 700, "2026-10-25 06:00:00" },
	{ "Europe/Berlin", "2026-03-28 23:00:00", 2200, 700, "2026-03-29 05:00:00" },
	{ "Europe/Berlin", "2026-03-28 23:00:00", 2200, 230, "2026-03-29 01:30:00" },
};

static int64_t parse(const char *text)
{
	struct tm t = { 0 };
	assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &t));
	return (int64_t)timegm(&t) * 1000;
}

static uint32_t minutes(uint32_t hhmm)
{
	return hhmm / 100 * 60 + hhmm % 100;
}

static void use_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct recipient r = { .has_quiet = true,
			.quiet_from = minutes(rows[i].from),
			.quiet_until = minutes(rows[i].until) };
		use_zone(rows[i].zone);
		int64_t end = quiet_until(&r, parse(rows[i].now));
		int64_t expected = rows[i].end[0] ? parse(rows[i].end) : 0;
		if (end != expected)
			fail_msg("%s in %s: %jd instead of %jd", rows[i].now, rows[i].zone,
				(intmax_t)end, (intmax_t)expected);
	}
}

static void nobody_is_quiet_unasked(void **state)
{
	(void)state;
	const struct recipient r = { 0 };
	use_zone("UTC");
	assert_int_equal(quiet_until(&r, parse("2026-11-22 00:00:00")), 0);
}

/* Messages an hour, those of the last hour and of the last minutes; for how many there is room. */
static const struct {
	enum channel channel;
	uint32_t per_hour;
	uint64_t hour, lately, room;
	bool critical_only;
} rooms[] = {
	{ CHANNEL_MAIL, 30, 0, 0, 30, false },
	{ CHANNEL_MAIL, 30, 29, 5, 1, false },
	{ CHANNEL_MAIL, 30, 30, 1, 0, true },
	{ CHANNEL_MAIL, 30, 30, 0, 1, true },
	{ CHANNEL_MAIL, 30, 41, 1, 0, true },
	{ CHANNEL_WEBHOOK, 1, 1, 0, 1, true },
	{ CHANNEL_COMMAND, 1, 0, 0, 1, false },
	{ CHANNEL_MAIL, 0, 1000, 1000, UINT64_MAX, false },
	{ CHANNEL_STDOUT, 30, 1000, 1000, UINT64_MAX, false },
};

static void there_is_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
		const struct recipient r = { .channel = rooms[i].channel,
			.per_hour = rooms[i].per_hour };
		const struct told_before told = { rooms[i].hour, rooms[i].lately };
		bool critical_only = !rooms[i].critical_only;
		assert_true(quiet_room(&r, &told, &critical_only) == rooms[i].room);
		assert_int_equal(critical_only, rooms[i].critical_only);
		assert_int_equal(quiet_is_limited(&r), rooms[i].room != UINT64_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(nobody_is_quiet_unasked),
		cmocka_unit_test(there_is_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
