/*
 * Goes through /proc once, and through all processes but one at a time, so that memory does not
 * grow with their number. A process that ends meanwhile is none. Whose it is, is looked up only for
 * those that are named in the report.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/wire/ask.h"
#include "lib/wire/wire.h"
#include "remote/bytes/tally.h"
#include "remote/collect.h"
#include "remote/files/io.h"
#include "remote/sources.h"

enum {
	STAT_MAX = 1024,
	STATUS_MAX = 2048,
	COMMAND_MAX = 4096,
	PID_FILE_MAX = 256,
	USERS_MAX = 4 << 20,	      /* bytes of all users */
	NAMES_MAX = WIRE_REQUEST_MAX, /* of all that is asked for */
};

struct pass {
	int proc_fd;
	bool has_first; /* process 1 is always there to be seen, unless others' are hidden */
	struct tally tally;
};

/* ---- what is asked for ------------------------------------------------------------------ */

/* Also when it was written, but not by the clock of a file server. */
static ssize_t read_written(
	struct collect *c, const char *path, char *out, size_t size, int64_t *ret_written_s)
{
	char full[PATH_MAX];
	struct stat st;
	int fd = collect_path(c, path, full) ? io_open_regular(AT_FDCWD, full) : -1;
	if (fd < 0)
		return -1;
	ssize_t n = io_read_some(fd, out, size);
	if (n >= 0 && !c->is_child && fstat(fd, &st) == 0)
		*ret_written_s = st.st_mtime;
	(void)close(fd);
	return n;
}

/* The number that a pid file begins with. Without a file nothing runs; one without a number may be
 * just being written, so nobody knows. */
static void read_pid_file(struct collect *c, const char *path, struct tally_asked *asked)
{
	char text[PID_FILE_MAX];
	struct span line, word;
	errno = 0;
	ssize_t n = read_written(c, path, text, sizeof text, &asked->written_s);
	asked->by_pid = true;
	asked->is_unreadable = n < 0 && errno != ENOENT && errno != ENOTDIR;
	if (n < 0)
		collect_note(c, errno);
	struct span rest = { text, n > 0 ? (size_t)n : 0 };
	if (!span_line(&rest, &line) || !span_word(&line, &word) || !span_u64(word, &asked->pid))
		asked->pid = 0;
	asked->is_unreadable = asked->is_unreadable || (n >= 0 && asked->pid == 0);
}

/* What is asked for, one after the other. */
struct asking {
	const char *rest;
	char *names;	   /* NAMES_MAX: where they are kept */
	struct span known; /* of those with pid files the first, as read by a child */
};

static void know_pid_file(
	struct collect *c, const char *path, struct asking *a, struct tally_asked *asked)
{
	struct tally_asked known;
	if (a->known.len < sizeof known) {
		read_pid_file(c, path, asked);
		return;
	}
	memcpy(&known, a->known.at, sizeof known);
	a->known = (struct span){ a->known.at + sizeof known, a->known.len - sizeof known };
	known.name = asked->name;
	*asked = known;
}

/* NAME, or NAME=/PATH of a pid file. */
static bool next_asked(struct collect *c, struct asking *a, struct tally_asked *ret_asked)
{
	struct ask ask;
	while (ask_next(&a->rest, &ask)) {
		const char *path = strstr(ask.text, "=/");
		size_t len = path ? (size_t)(path - ask.text) : strlen(ask.text);
		if (ask.kind != ASK_PROCESS || len == 0)
			continue;
		*ret_asked = (struct tally_asked){ .name = { a->names, len } };
		memcpy(a->names, ask.text, len);
		a->names += len;
		if (path)
			know_pid_file(c, path + 1, a, ret_asked);
		return true;
	}
	return false;
}

static void ask_all(struct collect *c, struct tally *t, char *names, struct span known)
{
	struct asking a = { c->asks, names, known };
	struct tally_asked asked;
	while (next_asked(c, &a, &asked))
		c->cut += !tally_ask(t, &asked);
}

/* In a child. */
struct pid_files {
	const struct collect *c;
	char *names;
};

static void read_pid_files(int fd, const void *data)
{
	const struct pid_files *files = data;
	struct collect c = *files->c;
	struct asking a = { c.asks, files->names, { "", 0 } };
	struct tally_asked asked;
	c.is_child = true;
	while (next_asked(&c, &a, &asked))
		if (asked.by_pid && io_write(fd, &asked, sizeof asked) < 0)
			return;
}

/* Only the pid files that may never answer are worth a child; all processes take their time. */
static void ask_for_processes(
	struct collect *c, struct tally *t, char *names, char *scratch, size_t size)
{
	ask_all(c, t, names, (struct span){ "", 0 });
	if (!c->met_away)
		return;
	struct pid_files files = { c, names };
	ssize_t n = collect_away(c, read_pid_files, &files, scratch, size);
	*t = (struct tally){ 0 };
	ask_all(c, t, names, (struct span){ scratch, n > 0 ? (size_t)n : 0 });
	c->met_away = false;
}

