/*
 * In a probe linked with --wrap=renameat: what it seals is also entered in ledger/ in HOME, as
 * a second link to the file, before anybody else can have it.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	char path[PATH_MAX];
	const char *home = getenv("HOME"), *end = strrchr(to, '.');
	if (home && end && strcmp(end, ".sealed") == 0) {
		(void)snprintf(path, sizeof path, "%s/ledger/%s", home, to);
		if (linkat(from_dir, from, AT_FDCWD, path, 0) < 0)
			return -1;
	}
	return __real_renameat(from_dir, from, to_dir, to);
}
