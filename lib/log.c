/*
 * A line is formatted, escaped and written by one write(2), so that the lines of several
 * processes that share a standard error do not mix.
 */
#include "lib/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/escape.h"

static const char *log_program = "fleet";
static enum log_level log_level = LOG_WARNING;

void log_setup(const char *program, enum log_level level)
{
	log_program = program;
	log_level = level;
}

enum log_level log_level_now(void)
{
	return log_level;
}

static void write_line(enum log_level level, const char *fmt, va_list ap)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	int saved = errno;
	if (level > log_level)
		return;
	char text[2048];
	char line[4096];
	(void)vsnprintf(text, sizeof text, fmt, ap);
	int head = snprintf(line, sizeof line, "%s: %s: ", log_program, names[level]);
	size_t len = (size_t)head;
	len += escape_text(line + len, sizeof line - len - 1, text, strlen(text));
	line[len++] = '\n';
	ssize_t ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
	errno = saved;
}

#define LOG_FUNCTION(name, level)           \
	void name(const char *fmt, ...)     \
	{                                   \
		va_list ap;                 \
		va_start(ap, fmt);          \
		write_line(level, fmt, ap); \
		va_end(ap);                 \
	}

LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warning, LOG_WARNING)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)
