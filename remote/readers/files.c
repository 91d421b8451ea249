/* The files that somebody asked for: whether they are there, how large, and how old. Of one in a
 * folder that is closed to us, or on a server that does not answer, only that is said. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/bundle.h"

enum reading { AGE, ERROR, EXISTS, MTIME, SIZE };

/* clang-format off */
static const struct {
	const char *name;
	unsigned decimals;
} readings[] = {
	[AGE]    = { "fleet_file_age_seconds", 9 },
	[ERROR]  = { "fleet_file_error", 0 },
	[EXISTS] = { "fleet_file_exists", 0 },
	[MTIME]  = { "fleet_file_mtime_seconds", 9 },
	[SIZE]   = { "fleet_file_size_bytes", 0 },
};
/* clang-format on */

/* What can be said of one that is not there, or is hidden from us. */
static bool is_known(enum reading reading, const struct bundle_file *f)
{
	return f->size >= 0 || reading == ERROR || (reading == EXISTS && f->size == BUNDLE_MISSING);
}

static int64_t value_of(enum reading reading, const struct bundle_file *f, int64_t now_ns)
{
	int64_t age;
	switch (reading) {
	case AGE:
		return __builtin_sub_overflow(now_ns, f->time_ns, &age) ? INT64_MAX : age;
	case ERROR:
		return f->size < 0 && f->size != BUNDLE_MISSING;
	case EXISTS:
		return f->size >= 0;
	case MTIME:
		return f->time_ns;
	case SIZE:
		return f->size;
	}
	return 0;
}

static void write_reading(struct span bytes, enum reading reading, int64_t now_ns, struct text *out)
{
	struct family family = { readings[reading].name, "gauge", false };
	struct bundle_file f;
	while (bundle_next(&bytes, &f)) {
		struct label label = { "path", f.path };
		if (span_is(f.kind, "file") && is_known(reading, &f))
			text_member(out, &family, &label, 1, value_of(reading, &f, now_ns),
				readings[reading].decimals);
	}
}

void read_files(struct span bytes, struct text *out)
{
	struct bundle_file now;
	if (!bundle_find(bytes, "now", &now))
		return;
	for (enum reading i = 0; i < ARRAY_LEN(readings); i++)
		write_reading(bytes, i, now.time_ns, out);
}
