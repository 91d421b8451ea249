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
	for (size_t i = 0; i < count; i++)
		f->lengths[i] = strlen(rows[i].key);
}

static bool is_key(const char *key, struct span section, struct span name)
{
	if (section.len == 0)
		return memcmp(key, name.at, name.len) == 0;
	return memcmp(key, section.at, section.len) == 0 && key[section.len] == ' ' &&
	       memcmp(key + section.len + 1, name.at, name.len) == 0;
}

static void note(struct fields *f, size_t i, uint64_t value)
{
	unsigned factor = f->rows[i].factor;
	if (factor == FIELD_PAGES)
		factor = (unsigned)getpagesize();
	if ((f->noted >> i & 1) || value > UINT64_MAX / factor)
		return;
	f->values[i] = value * factor;
	f->noted |= UINT64_C(1) << i;
}

void fields_note(struct fields *f, struct span section, struct span name, struct span number)
{
	uint64_t value;
	size_t length = section.len + (section.len > 0) + name.len;
	for (size_t i = 0; i < f->count; i++)
		if (f->lengths[i] == length && is_key(f->rows[i].key, section, name) &&
			span_u64(number, &value))
			note(f, i, value);
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
	struct span line, name, number, none = { "", 0 };
	struct fields found;
	fields_init(&found, rows, count);
	while (span_line(&bytes, &line))
		if (span_word(&line, &name) && span_word(&line, &number))
			fields_note(&found, none, name, number);
	fields_write(&found, out);
}
