#include "collector/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/clock.h"

char *progress_format(
	const struct poll_progress *p, int64_t now, char out[static PROGRESS_LINE_MAX])
{
	uint32_t done = p->ok + p->failed;
	int64_t elapsed = now > p->started_ms ? now - p->started_ms : 1;
	int len = snprintf(out, PROGRESS_LINE_MAX,
		"%" PRIu32 " of %" PRIu32 " done, %" PRIu32 " failed, %" PRId64 "/s", done,
		p->total, p->failed, done * INT64_C(1000) / elapsed);
	if (done && done < p->total)
		(void)snprintf(out + len, PROGRESS_LINE_MAX - (size_t)len, ", %" PRId64 " s left",
			elapsed * (p->total - done) / done / 1000);
	return out;
}

static void write_line(const char *text)
{
	char line[PROGRESS_LINE_MAX + 8];
	int len = snprintf(line, sizeof line, "\r%s\033[K", text);
	ssize_t ignored = write(STDERR_FILENO, line, (size_t)len);
	(void)ignored;
}

void progress_show(const struct poll_progress *p)
{
	char text[PROGRESS_LINE_MAX];
	write_line(progress_format(p, clock_monotonic_ms(), text));
}

void progress_clear(void)
{
	write_line("");
}
