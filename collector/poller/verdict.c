#include "collector/poller/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"

void verdict_set(struct verdict *v, enum outcome outcome, enum stage stage, const char *fmt, ...)
{
	char text[sizeof v->reason];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	v->outcome = outcome;
	v->stage = stage;
	(void)escape_text(v->reason, sizeof v->reason, text, strlen(text));
}
