#include <stdio.h>

#include "remote/collect.h"
#include "remote/sources.h"

ssize_t gather_first(struct collect *c, const struct source *s, char *out, size_t size)
{
	char name[PATH_MAX];
	struct span files = span_of(s->files), file;
	ssize_t len = -1;
	while (len < 0 && span_word(&files, &file)) {
		(void)snprintf(name, sizeof name, "%.*s", (int)file.len, file.at);
		len = collect_read(c, name, out, size);
	}
	return len < 0 ? len : (ssize_t)gather_whole(c, out, (size_t)len, size);
}
