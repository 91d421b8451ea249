#include "remote/bytes/fields.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

void fields_init(struct fields *f, const struct field *rows, size_t count)
{
	assert(count <= FIELDS_MAX);
	f->rows = rows;
	f->count = count;
	f->noted = 0;
	memset(f->as_long, 0, sizeof f->as_long);
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(rows[i].key);
		assert(len <= FIELD_KEY_MAX);
		f->as_long[len] |= UINT64_C(1) << i;
	}
}

static bool is_key(const char *key, struct span section, struct span name)
{
	if (section.len == 0)
		return memcmp(key, name.at, name.len) == 0;
	return memcmp(key, section.at, section.len) == 0 && key[section.len] == ' ' &&
	       memcmp(key + section.len + 1, name.at, name.len) == 0;
}

static void note(struct fields *f, size_t i, struct span number)
{
	unsigned factor = f->rows[i].factor;
	struct span word;
	uint64_t value;
	if (!span_word(&number, &word) || !span_u64(word, &value))
		return;
	if (factor == FIELD_PAGES)
		factor = (unsigned)getpagesize();
	if ((f->noted >> i & 1) || value > UINT64_MAX / factor)
		return;
	f->values[i] = value * factor;
	f->noted |= UINT64_C(1) << i;
}

void fields_note(struct fields *f, struct span section, struct span name, struct span number)
{
	size_t len = section.len + (section.len > 0) + name.len;
	uint64_t left = len <= FIELD_KEY_MAX ? f->as_long[len] : 0;
	for (; left > 0; left &= left - 1) {
		size_t i = (size_t)__builtin_ctzll(left);
		if (is_key(f->rows[i].key, section, name))
			note(f, i, number);
	}
}

void fields_write(const struct fields *f, struct text *out)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->noted >> i & 1)
			text_single(out, f->rows[i].name, f->rows[i].type, f->values[i],
				f->rows[i].decimals);
}

void fields_read(struct span bytes, const struct field *rows, size_t count, struct text *out)
{
	struct span line, name, none = { "", 0 };
	struct fields found;
	fields_init(&found, rows, count);
	while (span_line(&bytes, &line))
		if (span_word(&line, &name))
			fields_note(&found, none, name, line);
	fields_write(&found, out);
}
