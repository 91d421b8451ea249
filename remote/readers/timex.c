/*
 * What adjtimex(2) says of the clock, under the names and in the units of node_exporter, and
 * the time itself. One line a field of struct timex, as gather/clock.c writes them.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/tree.h"

enum {
	TIME_ERROR = 5,	       /* what adjtimex() returns while nobody keeps the clock right */
	STA_NANO = 0x2000,     /* in status: offset and jitter are nanoseconds */
	FRACTIONS_PPM = 65536, /* of frequencies, in parts per million */
	PARTS = 1000,	       /* in a millionth: of frequencies as they are written */
};

enum scale { WHOLE, MICROSECONDS, MICRO_OR_NANO, PPM, ONE_AND_PPM };

/* clang-format off */
static const struct {
	const char *field, *name, *type;
	enum scale scale;
} rows[] = {
	{ "calcnt",   "node_timex_pps_calibration_total",        "counter", WHOLE },
	{ "constant", "node_timex_loop_time_constant",           "gauge",   WHOLE },
	{ "errcnt",   "node_timex_pps_error_total",              "counter", WHOLE },
	{ "esterror", "node_timex_estimated_error_seconds",      "gauge",   MICROSECONDS },
	{ "freq",     "node_timex_frequency_adjustment_ratio",   "gauge",   ONE_AND_PPM },
	{ "jitcnt",   "node_timex_pps_jitter_total",             "counter", WHOLE },
	{ "jitter",   "node_timex_pps_jitter_seconds",           "gauge",   MICRO_OR_NANO },
	{ "maxerror", "node_timex_maxerror_seconds",             "gauge",   MICROSECONDS },
	{ "offset",   "node_timex_offset_seconds",               "gauge",   MICRO_OR_NANO },
	{ "ppsfreq",  "node_timex_pps_frequency_hertz",          "gauge",   PPM },
	{ "shift",    "node_timex_pps_shift_seconds",            "gauge",   WHOLE },
	{ "stabil",   "node_timex_pps_stability_hertz",          "gauge",   PPM },
	{ "status",   "node_timex_status",                       "gauge",   WHOLE },
	{ "stbcnt",   "node_timex_pps_stability_exceeded_total", "counter", WHOLE },
	{ "tai",      "node_timex_tai_offset_seconds",           "gauge",   WHOLE },
	{ "tick",     "node_timex_tick_seconds",                 "gauge",   MICROSECONDS },
};
/* clang-format on */

static const struct span none = { "", 0 };

static int64_t parts_per_billion(int64_t fractions)
{
	int64_t scaled = fractions * PARTS, half = FRACTIONS_PPM / 2;
	return (scaled + (scaled < 0 ? -half : half)) / FRACTIONS_PPM;
}

static void write_row(size_t row, int64_t value, bool is_nano, struct text *out)
{
	unsigned decimals = 0;
	switch (rows[row].scale) {
	case WHOLE:
		break;
	case MICROSECONDS:
		decimals = 6;
		break;
	case MICRO_OR_NANO:
		decimals = is_nano ? 9 : 6;
		break;
	case PPM:
		value = parts_per_billion(value);
		decimals = 9;
		break;
	case ONE_AND_PPM:
		value = 1000000000 + parts_per_billion(value);
		decimals = 9;
		break;
	}
	text_single_signed(out, rows[row].name, rows[row].type, value, decimals);
}

void read_timex(struct span bytes, struct text *out)
{
	struct span now;
	int64_t value, state, status = 0;
	if (tree_find(bytes, none, "now", &now) && span_decimal(now, 9, &value))
		text_single_signed(out, "node_time_seconds", "gauge", value, 9);
	if (tree_i64(bytes, none, "state", &state))
		text_single(out, "node_timex_sync_status", "gauge", state != TIME_ERROR, 0);
	(void)tree_i64(bytes, none, "status", &status);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (tree_i64(bytes, none, rows[i].field, &value) && value > -INT32_MAX * 1000LL &&
			value < INT32_MAX * 1000LL)
			write_row(i, value, status & STA_NANO, out);
}
