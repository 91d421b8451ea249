#include "remote/names.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "remote/io.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(struct span s, size_t from)
{
	size_t to = from;
	while (to < s.len && is_digit(s.at[to]))
		to++;
	return to;
}

/* Two runs of digits as numbers: leading zeros aside, the longer is the greater. */
static int compare_numbers(struct span a, struct span b)
{
	while (a.len > 1 && *a.at == '0')
		a = (struct span){ a.at + 1, a.len - 1 };
	while (b.len > 1 && *b.at == '0')
		b = (struct span){ b.at + 1, b.len - 1 };
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return memcmp(a.at, b.at, a.len);
}

int names_compare(struct span a, struct span b)
{
	size_t i = 0, k = 0;
	while (i < a.len && k < b.len) {
		if (a.at[i] == b.at[k] && !is_digit(a.at[i])) {
			i++;
			k++;
			continue;
		}
		size_t a_to = digits(a, i), b_to = digits(b, k);
		int order = (unsigned char)a.at[i] - (unsigned char)b.at[k];
		if (a_to > i && b_to > k)
			order = compare_numbers((struct span){ a.at + i, a_to - i },
				(struct span){ b.at + k, b_to - k });
		if (order != 0)
			return order;
		i = a_to > i ? a_to : i + 1;
		k = b_to > k ? b_to : k + 1;
	}
	return (i < a.len) - (k < b.len);
}

static int compare(const void *a, const void *b)
{
	return names_compare(*(const struct span *)a, *(const struct span *)b);
}

static bool is_plain(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.at[i] < ' ' || name.at[i] == 0x7f)
			return false;
	return !span_is(name, ".") && !span_is(name, "..");
}

bool names_list(struct names *n, int dir_fd)
{
	n->count = 0;
	ssize_t len = io_list_fd(dir_fd, n->data, n->size);
	struct span rest = { n->data, len > 0 ? (size_t)len : 0 }, name;
	bool fits = len < 0 || n->size - (size_t)len > NAME_MAX + 1;
	while (span_line(&rest, &name)) {
		if (!is_plain(name))
			continue;
		fits = fits && n->count < n->max;
		if (n->count < n->max)
			n->items[n->count++] = name;
	}
	qsort(n->items, n->count, sizeof *n->items, compare);
	return fits;
}
