/* The files and certificates that the request asks for. */
#include <string.h>

#include "lib/wire/ask.h"
#include "remote/gather/pack.h"
#include "remote/sources.h"

enum { CERTIFICATE_MAX = 256 << 10 };

/* The same may be asked for twice, by what is asked of all and of one. */
static bool is_there(const struct bundle *b, const char *path)
{
	struct span rest = { b->data, b->len };
	struct bundle_file f;
	while (bundle_next(&rest, &f))
		if (span_is(f.path, path))
			return true;
	return false;
}

static bool next(const char **rest, enum ask_kind kind, struct ask *ret_ask)
{
	while (ask_next(rest, ret_ask))
		if (ret_ask->kind == kind)
			return true;
	return false;
}

ssize_t gather_asked(struct collect *c, const struct source *s, char *out, size_t size)
{
	enum ask_kind kind = ask_kind_find(s->files, strlen(s->files));
	size_t most = kind == ASK_CERTIFICATE ? CERTIFICATE_MAX : 0;
	struct bundle b = { out, 0, size };
	const char *rest = c->asks;
	struct ask ask;
	while (next(&rest, kind, &ask)) {
		if (b.len == 0 && !pack_now(c, &b))
			return -1;
		if (!is_there(&b, ask.text))
			(void)pack_file(c, &b, s->files, span_of(ask.text), most);
	}
	return b.len > 0 ? (ssize_t)b.len : -1;
}
