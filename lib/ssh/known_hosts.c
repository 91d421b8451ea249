/*
 * One pass cuts the text into lines and fields in place; every plain name then goes into a
 * hash table, so that ten thousand hosts are ten thousand lookups. Names that cannot be looked
 * up, because they are hashed with a salt of their own or are patterns, stand in lists.
 */
#include "lib/ssh/known_hosts.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buffer.h"
#include "lib/file.h"
#include "lib/ssh/reader.h"

enum {
	FILE_SIZE_MAX = 64 * 1024 * 1024,
	LINE_MAX_LEN = 64 * 1024,
	NAME_SIZE = 512, /* "[host]:port", a host name being at most 253 characters */
	HASH_SIZE = 20,	 /* of SHA-1 */
	NONE = -1,
};

struct line {
	struct host_key key; /* blob on the heap */
	char *names;	     /* the first field */
	bool hashed;
	uint8_t salt[HASH_SIZE], hash[HASH_SIZE];
	int next_slow; /* next line that has to be compared one by one */
};

struct name {
	const char *text;
	int line, next;
};

struct known_hosts {
	char *text; /* fields end with NUL */
	struct line *lines;
	int line_count, lines_size;
	struct name *names;
	int name_count, names_size;
	int *buckets; /* first name of each, or NONE */
	size_t bucket_count;
	int first_slow;
};

/* Names. */

