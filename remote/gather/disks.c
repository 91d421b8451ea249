/*
 * The disks of /proc/diskstats, and below each line what else is known of the device:
 *
 *   KEY<TAB>VALUE     for the source's `files`, which are keys of udev's database (udevadm(8),
 *                     /run/udev/data): what udev asked the disk when it came
 *   rotational<TAB>1  of /sys/block
 *
 * In a container without that database the kernel still knows the device mapper's own names.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remote/bytes/disk_line.h"
#include "remote/bytes/disk_names.h"
#include "remote/bytes/tree_rows.h"
#include "remote/collect.h"
#include "remote/files/io.h"
#include "remote/sources.h"

enum { UDEV_MAX = 16 << 10, KEYS_MAX = 16 };

struct disks {
	struct collect *c;
	struct span keys[KEYS_MAX];
	size_t key_count;
	int sys_fd, udev_fd; /* their folders, or -1 */
	struct span last;    /* the disk before, which may have partitions: in the names' memory */
	char *out;
	size_t len, size;
};

static bool fits(struct disks *d, size_t len)
{
	if (len <= d->size - d->len)
		return true;
	d->c->cut++;
	return false;
}

static void put(struct disks *d, struct span data, char end)
{
	*span_copy(data, d->out + d->len) = end;
	d->len += data.len + 1;
}

static void put_property(struct disks *d, struct span key, struct span value)
{
	if (value.len == 0 || !fits(d, key.len + value.len + 2))
		return;
	put(d, key, '\t');
	put(d, value, '\n');
}

static struct span text(const char *s)
{
	return (struct span){ s, strlen(s) };
}

static void split_keys(struct disks *d, const char *keys)
{
	struct span rest = text(keys), key;
	for (d->key_count = 0; span_word(&rest, &key);) {
		assert(d->key_count < KEYS_MAX);
		d->keys[d->key_count++] = key;
	}
}

/* "E:ID_MODEL=…" is the line of a property. */
static void put_if_wanted(struct disks *d, struct span line)
{
	struct span key = line;
	const char *is = line.len > 2 ? memchr(line.at, '=', line.len) : NULL;
	if (!is || !tree_strip(&key, "E:"))
		return;
	key.len = (size_t)(is - key.at);
	for (size_t i = 0; i < d->key_count; i++)
		if (span_equal(d->keys[i], key))
			put_property(d, key, (struct span){ is + 1, line.len - key.len - 3 });
}

static bool put_udev(struct disks *d, const struct disk_line *disk)
{
	char name[64];
	(void)snprintf(name, sizeof name, "b%.*s:%.*s", (int)disk->major.len, disk->major.at,
		(int)disk->minor.len, disk->minor.at);
	char *data = d->c->names.data;
	ssize_t n = d->udev_fd < 0 ? -1 : io_read_regular(d->udev_fd, name, data, UDEV_MAX);
	struct span rest = { data, n < 0 ? 0 : (size_t)n }, line;
	while (span_line(&rest, &line))
		put_if_wanted(d, line);
	return n >= 0;
}

/* A device "cciss/c0d0" is the folder "cciss!c0d0". */
static void put_file(struct disks *d, struct span disk, const char *file, const char *key)
{
	char path[NAME_MAX + 1], value[TREE_VALUE_MAX];
	struct span rest = { value, 0 }, line;
	int len = snprintf(path, sizeof path, "%.*s/%s", (int)disk.len, disk.at, file);
	if (d->sys_fd < 0 || len < 0 || (size_t)len >= sizeof path)
		return;
	for (size_t i = 0; i < disk.len; i++)
		if (path[i] == '/')
			path[i] = '!';
	ssize_t n = io_read_start(d->sys_fd, path, value, sizeof value);
	rest.len = n < 0 ? 0 : (size_t)n;
	if (span_line(&rest, &line))
		put_property(d, span_of(key), line);
}

/* Its line may be written over before the next is read. */
static void remember(struct disks *d, struct span name)
{
	d->last = (struct span){ d->c->entries.data, 0 };
	if (name.len <= d->c->entries.size)
		d->last.len = (size_t)(span_copy(name, d->c->entries.data) - d->last.at);
}

static void put_disk(struct disks *d, struct span line)
{
	struct disk_line disk;
	if (!disk_line_parse(line, &disk) || disk_is_part(disk.name, d->last))
		return;
	remember(d, disk.name);
	if (disk_is_noise(disk.name) || !fits(d, line.len + 1))
		return;
	put(d, line, '\n');
	put_file(d, disk.name, "queue/rotational", "rotational");
	if (put_udev(d, &disk) || !span_starts(disk.name, "dm-"))
		return;
	put_file(d, disk.name, "dm/name", "DM_NAME");
	put_file(d, disk.name, "dm/uuid", "DM_UUID");
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

/* The file is read to the end of `out`; what is told grows from its start, up to the line that is
 * being told of. */
ssize_t gather_disks(struct collect *c, const struct source *s, char *out, size_t size)
{
	size_t half = size / 2;
	ssize_t n = gather_file(c, s, out + half, size - half);
	if (n < 0)
		return -1;
	char *file = memmove(out + size - n, out + half, (size_t)n);
	struct disks d = { .c = c, .out = out };
	struct span rest = { file, (size_t)n }, line;
	split_keys(&d, s->files);
	d.sys_fd = collect_folder(c, "sys/block");
	d.udev_fd = collect_folder(c, "run/udev/data");
	while (span_line(&rest, &line)) {
		d.size = (size_t)(line.at - out);
		put_disk(&d, line);
	}
	close_if_open(d.sys_fd);
	close_if_open(d.udev_fd);
	return (ssize_t)d.len;
}
