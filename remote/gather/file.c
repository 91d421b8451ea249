#include <errno.h>
#include <fcntl.h>

#include "remote/collect.h"
#include "remote/io.h"
#include "remote/sources.h"

/* A file that is longer is cut at its last whole line. */
static size_t cut_at_line(struct collect *c, const char *out, size_t len)
{
	c->cut = true;
	while (len > 0 && out[len - 1] != '\n')
		len--;
	return len;
}

ssize_t gather_file(struct collect *c, const struct source *s, char *out, size_t size)
{
	char path[PATH_MAX];
	if (!collect_path(c, s->path, path))
		return -1;
	ssize_t n = io_read_regular(AT_FDCWD, path, out, size);
	if (n < 0)
		collect_note(c, errno);
	return n < 0 || (size_t)n < size ? n : (ssize_t)cut_at_line(c, out, size);
}
