#include "lib/metrics/answers.h"

#include <string.h>

#include "lib/escape.h"

/* The series that there is of each, whatever its value, and the label that tells which. */
static const struct {
	const char *name, *label;
} words[ASK_KINDS] = {
	[ASK_PROCESS] = { "fleet_process_error", "name" },
	[ASK_FILE] = { "fleet_file_error", "path" },
	[ASK_CERTIFICATE] = { "fleet_certificate_unreadable", "path" },
	[ASK_TEXTFILE] = { "node_textfile_scrape_error", NULL },
};

bool answers_next(const char **asks, struct ask *ret_ask)
{
	while (ask_next(asks, ret_ask))
		if (words[ret_ask->kind].name && strcmp(ret_ask->text, "-") != 0)
			return true;
	return false;
}

/* As the probe tells it. */
static void name_of(const struct ask *ask, char out[static 4 * ASK_TEXT_MAX + 1])
{
	const char *file = ask->kind == ASK_PROCESS ? strstr(ask->text, "=/") : NULL;
	size_t len = file ? (size_t)(file - ask->text) : strlen(ask->text);
	(void)escape_text(out, 4 * ASK_TEXT_MAX + 1, ask->text, len);
}

bool answers_has(const struct series_index *report, const struct ask *ask)
{
	char name[4 * ASK_TEXT_MAX + 1];
	size_t count;
	const char *label = words[ask->kind].label;
	const struct series *s = series_named(report, words[ask->kind].name, &count);
	if (!label)
		return count > 0;
	name_of(ask, name);
	for (; count > 0; s++, count--) {
		const char *value = prom_label(s->sample, label);
		if (value && strcmp(value, name) == 0)
			return true;
	}
	return false;
}
