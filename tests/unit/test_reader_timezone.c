/*
 * The zone's file: what glibc makes of the same file at the same moment, for every zone that is
 * installed here, and files that are none.
 */
#include "tests/unit/readers_rig.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "remote/bytes/bundle.h"
#include "remote/bytes/zone_rule.h"

#define ZONES "/usr/share/zoneinfo/"

enum { FILE_MAX = 64 << 10 };

/* What the reader makes of a file's bytes (NULL: no file) at that time. */
static const char *read_at(const char *bytes, size_t len, int64_t now_s)
{
	static char data[FILE_MAX + 256];
	struct bundle b = { .data = data, .size = sizeof data };
	struct bundle_file now = { span_of("now"), span_of(""), span_of(""), now_s * 1000000000,
		0 };
	struct bundle_file file = { span_of("localtime"), span_of("etc/localtime"),
		{ bytes ? bytes : "", len }, 0, bytes ? (int64_t)len : -1 };
	assert_true(bundle_add(&b, &now) && bundle_add(&b, &file));
	return run_reader(read_timezone, data, b.len);
}

static size_t load(const char *zone, char bytes[static FILE_MAX])
{
	char path[512];
	(void)snprintf(path, sizeof path, ZONES "%s", zone);
	FILE *f = fopen(path, "rb");
	if (!f)
		return 0;
	size_t len = fread(bytes, 1, FILE_MAX, f);
	(void)fclose(f);
	return len;
}

/* What glibc says. */
static void expect(int64_t now_s, char *out, size_t size)
{
	time_t now = now_s;
	struct tm tm;
	assert_non_null(localtime_r(&now, &tm));
	(void)snprintf(out, size,
		"# TYPE node_time_zone_offset_seconds gauge\n"
		"node_time_zone_offset_seconds{time_zone=\"%s\"} %ld\n",
		tm.tm_zone, tm.tm_gmtoff);
}

static void check_zone(const char *zone)
{
	static char bytes[FILE_MAX];
	char name[512], expected[256];
	size_t len = load(zone, bytes);
	if (len == 0 || memcmp(bytes, "TZif", 4) != 0)
		return;
	(void)snprintf(name, sizeof name, ":" ZONES "%s", zone);
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
	for (int64_t now = 100000; now < INT64_C(4200000000); now += 47 * 86400 + 3607) {
		expect(now, expected, sizeof expected);
		assert_string_equal(read_at(bytes, len, now), expected);
	}
}

static void every_zone_is_what_glibc_says(void **state)
{
	static const char *const folders[] = { "Africa", "America", "Antarctica", "Asia",
		"Atlantic", "Australia", "Europe", "Indian", "Pacific", "Etc" };
	size_t count = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		char path[64], zone[300];
		(void)snprintf(path, sizeof path, ZONES "%s", folders[i]);
		DIR *folder = opendir(path);
		for (struct dirent *e; folder && (e = readdir(folder));) {
			(void)snprintf(zone, sizeof zone, "%s/%s", folders[i], e->d_name);
			if (*e->d_name == '.' || count++ % 5 != 0)
				continue;
			check_zone(zone);
		}
		if (folder)
			(void)closedir(folder);
	}
	if (count == 0)
		skip();
}

static void no_file_is_utc(void **state)
{
	(void)state;
	assert_string_equal(read_at(NULL, 0, 1700000000),
		"# TYPE node_time_zone_offset_seconds gauge\n"
		"node_time_zone_offset_seconds{time_zone=\"UTC\"} 0\n");
}

