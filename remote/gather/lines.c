#include <errno.h>
#include <string.h>

#include "remote/collect.h"
#include "remote/files/io.h"
#include "remote/sources.h"

/* Lines as they are put together: the file that is read lies at the end of `out`, and its lines
 * move down from there. Since they grow on the way, they may run out of room. */
struct lines {
	struct collect *c;
	char *out;
	size_t len, size;
	bool is_there; /* one of them, at least */
};

static bool put_line(struct lines *l, struct span file, struct span line, size_t rest)
{
	char *to = l->out + l->len;
	size_t len = file.len + 1 + line.len + 1;
	if (len > l->size - rest - l->len)
		return false;
	memmove(to + file.len + 1, line.at, line.len);
	memcpy(to, file.at, file.len);
	to[file.len] = '\t';
	to[len - 1] = '\n';
	l->len += len;
	return true;
}

static void put_file(struct lines *l, const char *folder, struct span file)
{
	char path[PATH_MAX], *at = l->out + l->len;
	size_t room = l->size - l->len;
	struct span line;
	ssize_t n = io_path(span_of(folder), file, path) ? collect_read(l->c, path, at, room) : -1;
	if (n < 0) {
		collect_note(l->c, errno);
		return;
	}
	l->is_there = true;
	size_t len = gather_whole(l->c, at, (size_t)n, room);
	struct span rest = { memmove(l->out + l->size - len, at, len), len };
	for (bool fits = true; span_line(&rest, &line);) {
		fits = fits && put_line(l, file, line, rest.len);
		l->c->cut += !fits;
	}
}

ssize_t gather_lines(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct lines l = { .c = c, .out = out, .size = size };
	struct span files = span_of(s->files), file;
	while (span_word(&files, &file))
		put_file(&l, s->path, file);
	return l.is_there ? (ssize_t)l.len : -1;
}
