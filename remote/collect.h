#ifndef FLEET_REMOTE_COLLECT_H
#define FLEET_REMOTE_COLLECT_H

#include <limits.h>
#include <stdbool.h>

#include "lib/compiler.h"
#include "remote/arena.h"
#include "remote/bytes/mounts.h"
#include "remote/bytes/text.h"
#include "remote/files/away.h"
#include "remote/files/folder.h"
#include "remote/files/names.h"
#include "remote/files/reach.h"

/*
 * Runs every source of sources.def. One that is missing or unreadable costs its own metrics
 * only: absent means "not measured".
 *
 * What may never answer, a file on a network or FUSE mount whatever way leads to it, is touched by
 * a child only (remote/files/away.h). A gather need not know: where collect_path() had to refuse a
 * path, it is run once more by such a child, in which none is but on mounts that do not answer; and
 * if the child does not come back with all of it, again by this process, for what can be reached.
 */
enum { COLLECT_BYTES_MAX = 704 << 10 };

/* The children so far; after one of the last two there are no more, nor after too many late ones.
 */
enum children {
	CHILDREN_NONE,
	CHILDREN_CAME_BACK,
	CHILDREN_LATE,
	CHILDREN_STUCK,
	CHILDREN_IMPOSSIBLE
};
enum { MET_MAX = 16 };

struct collect {
	const char *root; /* "" for this machine; or a folder that holds proc/, sys/, etc/ … */
	const char *asks; /* of the request (lib/wire/ask.h); "" without one */
	const struct folders *folders; /* where the probe may leave something */
	char *bytes; /* COLLECT_BYTES_MAX, what a gather left; anybody's after collect_run() */
	struct names entries, names; /* for the gathers, and so are the mounts */
	struct mount *mounts;
	char *mountinfo, *points; /* memory of what follows */
	struct span mount_table;  /* the kernel's list of mounts; at NULL without one */
	bool is_table_cut, is_table_denied;
	struct reach reach;
	const char *met[MET_MAX];      /* mounts of those, as paths met them; in `points` */
	size_t met_count, asked_count; /* so many of them were asked whether they answer */
	char *dead_points;	       /* of those that do not, */
	struct reach dead;	       /* which no child goes to */
	enum children children;
	size_t late_count;
	bool is_child;
	bool met_away; /* the gather under way was refused a path that may never answer */
	bool denied;   /* the gather under way was refused something */
	size_t cut;    /* entries, lines and files that gathers had to leave out */
};

/* Takes its memory from the arena, keeps the rest as it is (`folders` may be filled later), and
 * reads the list of mounts. */
int collect_init(struct collect *c, struct arena *a, const char *root, const char *asks,
	const struct folders *folders) MUST_CHECK;

/* Appends all samples, without the closing line; last, which sources told less than they would
 * have told root (`fleet_source_denied`, by the names of their readers), how much of which was not
 * even read (`fleet_source_cut`), and whether what may never answer did (`fleet_filesystem_stuck`)
 * or could not be asked (`fleet_filesystem_unmeasured`); for these there is always room. */
void collect_run(struct collect *c, struct text *out);

/* The boot id as a report's header wants it: 36 characters, or "-". */
void collect_boot_id(struct collect *c, char ret_id[static 37]);

/* For gathers: takes the errno of what failed, and tells what would have been there: with more
 * privilege, or with more descriptors or memory. */
void collect_note(struct collect *c, int error);

/* Where `path`, which needs no slash before it, leads below the root (files/below.h). Returns
 * false, with errno, when it is too long, or no such file is there; and EREMOTE when whoever
 * touches it may never come back.
 *
 * "proc/…" and "sys/…", without a slash before it, are the probe's own choice and never away: that
 * is the kernel, or what a container's host has put in its place (lxcfs). */
bool collect_path(struct collect *c, const char *path, char out[static PATH_MAX]);

/* The same, of what is known to be safe or is touched by a child. */
bool collect_path_unasked(const struct collect *c, const char *path, char out[static PATH_MAX]);

/* Reads a regular file, and opens a folder to be listed, where collect_path() finds it. Return -1
 * with errno. */
ssize_t collect_read(struct collect *c, const char *path, char *out, size_t size) MUST_CHECK;
int collect_folder(struct collect *c, const char *path) MUST_CHECK;

/* away_read(), unless an earlier child tells that it is no use. Before it the mounts that were met
 * are asked one by one whether they answer, by children of their own. */
ssize_t collect_away(
	struct collect *c, away_work *work, const void *data, char *out, size_t size) MUST_CHECK;

#endif
