#include "lib/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_finish(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){ .cap = b->cap };
}

void buffer_wipe(struct buffer *b)
{
	if (b->data)
		explicit_bzero(b->data, b->size);
	buffer_finish(b);
}

void buffer_clear(struct buffer *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = 0;
}

char *buffer_reserve(struct buffer *b, size_t len)
{
	size_t cap = b->cap ? b->cap : SIZE_MAX / 4;
	if (len > cap || b->len > cap - len) {
		errno = EFBIG;
		return NULL;
	}
	size_t need = b->len + len + 1;
	if (need > b->size) {
		size_t size = b->size ? b->size : 256;
		while (size < need)
			size *= 2;
		if (size - 1 > cap)
			size = cap + 1;
		char *data = realloc(b->data, size);
		if (!data)
			return NULL;
		b->data = data;
		b->size = size;
	}
	return b->data + b->len;
}

int buffer_append(struct buffer *b, const void *data, size_t len)
{
	char *to = buffer_reserve(b, len);
	if (!to)
		return -1;
	if (len)
		memcpy(to, data, len);
	b->len += len;
	b->data[b->len] = 0;
	return 0;
}

int buffer_append_text(struct buffer *b, const char *text)
{
	return buffer_append(b, text, strlen(text));
}

/* Most texts fit where there is room already, so that they are formatted once. */
int buffer_printf(struct buffer *b, const char *fmt, ...)
{
	size_t room = b->size - b->len, cap = b->cap ? b->cap : SIZE_MAX / 4;
	va_list ap;
	va_start(ap, fmt);
	int len = vsnprintf(room ? b->data + b->len : NULL, room, fmt, ap);
	va_end(ap);
	bool fits = len >= 0 && (size_t)len < room && (size_t)len <= cap - b->len;
	if (room)
		b->data[b->len + (fits ? (size_t)len : 0)] = 0;
	char *to = fits ? b->data : len < 0 ? NULL : buffer_reserve(b, (size_t)len);
	if (!to)
		return -1;
	if (!fits) {
		va_start(ap, fmt);
		(void)vsnprintf(to, (size_t)len + 1, fmt, ap);
		va_end(ap);
	}
	b->len += (size_t)len;
	return 0;
}

void buffer_consume(struct buffer *b, size_t len)
{
	if (len > b->len)
		len = b->len;
	if (!len)
		return;
	b->len -= len;
	memmove(b->data, b->data + len, b->len);
	b->data[b->len] = 0;
}
