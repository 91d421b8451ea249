#ifndef FLEET_REMOTE_GATHER_PACK_H
#define FLEET_REMOTE_GATHER_PACK_H

#include "remote/bytes/bundle.h"
#include "remote/collect.h"

/*
 * What the gathers put into bundles. False when there is no room for it, which is told through
 * c->cut.
 */

/* "now", with what the clock says. */
bool pack_now(struct collect *c, struct bundle *b);

/* What is at `path`, below the root: of any kind when it was written and its size, and of a
 * regular file the first `most` bytes. A file that cannot be read, or may not be
 * touched (collect_path()), or whose bytes find no room, has none and a size that says so. */
bool pack_file(
	struct collect *c, struct bundle *b, const char *kind, struct span path, size_t most);

/* The same of each file of a folder whose name is wanted, in natural order. False with errno when
 * there is no such folder to read. */
bool pack_folder(struct collect *c, struct bundle *b, const char *kind, const char *folder,
	names_wanted *is_wanted, size_t most);

#endif
