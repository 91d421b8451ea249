#include "lib/alerts/recipients.h"

#include <string.h>

#include "lib/buffer.h"

bool recipients_have(const char *text, const char *name)
{
	size_t len = strlen(name);
	for (; text && *text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL)
		if (strncmp(text, name, len) == 0 && (text[len] == '\n' || text[len] == 0))
			return true;
	return false;
}

const char *recipients_join(struct arena *pool, const char *text, const char *const *list)
{
	struct buffer joined CLEANUP(buffer_finish) = { 0 };
	if (buffer_append_text(&joined, text) < 0)
		return NULL;
	for (; list && *list; list++)
		if (!recipients_have(joined.data, *list) &&
			buffer_printf(&joined, "%s%s", joined.len ? "\n" : "", *list) < 0)
			return NULL;
	return arena_copy(pool, joined.data ? joined.data : "", joined.len);
}
