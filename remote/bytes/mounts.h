#ifndef FLEET_REMOTE_BYTES_MOUNTS_H
#define FLEET_REMOTE_BYTES_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "remote/bytes/span.h"
#include "remote/bytes/text.h"

/*
 * /proc/PID/mountinfo (proc(5)) to the mounts worth measuring: local filesystems on real
 * storage, each once. What lies behind a network, FUSE or autofs mount only when it is asked
 * for, since statfs(2) on a dead server sleeps beyond any signal; autofs itself never, since
 * looking mounts it. A type that is not known may be of a network, too.
 *
 * Patterns of mount points (ASK_MOUNT_INCLUDE, ASK_MOUNT_EXCLUDE) add and take away; of those that
 * match, the last decides. An added one may be of any kind, but not behind a network unasked.
 */
enum { MOUNTS_MAX = 1024, MOUNT_PATH_MAX = TEXT_LABEL_MAX + 1 };

struct mount {
	struct span device, type, point; /* into the file, as escaped there */
	struct span id;			 /* major:minor */
	bool whole;			 /* its root is the filesystem's own: no bind mount */
	bool readonly;
	bool away; /* it may never answer */
};

/* `asks` are the request's (lib/wire/ask.h). At most MOUNTS_MAX; *ret_cut counts the others. */
size_t mounts_parse(struct span file, const char *asks, struct mount *ret_mounts, size_t *ret_cut);

/* The points of all mounts that may never answer, each with a NUL, but for "/": who starts from a
 * dead root stays with it. False when they do not fit. */
bool mounts_list_away(struct span file, char *out, size_t size, size_t *ret_len);

/* Turns the kernel's \ooo (blank, tab, newline, backslash) back into bytes and a NUL. Returns
 * the length, or 0 when it does not fit. */
size_t mount_unescape(struct span s, char *out, size_t size);

#endif
