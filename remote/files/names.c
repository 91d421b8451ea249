#include "remote/files/names.h"

#include <limits.h>
#include <string.h>

#include "lib/compiler.h"
#include "remote/files/io.h"

static size_t digits(struct span s, size_t from)
{
	size_t to = from;
	while (to < s.len && span_is_digit(s.at[to]))
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

/* Where two names begin to differ, or the number in which they do. */
static size_t difference(struct span a, struct span b)
{
	size_t i = 0, most = a.len < b.len ? a.len : b.len;
	while (i < most && a.at[i] == b.at[i])
		i++;
	while (i > 0 && span_is_digit(a.at[i - 1]))
		i--;
	return i;
}

int names_compare(struct span a, struct span b)
{
	size_t i = difference(a, b), k = i;
	while (i < a.len && k < b.len) {
		if (a.at[i] == b.at[k] && !span_is_digit(a.at[i])) {
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

/* Shell's sort: a folder has a few dozen names, and qsort(3) of musl calls memcpy(3) for each of
 * their moves. */
static void sort(struct span *items, size_t count)
{
	static const size_t gaps[] = { 701, 301, 132, 57, 23, 10, 4, 1 };
	for (size_t g = 0; g < ARRAY_LEN(gaps); g++)
		for (size_t i = gaps[g]; i < count; i++) {
			struct span item = items[i];
			size_t to = i;
			for (; to >= gaps[g] && names_compare(item, items[to - gaps[g]]) < 0;
				to -= gaps[g])
				items[to] = items[to - gaps[g]];
			items[to] = item;
		}
}

/* Where the listing goes on. */
struct listing {
	struct names *names;
	names_wanted *is_wanted;
	size_t len, cut;
};

/* 0 for one that is left out. */
static size_t length(const char *name)
{
	size_t len = 0;
	for (; name[len]; len++)
		if ((unsigned char)name[len] < ' ' || name[len] == 0x7f)
			return 0;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ? 0 : len;
}

static void take_name(void *context, const char *name)
{
	struct listing *l = context;
	struct names *n = l->names;
	struct span from = { name, length(name) };
	if (from.len == 0 || (l->is_wanted && !l->is_wanted(from)))
		return;
	if (l->cut > 0 || from.len > n->size - l->len || n->count == n->max) {
		l->cut++;
		return;
	}
	n->items[n->count++] = (struct span){ n->data + l->len, from.len };
	(void)span_copy(from, n->data + l->len);
	l->len += from.len;
}

size_t names_list(struct names *n, int dir_fd, names_wanted *is_wanted)
{
	struct listing l = { .names = n, .is_wanted = is_wanted };
	n->count = 0;
	if (io_each_name(dir_fd, take_name, &l) < 0)
		n->count = 0;
	sort(n->items, n->count);
	return l.cut;
}
