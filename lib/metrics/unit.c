#include "lib/metrics/unit.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/compiler.h"

static const char *const unit_names[] = {
	[UNIT_NONE] = "",
	[UNIT_RATIO] = "ratio",
	[UNIT_BYTES] = "bytes",
	[UNIT_SECONDS] = "seconds",
	[UNIT_BYTES_PER_SECOND] = "bytes_per_second",
	[UNIT_PER_SECOND] = "per_second",
	[UNIT_TIMESTAMP] = "timestamp",
	[UNIT_CELSIUS] = "celsius",
	[UNIT_WATTS] = "watts",
};

const char *unit_name(enum metric_unit u)
{
	return unit_names[u];
}

/* The longer end comes first. */
static const struct {
	const char *end;
	enum metric_unit unit;
} ends[] = {
	{ "_bytes_per_second", UNIT_BYTES_PER_SECOND },
	{ "_per_second", UNIT_PER_SECOND },
	{ "_bytes", UNIT_BYTES },
	{ "_celsius", UNIT_CELSIUS },
	{ "_ratio", UNIT_RATIO },
	{ "_mtime_seconds", UNIT_TIMESTAMP },
	{ "_timestamp_seconds", UNIT_TIMESTAMP },
	{ "_seconds", UNIT_SECONDS },
	{ "_watts", UNIT_WATTS },
};

enum metric_unit unit_of_name(const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t end = strlen(ends[i].end);
		if (len > end && strcmp(name + len - end, ends[i].end) == 0)
			return ends[i].unit;
	}
	return UNIT_NONE;
}

/* ---- values as people read them ------------------------------------------------------------ */

/* 1536 → "1.5 KiB"; `step` is 1024 or 1000, `units` its prefixes. */
static void format_scaled(
	double value, double step, const char *const units[static 6], char *out, size_t size)
{
	size_t i = 0;
	for (; fabs(value) >= step && i < 5; i++)
		value /= step;
	(void)snprintf(out, size, "%.*f %s", i > 0 && fabs(value) < 100 ? 1 : 0, value, units[i]);
}

/* The two largest parts: "4 d 3 h". */
static void format_duration(double seconds, char *out, size_t size)
{
	static const struct {
		uint64_t seconds;
		const char *unit;
	} parts[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	const char *sign = seconds < 0 ? "-" : "";
	double length = fabs(seconds);
	if (length < 60 || length > 1e15) {
		(void)snprintf(out, size, "%s%.3g s", sign, length);
		return;
	}
	uint64_t whole = (uint64_t)length;
	size_t i = 0;
	while (whole < parts[i].seconds)
		i++;
	(void)snprintf(out, size, "%s%ju %s %ju %s", sign, (uintmax_t)(whole / parts[i].seconds),
		parts[i].unit, (uintmax_t)(whole % parts[i].seconds / parts[i + 1].seconds),
		parts[i + 1].unit);
}

static void format_timestamp(double seconds, char *out, size_t size)
{
	char text[CLOCK_TEXT_SIZE] = "?";
	if (fabs(seconds) < 1e11)
		(void)clock_format_utc((int64_t)(seconds * 1000), text);
	(void)snprintf(out, size, "%s", text);
}

static void format_plain(double value, char *out, size_t size)
{
	int decimals = value == floor(value) || fabs(value) >= 1e6 ? 0 : 2;
	(void)snprintf(out, size, "%.*f", decimals, value);
}

char *unit_format(enum metric_unit u, double value, char *out, size_t size)
{
	static const char *const binary[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	static const char *const decimal[] = { "B/s", "kB/s", "MB/s", "GB/s", "TB/s", "PB/s" };
	switch (u) {
	case UNIT_RATIO:
		(void)snprintf(out, size, "%.1f %%", value * 100);
		break;
	case UNIT_BYTES:
		format_scaled(value, 1024, binary, out, size);
		break;
	case UNIT_BYTES_PER_SECOND:
		format_scaled(value, 1000, decimal, out, size);
		break;
	case UNIT_SECONDS:
		format_duration(value, out, size);
		break;
	case UNIT_TIMESTAMP:
		format_timestamp(value, out, size);
		break;
	case UNIT_PER_SECOND:
		(void)snprintf(out, size, "%.1f/s", value);
		break;
	case UNIT_CELSIUS:
		(void)snprintf(out, size, "%.1f °C", value);
		break;
	case UNIT_WATTS:
		(void)snprintf(out, size, "%.1f W", value);
		break;
	case UNIT_NONE:
		format_plain(value, out, size);
		break;
	}
	return out;
}
