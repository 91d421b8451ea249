/* What is wrong with a configuration. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/config/load.h"

enum { PROBLEMS_MAX = 200 };

void config_problems_finish(struct config_problems *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].file);
		free(p->items[i].text);
	}
	free(p->items);
	*p = (struct config_problems){ 0 };
}

void add_problem(
	struct config_problems *p, const char *file, int line, bool warning, const char *text)
{
	if (p->count > PROBLEMS_MAX)
		return;
	if (p->count == PROBLEMS_MAX)
		text = "there is more; mend what stands above first";
	struct config_problem *items =
		array_reserve(p->items, p->count + 1, &p->size, sizeof *items);
	if (!items)
		return;
	p->items = items;
	struct config_problem *new = &items[p->count];
	*new = (struct config_problem){ strdup(file), line, strdup(text), warning };
	if (new->file &&new->text) {
		p->count++;
		return;
	}
	free(new->file);
	free(new->text);
}

#define ADD_PROBLEM(load, file, line, warning, fmt)                       \
	do {                                                              \
		char text[1024];                                          \
		va_list ap;                                               \
		va_start(ap, fmt);                                        \
		(void)vsnprintf(text, sizeof text, fmt, ap);              \
		va_end(ap);                                               \
		add_problem((load)->problems, file, line, warning, text); \
		(load)->mistakes += !(warning);                           \
	} while (0)

void complain(struct load *load, const struct xml_node *node, const char *fmt, ...)
{
	ADD_PROBLEM(load, load->document->file, node->line, false, fmt);
}

void complain_at(struct load *load, const char *file, int line, const char *fmt, ...)
{
	ADD_PROBLEM(load, file, line, false, fmt);
}

void warn_at(struct load *load, const char *file, int line, const char *fmt, ...)
{
	ADD_PROBLEM(load, file, line, true, fmt);
}

static bool has_mistake(const struct config_problems *p, const char *file, int line)
{
	for (size_t i = 0; i < p->count; i++)
		if (!p->items[i].warning && p->items[i].line == line &&
			strcmp(p->items[i].file, file) == 0)
			return true;
	return false;
}

/* Where we have a complaint of our own it says the same better. */
void add_schema_complaints(struct load *load)
{
	for (const struct schema_complaint *c = load->complaints; c; c = c->next)
		if (!has_mistake(load->problems, c->file, c->line))
			complain_at(load, c->file, c->line, "%s", c->text);
		else
			load->mistakes++;
}

static bool is_before(const struct config_problem *a, const struct config_problem *b)
{
	int order = strcmp(a->file, b->file);
	return order ? order < 0 : a->line < b->line;
}

void sort_problems(struct config_problems *p)
{
	size_t count = p->count > PROBLEMS_MAX ? PROBLEMS_MAX : p->count;
	for (size_t i = 1; i < count; i++) {
		struct config_problem moved = p->items[i];
		size_t k = i;
		for (; k > 0 && is_before(&moved, &p->items[k - 1]); k--)
			p->items[k] = p->items[k - 1];
		p->items[k] = moved;
	}
}
