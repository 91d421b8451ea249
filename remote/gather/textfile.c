#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static void pack_folder(struct collect *c, struct bundle *b, const char *folder)
{
	char full[PATH_MAX], path[PATH_MAX];
	int fd =
		collect_path(c, folder, full) ? open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0) {
		collect_note(c, errno);
		return;
	}
	c->cut = !names_list(&c->names, fd) || c->cut;
	(void)close(fd);
	for (size_t i = 0; i < c->names.count; i++) {
		struct span name = c->names.items[i];
		int len = snprintf(path, sizeof path, "%s/%.*s", folder, (int)name.len, name.at);
		if (is_metrics(name) && len > 0 && (size_t)len < sizeof path)
			(void)pack_file(
				c, b, "textfile", (struct span){ path, (size_t)len }, FILE_MAX);
	}
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
		pack_folder(c, b, folder);
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
		pack_folder(c, &b, s->path);
	return (ssize_t)b.len;
}
