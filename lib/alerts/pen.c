#include "lib/alerts/pen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"

static void put(struct pen *p, const char *text, size_t len)
{
	p->failed = p->failed || buffer_append(p->out, text, len) < 0;
}

void pen_text(struct pen *p, const char *text)
{
	put(p, text, strlen(text));
}

void pen_printf(struct pen *p, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	pen_text(p, text);
}

/* ---- HTML ------------------------------------------------------------------------------- */

static const struct {
	char c;
	const char *entity;
} entities[] = {
	{ '&', "&amp;" },
	{ '<', "&lt;" },
	{ '>', "&gt;" },
	{ '"', "&quot;" },
	{ '\'', "&#39;" },
};

static void put_entity(struct pen *p, char c)
{
	for (size_t i = 0; i < ARRAY_LEN(entities); i++)
		if (entities[i].c == c)
			pen_text(p, entities[i].entity);
}

static void put_escaped(struct pen *p, const char *safe)
{
	while (*safe) {
		size_t n = strcspn(safe, "&<>\"'");
		put(p, safe, n);
		put_entity(p, safe[n]);
		safe += n + (safe[n] != 0);
	}
}

/* In pieces, cut where a character begins, so that no length is too much. */
void pen_html(struct pen *p, const char *text)
{
	enum { PIECE = 256 };
	char safe[4 * PIECE + 1];
	for (size_t left = strlen(text), n; left > 0; text += n, left -= n) {
		n = left < PIECE ? left : PIECE;
		for (size_t back = 0; n < left && back < 3; back++)
			n -= ((unsigned char)text[n] & 0xc0) == 0x80;
		(void)escape_text(safe, sizeof safe, text, n);
		put_escaped(p, safe);
	}
}
