#ifndef FLEET_REMOTE_FILES_BELOW_H
#define FLEET_REMOTE_FILES_BELOW_H

#include <limits.h>
#include <stdbool.h>

#include "lib/compiler.h"

/*
 * Files of another machine, below a folder that stands for its root: every link on the way means
 * a place in that tree, and no ".." leads out of it (openat2(2), RESOLVE_IN_ROOT). Kernels before
 * 5.6 have no such call; there only an absolute link of the last component is kept below.
 */

/* Where `path`, which begins with a slash, leads. False, with errno, when there is no such file. */
bool below_find(const char *root, const char *path, char out[static PATH_MAX]) MUST_CHECK;

#endif
