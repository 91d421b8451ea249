/*
 * Landlock (landlock(7), Documentation/userspace-api/landlock.rst). glibc has no functions for
 * it, and the kernel's headers of the build machine may be older than the kernel of this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/confine/confine.h"
#include "lib/process.h"

/* Rights to files by the version of the interface that brought them. */
enum {
	VERSION_1 = (1 << 13) - 1, /* execute, read, write, make and remove all kinds */
	REFER = 1 << 13,	   /* rename or link into another folder */
	TRUNCATE = 1 << 14,
	IOCTL_DEV = 1 << 15,

	READ_FILE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE,
	READ = READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
};

static int get_version(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static uint64_t known_rights(int version)
{
	uint64_t rights = VERSION_1;
	rights |= version >= 2 ? REFER : 0;
	rights |= version >= 3 ? TRUNCATE : 0;
	rights |= version >= 5 ? IOCTL_DEV : 0;
	return rights;
}

/* Rights that concern what is in a folder cannot be given to a file. */
static uint64_t rights_at(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? READ : READ_FILE;
}

static int allow(int rules, const char *path, uint64_t known)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return 0;
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights_at(fd) & known,
		.parent_fd = fd,
	};
	int r = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	(void)close(fd);
	return r;
}

int confine_files(
	unsigned kind, const struct confine_place *places, size_t count, struct error *err)
{
	int version = get_version();
	struct landlock_ruleset_attr all = { .handled_access_fs = known_rights(version) };
	if (version < 1 || IS_SANITIZED)
		return 0;
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
	int r = rules < 0 ? -1 : 0;
	for (size_t i = 0; i < count && r == 0; i++)
		if (places[i].kinds & kind)
			r = allow(rules, places[i].path, all.handled_access_fs);
	if (r == 0)
		r = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	if (r)
		(void)error_errno(err, "landlock");
	if (rules >= 0)
		(void)close(rules);
	return r;
}

const char *confine_describe_files(void)
{
	if (IS_SANITIZED)
		return "files are not restricted: built with sanitizers";
	return get_version() < 1 ? "files are not restricted: this kernel has no Landlock"
				 : "files restricted (Landlock)";
}
