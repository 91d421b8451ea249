/*
 * The probe's readers. The first line of an input names the reader, the rest is the kernel's
 * file. Whatever it holds, the server's parser must take every line of the text.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/compiler.h"
#include "lib/metrics/promtext.h"
#include "remote/readers.h"

static void read_mounts(struct span file, struct text *out)
{
	struct mount *mounts = calloc(MOUNTS_MAX, sizeof *mounts);
	assert(mounts);
	size_t count = mounts_parse(file, mounts);
	assert(count <= MOUNTS_MAX);
	for (size_t i = 0; i < count; i++) {
		mounts[i].measured = i % 3 < 2;
		mounts[i].size = i;
	}
	mounts_write(mounts, count, out);
	free(mounts);
}

static const struct {
	const char *name;
	reader *read;
} readers[] = {
	{ "diskstats", read_diskstats },
	{ "loadavg", read_loadavg },
	{ "meminfo", read_meminfo },
	{ "mounts", read_mounts },
	{ "netdev", read_netdev },
	{ "processes", read_processes },
	{ "stat", read_stat },
};

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
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (span_is(name, readers[i].name)) {
			run(readers[i].read, rest.at, rest.len, 1 << 18);
			run(readers[i].read, rest.at, rest.len, 200);
		}
	return 0;
}
