#ifndef FLEET_REMOTE_FILES_FOLDER_H
#define FLEET_REMOTE_FILES_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/compiler.h"
#include "remote/files/reach.h"

/*
 * Where the probe may write: its own folder, then the list of lib/wire/remote_shell.h. Nothing is
 * ever written anywhere else.
 */
enum { FOLDERS_MAX = 8, FOLDER_PATH_MAX = 1024 };

struct folder {
	char path[FOLDER_PATH_MAX];
	dev_t device; /* and inode: when it is there already */
	ino_t inode;
	bool makes_parent; /* $HOME/.cache may be missing */
};

struct folders {
	struct folder items[FOLDERS_MAX];
	size_t count;
};

/* `own` is the folder of a cached program, or "". One folder under two names is listed once. Of
 * the others those are passed over that are known to lie where they may never answer. */
void folders_init(struct folders *f, const char *own, const struct reach *reach);

/* Opens one when it is ours alone: a folder and no symbolic link, of this user, mode 0700 or
 * less. Returns a descriptor, or -1. */
int folder_open(const struct folder *f, bool create) MUST_CHECK;

/* The same for a folder inside it. */
int folder_open_at(int dir_fd, const char *name, bool create) MUST_CHECK;

#endif
