#include "remote/bytes/mounts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/compiler.h"
#include "lib/pattern.h"
#include "lib/wire/ask.h"

/* What a type of filesystem is to us. */
enum kind {
	OTHER,	 /* the kernel's own, or in memory, or a read-only image: never full in a way that
		    matters */
	DISK,	 /* on local storage */
	ROOT,	 /* in a container or a live system this is all there is, so only as "/" */
	REMOTE,	 /* asks a server or a process of a user, which may never answer */
	UNKNOWN, /* left out, and feared: it may be of that kind */
};

/* In the order of strcmp(3). */
/* clang-format off */
static const struct type {
	const char *name;
	enum kind kind;
} types[] = {
	{ "9p", REMOTE },         { "adfs", OTHER },        { "affs", OTHER },
	{ "afs", REMOTE },        { "aufs", OTHER },        { "autofs", REMOTE },
	{ "bcachefs", DISK },     { "bdev", OTHER },        { "beegfs", REMOTE },
	{ "befs", OTHER },        { "bfs", OTHER },         { "binder", OTHER },
	{ "binfmt_misc", OTHER }, { "bpf", OTHER },         { "btrfs", DISK },
	{ "ceph", REMOTE },       { "cgroup", OTHER },      { "cgroup2", OTHER },
	{ "cifs", REMOTE },       { "coda", REMOTE },       { "configfs", OTHER },
	{ "cpuset", OTHER },      { "cramfs", OTHER },      { "debugfs", OTHER },
	{ "devpts", OTHER },      { "devtmpfs", OTHER },    { "ecryptfs", OTHER },
	{ "efivarfs", OTHER },    { "efs", OTHER },         { "erofs", OTHER },
	{ "exfat", DISK },        { "ext2", DISK },         { "ext3", DISK },
	{ "ext4", DISK },         { "f2fs", DISK },         { "functionfs", OTHER },
	{ "fuse", REMOTE },       { "fuseblk", REMOTE },    { "fusectl", OTHER },
	{ "gfs2", REMOTE },       { "glusterfs", REMOTE },  { "gpfs", REMOTE },
	{ "hfs", OTHER },         { "hfsplus", DISK },      { "hugetlbfs", OTHER },
	{ "iso9660", OTHER },     { "jffs2", DISK },        { "jfs", DISK },
	{ "lustre", REMOTE },     { "minix", OTHER },       { "mqueue", OTHER },
	{ "msdos", OTHER },       { "ncpfs", REMOTE },      { "nfs", REMOTE },
	{ "nfs4", REMOTE },       { "nfsd", OTHER },        { "nilfs2", DISK },
	{ "nsfs", OTHER },        { "ntfs", DISK },         { "ntfs3", DISK },
	{ "ocfs2", REMOTE },      { "omfs", OTHER },        { "overlay", ROOT },
	{ "proc", OTHER },        { "pstore", OTHER },      { "qnx4", OTHER },
	{ "qnx6", OTHER },        { "ramfs", OTHER },       { "reiserfs", DISK },
	{ "resctrl", OTHER },     { "romfs", OTHER },       { "rootfs", OTHER },
	{ "rpc_pipefs", OTHER },  { "securityfs", OTHER },  { "selinuxfs", OTHER },
	{ "smackfs", OTHER },     { "smb3", REMOTE },       { "smbfs", REMOTE },
	{ "squashfs", OTHER },    { "sysfs", OTHER },       { "sysv", OTHER },
	{ "tmpfs", ROOT },        { "tracefs", OTHER },     { "ubifs", DISK },
	{ "udf", OTHER },         { "ufs", OTHER },         { "vfat", DISK },
	{ "virtiofs", REMOTE },   { "xenfs", OTHER },       { "xfs", DISK },
	{ "zfs", DISK },          { "zonefs", OTHER },
};
/* clang-format on */

static int compare(const void *name, const void *type)
{
	const struct span *s = name;
	const struct span other = span_of(((const struct type *)type)->name);
	int order = memcmp(s->at, other.at, s->len < other.len ? s->len : other.len);
	return order ? order : (s->len > other.len) - (s->len < other.len);
}

static enum kind kind_of(struct span name)
{
	if (span_starts(name, "fuse."))
		return REMOTE;
	const struct type *found = bsearch(&name, types, ARRAY_LEN(types), sizeof *types, compare);
	return found ? found->kind : UNKNOWN;
}

static bool is_feared(const struct mount *m)
{
	enum kind kind = kind_of(m->type);
	return kind == REMOTE || (kind == UNKNOWN && !span_is(m->point, "/"));
}

/* Whether `path` lies below `folder`, and is not the folder itself. */
static bool is_below(struct span path, struct span folder)
{
	if (span_is(folder, "/"))
		folder.len = 0;
	return path.len > folder.len + 1 && memcmp(path.at, folder.at, folder.len) == 0 &&
	       path.at[folder.len] == '/';
}

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
	       s[2] <= '7';
}

size_t mount_unescape(struct span s, char *out, size_t size)
{
	size_t len = 0;
	for (size_t i = 0; i < s.len; i++) {
		bool octal = s.at[i] == '\\' && s.len - i > 3 && is_octal(s.at + i + 1);
		if (len + 1 >= size)
			return 0;
		out[len++] = octal ? (char)((s.at[i + 1] - '0') << 6 | (s.at[i + 2] - '0') << 3 |
					     (s.at[i + 3] - '0'))
				   : s.at[i];
		i += octal ? 3 : 0;
	}
	out[len] = 0;
	return len;
}

