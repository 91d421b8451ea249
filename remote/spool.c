#include "remote/spool.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/wire/wire_value.h"
#include "remote/bytes/span.h"
#include "remote/files/io.h"

enum {
	SPOOL_SCAN_MAX = 4096, /* files looked at; the rest waits for later runs */
	SPOOL_NAMES_SIZE = 128 << 10,
	SPOOL_TMP_MAX_S = 3600, /* what a dead probe left half written goes after that */
	SPOOL_NAME_SIZE = 32,
};

static const char SEALED[] = ".sealed", KEPT[] = ".kept", TMP[] = "tmp-", DROPPED[] = "dropped";

static void file_name(uint64_t attempt_id, bool kept, char out[static SPOOL_NAME_SIZE])
{
	(void)snprintf(out, SPOOL_NAME_SIZE, "%016" PRIx64 "%s", attempt_id, kept ? KEPT : SEALED);
}

/* "0123456789abcdef.sealed" or ".kept"; anything else is not ours. */
static bool parse_name(struct span name, struct spool_file *ret)
{
	uint64_t id = 0;
	if (name.len < 16)
		return false;
	for (size_t i = 0; i < 16; i++) {
		int digit = wire_hex_value(name.at[i]);
		if (digit < 0)
			return false;
		id = id << 4 | (uint64_t)digit;
	}
	struct span tail = { name.at + 16, name.len - 16 };
	ret->attempt_id = id;
	ret->kept = span_is(tail, KEPT);
	return ret->kept || span_is(tail, SEALED);
}

static int open_key(const struct spool *s, size_t folder, size_t key, bool create)
{
	int dir = folder_open(&s->folders->items[folder], create);
	if (dir < 0)
		return -1;
	int fd = folder_open_at(dir, s->keys[key].hex, create);
	(void)close(dir);
	return fd;
}

/* ---- looking ---------------------------------------------------------------------------- */

/* An empty file is what a power cut left of one; a temporary one belonged to a probe that is
 * long dead. */
static bool is_rubbish(const struct stat *st, bool is_tmp)
{
	time_t age = time(NULL) - st->st_mtime;
	return is_tmp ? age > SPOOL_TMP_MAX_S || age < -SPOOL_TMP_MAX_S : st->st_size == 0;
}

