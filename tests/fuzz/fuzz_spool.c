/*
 * The files of encrypted_stats/: processes that speak to hostile servers write them, and power
 * cuts cut them. What is accepted must come out of the formatter as the same thing again.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "collector/spool/outcomes.h"
#include "collector/spool/spool.h"

static void fuzz_head(const char *data, size_t size)
{
	char line[SPOOL_LINE_MAX];
	struct spool_head head, again;
	size_t body;
	if (spool_parse_head(data, size, &head, &body, NULL) < 0)
		return;
	int len = spool_format_head(&head, line, sizeof line);
	assert(len > 0);
	if (head.length == 0) {
		assert(spool_parse_head(line, (size_t)len, &again, &body, NULL) == 0);
		assert(strcmp(head.client, again.client) == 0);
	}
}

static void fuzz_outcomes(const char *data, size_t size)
{
	char line[SPOOL_LINE_MAX];
	struct spool_outcome again;
	struct outcomes outcomes = { 0 };
	if (outcomes_add(&outcomes, 1, data, size, NULL) == 0)
		outcomes_sort(&outcomes);
	for (size_t i = 0; i < outcomes.count; i++) {
		int len = spool_format_outcome(&outcomes.items[i], line, sizeof line);
		assert(len > 0);
		assert(spool_parse_outcome(line, (size_t)len - 1, &again, NULL) == 0);
		assert(strcmp(outcomes.items[i].text, again.text) == 0);
	}
	outcomes_finish(&outcomes);
}

static void fuzz_cycle(const char *data, size_t size)
{
	struct spool_cycle cycle;
	size_t len = size && data[size - 1] == '\n' ? size - 1 : size;
	if (spool_parse_cycle(data, len, &cycle, NULL) == 0) {
		char line[SPOOL_LINE_MAX];
		assert(spool_format_cycle(&cycle, line, sizeof line) > 0);
	}
}

static void fuzz_name(const char *data, size_t size)
{
	char *name = strndup(data, size);
	struct spool_entry entry;
	if (name)
		spool_parse_name(name, &entry);
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* exactly as long, so that ASan sees over-reads */
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	fuzz_head(copy, size);
	fuzz_outcomes(copy, size);
	fuzz_cycle(copy, size);
	fuzz_name(copy, size);
	free(copy);
	return 0;
}
