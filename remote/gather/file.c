#include <errno.h>

#include "remote/collect.h"
#include "remote/sources.h"

size_t gather_whole(struct collect *c, const char *out, size_t len, size_t size)
{
	if (len < size)
		return len;
	c->cut++;
	while (len > 0 && out[len - 1] != '\n')
		len--;
	return len;
}

ssize_t gather_file(struct collect *c, const struct source *s, char *out, size_t size)
{
	ssize_t n = collect_read(c, s->path, out, size);
	if (n < 0)
		collect_note(c, errno);
	return n < 0 ? n : (ssize_t)gather_whole(c, out, (size_t)n, size);
}