static void look_at(struct spool *s, int dir_fd, struct span name, struct spool_file file)
{
	char text[SPOOL_NAME_SIZE];
	struct stat st;
	bool is_tmp = span_starts(name, TMP);
	if (name.len >= sizeof text || (!is_tmp && !parse_name(name, &file)))
		return;
	memcpy(text, name.at, name.len);
	text[name.len] = 0;
	if (fstatat(dir_fd, text, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return;
	if (is_rubbish(&st, is_tmp))
		(void)unlinkat(dir_fd, text, 0);
	else if (!is_tmp && st.st_size <= WIRE_FILE_MAX && s->count < SPOOL_SCAN_MAX) {
		file.size = (uint32_t)st.st_size;
		s->files[s->count++] = file;
	}
}

static uint32_t read_dropped(int dir_fd)
{
	char text[16];
	uint32_t value = 0;
	ssize_t len = io_read_file(dir_fd, DROPPED, text, sizeof text - 1);
	text[len > 0 ? len : 0] = 0;
	return wire_parse_u32(text, &value) == 0 ? value : 0;
}

static void scan(struct spool *s, size_t folder, size_t key)
{
	int fd = open_key(s, folder, key, false);
	if (fd < 0)
		return;
	ssize_t len = io_list_fd(fd, s->names, SPOOL_NAMES_SIZE);
	struct span rest = { s->names, len > 0 ? (size_t)len : 0 }, name;
	while (span_line(&rest, &name))
		look_at(s, fd, name,
			(struct spool_file){ .folder = (uint8_t)folder, .key = (uint8_t)key });
	uint32_t dropped = key == 0 ? read_dropped(fd) : 0;
	if (dropped > s->dropped)
		s->dropped = dropped;
	(void)close(fd);
}

static int by_age(const void *a, const void *b)
{
	const struct spool_file *x = a, *y = b;
	return (x->attempt_id > y->attempt_id) - (x->attempt_id < y->attempt_id);
}

static void add_key(struct spool *s, const struct wire_key_id *id)
{
	for (size_t i = 0; i < s->key_count; i++)
		if (strcmp(s->keys[i].hex, id->hex) == 0)
			return;
	s->keys[s->key_count++] = *id;
}

int spool_init(struct spool *s, struct arena *a, const struct folders *folders,
	const struct wire_request *request)
{
	*s = (struct spool){ .folders = folders };
	s->files = arena_take(a, (SPOOL_SCAN_MAX + 1) * sizeof *s->files); /* and the new */
	s->names = arena_take(a, SPOOL_NAMES_SIZE);
	if (!s->files || !s->names)
		return -1;
	add_key(s, &request->key_id);
	for (size_t i = 0; i < request->open_count; i++)
		add_key(s, &request->open[i]);
	for (size_t i = 0; i < folders->count; i++)
		for (size_t k = 0; k < s->key_count; k++)
			scan(s, i, k);
	qsort(s->files, s->count, sizeof *s->files, by_age);
	return 0;
}

/* ---- changing --------------------------------------------------------------------------- */

/* Puts a file under its name at once or not at all. */
static int put_file(int dir_fd, const char *name, const void *data, size_t len)
{
	char tmp[SPOOL_NAME_SIZE];
	(void)snprintf(tmp, sizeof tmp, "%s%ld", TMP, (long)getpid());
	(void)unlinkat(dir_fd, tmp, 0); /* of a dead probe with our number */
	int fd = openat(dir_fd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	int rc = io_write(fd, data, len);
	if (close(fd) < 0 || rc < 0 || renameat(dir_fd, tmp, dir_fd, name) < 0) {
		(void)unlinkat(dir_fd, tmp, 0);
		return -1;
	}
	return 0;
}

/* Takes away folders that were made in vain; those with something in them stay. */
static void tidy(const struct spool *s, size_t folder)
{
	const char *path = s->folders->items[folder].path;
	int dir = folder_open(&s->folders->items[folder], false);
	if (dir < 0)
		return;
	(void)unlinkat(dir, s->keys[0].hex, AT_REMOVEDIR);
	(void)close(dir);
	(void)rmdir(path);
}

/* In the first folder that takes it. Returns the folder's index, or -1. */
static int put_anywhere(struct spool *s, const char *name, const void *data, size_t len)
{
	for (size_t i = 0; i < s->folders->count; i++) {
		int fd = open_key(s, i, 0, true);
		int rc = fd < 0 ? -1 : put_file(fd, name, data, len);
		if (fd >= 0)
			(void)close(fd);
		if (rc == 0)
			return (int)i;
		tidy(s, i);
	}
	return -1;
}

/* Takes it off the disk and off the list. */
static void remove_file(struct spool *s, size_t i)
{
	char name[SPOOL_NAME_SIZE];
	const struct spool_file *f = &s->files[i];
	int fd = open_key(s, f->folder, f->key, false);
	if (fd >= 0) {
		file_name(f->attempt_id, f->kept, name);
		(void)unlinkat(fd, name, 0);
		(void)close(fd);
	}
	s->count--;
	memmove(&s->files[i], &s->files[i + 1], (s->count - i) * sizeof *s->files);
}

/* The oldest of the first key, a copy rather than an undelivered one; s->count when there is
 * none. */
static size_t find_victim(const struct spool *s)
{
	size_t oldest = s->count;
	for (size_t i = s->count; i-- > 0;) {
		bool better = s->files[i].kept || oldest == s->count || !s->files[oldest].kept;
		if (s->files[i].key == 0 && better)
			oldest = i;
	}
	return oldest;
}

static bool has_room(const struct spool *s, size_t len)
{
	size_t files = 1, bytes = len;
	for (size_t i = 0; i < s->count; i++)
		if (s->files[i].key == 0) {
			files++;
			bytes += s->files[i].size;
		}
	return files <= WIRE_SPOOL_FILES_MAX && bytes <= WIRE_SPOOL_BYTES_MAX;
}

void spool_make_room(struct spool *s, size_t len)
{
	char text[16];
	uint32_t before = s->dropped;
	while (!has_room(s, len)) {
		size_t victim = find_victim(s);
		if (victim == s->count)
			break;
		if (!s->files[victim].kept && s->dropped < UINT32_MAX)
			s->dropped++;
		remove_file(s, victim);
	}
	if (s->dropped == before)
		return;
	int n = snprintf(text, sizeof text, "%" PRIu32, s->dropped);
	(void)put_anywhere(s, DROPPED, text, (size_t)n);
}

int spool_put(struct spool *s, uint64_t attempt_id, const void *data, size_t len,
	struct spool_file *ret_file)
{
	char name[SPOOL_NAME_SIZE];
	file_name(attempt_id, false, name);
	int folder = put_anywhere(s, name, data, len);
	if (folder < 0)
		return -1;
	*ret_file = (struct spool_file){
		.attempt_id = attempt_id, .size = (uint32_t)len, .folder = (uint8_t)folder
	};
	s->files[s->count++] = *ret_file;
	return 0;
}

ssize_t spool_get(const struct spool *s, const struct spool_file *f, char *out, size_t size)
{
	char name[SPOOL_NAME_SIZE];
	int fd = open_key(s, f->folder, f->key, false);
	if (fd < 0)
		return -1;
	file_name(f->attempt_id, f->kept, name);
	ssize_t len = io_read_file(fd, name, out, size);
	(void)close(fd);
	return len;
}

static bool is_same(const struct spool_file *a, const struct spool_file *b)
{
	return a->attempt_id == b->attempt_id && a->key == b->key && a->folder == b->folder;
}

void spool_delivered(struct spool *s, const struct spool_file *f)
{
	char from[SPOOL_NAME_SIZE], to[SPOOL_NAME_SIZE];
	int fd = open_key(s, f->folder, f->key, false);
	if (fd < 0)
		return;
	file_name(f->attempt_id, false, from);
	file_name(f->attempt_id, true, to);
	bool kept = renameat(fd, from, fd, to) == 0;
	for (size_t i = 0; i < s->count; i++)
		if (is_same(&s->files[i], f))
			s->files[i].kept = kept;
	(void)close(fd);
}

void spool_trim(struct spool *s, uint32_t keep)
{
	for (size_t key = 0; key < s->key_count; key++) {
		uint32_t seen = 0;
		for (size_t i = s->count; i-- > 0;)
			if (s->files[i].key == key && s->files[i].kept && seen++ >= keep)
				remove_file(s, i);
	}
}