/* proc(5): 36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/sda1 rw,errors=continue */
static bool parse_line(struct span line, struct mount *ret_mount)
{
	struct mount m = { 0 };
	struct span word, root, options;
	for (int i = 0; i < 2; i++)
		if (!span_word(&line, &word))
			return false;
	if (!span_word(&line, &m.id) || !span_word(&line, &root) || !span_word(&line, &m.point) ||
		!span_word(&line, &options))
		return false;
	m.whole = span_is(root, "/");
	m.readonly = span_lists(options, ',', "ro");
	do {
		if (!span_word(&line, &word))
			return false;
	} while (!span_is(word, "-"));
	if (!span_word(&line, &m.type) || !span_word(&line, &m.device))
		return false;
	if (span_word(&line, &options) && span_lists(options, ',', "ro"))
		m.readonly = true;
	*ret_mount = m;
	return true;
}

/* The mounts chosen so far, in the order of mounting. */
struct chosen {
	const char *asks;
	bool network;
	bool any_feared; /* among those seen */
	struct mount *mounts;
	size_t count, cut;
};

static void drop(struct chosen *c, size_t i)
{
	c->count--;
	memmove(&c->mounts[i], &c->mounts[i + 1], (c->count - i) * sizeof *c->mounts);
}

static bool asks_for_network(const char *asks)
{
	struct ask ask;
	bool network = false;
	while (ask_next(&asks, &ask))
		if (ask.kind == ASK_NETWORK_MOUNTS)
			network = strcmp(ask.text, "yes") == 0;
	return network;
}

/* What the last pattern that matches says, or else `usually`. */
static bool is_asked(const char *asks, const struct mount *m, bool usually)
{
	char point[MOUNT_PATH_MAX];
	struct ask ask;
	size_t len = mount_unescape(m->point, point, sizeof point);
	if (len == 0)
		return usually;
	while (ask_next(&asks, &ask))
		if ((ask.kind == ASK_MOUNT_INCLUDE || ask.kind == ASK_MOUNT_EXCLUDE) &&
			pattern_matches(ask.text, strlen(ask.text), point, len))
			usually = ask.kind == ASK_MOUNT_INCLUDE;
	return usually;
}

static bool is_wanted(struct chosen *c, const struct mount *m)
{
	enum kind kind = kind_of(m->type);
	c->any_feared = c->any_feared || is_feared(m);
	if (kind == REMOTE && (!c->network || span_is(m->type, "autofs")))
		return false;
	bool usually = kind == DISK || kind == REMOTE || (kind == ROOT && span_is(m->point, "/"));
	return is_asked(c->asks, m, usually);
}

/* What is mounted later at the same point hides the earlier. */
static void choose(struct chosen *c, const struct mount *m)
{
	for (size_t i = c->count; i-- > 0;)
		if (span_equal(c->mounts[i].point, m->point))
			drop(c, i);
	if (!is_wanted(c, m))
		return;
	if (c->count < MOUNTS_MAX)
		c->mounts[c->count++] = *m;
	else
		c->cut++;
}

/* Whoever walks to a point behind a mount that is away may get stuck there. */
static void look_behind(struct chosen *c, const struct mount *m)
{
	if (!is_feared(m))
		return;
	for (size_t i = c->count; i-- > 0;) {
		bool is_it = span_equal(c->mounts[i].point, m->point) &&
			     span_equal(c->mounts[i].type, m->type);
		if (!is_it && !is_below(c->mounts[i].point, m->point))
			continue;
		c->mounts[i].away = true;
		if (!c->network && kind_of(m->type) == REMOTE)
			drop(c, i);
	}
}

/* A bind mount, or a second mount of the same filesystem, is no second filesystem. The first
 * that shows it whole stands for it, or else the first. */
static void drop_doubles(struct chosen *c)
{
	for (size_t i = 0; i < c->count; i++)
		for (size_t k = i + 1; k < c->count;) {
			struct mount *a = &c->mounts[i], *b = &c->mounts[k];
			if (!span_equal(a->id, b->id)) {
				k++;
				continue;
			}
			if (b->whole && !a->whole)
				*a = *b;
			drop(c, k);
		}
}

size_t mounts_parse(struct span file, const char *asks, struct mount *ret_mounts, size_t *ret_cut)
{
	struct chosen c = { .asks = asks, .network = asks_for_network(asks), .mounts = ret_mounts };
	struct span rest = file, line;
	struct mount m;
	while (span_line(&rest, &line))
		if (parse_line(line, &m))
			choose(&c, &m);
	rest = file;
	while (c.any_feared && span_line(&rest, &line))
		if (parse_line(line, &m))
			look_behind(&c, &m);
	drop_doubles(&c);
	*ret_cut = c.cut;
	return c.count;
}

bool mounts_list_away(struct span file, char *out, size_t size, size_t *ret_len)
{
	size_t len = 0;
	struct span line;
	struct mount m;
	while (span_line(&file, &line)) {
		if (!parse_line(line, &m) || !is_feared(&m) || span_is(m.point, "/"))
			continue;
		size_t point = mount_unescape(m.point, out + len, size - len);
		if (point == 0)
			return false;
		len += point + 1;
	}
	*ret_len = len;
	return true;
}
