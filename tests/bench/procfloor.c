/*
 * What it takes to read /proc/PID/stat of every process, or all files in a folder, with nothing
 * else around it; and a crowd of processes that do nothing.
 *
 *   procfloor read            opens and reads each file once
 *   procfloor tree FOLDER     the same for the files in it and in folders below it
 *   procfloor crowd N         prints "ready" once N sleep; they end with it
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int read_all(void)
{
	char path[300], bytes[1024];
	DIR *proc = opendir("/proc");
	int fd = proc ? dirfd(proc) : -1;
	long total = 0;
	for (struct dirent *e; proc && (e = readdir(proc));) {
		if (*e->d_name < '0' || *e->d_name > '9')
			continue;
		(void)snprintf(path, sizeof path, "%s/stat", e->d_name);
		int file = openat(fd, path, O_RDONLY);
		if (file < 0)
			continue;
		ssize_t n = read(file, bytes, sizeof bytes);
		total += n > 0 ? n : 0;
		(void)close(file);
	}
	if (proc)
		(void)closedir(proc);
	return total > 0 ? 0 : 1;
}

/* What can be opened as a folder is one. */
static bool read_tree(int at, const char *name)
{
	char bytes[1024];
	int fd = openat(at, name, O_RDONLY);
	bool all = fd >= 0;
	DIR *folder = all && read(fd, bytes, sizeof bytes) < 0 ? fdopendir(fd) : NULL;
	for (struct dirent *e; folder && (e = readdir(folder));)
		if (*e->d_name != '.')
			all = read_tree(fd, e->d_name) && all;
	if (folder)
		(void)closedir(folder);
	else
		(void)close(fd);
	return all;
}

static int crowd(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();
		if (pid < 0)
			return 1;
		if (pid == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				(void)pause();
		}
	}
	(void)puts("ready");
	(void)fflush(stdout);
	return pause();
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "read") == 0)
		return read_all();
	if (argc == 3 && strcmp(argv[1], "tree") == 0)
		return read_tree(AT_FDCWD, argv[2]) ? 0 : 1;
	if (argc == 3 && strcmp(argv[1], "crowd") == 0)
		return crowd(atol(argv[2]));
	return 2;
}
