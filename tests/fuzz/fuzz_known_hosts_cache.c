/*
 * The cache beside the spool: what is accepted is written again as what it was. Its digest would
 * stop everything else, so the input is given one.
 */
#include "tests/fuzz/fuzz.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ssh/known_hosts_cache.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return sodium_init() < 0 ? -1 : 0;
}

static void look_up(const struct known_hosts_cache *c)
{
	struct known_hosts_line line = { 0 };
	for (size_t i = 0; i < c->line_count; i++) {
		memcpy(line.salt, c->lines[i].id, sizeof line.salt);
		memcpy(line.hash, c->lines[i].id + sizeof line.salt, sizeof line.hash);
		const struct known_hosts_cache_line *found = known_hosts_cache_find(c, &line);
		assert(found && memcmp(found->id, c->lines[i].id, sizeof found->id) == 0);
	}
	for (size_t i = 0; i < c->name_count; i++)
		assert(known_hosts_cache_has_name(c, c->names[i]));
	assert(!known_hosts_cache_has_name(c, ""));
}

static void try_again(struct known_hosts_cache *c)
{
	struct buffer bytes = { 0 };
	struct known_hosts_cache again;
	assert(known_hosts_cache_format(c, &bytes) == 0);
	assert(known_hosts_cache_parse(bytes.data, bytes.len, &again) == 0);
	assert(again.name_count == c->name_count && again.line_count == c->line_count);
	for (size_t i = 0; i < c->name_count; i++)
		assert(strcmp(again.names[i], c->names[i]) == 0);
	for (size_t i = 0; i < c->line_count; i++)
		assert(memcmp(again.lines[i].id, c->lines[i].id, sizeof c->lines[i].id) == 0 &&
			again.lines[i].name == c->lines[i].name);
	known_hosts_cache_finish(&again);
	buffer_finish(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct known_hosts_cache c;
	uint8_t *copy = malloc(size + crypto_generichash_BYTES);
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	(void)crypto_generichash(copy + size, crypto_generichash_BYTES, copy, size, NULL, 0);
	if (known_hosts_cache_parse(data, size, &c) == 0)
		known_hosts_cache_finish(&c);
	if (known_hosts_cache_parse(copy, size + crypto_generichash_BYTES, &c) == 0) {
		look_up(&c);
		try_again(&c);
		known_hosts_cache_finish(&c);
	}
	free(copy);
	return 0;
}
