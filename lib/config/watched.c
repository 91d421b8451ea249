/*
 * An <alert> on a process, a file or a certificate can fire only where one is asked for: one that
 * no client will ever have anything to compare with is most likely a typing mistake.
 */
#include <string.h>

#include "lib/config/load.h"

/* By what the catalogue makes its metrics of. */
static const struct {
	const char *source;
	enum ask_kind kind;
	const char *element;
} watched[] = {
	{ "fleet_process_", ASK_PROCESS, "<process name=\"…\"/>" },
	{ "fleet_file_", ASK_FILE, "<file path=\"…\"/>" },
	{ "fleet_certificate_", ASK_CERTIFICATE, "<certificate path=\"…\"/>" },
};

/* A rule on what has to be asked for. */
struct watch {
	const struct rule *rule;
	size_t row;	       /* of the table */
	bool is_had, is_asked; /* by a client that has the rule */
	struct watch *next;
};

static size_t find_row(const struct rule *rule)
{
	const struct metric *metric = metric_find(rule->type);
	size_t i = metric ? 0 : ARRAY_LEN(watched);
	while (i < ARRAY_LEN(watched) &&
		strncmp(metric->source, watched[i].source, strlen(watched[i].source)) != 0)
		i++;
	return i;
}

int add_watch(struct load *load, const struct rule *rule)
{
	size_t row = find_row(rule);
	if (row == ARRAY_LEN(watched) || load->document == load->defaults)
		return 0;
	struct watch *w = arena_alloc(&load->scratch, sizeof *w);
	if (!w)
		return -1;
	*w = (struct watch){ .rule = rule, .row = row, .next = load->watches };
	load->watches = w;
	return 0;
}

static bool has_rule(const struct client *c, const struct rule *rule)
{
	const struct rule *const *r = c->rules;
	while (*r && *r != rule)
		r++;
	return *r != NULL;
}

void check_watches(struct load *load, const struct client_source *s)
{
	for (struct watch *w = load->watches; w; w = w->next)
		if (!w->is_asked && has_rule(&s->client, w->rule)) {
			w->is_had = true;
			w->is_asked = is_asked(&s->asked, watched[w->row].kind, w->rule->instance);
		}
}

void warn_of_watches(struct load *load)
{
	for (const struct watch *w = load->watches; w; w = w->next)
		if (w->is_had && !w->is_asked)
			warn_at(load, w->rule->file, w->rule->line,
				"<alert type=\"%s\" instance=\"%s\"> has nothing to compare: none "
				"of its clients is asked for that; add %s, or write another "
				"instance",
				w->rule->label, w->rule->instance, watched[w->row].element);
}
