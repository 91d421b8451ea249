#ifndef FLEET_REMOTE_COLLECT_H
#define FLEET_REMOTE_COLLECT_H

#include <limits.h>
#include <stdbool.h>

#include "lib/compiler.h"
#include "remote/arena.h"
#include "remote/folder.h"
#include "remote/mounts.h"
#include "remote/names.h"
#include "remote/text.h"

/*
 * Runs every source of sources.def. One that is missing or unreadable costs its own metrics
 * only: absent means "not measured".
 */
enum { COLLECT_BYTES_MAX = 704 << 10 };

struct collect {
	const char *root; /* "" for this machine; or a folder that holds proc/, sys/, etc/ … */
	const char *asks; /* of the request (lib/wire/ask.h); "" without one */
	const struct folders *folders; /* where the probe may leave something */
	char *bytes; /* COLLECT_BYTES_MAX, what a gather left; anybody's after collect_run() */
	struct names entries, names; /* for the gathers, and so are the mounts */
	struct mount *mounts;
	bool cut;    /* a gather had to leave something out */
	bool denied; /* the gather under way was refused something */
};

/* Takes its memory from the arena, and keeps the rest as it is. */
int collect_init(struct collect *c, struct arena *a, const char *root, const char *asks,
	const struct folders *folders) MUST_CHECK;

/* Appends all samples, without the closing line; last, which sources told less than they would
 * have told root (`fleet_source_denied`, by the names of their readers). */
void collect_run(struct collect *c, struct text *out);

/* The boot id as a report's header wants it: 36 characters, or "-". */
void collect_boot_id(struct collect *c, char ret_id[static 37]);

/* For gathers: takes the errno of what failed, and tells what would have been there: with more
 * privilege, or with more descriptors or memory. */
void collect_note(struct collect *c, int error);

/* Where `path`, which needs no slash before it, leads below the root (below.h). Returns false, with
 * errno, when it is too long, or no such file is there. */
bool collect_path(const struct collect *c, const char *path, char out[static PATH_MAX]);

#endif