/* As OpenSSH writes it: the plain name for port 22, [name]:port otherwise, in lower case. */
static int full_name(char out[static NAME_SIZE], const char *host, uint16_t port)
{
	int n = port == 22 ? snprintf(out, NAME_SIZE, "%s", host)
			   : snprintf(out, NAME_SIZE, "[%s]:%u", host, (unsigned)port);
	if (n <= 0 || n >= NAME_SIZE)
		return -1;
	for (char *c = out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

static bool is_pattern(const char *names)
{
	return strpbrk(names, "*?!") != NULL;
}

/* Does `name` match the pattern of `len` characters? `*` any run, `?` any one. */
static bool glob_matches(const char *pattern, size_t len, const char *name)
{
	size_t p = 0, star = SIZE_MAX;
	const char *after_star = NULL;
	while (*name) {
		if (p < len && pattern[p] == '*') {
			star = p++;
			after_star = name;
		} else if (p < len &&
			   (pattern[p] == '?' || tolower((unsigned char)pattern[p]) == *name)) {
			p++;
			name++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			name = ++after_star;
		} else {
			return false;
		}
	}
	while (p < len && pattern[p] == '*')
		p++;
	return p == len;
}

/* A list matches when one of its patterns does and none of those with `!`. */
static bool list_matches(const char *list, const char *name)
{
	bool found = false;
	for (;;) {
		size_t len = strcspn(list, ",");
		bool negated = list[0] == '!';
		if (glob_matches(list + negated, len - negated, name)) {
			if (negated)
				return false;
			found = true;
		}
		if (!list[len])
			return found;
		list += len + 1;
	}
}

static bool hash_matches(const struct line *line, const char *name)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	return HMAC(EVP_sha1(), line->salt, HASH_SIZE, (const uint8_t *)name, strlen(name), mac,
		       &len) &&
	       len == HASH_SIZE && memcmp(mac, line->hash, HASH_SIZE) == 0;
}

static bool line_matches(const struct line *line, const char *name)
{
	return line->hashed ? hash_matches(line, name) : list_matches(line->names, name);
}

/* Parsing. */

/* Cuts the next field off. NULL at the end of the line. */
static char *next_field(char **rest)
{
	char *field = *rest + strspn(*rest, " \t");
	if (!*field)
		return NULL;
	size_t len = strcspn(field, " \t");
	*rest = field + len;
	if (**rest)
		*(*rest)++ = 0;
	return field;
}

static int decode(const char *text, uint8_t *out, size_t size, size_t *ret_len)
{
	const char *end;
	size_t len = strlen(text);
	if (sodium_base642bin(
		    out, size, text, len, NULL, ret_len, &end, sodium_base64_VARIANT_ORIGINAL) != 0)
		return -1;
	return *end ? -1 : 0;
}

/* "|1|SALT|HASH": HMAC-SHA1 of the name, the salt being the key. */
static int parse_hashed(struct line *line)
{
	char copy[128];
	size_t len = strlen(line->names), salt_len, hash_len;
	if (len >= sizeof copy || strncmp(line->names, "|1|", 3) != 0)
		return -1;
	memcpy(copy, line->names + 3, len - 3 + 1);
	char *bar = strchr(copy, '|');
	if (!bar)
		return -1;
	*bar = 0;
	line->hashed = true;
	if (decode(copy, line->salt, HASH_SIZE, &salt_len) < 0 ||
		decode(bar + 1, line->hash, HASH_SIZE, &hash_len) < 0)
		return -1;
	return salt_len == HASH_SIZE && hash_len == HASH_SIZE ? 0 : -1;
}

static const char *parse_key(struct host_key *key, const char *type, const char *base64)
{
	size_t size = strlen(base64) / 4 * 3 + 3;
	uint8_t *blob = malloc(size);
	struct slice inner;
	if (!blob)
		return "no memory for it";
	key->type = type;
	key->blob = blob;
	if (decode(base64, blob, size, &key->blob_len) < 0)
		return "the key is not base64";
	struct reader r = { blob, key->blob_len };
	if (!reader_string(&r, &inner) || !slice_is_text(inner, type))
		return "the key is not of the type that stands before it";
	return NULL;
}

/* Returns what is wrong with it, or NULL. A line to be passed over leaves `names` NULL. */
static const char *parse_line(char *text, struct line *line)
{
	char *names = next_field(&text);
	if (!names || names[0] == '#')
		return NULL;
	if (names[0] == '@') {
		if (strcmp(names, "@cert-authority") == 0)
			return NULL;
		if (strcmp(names, "@revoked") != 0)
			return "an unknown marker";
		line->key.revoked = true;
		names = next_field(&text);
	}
	char *type = next_field(&text), *base64 = next_field(&text);
	if (!names || !type || !base64)
		return "a line is: names, key type, key";
	line->names = names;
	if (names[0] == '|' && parse_hashed(line) < 0)
		return "a hashed name is |1|salt|hash";
	return parse_key(&line->key, type, base64);
}

/* The index. */

static int grow(void **items, int *size, int count, size_t item_size)
{
	if (count < *size)
		return 0;
	int more = *size ? *size * 2 : 16;
	void *p = reallocarray(*items, (size_t)more, item_size);
	if (!p)
		return -1;
	*items = p;
	*size = more;
	return 0;
}

static int add_line(struct known_hosts *k, const struct line *line)
{
	void *items = k->lines;
	if (grow(&items, &k->lines_size, k->line_count, sizeof *k->lines) < 0)
		return -1;
	k->lines = items;
	k->lines[k->line_count++] = *line;
	return 0;
}

static int add_name(struct known_hosts *k, const char *text, int line)
{
	void *items = k->names;
	if (grow(&items, &k->names_size, k->name_count, sizeof *k->names) < 0)
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
	char *rest = k->lines[line].names, *name;
	while ((name = strsep(&rest, ",")))
		if (*name && add_name(k, name, line) < 0)
			return -1;
	return 0;
}

static int build_index(struct known_hosts *k)
{
	for (int i = k->line_count - 1; i >= 0; i--) {
		struct line *line = &k->lines[i];
		if (line->hashed || is_pattern(line->names)) {
			line->next_slow = k->first_slow;
			k->first_slow = i;
			continue;
		}
		for (char *c = line->names; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (add_names(k, i) < 0)
			return -1;
	}
	for (k->bucket_count = 16; k->bucket_count < (size_t)k->name_count;)
		k->bucket_count *= 2;
	k->buckets = malloc(k->bucket_count * sizeof *k->buckets);
	if (!k->buckets)
		return -1;
	for (size_t b = 0; b < k->bucket_count; b++)
		k->buckets[b] = NONE;
	/* Lines were added from the last to the first, so chains come out in the file's order. */
	for (int i = 0; i < k->name_count; i++) {
		size_t b = bucket_of(k, k->names[i].text);
		k->names[i].next = k->buckets[b];
		k->buckets[b] = i;
	}
	return 0;
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
		const char *wrong =
			stop - at > LINE_MAX_LEN ? "the line is too long" : parse_line(at, &line);
		if (wrong || !line.names) {
			free((void *)line.key.blob);
			if (wrong && warn)
				warn(arg, path, number, wrong);
		} else if (add_line(k, &line) < 0) {
			free((void *)line.key.blob);
			return -1;
		}
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
	k->first_slow = NONE;
	if (parse_all(k, path, len, warn, arg) < 0 || build_index(k) < 0)
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
	for (int i = 0; i < k->line_count; i++)
		free((void *)k->lines[i].key.blob);
	free(k->lines);
	free(k->names);
	free(k->buckets);
	free(k->text);
	free(k);
}

static void give(const struct line *line, struct host_key *keys, size_t max, size_t *count)
{
	if (*count < max)
		keys[*count] = line->key;
	(*count)++;
}

size_t known_hosts_find(const struct known_hosts *k, const char *host, uint16_t port,
	struct host_key *ret_keys, size_t max)
{
	char name[NAME_SIZE];
	size_t count = 0;
	if (full_name(name, host, port) < 0)
		return 0;
	for (int i = k->buckets[bucket_of(k, name)]; i != NONE; i = k->names[i].next)
		if (strcmp(k->names[i].text, name) == 0)
			give(&k->lines[k->names[i].line], ret_keys, max, &count);
	for (int i = k->first_slow; i != NONE; i = k->lines[i].next_slow)
		if (line_matches(&k->lines[i], name))
			give(&k->lines[i], ret_keys, max, &count);
	return count;
}

/* Writing. */

/* Is this line about `name` alone, and not a revocation? */
static bool names_only(const char *start, size_t len, const char *name)
{
	struct line line = { 0 };
	char *copy = len <= LINE_MAX_LEN ? strndup(start, len) : NULL;
	bool only = copy && !parse_line(copy, &line) && line.names && !line.key.revoked &&
		    (line.hashed ? hash_matches(&line, name) : strcasecmp(line.names, name) == 0);
	free((void *)line.key.blob);
	free(copy);
	return only;
}

static int copy_others(struct buffer *out, const struct buffer *old, const char *name)
{
	for (size_t at = 0; at < old->len;) {
		const char *start = old->data + at;
		const char *newline = memchr(start, '\n', old->len - at);
		size_t len = newline ? (size_t)(newline - start) : old->len - at;
		size_t whole = newline ? len + 1 : len;
		if (len > 0 && start[len - 1] == '\r')
			len--;
		if (!names_only(start, len, name) && buffer_append(out, start, whole) < 0)
			return -1;
		at += whole;
	}
	return out->len > 0 && out->data[out->len - 1] != '\n' ? buffer_append_text(out, "\n") : 0;
}

static int append_key(struct buffer *out, const char *name, const struct host_key *key)
{
	size_t size = sodium_base64_ENCODED_LEN(key->blob_len, sodium_base64_VARIANT_ORIGINAL);
	if (buffer_printf(out, "%s %s ", name, key->type) < 0)
		return -1;
	char *to = buffer_reserve(out, size);
	if (!to)
		return -1;
	(void)sodium_bin2base64(to, size, key->blob, key->blob_len, sodium_base64_VARIANT_ORIGINAL);
	out->len += size - 1;
	return buffer_append_text(out, "\n");
}

int known_hosts_replace(const char *path, const char *host, uint16_t port,
	const struct host_key *keys, size_t count, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer old = { 0 };
	CLEANUP(buffer_finish) struct buffer out = { 0 };
	char name[NAME_SIZE];
	if (full_name(name, host, port) < 0 || strpbrk(host, " \t\r\n,*?!|#@[]"))
		return error_set(err, "%s: not a host name or address", host);
	if (read_file(path, &old, err) < 0)
		return -1;
	if (copy_others(&out, &old, name) < 0)
		return error_set(err, "%s: no memory", path);
	for (size_t i = 0; i < count; i++)
		if (append_key(&out, name, &keys[i]) < 0)
			return error_set(err, "%s: no memory", path);
	return file_write(path, out.data ? out.data : "", out.len, 0600, err);
}

char *host_key_fingerprint(const uint8_t *blob, size_t len, char out[static FINGERPRINT_SIZE])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	static const char label[] = "SHA256:";
	(void)crypto_hash_sha256(hash, blob, len);
	memcpy(out, label, sizeof label - 1);
	(void)sodium_bin2base64(out + sizeof label - 1, FINGERPRINT_SIZE - (sizeof label - 1), hash,
		sizeof hash, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	return out;
}
