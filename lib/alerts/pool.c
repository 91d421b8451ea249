#include "lib/alerts/pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"

const char *pool_text(struct arena *a, const char *text)
{
	return arena_copy(a, text, strlen(text));
}

const char *pool_printf(struct arena *a, const char *fmt, ...)
{
	char raw[1024], safe[1024];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof raw, fmt, ap);
	va_end(ap);
	(void)escape_text(safe, sizeof safe, raw, strlen(raw));
	return pool_text(a, safe);
}
