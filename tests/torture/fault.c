/*
 * The choice of the call that fails. Nothing here allocates, and after the start no file is
 * opened, so that it works in confined processes and between fork and exec.
 */
#include "tests/torture/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <unwind.h>

#include "lib/compiler.h"
#include "lib/process.h"

extern const char __executable_start[], etext[]; /* ld(1) */

static struct fault_table *table;
static char role[FAULT_ROLE_SIZE] = "main";
static bool spares_libraries;

/* What a sanitizer would say itself; nobody asks how a helper died. */
static void on_crash(int signal_number)
{
	static const char line[] = "torture: a signal ended this process\n";
	ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
	(void)ignored;
	(void)signal_number;
}

static void catch_crashes(void)
{
	static const int crashes[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
	struct sigaction once = { .sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND };
	for (size_t i = 0; i < ARRAY_LEN(crashes) && !IS_SANITIZED; i++)
		(void)sigaction(crashes[i], &once, NULL);
}

/* A helper's role is its argument: "--poller", …; the probe's "--root" is none. */
__attribute__((constructor)) static void fault_start(int argc, char **argv)
{
	const char *path = getenv("FLEET_FAULTS");
	if (argc > 1 && strncmp(argv[1], "--", 2) == 0 && strcmp(argv[1], "--root") != 0)
		(void)snprintf(role, sizeof role, "%.15s", argv[1] + 2);
	catch_crashes();
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *at = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	table = at == MAP_FAILED ? NULL : at;
	(void)close(fd);
}

/* ---- where a call comes from ------------------------------------------------------------ */

struct walk {
	struct fault_site *site;
	uintptr_t first; /* where the wrapper returns to; what is inside of it is ours */
	bool is_seen;
	uint32_t depth;
};

static void mix(uint64_t *key, const void *data, size_t len)
{
	for (const unsigned char *p = data; len > 0; len--)
		*key = (*key ^ *p++) * 0x100000001b3; /* FNV-1a, 64 bits */
}

/* Whether to go on: the C library is where main() was called from. */
static bool enter_library(struct fault_site *s, const void *at)
{
	Dl_info info;
	if (!dladdr(at, &info) || strstr(info.dli_fname, "/libc.so") ||
		strstr(info.dli_fname, "/libasan.so"))
		return false;
	uint64_t offset = (uint64_t)((const char *)at - (const char *)info.dli_fbase);
	mix(&s->key, &offset, sizeof offset);
	if (!s->is_inside)
		(void)snprintf(s->place, sizeof s->place, "%.15s %.30s",
			strrchr(info.dli_fname, '/') + 1, info.dli_sname ? info.dli_sname : "");
	s->is_inside = 1;
	return true;
}

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *arg)
{
	struct walk *w = arg;
	uintptr_t at = _Unwind_GetIP(context);
	w->is_seen = w->is_seen || at == w->first;
	if (!w->is_seen)
		return _URC_NO_REASON;
	if (at >= (uintptr_t)__executable_start && at < (uintptr_t)etext) {
		uint64_t offset = at - (uintptr_t)__executable_start;
		w->site->callers[w->depth] = offset;
		mix(&w->site->key, &offset, sizeof offset);
	} else if (!enter_library(w->site, (const void *)at)) {
		return _URC_END_OF_STACK;
	}
	return ++w->depth < table->depth ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static struct fault_site find_site(enum fault_function f, const void *caller)
{
	struct fault_site s = { .key = 0xcbf29ce484222325, .function = f };
	struct walk w = { .site = &s, .first = (uintptr_t)caller };
	memcpy(s.role, role, sizeof role);
	mix(&s.key, &s.function, sizeof s.function);
	mix(&s.key, role, strlen(role));
	(void)_Unwind_Backtrace(step, &w);
	s.key |= 1; /* never 0 */
	return s;
}

/* ---- to fail or not --------------------------------------------------------------------- */

static bool take_slot(struct fault_site *slot, const struct fault_site *s)
{
	uint64_t key = 0;
	if (!__atomic_compare_exchange_n(
		    &slot->key, &key, s->key, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return key == s->key;
	memcpy(&slot->function, &s->function, sizeof *s - offsetof(struct fault_site, function));
	return true;
}

static void enter_site(const struct fault_site *s)
{
	for (size_t i = 0; i < FAULT_SITES_MAX; i++) {
		struct fault_site *slot = &table->sites[(s->key + i) % FAULT_SITES_MAX];
		if (!take_slot(slot, s))
			continue;
		(void)__atomic_fetch_add(&slot->hits, 1, __ATOMIC_SEQ_CST);
		return;
	}
}

bool fault_is_due(enum fault_function f, const void *caller)
{
	int saved = errno;
	bool is_due = false;
	if (!table || (table->target && table->count))
		return false;
	struct fault_site s = find_site(f, caller);
	if (s.is_inside && spares_libraries)
		is_due = false;
	else if (!table->target)
		enter_site(&s);
	else if (s.key == table->target)
		is_due = __atomic_fetch_add(&table->count, 1, __ATOMIC_SEQ_CST) == 0;
	errno = saved;
	return is_due;
}

bool fault_is_half(void)
{
	return table->is_half;
}

void fault_spare_libraries(void)
{
	spares_libraries = true;
}

void fault_resume(void)
{
	spares_libraries = false;
}
