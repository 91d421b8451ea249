#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remote/bytes/utmp.h"
#include "remote/gather/pack.h"
#include "remote/sources.h"

enum { SESSION_MAX = 4096, UTMP_MAX = 400 << 10 };

/* NUMBER.ref beside a session is a pipe. */
static bool is_session(struct span name)
{
	return !memchr(name.at, '.', name.len);
}

static void pack_sessions(struct collect *c, struct bundle *b, const char *folder)
{
	if (pack_file(c, b, "sessions", span_of(folder), 0))
		(void)pack_folder(c, b, "session", folder, is_session, SESSION_MAX);
}

/* Asked of the kernel, since proc/PID of others may be hidden; below a root there is only that. */
static bool is_dead(struct collect *c, int pid)
{
	char name[32], full[PATH_MAX];
	if (pid <= 0 || !*c->root)
		return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
	(void)snprintf(name, sizeof name, "proc/%d", pid);
	return !collect_path(c, name, full) || access(full, F_OK) < 0;
}

/* Who died without logging out is still in the file: such records are made empty ones. */
static void pack_records(struct collect *c, struct bundle *b, const char *path)
{
	struct bundle_file f;
	size_t start = b->len;
	if (!pack_file(c, b, "utmp", span_of(path), UTMP_MAX) ||
		!bundle_find((struct span){ b->data + start, b->len - start }, "utmp", &f))
		return;
	char *records = bundle_bytes(b, &f);
	size_t size = utmp_record_size(f.bytes);
	for (size_t at = 0; at < f.bytes.len && size > 0; at += size)
		if (is_dead(c, utmp_record(f.bytes, at).pid))
			memset(records + at, UTMP_EMPTY, size);
}

ssize_t gather_logins(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct bundle b = { .data = out, .size = size };
	(void)s;
	pack_sessions(c, &b, "run/systemd/sessions");
	pack_records(c, &b, "run/utmp");
	return (ssize_t)b.len;
}
