#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/confine/confine.h"

/* systemd.exec(5), DynamicUser=: neither people nor packages get these. */
enum { UNUSED_MIN = 61184, UNUSED_MAX = 65519 };

static int find_unused(struct confine_user *ret_user, struct error *err)
{
	for (uid_t id = UNUSED_MAX; id >= UNUSED_MIN; id--)
		if (!getpwuid(id) && !getgrgid(id)) {
			*ret_user = (struct confine_user){ true, id, id };
			return 0;
		}
	return error_set(err, "no user number is unused: name one with <collector user=\"…\"/>");
}

static int find_named(const char *name, struct confine_user *ret_user, struct error *err)
{
	errno = 0;
	const struct passwd *p = getpwnam(name);
	if (!p)
		return error_set(err, "<collector user=\"%s\"/>: there is no such user", name);
	if (p->pw_uid == 0 || p->pw_gid == 0)
		return error_set(
			err, "<collector user=\"%s\"/>: is root, or of root's group", name);
	*ret_user = (struct confine_user){ true, p->pw_uid, p->pw_gid };
	return 0;
}

int confine_user_find(const char *name, struct confine_user *ret_user, struct error *err)
{
	if (geteuid() != 0) {
		*ret_user = (struct confine_user){ false, geteuid(), getegid() };
		return 0;
	}
	return *name ? find_named(name, ret_user, err) : find_unused(ret_user, err);
}

int confine_user_become(const struct confine_user *user)
{
	if (!user->is_other)
		return 0;
	return setgroups(0, NULL) || setresgid(user->gid, user->gid, user->gid) ||
			       setresuid(user->uid, user->uid, user->uid)
		       ? -1
		       : 0;
}

/* A child with memory of its own, see process_spawn(). */
static int try_become(const struct confine_user *user)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0)
		_exit(confine_user_become(user) ? 1 : 0);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int confine_user_is_possible(
	const struct confine_user *user, bool *ret_is_possible, struct error *err)
{
	errno = ECHILD; /* when a signal ended it */
	int status = try_become(user);
	*ret_is_possible = status == 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
		return 0;
	return error_errno(err, "a process to see whether another user is possible");
}
