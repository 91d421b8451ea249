/*
 * The files and certificates that the request asks for. Those on a network or FUSE mount are
 * looked at by a child that may be left alone (away.h): what a dead server holds must not keep
 * anybody from hearing of the rest. It is not told then, but for a certificate, which is
 * unreadable. (A symbolic link to such a mount is not seen through.)
 */
#include <fcntl.h>
#include <string.h>

#include "lib/wire/ask.h"
#include "remote/away.h"
#include "remote/gather/pack.h"
#include "remote/io.h"
#include "remote/mounts.h"
#include "remote/sources.h"

enum { CERTIFICATE_MAX = 256 << 10 };

struct asked {
	struct collect *c;
	const char *name;
	enum ask_kind kind;
	struct span mounts; /* the kernel's list */
	struct bundle bundle;
};

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

/* The next that is, or is not, away, and not there yet. */
static bool next(const struct asked *a, const char **rest, bool away, struct ask *ret_ask)
{
	while (ask_next(rest, ret_ask))
		if (ret_ask->kind == a->kind && !is_there(&a->bundle, ret_ask->text) &&
			mounts_is_away(a->mounts, span_of(ret_ask->text)) == away)
			return true;
	return false;
}

static void pack(struct asked *a, const char *path)
{
	size_t most = a->kind == ASK_CERTIFICATE ? CERTIFICATE_MAX : 0;
	(void)pack_file(a->c, &a->bundle, a->name, span_of(path), most);
}

/* In the child. */
static void pack_away(int fd, const void *data)
{
	struct asked a = *(const struct asked *)data;
	const char *rest = a.c->asks;
	struct ask ask;
	while (next(&a, &rest, true, &ask)) {
		size_t from = a.bundle.len;
		pack(&a, ask.text);
		if (io_write(fd, a.bundle.data + from, a.bundle.len - from) < 0)
			return;
	}
}

static void read_away(struct asked *a)
{
	bool is_stuck;
	struct bundle *b = &a->bundle;
	struct bundle_file f;
	ssize_t n = away_read(
		a->c->folders, pack_away, a, b->data + b->len, b->size - b->len, &is_stuck);
	struct span rest = { b->data + b->len, n > 0 ? (size_t)n : 0 };
	while (bundle_next(&rest, &f))
		b->len = (size_t)(rest.at - b->data);
}

static void add_unreadable(struct asked *a)
{
	const char *rest = a->c->asks;
	struct ask ask;
	while (next(a, &rest, true, &ask)) {
		struct bundle_file f = { .kind = span_of(a->name),
			.path = span_of(ask.text),
			.bytes = span_of(""),
			.size = BUNDLE_HIDDEN };
		(void)bundle_add(&a->bundle, &f);
	}
}

static bool is_any_asked(const struct asked *a, bool away)
{
	const char *rest = a->c->asks;
	struct ask ask;
	return next(a, &rest, away, &ask);
}

static void pack_all(struct asked *a)
{
	const char *rest = a->c->asks;
	struct ask ask;
	while (next(a, &rest, false, &ask))
		pack(a, ask.text);
	if (is_any_asked(a, true))
		read_away(a);
	if (a->kind == ASK_CERTIFICATE)
		add_unreadable(a);
}

ssize_t gather_asked(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct asked a = { .c = c,
		.name = s->files,
		.bundle = { out, 0, size },
		.kind = ask_kind_find(s->files, strlen(s->files)) };
	if (!is_any_asked(&a, false) || !pack_now(c, &a.bundle))
		return -1;
	a.mounts = pack_mounts(c);
	pack_all(&a);
	return (ssize_t)a.bundle.len;
}
