#include "remote/bytes/tree.h"

/* One walk over the bytes: lines are so short that memchr(3) would take longer to begin with. */
bool tree_next(struct span *rest, struct tree_line *ret_line)
{
	if (rest->len == 0)
		return false;
	const char *at = rest->at, *end = rest->at + rest->len;
	while (at < end) {
		const char *line = at, *slash = NULL, *tab;
		for (; at < end; at++) {
			if (*at > '/') /* as most are */
				continue;
			if (*at == '\t' || *at == '\n')
				break;
			if (*at == '/' && !slash)
				slash = at;
		}
		tab = at;
		while (at < end && *at != '\n')
			at++;
		const char *next = at < end ? at + 1 : end;
		if (tab < at) {
			const char *file = slash ? slash + 1 : line;
			ret_line->entry = (struct span){ line, slash ? (size_t)(slash - line) : 0 };
			ret_line->file = (struct span){ file, (size_t)(tab - file) };
			ret_line->value = (struct span){ tab + 1, (size_t)(at - tab) - 1 };
			*rest = (struct span){ next, (size_t)(end - next) };
			return true;
		}
		at = next;
	}
	*rest = (struct span){ end, 0 };
	return false;
}

bool tree_next_of(struct span *rest, const char *file, struct tree_line *ret_line)
{
	while (tree_next(rest, ret_line))
		if (span_is(ret_line->file, file))
			return true;
	return false;
}

bool tree_entry(struct span *rest, struct span *ret_entry, struct span *ret_lines)
{
	struct tree_line first, line;
	if (!tree_next(rest, &first))
		return false;
	const char *from = first.entry.at; /* the line's, also when there is none */
	struct span next = *rest;
	while (tree_next(&next, &line) && span_equal(line.entry, first.entry))
		*rest = next;
	*ret_entry = first.entry;
	*ret_lines = (struct span){ from, (size_t)(rest->at - from) };
	return true;
}

bool tree_find(struct span tree, struct span entry, const char *file, struct span *ret_value)
{
	struct tree_line line;
	while (tree_next_of(&tree, file, &line))
		if (span_equal(line.entry, entry)) {
			*ret_value = line.value;
			return true;
		}
	return false;
}

bool tree_u64(struct span tree, struct span entry, const char *file, uint64_t *ret_value)
{
	struct span value;
	return tree_find(tree, entry, file, &value) && span_u64(value, ret_value);
}

bool tree_i64(struct span tree, struct span entry, const char *file, int64_t *ret_value)
{
	struct span value;
	return tree_find(tree, entry, file, &value) && span_i64(value, ret_value);
}
