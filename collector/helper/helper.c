#include "collector/helper/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/ipc/ipc.h"
#include "lib/log.h"
#include "lib/process.h"

/* For a helper to end by itself; a sanitizer looks for leaks first. */
enum { DISMISS_MS = IS_SANITIZED ? 20000 : 2000 };

/* Variables a helper needs: the agent's socket, the resolver's settings, the sanitizers'. */
static const char *const kept_variables[] = {
	"ASAN_OPTIONS=",
	"HOSTALIASES=",
	"LOCALDOMAIN=",
	"LSAN_OPTIONS=",
	"RES_OPTIONS=",
	"SSH_AUTH_SOCK=",
	"UBSAN_OPTIONS=",
};

/* Whom the helper is to become, UID:GID. It does so by itself, see process_spawn(). */
static const char user_variable[] = "FLEET_HELPER_USER";

static struct confine_user other_user;
static int program_fd = -1;

int helper_find_program(struct error *err)
{
	return process_open_beside("fleet-helper", &program_fd, err);
}

/* The root of a container may have no other user: then the rest has to do. */
int helper_choose_user(const char *name, struct error *err)
{
	const struct confine_user myself = { false, geteuid(), getegid() };
	struct confine_user user;
	bool is_possible = true;
	if (confine_user_find(name, &user, err) ||
		(user.is_other && confine_user_is_possible(&user, &is_possible, err)))
		return -1;
	if (!is_possible) {
		if (*name)
			return error_set(err, "cannot run pollers as user %s", name);
		log_info("pollers run as root: there is no other user to become here");
		user = myself;
	}
	other_user = user;
	return 0;
}

/* Returns where it ends. */
static char **keep_environment(char *out[static ARRAY_LEN(kept_variables) + 1])
{
	size_t count = 0;
	for (char **e = environ; *e; e++)
		for (size_t i = 0; i < ARRAY_LEN(kept_variables); i++)
			if (count < ARRAY_LEN(kept_variables) &&
				strncmp(*e, kept_variables[i], strlen(kept_variables[i])) == 0)
				out[count++] = *e;
	out[count] = NULL;
	return &out[count];
}

/* The signer stays the one it is: it reads files of the run's own user. */
static void add_user(enum role role, char *text, size_t size, char *out[static 2])
{
	if (role == ROLE_SIGNER || !other_user.is_other)
		return;
	(void)snprintf(text, size, "%s=%lu:%lu", user_variable, (unsigned long)other_user.uid,
		(unsigned long)other_user.gid);
	out[0] = text;
	out[1] = NULL;
}

/* In the child, where only async-signal-safe calls are allowed. First all go above the fixed
 * numbers, so that none is overwritten before its turn. */
static int place_descriptors(const int *fds, size_t count)
{
	int high[HELPER_FDS_MAX + 1];
	for (size_t i = 0; i < count; i++)
		if ((high[i] = fcntl(fds[i], F_DUPFD, HELPER_CONTROL + HELPER_FDS_MAX + 1)) < 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		if (dup2(high[i], HELPER_CONTROL + (int)i) < 0)
			return -1;
	return close_range((unsigned)(HELPER_CONTROL + count), ~0U, 0);
}

/* What a helper starts with. */
struct start {
	const int *fds; /* that of the program last */
	size_t count;
	char **argv, **envp;
	int error; /* why it did not; in memory that both have */
};

static int reap(pid_t pid)
{
	int status = -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int run_program(void *arg)
{
	struct start *s = arg;
	int program = HELPER_CONTROL + (int)s->count - 1;
	if (place_descriptors(s->fds, s->count) == 0 && fcntl(program, F_SETFD, FD_CLOEXEC) == 0)
		(void)execveat(program, "", s->argv, s->envp, AT_EMPTY_PATH);
	s->error = errno;
	return 127;
}

int helper_spawn(enum role role, const int *fds, size_t count, pid_t *ret_pid, struct error *err)
{
	char option[32], name[] = "fleet-helper";
	char *argv[] = { name, option, NULL };
	char *envp[ARRAY_LEN(kept_variables) + 2], user[64];
	int all[HELPER_FDS_MAX + 1];
	(void)snprintf(option, sizeof option, "--%s", role_name(role));
	add_user(role, user, sizeof user, keep_environment(envp));
	memcpy(all, fds, count * sizeof *fds);
	all[count] = program_fd;
	struct start start = { .fds = all, .count = count + 1, .argv = argv, .envp = envp };
	pid_t pid = process_spawn(run_program, &start);
	if (pid < 0)
		return error_errno(err, "clone");
	if (start.error) {
		(void)reap(pid);
		errno = start.error;
		return error_errno(err, "%s cannot be started", name);
	}
	*ret_pid = pid;
	return 0;
}

int helper_start(enum role role, pid_t *ret_pid, int *ret_control, struct error *err)
{
	int ends[2];
	if (ipc_pair(ends, err))
		return -1;
	int r = helper_spawn(role, &ends[1], 1, ret_pid, err);
	close(ends[1]);
	if (r)
		close(ends[0]);
	else
		*ret_control = ends[0];
	return r;
}

static int become_user(struct error *err)
{
	struct confine_user user = { .is_other = true };
	const char *text = getenv(user_variable);
	char *colon, *end;
	if (!text)
		return 0;
	user.uid = (uid_t)strtoul(text, &colon, 10);
	user.gid = (gid_t)strtoul(*colon ? colon + 1 : colon, &end, 10);
	if (*colon != ':' || *end)
		return error_set(err, "%s is not UID:GID", user_variable);
	return confine_user_become(&user) ? error_errno(err, "user %s", text) : 0;
}

static void unblock_signals(void)
{
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int helper_confine(enum role role, struct error *err)
{
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	unblock_signals();
	if (become_user(err))
		return -1;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		(!IS_SANITIZED && prctl(PR_SET_DUMPABLE, 0)))
		return error_errno(err, "confine");
	if (fcntl(HELPER_CONTROL, F_SETFD, FD_CLOEXEC) < 0)
		return error_set(err, "this role is for the collector itself to start");
	return role_limit(role, err);
}

void helper_end(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	(void)reap(pid);
}

bool helper_dismiss(pid_t pid)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	bool is_over = p.fd >= 0 && poll(&p, 1, DISMISS_MS) == 1;
	if (p.fd >= 0)
		close(p.fd);
	if (!is_over)
		(void)kill(pid, SIGKILL);
	return reap(pid) == 0 && is_over;
}
