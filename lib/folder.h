#ifndef FLEET_FOLDER_H
#define FLEET_FOLDER_H

#include <dirent.h>

#include "lib/compiler.h"
#include "lib/error.h"

/*
 * What stands in a folder, and who may enter it.
 */

/* A stream over an open folder, of a position and life of its own. NULL with errno. */
DIR *folder_stream(int fd) MUST_CHECK;

/* The next name but "." and ".."; NULL at the end, and when the rest cannot be read. errno is 0 at
 * the end only: readdir(3). */
const char *folder_next(DIR *stream) MUST_CHECK;

/* For CLEANUP(); keeps errno. */
void folder_close(DIR **stream);

/* Refuses a folder that is another user's or that others may enter, and says what mends it. */
int folder_check_private(int fd, const char *path, struct error *err) MUST_CHECK;

#endif
