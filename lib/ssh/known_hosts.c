/*
 * One pass cuts the text into lines and fields in place; every plain name then goes into a
 * hash table, so that ten thousand hosts are ten thousand lookups. Names that cannot be looked
 * up, because they are hashed with a salt of their own or are patterns, stand in lists.
 */
#include "lib/ssh/known_hosts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/base64.h"
#include "lib/buffer.h"
#include "lib/crypto/hash.h"
#include "lib/file.h"
#include "lib/lock.h"
#include "lib/ssh/known_hosts_private.h"

enum { FILE_SIZE_MAX = 64 * 1024 * 1024 };

static int add_line(struct known_hosts *k, const struct line *line)
{
	struct line *items =
		array_reserve(k->lines, (size_t)k->line_count + 1, &k->lines_size, sizeof *items);
	if (!items)
		return -1;
	k->lines = items;
	k->lines[k->line_count++] = *line;
	return 0;
}

int known_hosts_add_name(struct known_hosts *k, const char *text, int line)
{
	struct name *items =
		array_reserve(k->names, (size_t)k->name_count + 1, &k->names_size, sizeof *items);
	if (!items)
		return -1;
	k->names = items;
	k->names[k->name_count++] = (struct name){ text, line, NONE };
	return 0;
}

/* FNV-1a. The names are the administrator's own, so nobody aims at its collisions. */
static size_t bucket_of(const struct known_hosts *k, const char *name)
{
	uint64_t h = 0xcbf29ce484222325;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3;
	return (size_t)(h & (k->bucket_count - 1));
}

static int add_names(struct known_hosts *k, int line)
{
	char *rest = k->lines[line].line.names, *name;
	while ((name = strsep(&rest, ",")))
		if (*name && known_hosts_add_name(k, name, line) < 0)
			return -1;
	return 0;
}

int known_hosts_index(struct known_hosts *k)
{
	size_t count = 16;
	while (count < (size_t)k->name_count)
		count *= 2;
	int *buckets = malloc(count * sizeof *buckets);
	if (!buckets)
		return -1;
	free(k->buckets);
	k->buckets = buckets;
	k->bucket_count = count;
	for (size_t b = 0; b < count; b++)
		buckets[b] = NONE;
	/* Lines were added from the last to the first, so chains come out in the file's order. */
	for (int i = 0; i < k->name_count; i++) {
		size_t b = bucket_of(k, k->names[i].text);
		k->names[i].next = buckets[b];
		buckets[b] = i;
	}
	return 0;
}

static void put_first(struct line *line, int i, int *first)
{
	line->next_slow = *first;
	*first = i;
}

