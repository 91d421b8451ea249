#include "tests/fleetsim/ledger.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

int ledger_open(struct ledger *l, const char *folder, unsigned worker, struct error *err)
{
	char path[1024];
	*l = (struct ledger){ .fd = -1 };
	if (!folder)
		return 0;
	(void)snprintf(path, sizeof path, "%s/ledger.%u", folder, worker);
	l->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return l->fd < 0 ? error_errno(err, "%s", path) : 0;
}

void ledger_close(struct ledger *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	buffer_finish(&l->line);
}

/* With one write(2), so that a line is there whole or not at all when this process dies. */
static int write_line(struct ledger *l)
{
	if (l->fd < 0)
		return 0;
	return write(l->fd, l->line.data, l->line.len) == (ssize_t)l->line.len ? 0 : -1;
}

static int put(struct ledger *l, const char *what, const char *host, uint64_t attempt_id,
	const char *digest)
{
	buffer_clear(&l->line);
	return buffer_printf(&l->line, "%s %s %016" PRIx64 " %s", what, host, attempt_id, digest);
}

static int end(struct ledger *l)
{
	return buffer_append_text(&l->line, "\n") < 0 ? -1 : write_line(l);
}

int ledger_report(struct ledger *l, const char *host, uint64_t attempt_id, const char *digest,
	const struct expectations *expected)
{
	if (put(l, "report", host, attempt_id, digest) < 0)
		return -1;
	for (size_t i = 0; expected && i < expected->count; i++) {
		const struct expected *e = &expected->items[i];
		if (buffer_printf(&l->line, " %s%s%s=%.17g", e->metric, *e->instance ? ":" : "",
			    e->instance, e->value) < 0)
			return -1;
	}
	return end(l);
}

int ledger_lie(struct ledger *l, const char *host, uint64_t attempt_id, const char *digest)
{
	return put(l, "lie", host, attempt_id, digest) < 0 ? -1 : end(l);
}

int ledger_ack(struct ledger *l, const char *host, uint64_t attempt_id, const char *digest)
{
	return put(l, "ack", host, attempt_id, digest) < 0 ? -1 : end(l);
}

int ledger_fault(struct ledger *l, const char *host, const char *fault, const char *moment)
{
	buffer_clear(&l->line);
	if (buffer_printf(&l->line, "fault %s %s:%s\n", host, fault, moment) < 0)
		return -1;
	return write_line(l);
}
