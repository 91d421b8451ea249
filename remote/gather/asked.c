#include <string.h>

#include "lib/wire/ask.h"
#include "remote/gather/pack.h"
#include "remote/sources.h"

enum { CERTIFICATES_MAX = 256 << 10 };

/* The same may be asked for twice, by what is asked of all and of one. */
static bool is_there(struct span bundle, const char *path)
{
	struct bundle_file f;
	while (bundle_next(&bundle, &f))
		if (span_is(f.path, path))
			return true;
	return false;
}

ssize_t gather_asked(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct bundle b = { .data = out, .size = size };
	struct ask ask;
	enum ask_kind kind = ask_kind_find(s->files, strlen(s->files));
	size_t most = kind == ASK_CERTIFICATE ? CERTIFICATES_MAX : 0;
	const char *rest = c->asks;
	if (!pack_now(c, &b))
		return -1;
	while (ask_next(&rest, &ask))
		if (ask.kind == kind && !is_there((struct span){ out, b.len }, ask.text))
			(void)pack_file(
				c, &b, s->files, (struct span){ ask.text, strlen(ask.text) }, most);
	return (ssize_t)b.len;
}
