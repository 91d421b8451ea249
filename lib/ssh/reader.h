#ifndef FLEET_SSH_READER_H
#define FLEET_SSH_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Takes the SSH data types (RFC 4251, section 5) off a run of bytes. Every function fails,
 * without reading on, when the rest is too short for what is asked.
 */
struct reader {
	const uint8_t *at;
	size_t left;
};

struct slice {
	const uint8_t *data;
	size_t len;
};

static inline bool reader_bytes(struct reader *r, size_t len, struct slice *ret)
{
	if (len > r->left)
		return false;
	*ret = (struct slice){ r->at, len };
	r->at += len;
	r->left -= len;
	return true;
}

static inline bool reader_byte(struct reader *r, uint8_t *ret)
{
	struct slice s;
	if (!reader_bytes(r, 1, &s))
		return false;
	*ret = s.data[0];
	return true;
}

static inline bool reader_u32(struct reader *r, uint32_t *ret)
{
	struct slice s;
	if (!reader_bytes(r, 4, &s))
		return false;
	*ret = (uint32_t)s.data[0] << 24 | (uint32_t)s.data[1] << 16 | (uint32_t)s.data[2] << 8 |
	       s.data[3];
	return true;
}

static inline bool reader_string(struct reader *r, struct slice *ret)
{
	uint32_t len;
	return reader_u32(r, &len) && reader_bytes(r, len, ret);
}

static inline bool slice_is(struct slice s, const void *data, size_t len)
{
	return s.len == len && (len == 0 || memcmp(s.data, data, len) == 0);
}

static inline bool slice_is_text(struct slice s, const char *text)
{
	return slice_is(s, text, strlen(text));
}

#endif
