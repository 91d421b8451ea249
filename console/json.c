#include "console/json.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/send/json.h"

int json_item(struct buffer *out, const char *text)
{
	if (buffer_append_text(out, "\"") != 0 || json_put_text(text, strlen(text), out) != 0)
		return -1;
	return buffer_append_text(out, "\"");
}

int json_text(struct buffer *out, const char *key, const char *text, const char *end)
{
	if (buffer_printf(out, "\"%s\":", key) != 0 || json_item(out, text) != 0)
		return -1;
	return buffer_append_text(out, end);
}

int json_next(struct buffer *out, size_t i)
{
	return buffer_append_text(out, i ? ",\n " : "[\n ");
}

int json_end(struct buffer *out, size_t count)
{
	return buffer_append_text(out, count ? "\n]\n" : "[]\n");
}

int json_number(struct buffer *out, const char *key, double value, const char *end)
{
	if (buffer_printf(out, "\"%s\":", key) != 0 || json_put_number(value, out) != 0)
		return -1;
	return buffer_append_text(out, end);
}

int json_bool(struct buffer *out, const char *key, bool value, const char *end)
{
	return buffer_printf(out, "\"%s\":%s%s", key, value ? "true" : "false", end);
}

int json_time(struct buffer *out, const char *key, int64_t ms, const char *end)
{
	char text[CLOCK_TEXT_SIZE];
	if (ms != 0)
		return json_text(out, key, clock_format_utc(ms, text), end);
	return buffer_printf(out, "\"%s\":null%s", key, end);
}
