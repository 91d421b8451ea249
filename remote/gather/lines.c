#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remote/collect.h"
#include "remote/io.h"
#include "remote/sources.h"

/* One file's lines, each behind the file's name. The file is read to the end of `out` and its
 * lines move down from there; since they grow on the way, they may run out of room. Returns the
 * new length. */
static size_t put_file(
	struct collect *c, int dir_fd, struct span file, char *out, size_t len, size_t size)
{
	char name[TREE_VALUE_MAX + 1];
	struct span rest, line;
	if (file.len >= sizeof name)
		return len;
	(void)snprintf(name, sizeof name, "%.*s", (int)file.len, file.at);
	ssize_t n = io_read_regular(dir_fd, name, out + len, size - len);
	if (n < 0)
		return len;
	c->cut = c->cut || (size_t)n == size - len;
	rest = (struct span){ out + size - n, (size_t)n };
	memmove(out + size - n, out + len, (size_t)n);
	while (span_line(&rest, &line)) {
		size_t need = file.len + 1 + line.len + 1, room = size - rest.len - len;
		if (need > room) {
			c->cut = true;
			return len;
		}
		memmove(out + len + file.len + 1, line.at, line.len);
		memcpy(out + len, name, file.len);
		out[len + file.len] = '\t';
		len += need;
		out[len - 1] = '\n';
	}
	return len;
}

ssize_t gather_lines(struct collect *c, const struct source *s, char *out, size_t size)
{
	char path[PATH_MAX];
	size_t len = 0;
	struct span files = { s->files, strlen(s->files) }, file;
	int fd = collect_path(c, s->path, path) ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0)
		return -1;
	while (span_word(&files, &file))
		len = put_file(c, fd, file, out, len, size);
	(void)close(fd);
	return (ssize_t)len;
}
