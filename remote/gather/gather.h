#ifndef FLEET_REMOTE_GATHER_H
#define FLEET_REMOTE_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/compiler.h"

/*
 * A gather does what a source needs of input and output and writes at most `size` bytes for its
 * reader. Returns how many, or -1 for what is not there. What did not fit is left out by whole
 * lines and told through c->cut. It allocates nothing: what it needs beside `out` and its stack
 * it takes from c->names.
 *
 * What is refused for want of privilege is told by collect_note().
 *
 * All paths are below the root (collect_path()). With a root, what a system call would tell of
 * this machine comes from a file below the root, or not at all.
 */
struct collect;
struct source;
typedef ssize_t gather(struct collect *c, const struct source *s, char *out, size_t size);

/*
 * The common ones:
 *
 *   file   the file's bytes
 *   first  the bytes of the first of `files`, divided by blanks, that is there
 *   present  of each of `files`, divided by blanks, whether it is there: a bundle of "file"
 *   asked  what the request asks for of the kind `files`: a bundle of "now" and of that kind; of
 *          certificates with their bytes
 *   lines  of each of `files`, names below `path`: its lines, as FILE<TAB>LINE
 *   tree   of each entry of the folder `path` and each of `files`, patterns below the entry, in
 *          natural order: ENTRY/FILE<TAB>FIRST LINE, when it has less than TREE_VALUE_MAX bytes.
 *          Entries that are symbolic links are followed. With a star in the last name of `path`,
 *          "sys/block/md<star>", it takes the entries whose names are so. A pattern is
 *            name             queue/rotational
 *            with one star    temp*_input, csrow<star>/ce_count
 *            @name            the last component of what that symbolic link points to
 *            @@name           the whole path of where it leads, or what fits of its end
 *          Blanks at the end of a value are left out. A file that is missing or unreadable has no
 *          line, one that is empty has an empty value.
 *
 * What lines and tree write is read through remote/bytes/tree.h.
 */
enum { TREE_VALUE_MAX = 255 };

#define SOURCE(group, how, path, files, name) gather gather_##how;
#include "remote/sources.def"
#undef SOURCE
gather gather_file, gather_first, gather_lines, gather_tree;

/* Of what was read into room for `size` bytes: how many are of whole lines. When all of the room is
 * taken there may be more, and what stands behind the last newline is left out. */
size_t gather_whole(struct collect *c, const char *out, size_t len, size_t size);

#endif
