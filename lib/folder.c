#include "lib/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

DIR *folder_stream(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = own < 0 ? NULL : fdopendir(own);
	int saved = errno;
	if (!stream && own >= 0)
		(void)close(own);
	errno = saved;
	return stream;
}

const char *folder_next(DIR *stream)
{
	const struct dirent *entry;
	do
		errno = 0;
	while ((entry = readdir(stream)) &&
		(strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	return entry ? entry->d_name : NULL;
}

void folder_close(DIR **stream)
{
	int saved = errno;
	if (*stream)
		(void)closedir(*stream);
	errno = saved;
}

int folder_check_private(int fd, const char *path, struct error *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_errno(err, "%s", path);
	if (st.st_uid != geteuid())
		return error_set(err, "%s: belongs to another user: chown -R %ld %s", path,
			(long)geteuid(), path);
	if (st.st_mode & 077)
		return error_set(err, "%s: others can enter it: chmod 700 %s", path, path);
	return 0;
}
