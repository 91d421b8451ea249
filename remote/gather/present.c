
#include "remote/gather/pack.h"
#include "remote/sources.h"

ssize_t gather_present(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct bundle b = { .data = out, .size = size };
	struct span files = span_of(s->files), file;
	while (span_word(&files, &file))
		(void)pack_file(c, &b, "file", file, 0);
	return (ssize_t)b.len;
}
