/* Values that are lists of words. */
#include <string.h>

#include "lib/config/load.h"

const char **cut_words(struct arena *arena, const char *text, const char *between)
{
	size_t count = 0;
	for (const char *c = text; *(c += strspn(c, between)); c += strcspn(c, between))
		count++;
	const char **list = arena_alloc(arena, (count + 1) * sizeof *list);
	count = 0;
	for (const char *c = text; list && *(c += strspn(c, between)); c += strcspn(c, between))
		if (!(list[count++] = arena_copy(arena, c, strcspn(c, between))))
			return NULL;
	return list;
}

int read_words(struct load *load, const char *text, word_check *check,
	const char *const **ret_words, struct error *err)
{
	const char **words = cut_words(&load->scratch, text, COMMAS);
	if (!words)
		return error_set(err, "not enough memory");
	if (!*words && text[0])
		return error_set(err, "names nothing; write a word, or leave it out");
	for (const char **word = words; *word; word++)
		if (check(*word, err) < 0)
			return -1;
	*ret_words = words;
	return 0;
}
