#include <errno.h>
#include <string.h>

#include "lib/wire/ask.h"
#include "remote/gather/pack.h"
#include "remote/sources.h"

enum { FILE_MAX = 256 << 10 };

static const char SUFFIX[] = ".prom";

static bool is_metrics(struct span name)
{
	size_t len = sizeof SUFFIX - 1;
	return name.len > len && memcmp(name.at + name.len - len, SUFFIX, len) == 0;
}

/* Only once, and told whether it is there. */
static void pack_asked(struct collect *c, struct bundle *b, const char *folder)
{
	struct bundle_file f;
	struct span rest = { b->data, b->len };
	while (bundle_next(&rest, &f))
		if (span_is(f.kind, "folder") && span_is(f.path, folder))
			return;
	if (pack_file(c, b, "folder", span_of(folder), 0))
		(void)pack_folder(c, b, "textfile", folder, is_metrics, FILE_MAX);
}

/* May be missing, but is told of when it may never answer. */
static void pack_usual(struct collect *c, struct bundle *b, const char *folder)
{
	if (!pack_folder(c, b, "textfile", folder, is_metrics, FILE_MAX) && errno == EREMOTE)
		(void)pack_file(c, b, "folder", span_of(folder), 0);
}

/* The folders that are asked for, but "-", or else the usual one. */
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
		pack_usual(c, &b, s->path);
	return (ssize_t)b.len;
}