static int sort_lines(struct known_hosts *k)
{
	for (int i = k->line_count - 1; i >= 0; i--) {
		struct line *line = &k->lines[i];
		if (line->line.hashed) {
			put_first(line, i, &k->first_hashed);
			continue;
		}
		for (char *c = line->line.names; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (known_hosts_line_is_pattern(&line->line))
			put_first(line, i, &k->first_pattern);
		else if (add_names(k, i) < 0)
			return -1;
	}
	return known_hosts_index(k);
}

static int parse_all(
	struct known_hosts *k, const char *path, size_t len, known_hosts_warning *warn, void *arg)
{
	char *at = k->text, *end = k->text + len;
	for (int number = 1; at < end; number++) {
		char *newline = memchr(at, '\n', (size_t)(end - at));
		char *stop = newline ? newline : end;
		struct line line = { .next_slow = NONE };
		*stop = 0;
		if (stop > at && stop[-1] == '\r')
			stop[-1] = 0;
		const char *wrong = stop - at > KNOWN_HOSTS_LINE_MAX
					    ? "the line is too long"
					    : known_hosts_line_parse(at, &line.line);
		if (wrong && warn)
			warn(arg, path, number, wrong);
		if (!wrong && line.line.names && add_line(k, &line) < 0)
			return -1;
		at = stop + 1;
	}
	return 0;
}

int known_hosts_parse(const char *path, const char *text, size_t len, known_hosts_warning *warn,
	void *arg, struct known_hosts **ret_hosts, struct error *err)
{
	struct known_hosts *k = calloc(1, sizeof *k);
	if (k)
		k->text = malloc(len + 1);
	if (!k || !k->text || len > FILE_SIZE_MAX)
		goto out;
	if (len)
		memcpy(k->text, text, len);
	k->text[len] = 0;
	k->first_hashed = k->first_pattern = NONE;
	if (parse_all(k, path, len, warn, arg) < 0 || sort_lines(k) < 0)
		goto out;
	*ret_hosts = k;
	return 0;
out:
	known_hosts_destroy(k);
	return error_set(err, "%s: no memory", path);
}

/* Appends the file to `out`; a missing one is empty. */
static int read_file(const char *path, struct buffer *out, struct error *err)
{
	struct error trouble;
	if (file_read(path, FILE_TRUSTED, FILE_SIZE_MAX, out, &trouble) < 0 && errno != ENOENT)
		return error_set(err, "%s", trouble.text);
	return 0;
}

int known_hosts_load(const char *path, known_hosts_warning *warn, void *arg,
	struct known_hosts **ret_hosts, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer text = { 0 };
	if (read_file(path, &text, err) < 0)
		return -1;
	return known_hosts_parse(path, text.data, text.len, warn, arg, ret_hosts, err);
}

void known_hosts_destroy(struct known_hosts *k)
{
	if (!k)
		return;
	free(k->lines);
	free(k->names);
	free(k->buckets);
	free(k->text);
	arena_finish(&k->arena);
	free(k);
}

struct found {
	struct host_key *keys;
	size_t max, count;
};

static void give(struct found *f, const struct line *line)
{
	if (f->count < f->max)
		f->keys[f->count] = line->line.key;
	f->count++;
}

static void find_slowly(
	const struct known_hosts *k, int first, const char *name, bool revoked, struct found *f)
{
	for (int i = first; i != NONE; i = k->lines[i].next_slow) {
		const struct line *line = &k->lines[i];
		if (line->line.key.revoked == revoked &&
			known_hosts_line_matches(&line->line, name))
			give(f, line);
	}
}

static void find(const struct known_hosts *k, const char *name, bool revoked, struct found *f)
{
	bool is_resolved = false;
	for (int i = k->buckets[bucket_of(k, name)]; i != NONE; i = k->names[i].next) {
		const struct name *n = &k->names[i];
		if (strcmp(n->text, name) != 0)
			continue;
		if (n->line == NONE)
			is_resolved = true;
		else if (k->lines[n->line].line.key.revoked == revoked)
			give(f, &k->lines[n->line]);
	}
	if (!is_resolved)
		find_slowly(k, k->first_hashed, name, revoked, f);
	find_slowly(k, k->first_pattern, name, revoked, f);
}

size_t known_hosts_find(const struct known_hosts *k, const char *host, uint16_t port,
	struct host_key *ret_keys, size_t max)
{
	char name[KNOWN_HOSTS_NAME_SIZE];
	struct found found = { ret_keys, max, 0 };
	if (known_hosts_name(name, host, port) < 0)
		return 0;
	find(k, name, true, &found);
	find(k, name, false, &found);
	return found.count;
}

static int make_name(
	char out[static KNOWN_HOSTS_NAME_SIZE], const char *host, uint16_t port, struct error *err)
{
	if (known_hosts_name(out, host, port) < 0 || strpbrk(host, " \t\r\n,*?!|#@[]"))
		return error_set(err, "%s: not a host name or address", host);
	return 0;
}

int known_hosts_replace(const char *path, const char *host, uint16_t port,
	const struct host_key *keys, size_t count, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer old = { 0 };
	CLEANUP(buffer_finish) struct buffer out = { 0 };
	CLEANUP(lock_release) struct lock lock = { 0 };
	char name[KNOWN_HOSTS_NAME_SIZE];
	if (make_name(name, host, port, err) < 0 || lock_take(&lock, path, err) < 0 ||
		read_file(path, &old, err) < 0)
		return -1;
	if (known_hosts_edit(old.data, old.len, name, keys, count, &out) < 0)
		return error_set(err, "%s: no memory", path);
	return file_write(path, out.data ? out.data : "", out.len, 0600, err);
}

/* What a person wrote last may lack its newline. */
static bool ends_in_a_line(int fd)
{
	struct stat st;
	char last = '\n';
	return fstat(fd, &st) == 0 &&
	       (st.st_size == 0 || (pread(fd, &last, 1, st.st_size - 1) == 1 && last == '\n'));
}

/* All or nothing: half a key would be warned of by every run from then on. */
static int write_whole(int fd, const char *data, size_t len)
{
	struct stat before;
	if (fstat(fd, &before) < 0)
		return -1;
	ssize_t n = write(fd, data, len);
	if (n < 0 || n == (ssize_t)len)
		return n < 0 ? -1 : 0;
	if (ftruncate(fd, before.st_size) == 0)
		errno = ENOSPC;
	return -1;
}

static int append_bytes(const char *path, const struct buffer *lines)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	size_t skip = ends_in_a_line(fd) ? 1 : 0; /* they begin with a newline */
	int r = write_whole(fd, lines->data + skip, lines->len - skip);
	int saved = errno;
	if (close(fd) < 0 && r == 0)
		return -1;
	errno = saved;
	return r;
}

int known_hosts_append(const char *path, const char *host, uint16_t port,
	const struct host_key *keys, size_t count, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer lines = { 0 };
	CLEANUP(lock_release) struct lock lock = { 0 };
	char name[KNOWN_HOSTS_NAME_SIZE];
	if (make_name(name, host, port, err) < 0 || lock_take(&lock, path, err) < 0)
		return -1;
	if (buffer_append_text(&lines, "\n") < 0 ||
		known_hosts_edit("", 0, name, keys, count, &lines) < 0)
		return error_set(err, "%s: no memory", path);
	return append_bytes(path, &lines) < 0 ? error_errno(err, "%s", path) : 0;
}

char *host_key_fingerprint(const uint8_t *blob, size_t len, char out[static FINGERPRINT_SIZE])
{
	uint8_t hash[HASH_SHA256_SIZE];
	static const char label[] = "SHA256:";
	hash_sha256(blob, len, hash);
	memcpy(out, label, sizeof label - 1);
	base64_encode(out + sizeof label - 1, hash, sizeof hash);
	out[FINGERPRINT_SIZE - 1] = 0; /* in place of the padding */
	return out;
}
