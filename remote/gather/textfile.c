#include <string.h>

#include "lib/wire/ask.h"
#include "remote/gather/pack.h"
#include "remote/mounts.h"
#include "remote/sources.h"

enum { FILE_MAX = 256 << 10 };

static const char SUFFIX[] = ".prom";

static bool is_metrics(struct span name)
{
	size_t len = sizeof SUFFIX - 1;
	return name.len > len && memcmp(name.at + name.len - len, SUFFIX, len) == 0;
}

/* Only once, and told whether it is there. On a network mount none is: its server may be gone. */
static void pack_asked(struct collect *c, struct bundle *b, const char *folder)
{
	struct bundle_file f, none = { .kind = { "folder", 6 },
		.path = span_of(folder),
		.bytes = { "", 0 },
		.size = BUNDLE_HIDDEN };
	struct span rest = { b->data, b->len };
	while (bundle_next(&rest, &f))
		if (span_is(f.kind, "folder") && span_is(f.path, folder))
			return;
	if (mounts_is_away(pack_mounts(c), none.path))
		(void)bundle_add(b, &none);
	else if (pack_file(c, b, "folder", none.path, 0))
		(void)pack_folder(c, b, "textfile", folder, is_metrics, FILE_MAX);
}

/* The folders that are asked for, but "-", or else the usual one, which may be missing. */
ssize_t gather_textfile(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct bundle b = { .data = out, .size = size };
	struct ask ask;
	const char *rest = c->asks;
	bool is_asked = false;
	while (ask_next(&rest, &ask)) {
		if (ask.kind != ASK_TEXTFILE)
			continue;
		is_asked = true;
		if (strcmp(ask.text, "-") != 0)
			pack_asked(c, &b, ask.text);
	}
	if (!is_asked)
		(void)pack_folder(c, &b, "textfile", s->path, is_metrics, FILE_MAX);
	return (ssize_t)b.len;
}
