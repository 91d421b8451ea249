/*
 * spoil ROOT: every source of the probe is gathered below ROOT, and its reader is given what came
 * of it cut short after each byte, then with one byte after the other changed. The readers' fuzz
 * target judges each.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote/collect.h"
#include "remote/sources.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_SIZE = 32 << 20, NAME_MAX_LEN = 64 };

/* Into something that means something else, or nothing. */
static uint8_t other(uint8_t byte, size_t i)
{
	static const uint8_t all[] = { '\n', 0, '-', 0xff, '9', ' ', '/', '"' };
	uint8_t changed = all[i % sizeof all];
	return changed == byte ? byte ^ 1 : changed;
}

static size_t spoil(uint8_t *input, size_t head, size_t size)
{
	for (size_t len = head; len <= size; len++)
		(void)LLVMFuzzerTestOneInput(input, len);
	for (size_t i = head; i < size; i++) {
		uint8_t byte = input[i];
		input[i] = other(byte, i);
		(void)LLVMFuzzerTestOneInput(input, size);
		input[i] = byte;
	}
	return 2 * (size - head) + 1;
}

static size_t spoil_source(struct collect *c, const struct source *s, char *input)
{
	int head = snprintf(input, NAME_MAX_LEN, "%s\n", s->name);
	ssize_t len = s->gather(c, s, input + head, COLLECT_BYTES_MAX);
	return len > 0 ? spoil((uint8_t *)input, (size_t)head, (size_t)(head + len)) : 0;
}

int main(int argc, char **argv)
{
	static const struct folders nowhere;
	struct collect c;
	struct arena arena;
	char *input = malloc(NAME_MAX_LEN + COLLECT_BYTES_MAX);
	if (argc != 2 || !input || arena_init(&arena, ARENA_SIZE) < 0 ||
		collect_init(&c, &arena, argv[1], "", &nowhere) < 0)
		return EXIT_FAILURE;
	size_t runs = 0;
	for (size_t i = 0; i < SOURCE_COUNT; i++)
		runs += spoil_source(&c, &sources[i], input);
	(void)printf("%zu\n", runs);
	free(input);
	return EXIT_SUCCESS;
}
