#include "tests/fleetsim/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crypto/hash.h"
#include "lib/hex.h"

struct host *hosts_get(struct hosts *h, uint32_t address)
{
	struct host **bucket = &h->buckets[(address * 2654435769U) % HOST_BUCKETS];
	for (struct host *found = *bucket; found; found = found->next)
		if (found->address == address)
			return found;
	struct host *made = calloc(1, sizeof *made);
	if (!made)
		return NULL;
	made->address = address;
	(void)snprintf(made->name, sizeof made->name, "%u.%u.%u.%u", address >> 24,
		address >> 16 & 255, address >> 8 & 255, address & 255);
	made->next = *bucket;
	*bucket = made;
	return made;
}

static void destroy(struct host *h)
{
	for (struct sealed_file *f = h->files, *next; f; f = next) {
		next = f->next;
		free(f);
	}
	free(h->replay);
	free(h);
}

void hosts_finish(struct hosts *h)
{
	for (size_t i = 0; i < HOST_BUCKETS; i++)
		for (struct host *host = h->buckets[i], *next; host; host = next) {
			next = host->next;
			destroy(host);
		}
}

struct sealed_file *sealed_file_create(
	uint64_t attempt_id, const struct wire_key_id *key_id, const void *data, size_t len)
{
	uint8_t digest[HASH_DIGEST_SIZE];
	struct sealed_file *f = malloc(sizeof *f + len);
	if (!f)
		return NULL;
	*f = (struct sealed_file){
		.attempt_id = attempt_id, .key_id = *key_id, .len = (uint32_t)len
	};
	memcpy(f->data, data, len);
	hash_digest(data, len, digest);
	(void)hex_encode(f->digest, digest, sizeof digest);
	return f;
}

static void count_files(
	const struct host *h, const char *key_id, size_t *ret_files, size_t *ret_bytes)
{
	*ret_files = *ret_bytes = 0;
	for (const struct sealed_file *f = h->files; f; f = f->next)
		if (strcmp(f->key_id.hex, key_id) == 0) {
			*ret_files += 1;
			*ret_bytes += f->len;
		}
}

static void drop_oldest(struct host *h, const char *key_id)
{
	for (struct sealed_file **at = &h->files, *f; (f = *at); at = &f->next)
		if (strcmp(f->key_id.hex, key_id) == 0) {
			*at = f->next;
			free(f);
			h->dropped++;
			return;
		}
}

void host_make_room(struct host *h, const struct wire_key_id *key_id, size_t len)
{
	size_t files, bytes;
	for (count_files(h, key_id->hex, &files, &bytes);
		files > 0 && (files >= WIRE_SPOOL_FILES_MAX || bytes + len > WIRE_SPOOL_BYTES_MAX);
		count_files(h, key_id->hex, &files, &bytes))
		drop_oldest(h, key_id->hex);
}

void host_keep(struct host *h, struct sealed_file *f)
{
	struct sealed_file **at = &h->files;
	while (*at)
		at = &(*at)->next;
	f->next = NULL;
	*at = f;
}

struct sealed_file *host_take(struct host *h, const char *digest)
{
	for (struct sealed_file **at = &h->files, *f; (f = *at); at = &f->next)
		if (strcmp(f->digest, digest) == 0) {
			*at = f->next;
			return f;
		}
	return NULL;
}