static int64_t boot_by_clock(void)
{
	struct timespec wall, boot;
	if (clock_gettime(CLOCK_REALTIME, &wall) < 0 || clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
		return 0;
	return wall.tv_sec > boot.tv_sec ? wall.tv_sec - boot.tv_sec : 0;
}

/* proc_stat(5). Below a root the clocks are of another machine. */
static int64_t boot_by_file(struct collect *c, char *scratch, size_t size)
{
	ssize_t n = gather_file(c, &(struct source){ .path = "proc/stat" }, scratch, size);
	struct span rest = { scratch, n > 0 ? (size_t)n : 0 }, line, word;
	uint64_t seconds;
	while (span_line(&rest, &line))
		if (span_word(&line, &word) && span_is(word, "btime") &&
			span_column(line, 0, &seconds) && seconds <= UINT32_MAX)
			return (int64_t)seconds;
	return 0;
}

/* The folder /proc has the time at which it was mounted, by the clock as it was then, which is
 * when the machine booted or later. */
static void learn_times(struct collect *c, struct pass *pass, char *scratch, size_t size)
{
	struct tally *t = &pass->tally;
	struct stat st;
	if (t->asked_count == 0)
		return;
	t->boot_s = *c->root ? boot_by_file(c, scratch, size) : boot_by_clock();
	if (fstat(pass->proc_fd, &st) == 0)
		t->stepped_s = t->boot_s - (st.st_mtime > 0 ? st.st_mtime : 0);
}

/* ---- the processes ---------------------------------------------------------------------- */

static ssize_t read_of(int proc_fd, const char *pid, const char *file, char *out, size_t size)
{
	char path[NAME_MAX + sizeof "/cmdline"];
	char *end =
		span_copy(span_of(file), span_copy(span_of("/"), span_copy(span_of(pid), path)));
	*end = 0;
	return io_read_start(proc_fd, path, out, size);
}

static void take_process(void *context, const char *name)
{
	struct pass *pass = context;
	struct process p;
	char stat[STAT_MAX], command[COMMAND_MAX];
	uint64_t pid;
	if (!span_u64(span_of(name), &pid))
		return;
	errno = 0;
	ssize_t n = read_of(pass->proc_fd, name, "stat", stat, sizeof stat);
	if (n < 0 && errno != ENOENT && errno != ESRCH)
		pass->tally.has_hidden = true;
	if (n < 0 || !process_parse((struct span){ stat, (size_t)n }, &p))
		return;
	p.pid = pid;
	pass->has_first = pass->has_first || pid == 1;
	if (tally_wants_command(&pass->tally, &p)) {
		n = read_of(pass->proc_fd, name, "cmdline", command, sizeof command);
		p.command = (struct span){ command, n > 0 ? (size_t)n : 0 };
	}
	tally_add(&pass->tally, &p);
}

/* ---- what is looked up afterwards ------------------------------------------------------- */

/* proc_pid_status(5): "Uid: REAL EFFECTIVE …". ps(1) and top(1) show the effective one. */
static bool read_uid(int proc_fd, uint64_t pid, uint64_t *ret_uid)
{
	char name[24], status[STATUS_MAX];
	struct span rest = { status, 0 }, line, word;
	(void)snprintf(name, sizeof name, "%" PRIu64, pid);
	ssize_t n = read_of(proc_fd, name, "status", status, sizeof status);
	rest.len = n > 0 ? (size_t)n : 0;
	while (span_line(&rest, &line))
		if (span_word(&line, &word) && span_is(word, "Uid:"))
			return span_column(line, 1, ret_uid);
	return false;
}

static void find_uids(int proc_fd, struct tally_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		list->items[i].has_uid = read_uid(proc_fd, list->items[i].pid, &list->items[i].uid);
}

/* In pieces of whole lines, for there can be more users than there is room. Returns whether that
 * was all of them. */
static bool name_users(struct tally *t, int fd, char *piece, size_t size)
{
	size_t kept = 0, sum = 0;
	ssize_t n = 1;
	while (sum < USERS_MAX && kept < size &&
		(n = io_read_some(fd, piece + kept, size - kept)) > 0) {
		size_t len = kept + (size_t)n, whole = len;
		while (whole > 0 && piece[whole - 1] != '\n')
			whole--;
		tally_name_users(t, (struct span){ piece, whole });
		kept = len - whole;
		memmove(piece, piece + whole, kept);
		sum += (size_t)n;
	}
	tally_name_users(t, (struct span){ piece, kept });
	return n == 0;
}

static void find_users(struct collect *c, struct tally *t, char *piece, size_t size)
{
	char path[PATH_MAX];
	int fd = collect_path(c, "etc/passwd", path) ? io_open_regular(AT_FDCWD, path) : -1;
	if (fd < 0)
		return;
	c->cut += !name_users(t, fd, piece, size);
	(void)close(fd);
}

static ssize_t write_all(
	struct collect *c, struct pass *pass, char *out, size_t size, char *scratch)
{
	size_t cut;
	find_uids(pass->proc_fd, &pass->tally.cpu);
	find_uids(pass->proc_fd, &pass->tally.memory);
	find_users(c, &pass->tally, scratch, size);
	size_t len = tally_write(&pass->tally, (uint64_t)sysconf(_SC_PAGESIZE), out, size, &cut);
	c->cut += cut;
	return (ssize_t)len;
}

/* The upper half of `out` holds what is looked up: the names asked for, and then files. */
ssize_t gather_processes(struct collect *c, const struct source *s, char *out, size_t size)
{
	char *names = out + size / 2;
	struct pass pass = { .proc_fd = collect_folder(c, s->path) };
	if (pass.proc_fd < 0)
		return -1;
	ask_for_processes(c, &pass.tally, names, names + NAMES_MAX, size / 2 - NAMES_MAX);
	learn_times(c, &pass, names + NAMES_MAX, size / 2 - NAMES_MAX);
	bool whole = io_each_name(pass.proc_fd, take_process, &pass) == 0;
	pass.tally.has_hidden = pass.tally.has_hidden || !whole || !pass.has_first;
	ssize_t n = -1; /* this program is a process, or it is no /proc */
	if (pass.tally.pids > 0)
		n = write_all(c, &pass, out, size / 2 - NAMES_MAX, names + NAMES_MAX);
	if (pass.tally.pids > 0 && pass.tally.has_hidden)
		collect_note(c, EPERM);
	(void)close(pass.proc_fd);
	return n;
}
