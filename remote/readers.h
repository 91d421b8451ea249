#ifndef FLEET_REMOTE_READERS_H
#define FLEET_REMOTE_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/span.h"
#include "remote/text.h"

/*
 * One reader a source, one file a reader, one row a reader in collect.c. A reader is a pure
 * function from the bytes of a kernel file to samples under node_exporter's names, labels and
 * types; it decides nothing. The bytes are hostile: a line that is not understood is skipped.
 *
 * To add one: write read_NAME.c, declare it here, add its row in collect.c and its file in
 * meson.build, and give it a table in tests/unit/test_readers.c and a seed in
 * tests/fuzz/seeds/readers.
 */
typedef void reader(struct span file, struct text *out);

reader read_stat;      /* proc(5): /proc/stat */
reader read_loadavg;   /* proc(5): /proc/loadavg */
reader read_meminfo;   /* proc(5): /proc/meminfo */
reader read_diskstats; /* Documentation/admin-guide/iostats.rst */
reader read_netdev;    /* proc(5): /proc/net/dev */
reader read_processes; /* the names in /proc, one a line */

/*
 * Filesystems need a system call between the file and the samples, so they are read in two
 * pure steps with statvfs(3) in the middle.
 */
enum { MOUNTS_MAX = 1024, MOUNT_PATH_MAX = TEXT_LABEL_MAX + 1 };

struct mount {
	struct span device, type, point; /* into the file, as escaped there */
	struct span id;			 /* major:minor */
	bool whole;			 /* its root is the filesystem's own: no bind mount */
	bool measured;			 /* the numbers below are set */
	uint64_t readonly;		 /* 0 or 1 */
	uint64_t size, free, avail;	 /* bytes */
	uint64_t files, files_free;	 /* inodes */
};

/* /proc/PID/mountinfo (proc(5)) to the mounts worth measuring: local filesystems on real
 * storage, each once, at most MOUNTS_MAX. Never one that lies behind a network, FUSE or autofs
 * mount, since statfs(2) on a dead server sleeps beyond any signal. */
size_t mounts_parse(struct span file, struct mount *ret_mounts);

/* Turns the kernel's \ooo (blank, tab, newline, backslash) back into bytes and a NUL. Returns
 * the length, or 0 when it does not fit. */
size_t mount_unescape(struct span s, char *out, size_t size);

/* Of those that were measured. */
void mounts_write(const struct mount *mounts, size_t count, struct text *out);

#endif
