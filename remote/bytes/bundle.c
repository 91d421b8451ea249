#include "remote/bytes/bundle.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_MAX = 128 }; /* without the path */

static bool parse_head(struct span head, struct bundle_file *f, uint64_t *ret_len)
{
	struct span time, size, len;
	if (!span_word(&head, &f->kind) || !span_word(&head, &time) || !span_word(&head, &size) ||
		!span_word(&head, &len))
		return false;
	f->path = head.len > 0 ? (struct span){ head.at + 1, head.len - 1 } : head;
	return span_i64(time, &f->time_ns) && span_i64(size, &f->size) && span_u64(len, ret_len);
}

bool bundle_next(struct span *rest, struct bundle_file *ret_file)
{
	struct bundle_file f;
	struct span head, left = *rest;
	uint64_t len;
	if (!span_line(&left, &head) || !parse_head(head, &f, &len) || len >= left.len ||
		left.at[len] != '\n')
		return false;
	f.bytes = (struct span){ left.at, (size_t)len };
	*rest = (struct span){ left.at + len + 1, left.len - len - 1 };
	*ret_file = f;
	return true;
}

bool bundle_find(struct span bundle, const char *kind, struct bundle_file *ret_file)
{
	struct bundle_file f;
	while (bundle_next(&bundle, &f))
		if (span_is(f.kind, kind)) {
			*ret_file = f;
			return true;
		}
	return false;
}

bool bundle_add(struct bundle *b, const struct bundle_file *f)
{
	char head[HEAD_MAX];
	int n = snprintf(head, sizeof head, "%.*s %" PRId64 " %" PRId64 " %zu ", (int)f->kind.len,
		f->kind.at, f->time_ns, f->size, f->bytes.len);
	size_t room = b->size - b->len;
	if (n < 0 || (size_t)n >= sizeof head || memchr(f->path.at, '\n', f->path.len) ||
		(size_t)n + f->path.len + f->bytes.len + 2 > room)
		return false;
	char *at = b->data + b->len, *body = at + n + f->path.len + 1;
	if (f->bytes.len > 0)
		memmove(body, f->bytes.at, f->bytes.len);
	memcpy(at, head, (size_t)n);
	memcpy(at + n, f->path.at, f->path.len);
	body[-1] = '\n';
	body[f->bytes.len] = '\n';
	b->len = (size_t)(body - b->data) + f->bytes.len + 1;
	return true;
}

char *bundle_bytes(struct bundle *b, const struct bundle_file *f)
{
	assert(f->bytes.at >= b->data && f->bytes.at <= b->data + b->len);
	return b->data + (f->bytes.at - b->data);
}