/* A rule as it stands behind the last change, and what is the time at some moments. */
/* clang-format off */
static const struct {
	const char *rule;
	int64_t now;
	const char *name; /* NULL: refused */
	int64_t offset_s;
} rules[] = {
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1711846799, "CET", 3600 },   /* 2024-03-31 00:59:59 UTC */
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1711846800, "CEST", 7200 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1729990799, "CEST", 7200 },  /* 2024-10-27 00:59:59 UTC */
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1729990800, "CET", 3600 },
	{ "AEST-10AEDT,M10.1.0,M4.1.0/3", 1704067200, "AEDT", 39600 }, /* the turn of the year is in summer */
	{ "AEST-10AEDT,M10.1.0,M4.1.0/3", 1719792000, "AEST", 36000 },
	{ "EST5EDT,M3.2.0,M11.1.0", 1710054000, "EDT", -14400 },     /* 2024-03-10 07:00 UTC */
	{ "EST5EDT,M3.2.0,M11.1.0", 1710053999, "EST", -18000 },
	{ "<-03>3", 1700000000, "-03", -10800 },
	{ "<+0330>-3:30", 1700000000, "+0330", 12600 },
	{ "AAA+1:02:03", 1700000000, "AAA", -3723 },
	{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1711846800, "-01", -3600 }, /* hours before the day */
	{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1711846799, "-02", -7200 },
	{ "EST5EDT,0/0,J365/25", 1704067200, "EDT", -14400 },        /* summer all the year */
	{ "AAA0BBB-3,J60,J300", 1709258400, "BBB", 10800 },          /* 2024-03-01 02:00: J60 knows no 29 February */
	{ "AAA0BBB-3,J60,J300", 1709258399, "AAA", 0 },
	{ "AAA0BBB-3,59,300", 1709172000, "BBB", 10800 },            /* 2024-02-29 02:00 */
	{ "AAA0BBB-3,59,300", 1709171999, "AAA", 0 },
	{ "", 0, NULL, 0 }, { "A1", 0, NULL, 0 }, { "AAA", 0, NULL, 0 }, { "<AAA1", 0, NULL, 0 },
	{ "AAA1BBB", 0, NULL, 0 }, { "AAA1BBB,M3.5.0", 0, NULL, 0 }, { "AAA1BB,M3.5.0,M10.5.0", 0, NULL, 0 },
	{ "AAA1BBB,M0.5.0,M10.5.0", 0, NULL, 0 }, { "AAA1BBB,M13.5.0,M10.5.0", 0, NULL, 0 },
	{ "AAA1BBB,M3.0.0,M10.5.0", 0, NULL, 0 }, { "AAA1BBB,M3.6.0,M10.5.0", 0, NULL, 0 },
	{ "AAA1BBB,M3.5.7,M10.5.0", 0, NULL, 0 }, { "AAA1BBB,J0,J300", 0, NULL, 0 }, { "AAA1BBB,J366,J300", 0, NULL, 0 },
	{ "AAA1BBB,366,1", 0, NULL, 0 }, { "AAA168", 0, NULL, 0 }, { "AAA1:60", 0, NULL, 0 }, { "AAA1:0:60", 0, NULL, 0 },
	{ "AAA1BBB,M3.5.0/x,M10.5.0", 0, NULL, 0 }, { "AAA1BBB,M3.5.0,M10.5.0 ", 0, NULL, 0 },
	{ "AAA1BBB=,M3.5.0,M10.5.0", 0, NULL, 0 }, { "AAA99999999999", 0, NULL, 0 },
	{ "AAA1", -1, NULL, 0 }, { "AAA1", INT64_MAX, NULL, 0 },
};
/* clang-format on */

static void rules_say_what_the_time_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct zone_time time = { .offset_s = 1 };
		bool is_rule = zone_rule(span_of(rules[i].rule), rules[i].now, &time);
		assert_int_equal(is_rule, rules[i].name != NULL);
		if (!rules[i].name)
			continue;
		assert_true(span_is(time.name, rules[i].name));
		assert_int_equal(time.offset_s, rules[i].offset_s);
	}
}

/* As zic(8) writes it for a zone that never changed. */
#define ZEROS "\0\0\0\0\0\0\0\0\0\0"
#define BLOCK                                                                              \
	"TZif2" ZEROS ZEROS ZEROS "\0\0\0\0\1\0\0\0\4" /* one type, four bytes of names */ \
	"\0\0\16\20\0\0"                                                                   \
	"AAA\0"
static const char file[] = BLOCK BLOCK "\nBBB-2\n";

static void every_byte_may_be_missing_or_wrong(void **state)
{
	char copy[sizeof file];
	size_t len = sizeof file - 1;
	(void)state;
	assert_string_equal(read_at(file, len, 1700000000),
		"# TYPE node_time_zone_offset_seconds gauge\n"
		"node_time_zone_offset_seconds{time_zone=\"BBB\"} 7200\n");
	assert_string_equal(read_at("", 0, 1700000000), "");
	for (size_t i = 0; i < len; i++) {
		(void)read_at(file, i, 1700000000);
		for (unsigned value = 1; value < 256; value += 84) {
			memcpy(copy, file, sizeof file);
			copy[i] = (char)((unsigned char)copy[i] ^ value);
			(void)read_at(copy, len, 1700000000);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_zone_is_what_glibc_says),
		cmocka_unit_test(no_file_is_utc),
		cmocka_unit_test(rules_say_what_the_time_is),
		cmocka_unit_test(every_byte_may_be_missing_or_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
