#include "remote/collect.h"
#include "remote/io.h"
#include "remote/sources.h"

ssize_t gather_list(struct collect *c, const struct source *s, char *out, size_t size)
{
	char path[PATH_MAX];
	ssize_t n = collect_path(c, s->path, path) ? io_list_folder(path, out, size) : -1;
	c->cut = c->cut || (n >= 0 && size - (size_t)n <= NAME_MAX + 1);
	return n;
}
