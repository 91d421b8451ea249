#include "lib/escape.h"
#include "lib/storage/private.h"

/* Bytes of the UTF-8 character at `s`, 0 when there is none. */
static size_t character(const char *s, size_t len)
{
	for (size_t n = 1; n <= 4 && n <= len; n++)
		if (utf8_valid(s, n))
			return n;
	return 0;
}

static void mend(char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = character(text + i, len - i);
		if (n == 0) {
			text[i] = '?';
			n = 1;
		}
	}
}

const char *clean_text(struct arena *a, const char *text, size_t max)
{
	size_t len = strlen(text);
	if (len <= max && utf8_valid(text, len))
		return text;
	len = utf8_cut(text, len, max);
	char *copy = arena_copy(a, text, len);
	if (copy)
		mend(copy, len);
	return copy;
}

const char *clean_name(struct arena *a, const char *text, size_t max)
{
	static const char blank[] = "\\x20";
	const char *name = clean_text(a, text, max);
	size_t len = name ? strlen(name) : 0;
	if (len == 0 || name[len - 1] != ' ')
		return name;
	len = utf8_cut(name, len - 1, max - strlen(blank));
	char *copy = arena_alloc(a, len + sizeof blank);
	if (!copy)
		return NULL;
	memcpy(copy, name, len);
	memcpy(copy + len, blank, sizeof blank);
	return copy;
}
