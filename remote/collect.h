#ifndef FLEET_REMOTE_COLLECT_H
#define FLEET_REMOTE_COLLECT_H

#include "lib/compiler.h"
#include "remote/arena.h"
#include "remote/readers.h"
#include "remote/text.h"

/*
 * Runs every reader over ROOT/proc. A file that is missing or unreadable costs its own metrics
 * only: absent means "not measured".
 */
struct collect {
	const char *root; /* "" for this machine; or a folder that holds proc/ */
	char *file;	  /* the kernel's file being read */
	struct mount *mounts;
};

/* Takes its memory from the arena. */
int collect_init(struct collect *c, struct arena *a, const char *root) MUST_CHECK;

/* Appends all samples, without the closing line. */
void collect_run(struct collect *c, struct text *out);

/* The boot id as a report's header wants it: 36 characters, or "-". */
void collect_boot_id(struct collect *c, char ret_id[static 37]);

#endif
