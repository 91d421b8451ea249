/*
 * kill_at [--stop] MOMENT… -- COMMAND…: runs COMMAND and, when the moments have come one after the
 * other, kills it and every process that it has started, as kill -9 does. Exits with 137 then,
 * otherwise as COMMAND did. The programs know nothing of it: ptrace(2) stops each process at its
 * system calls. With --stop they are stopped as by SIGSTOP, and whoever wants lets them go on.
 *
 * A moment is "ROLE<CALL", when such a call is about to be made, or "ROLE>CALL", when it is done;
 * "ROLE<CALL,CALL" is either of them. ROLE is the first argument of the process without its dashes,
 * "main" when it has none of that kind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/compiler.h"

enum { TASKS_MAX = 256, MOMENTS_MAX = 1024, FAILED = 125, KILLED = 128 + SIGKILL };

static const struct {
	const char *name;
	uint64_t number;
} calls[] = {
	{ "fdatasync", SYS_fdatasync },
	{ "pread64", SYS_pread64 },
	{ "pwrite64", SYS_pwrite64 },
	{ "renameat2", SYS_renameat2 },
	{ "sendto", SYS_sendto },
	{ "syncfs", SYS_syncfs },
	{ "unlinkat", SYS_unlinkat },
	{ "wait4", SYS_wait4 },
	{ "writev", SYS_writev },
};

struct moment {
	char role[16];
	bool is_after;
	unsigned calls; /* bits by row of the table */
};

/* A process or thread that is traced. */
struct task {
	pid_t id;
	unsigned call; /* it is in, or was last; 0 when the table has none */
};

struct trace {
	struct task tasks[TASKS_MAX];
	size_t count;
	pid_t first;
	int status; /* of the first */
	bool only_stops;
};

static void fail(const char *what)
{
	perror(what);
	exit(FAILED);
}

static unsigned find_call(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (strlen(calls[i].name) == len && memcmp(calls[i].name, name, len) == 0)
			return 1U << i;
	(void)fprintf(stderr, "kill_at: %s: none of the calls it knows\n", name);
	exit(FAILED);
}

static unsigned call_of(uint64_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (calls[i].number == number)
			return 1U << i;
	return 0;
}

static struct moment parse_moment(const char *text)
{
	struct moment m = { .role = "" };
	size_t len = strcspn(text, "<>");
	if (!text[len] || len >= sizeof m.role) {
		(void)fprintf(stderr, "kill_at: %s: not a moment\n", text);
		exit(FAILED);
	}
	memcpy(m.role, text, len);
	m.is_after = text[len] == '>';
	for (const char *name = text + len; *name; name += len) {
		len = strcspn(++name, ",");
		m.calls |= find_call(name, len);
	}
	return m;
}

/* Of the memory of a process nobody but root may read more than this. */
static bool has_role(pid_t id, const char *role)
{
	char path[64], line[512] = "";
	(void)snprintf(path, sizeof path, "/proc/%d/cmdline", id);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
	(void)close(fd);
	const char *argument = line + strlen(line) + 1;
	bool is_helper = len > argument - line && strncmp(argument, "--", 2) == 0;
	return strcmp(is_helper ? argument + 2 : "main", role) == 0;
}

static struct task *find_task(struct trace *t, pid_t id)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->tasks[i].id == id)
			return &t->tasks[i];
	if (t->count == TASKS_MAX)
		fail("kill_at: too many processes");
	t->tasks[t->count] = (struct task){ .id = id };
	return &t->tasks[t->count++];
}

static void forget_task(struct trace *t, pid_t id, int status)
{
	struct task *task = find_task(t, id);
	*task = t->tasks[--t->count];
	if (id == t->first)
		t->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool is_now(struct trace *t, pid_t id, const struct moment *m)
{
	struct __ptrace_syscall_info info;
	struct task *task = find_task(t, id);
	if (ptrace(PTRACE_GET_SYSCALL_INFO, id, sizeof info, &info) <= 0)
		return false;
	bool is_entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
	if (is_entry)
		task->call = call_of(info.entry.nr);
	return (task->call & m->calls) && is_entry != m->is_after && has_role(id, m->role);
}

/* Lets it go on to its next stop, with the signal that stopped it. */
static void resume(pid_t id, int signal_number)
{
	(void)ptrace(PTRACE_SYSCALL, id, NULL, (void *)(intptr_t)signal_number);
}

/* What stopped it is none of its own signals: a start, an exec, or the start of a child. */
static bool is_ours(int status, bool is_new)
{
	return status >> 16 || WSTOPSIG(status) == (SIGTRAP | 0x80) ||
	       (is_new && WSTOPSIG(status) == SIGSTOP);
}

static void kill_all(struct trace *t)
{
	for (size_t i = 0; i < t->count; i++)
		(void)kill(t->tasks[i].id, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
}

/* From now on nobody traces them. */
static void stop_all(struct trace *t)
{
	for (size_t i = 0; i < t->count; i++) {
		(void)kill(t->tasks[i].id, SIGSTOP);
		(void)ptrace(PTRACE_DETACH, t->tasks[i].id, NULL, NULL);
	}
}

/* The moments have come. */
static int strike(struct trace *t)
{
	int status = 0;
	if (!t->only_stops) {
		kill_all(t);
		return KILLED;
	}
	stop_all(t);
	while (waitpid(t->first, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Until the last of the moments, or the last of the processes. */
static int watch(struct trace *t, const struct moment *m, size_t count)
{
	int status;
	pid_t id;
	while ((id = waitpid(-1, &status, __WALL)) > 0) {
		size_t known = t->count;
		(void)find_task(t, id);
		if (!WIFSTOPPED(status)) {
			forget_task(t, id, status);
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && is_now(t, id, m)) {
			m++;
			if (--count == 0)
				return strike(t);
		}
		resume(id, is_ours(status, known != t->count) ? 0 : WSTOPSIG(status));
	}
	return t->status;
}

static pid_t start(char **command)
{
	pid_t id = fork();
	if (id != 0)
		return id;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 && raise(SIGSTOP) == 0)
		(void)execvp(command[0], command);
	perror(command[0]);
	_exit(FAILED);
}

int main(int argc, char **argv)
{
	static struct moment moments[MOMENTS_MAX];
	static struct trace t;
	size_t count = 0;
	if (argc > 1 && strcmp(argv[1], "--stop") == 0) {
		t.only_stops = true;
		argc--, argv++;
	}
	for (; argc > 2 && strcmp(argv[1], "--") != 0 && count < MOMENTS_MAX; argc--, argv++)
		moments[count++] = parse_moment(argv[1]);
	if (argc <= 2 || count == 0 || strcmp(argv[1], "--") != 0) {
		(void)fprintf(stderr,
			"usage: kill_at [--stop] MOMENT... -- COMMAND..., %d at most\n",
			MOMENTS_MAX);
		return FAILED;
	}
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int status;
	t.first = start(argv + 2);
	if (t.first < 0 || waitpid(t.first, &status, 0) < 0 || !WIFSTOPPED(status) ||
		ptrace(PTRACE_SETOPTIONS, t.first, NULL, (void *)options))
		fail("kill_at");
	(void)find_task(&t, t.first);
	resume(t.first, 0);
	return watch(&t, moments, count);
}
