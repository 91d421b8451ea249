#include "remote/tree.h"

#include <string.h>

bool tree_next(struct span *rest, struct tree_line *ret_line)
{
	struct span line;
	while (span_line(rest, &line)) {
		const char *tab = line.len ? memchr(line.at, '\t', line.len) : NULL;
		if (!tab)
			continue;
		size_t len = (size_t)(tab - line.at);
		const char *slash = len ? memchr(line.at, '/', len) : NULL;
		size_t entry = slash ? (size_t)(slash - line.at) : 0;
		size_t file = slash ? entry + 1 : 0;
		*ret_line = (struct tree_line){
			.entry = { line.at, entry },
			.file = { line.at + file, len - file },
			.value = { tab + 1, line.len - len - 1 },
		};
		return true;
	}
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
	while (tree_next(&tree, &line))
		if (span_is(line.file, file) && span_equal(line.entry, entry)) {
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
