/*
 * Texts that many clients have in common, each once, with what is made of it.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/load.h"

static int by_text(const void *a, const void *b)
{
	const struct shared *x = a, *y = b;
	return x->text == y->text ? 0 : strcmp(x->text, y->text);
}

struct shared *find_shared(struct load *load, void **root, const char *text)
{
	const struct shared key = { .text = text };
	struct shared *const *found = tfind(&key, root, by_text);
	if (found)
		return *found;
	struct shared *new = arena_alloc(load->result, sizeof *new);
	if (!new)
		return NULL;
	new->text = arena_copy(load->result, text, strlen(text));
	return new->text &&tsearch(new, root, by_text) ? new : NULL;
}

static void forget(void *shared)
{
	(void)shared; /* the arena's */
}

void finish_shared(struct load *load)
{
	tdestroy(load->asks, forget);
	tdestroy(load->choices, forget);
}
