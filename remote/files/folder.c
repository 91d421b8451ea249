#include "remote/files/folder.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool PRINTF(3, 4) add(struct folders *f, const struct reach *reach, const char *fmt, ...)
{
	struct folder *to = &f->items[f->count];
	struct stat st = { 0 };
	va_list ap;
	va_start(ap, fmt);
	int len = vsnprintf(to->path, sizeof to->path, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof to->path || to->path[0] != '/')
		return false;
	if (reach && !reach_is_safe(reach, "", to->path))
		return false;
	bool exists = stat(to->path, &st) == 0;
	to->device = st.st_dev;
	to->inode = st.st_ino;
	for (size_t i = 0; exists && i < f->count; i++)
		if (f->items[i].device == to->device && f->items[i].inode == to->inode)
			return false;
	f->count++;
	return true;
}

void folders_init(struct folders *f, const char *own, const struct reach *reach)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	unsigned uid = (unsigned)geteuid();
	*f = (struct folders){ .count = 0 };
	if (reach->is_unknown)
		reach = NULL; /* something has to hold the lock of away.h */
	(void)add(f, NULL, "%s", own);
	if (cache && *cache)
		(void)add(f, reach, "%s/fleet-health", cache);
	if (home && *home && add(f, reach, "%s/.cache/fleet-health", home))
		f->items[f->count - 1].makes_parent = true;
	(void)add(f, reach, "/run/user/%u/fleet-health", uid);
	(void)add(f, reach, "/var/tmp/fleet-health-%u", uid);
	(void)add(f, reach, "/tmp/fleet-health-%u", uid);
	(void)add(f, reach, "/dev/shm/fleet-health-%u", uid);
}

static void make_parent(const char *path)
{
	char parent[FOLDER_PATH_MAX];
	(void)strcpy(parent, path);
	*strrchr(parent, '/') = 0;
	(void)mkdir(parent, 0700);
}

int folder_open(const struct folder *f, bool create)
{
	if (create && f->makes_parent)
		make_parent(f->path);
	return folder_open_at(AT_FDCWD, f->path, create);
}

int folder_open_at(int dir_fd, const char *name, bool create)
{
	struct stat st;
	if (create)
		(void)mkdirat(dir_fd, name, 0700);
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return fd;
	(void)close(fd);
	return -1;
}
