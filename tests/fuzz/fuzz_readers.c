/*
 * The probe's readers, all of sources.def. The first line of an input names the reader, the rest
 * is what a gather leaves. Whatever it holds, the server's parser must take every line of the
 * text.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/metrics/promtext.h"
#include "remote/sources.h"

static void check_text(const struct text *out)
{
	struct promtext parsed;
	if (promtext_parse(out->data, out->len, &parsed, NULL) < 0)
		return;
	assert(parsed.rejected == 0 && parsed.complete);
	promtext_finish(&parsed);
}

static void run(reader *read, const char *data, size_t size, size_t room)
{
	struct text out = { .data = malloc(room), .size = room };
	char *copy = malloc(size + 1); /* so that a read beyond it is seen */
	assert(out.data && copy);
	if (size)
		memcpy(copy + 1, data, size);
	read((struct span){ copy + 1, size }, &out);
	text_finish(&out);
	assert(out.len <= room);
	check_text(&out);
	free(copy);
	free(out.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = { (const char *)data, size }, name;
	if (!span_line(&rest, &name))
		return 0;
	size_t i = 0;
	while (i < SOURCE_COUNT && !span_is(name, sources[i].name))
		i++;
	if (i == SOURCE_COUNT)
		return 0;
	run(sources[i].read, rest.at, rest.len, 1 << 18);
	run(sources[i].read, rest.at, rest.len, 250);
	return 0;
}
