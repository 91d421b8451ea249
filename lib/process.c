#include "lib/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/compiler.h"

#if defined(__SANITIZE_ADDRESS__) || HAS_ASAN_FEATURE
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

static volatile sig_atomic_t process_stop;

static void on_stop(int signal_number)
{
	(void)signal_number;
	process_stop = 1;
}

static void fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* the lowest free number is `fd`, since those below are taken */
		(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

/* The limit is for a dump to a file; one to a pipe (core(5)) only heeds the flag. */
static void keep_memory_private(void)
{
	static const struct rlimit no_core = { 0, 0 };
	(void)setrlimit(RLIMIT_CORE, &no_core);
	if (!IS_SANITIZED)
		(void)prctl(PR_SET_DUMPABLE, 0);
}

void process_prepare(void)
{
	sigset_t none;
	keep_memory_private();
	fill_descriptors();
	(void)umask(077);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Handlers first: a signal that was blocked comes as soon as it is not. */
const volatile sig_atomic_t *process_setup(void)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction stop = { .sa_handler = on_stop };
	for (size_t i = 0; i < ARRAY_LEN(stops); i++)
		(void)sigaction(stops[i], &stop, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	process_prepare();
	return &process_stop;
}

pid_t process_spawn(int (*child)(void *arg), void *arg)
{
	alignas(16) char stack[32 * 1024]; /* grows downwards wherever Linux runs but on PA-RISC */
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	pid_t pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, arg);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);	  /* keeps errno */
	ASAN_UNPOISON_MEMORY_REGION(stack, sizeof stack); /* its functions may not have returned */
	return pid;
}

int process_folder(char *out, size_t size, struct error *err)
{
	ssize_t len = readlink("/proc/self/exe", out, size);
	if (len < 0)
		return error_errno(err, "/proc/self/exe");
	if ((size_t)len == size)
		return error_set(err, "the path of this program is too long");
	out[len] = 0;
	*strrchr(out, '/') = 0;
	return 0;
}

/* Beside this program, in the folder of the collector's in a build, or installed. */
int process_open_beside(const char *name, int *ret_fd, struct error *err)
{
	static const char *const places[] = { "", "/../collector", "/../libexec/fleet-health" };
	char folder[PATH_MAX], path[PATH_MAX + 64];
	if (process_folder(folder, sizeof folder, err) != 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		(void)snprintf(path, sizeof path, "%s%s/%s", folder, places[i], name);
		int fd = open(path, O_PATH | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
			return error_errno(err, "%s", path);
		if (fd < 0)
			continue;
		*ret_fd = fd;
		return 0;
	}
	return error_set(err, "%s: no %s in it or in ../libexec/fleet-health", folder, name);
}
