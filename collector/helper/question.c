#include "collector/helper/question.h"

#include <stdlib.h>
#include <string.h>

struct question *question_create(
	struct asker *asker, uint32_t serial, const uint8_t *data, size_t len)
{
	struct question *q = malloc(sizeof *q + len);
	if (!q)
		return NULL;
	*q = (struct question){ .asker = asker, .serial = serial, .len = len };
	if (len)
		memcpy(q->data, data, len);
	return q;
}

void question_destroy(struct question *q)
{
	if (!q)
		return;
	free(q->signature);
	free(q);
}

/* Where its line stands, or would: behind all others. */
static struct question **line_of(struct question_lines *lines, const struct asker *asker)
{
	struct question **at = &lines->first;
	while (*at && (*at)->asker != asker)
		at = &(*at)->beside;
	return at;
}

void question_lines_put(struct question_lines *lines, struct question *q)
{
	struct question **at = line_of(lines, q->asker);
	if (!*at)
		*at = q;
	else
		(*at)->last->next = q;
	(*at)->last = q;
}

struct question *question_lines_take(struct question_lines *lines)
{
	struct question *q = lines->first;
	if (!q)
		return NULL;
	lines->first = q->beside;
	if (q->next) {
		q->next->last = q->last;
		*line_of(lines, q->asker) = q->next;
	}
	q->next = q->beside = q->last = NULL;
	return q;
}

void question_lines_forget(struct question_lines *lines, const struct asker *asker)
{
	struct question **at = line_of(lines, asker), *q = *at;
	if (q)
		*at = q->beside;
	while (q) {
		struct question *next = q->next;
		question_destroy(q);
		q = next;
	}
}

void question_lines_finish(struct question_lines *lines)
{
	while (lines->first)
		question_lines_forget(lines, lines->first->asker);
}
