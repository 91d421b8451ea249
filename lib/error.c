/*
 * Error texts are kept in a fixed array of the caller's, so that reporting one never
 * allocates and never fails: the worst that happens to a very long one is that it is cut.
 */
#include "lib/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	return -1;
}

int error_no_memory(struct error *err)
{
	return error_set(err, "out of memory");
}

int error_errno(struct error *err, const char *fmt, ...)
{
	int saved = errno;
	if (!err)
		return -1;
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	size_t len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof err->text - len, ": %s", strerror(saved));
	errno = saved;
	return -1;
}

int error_context(struct error *err, const char *fmt, ...)
{
	if (!err)
		return -1;
	struct error inner = *err;
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	size_t len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof err->text - len, ": %s", inner.text);
	return -1;
}
