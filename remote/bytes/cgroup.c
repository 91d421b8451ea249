#include "remote/bytes/cgroup.h"

#include <string.h>

static const char UNIFIED[] = "0::";

bool cgroup_path(struct span file, struct span *ret_path)
{
	static const struct span outermost = { "/", 1 };
	struct span line;
	while (span_line(&file, &line)) {
		size_t skip = sizeof UNIFIED - 1;
		if (!span_starts(line, UNIFIED) || line.len == skip || line.at[skip] != '/')
			continue;
		struct span path = { line.at + skip, line.len - skip };
		*ret_path = span_lists(path, '/', "..") ? outermost : path;
		return true;
	}
	return false;
}

bool cgroup_next(struct span path, size_t *len)
{
	if (*len + 1 >= path.len)
		return false;
	const char *from = path.at + *len + 1;
	const char *slash = memchr(from, '/', path.len - *len - 1);
	*len = slash ? (size_t)(slash - path.at) : path.len;
	return true;
}

uint64_t cgroup_limit(struct span file)
{
	struct span word;
	uint64_t limit, period;
	if (!span_line(&file, &word))
		return UINT64_MAX;
	struct span line = word;
	if (!span_word(&line, &word) || !span_u64(word, &limit))
		return UINT64_MAX;
	if (!span_word(&line, &word))
		return limit;
	if (!span_u64(word, &period) || period == 0 || limit > UINT64_MAX / CGROUP_FRACTION)
		return UINT64_MAX;
	return limit * CGROUP_FRACTION / period;
}
