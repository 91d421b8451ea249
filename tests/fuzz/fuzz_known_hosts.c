/*
 * known_hosts, which people edit and other programs write. After an edit the host has exactly
 * the keys it was given, by a line of its own, and a second edit changes nothing.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ssh/known_hosts.h"
#include "lib/ssh/known_hosts_line.h"

enum { MANY = 64 };

static const uint8_t blob[] = "\0\0\0\13ssh-ed25519\0\0\0\4abcd";
static const struct host_key mine = { "ssh-ed25519", blob, sizeof blob - 1, false };

static int last_line;

static void check_warning(void *arg, const char *file, int line, const char *text)
{
	(void)arg, (void)file;
	assert(line > last_line && *text);
	last_line = line;
}

static struct known_hosts *parse(const char *text, size_t len)
{
	struct known_hosts *k = NULL;
	last_line = 0;
	if (known_hosts_parse("fuzz", text, len, check_warning, NULL, &k, NULL) < 0)
		abort();
	return k;
}

/* Every key that is found is whole. Returns whether ours is among them. */
static bool look_up(const struct known_hosts *k, const char *host, uint16_t port)
{
	struct host_key keys[MANY];
	bool found = false;
	size_t count = known_hosts_find(k, host, port, keys, MANY);
	for (size_t i = 0; i < count && i < MANY; i++) {
		uint32_t len = (uint32_t)keys[i].blob[0] << 24 | (uint32_t)keys[i].blob[1] << 16 |
			       (uint32_t)keys[i].blob[2] << 8 | keys[i].blob[3];
		assert(keys[i].blob_len >= 4 && len <= keys[i].blob_len - 4);
		assert(len == strlen(keys[i].type));
		found |= keys[i].blob_len == mine.blob_len &&
			 memcmp(keys[i].blob, mine.blob, mine.blob_len) == 0;
	}
	return found || count > MANY;
}

static void edit(const char *text, size_t len, struct buffer *out)
{
	if (known_hosts_edit(text, len, "web1", &mine, 1, out) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer once = { 0 }, twice = { 0 };
	char *copy = malloc(size ? size : 1); /* exactly as long, so that ASan sees over-reads */
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	struct known_hosts *k = parse(copy, size);
	(void)look_up(k, "web1", 22);
	(void)look_up(k, "2001:DB8::1", 2222);
	(void)look_up(k, "", 22);
	known_hosts_destroy(k);

	edit(copy, size, &once);
	k = parse(once.data, once.len);
	assert(look_up(k, "web1", 22));
	known_hosts_destroy(k);
	edit(once.data, once.len, &twice);
	assert(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
	buffer_finish(&once);
	buffer_finish(&twice);
	free(copy);
	return 0;
}
