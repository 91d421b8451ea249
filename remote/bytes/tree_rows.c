#include "remote/bytes/tree_rows.h"

#include <assert.h>
#include <string.h>

bool tree_strip(struct span *name, const char *prefix)
{
	size_t len = strlen(prefix);
	if (!span_starts(*name, prefix))
		return false;
	*name = (struct span){ name->at + len, name->len - len };
	return true;
}

static bool take_value(struct span number, const struct tree_row *row, int64_t *ret_value)
{
	int64_t value;
	return span_i64(number, &value) &&
	       !(row->no_negative && (value < 0 || value == UINT32_MAX)) &&
	       !__builtin_mul_overflow(value, (int64_t)row->factor, ret_value);
}

static void write_row(struct span tree, const struct tree_entries *entries,
	const struct tree_row *row, struct text *out)
{
	struct family family = { row->name, row->type, false };
	struct span rest = tree;
	struct tree_line line;
	int64_t value;
	while (tree_next_of(&rest, row->file, &line)) {
		struct label labels[] = { { entries->label, line.entry },
			{ .name = entries->file } };
		if (!tree_strip(&labels[0].value, entries->prefix) ||
			!take_value(line.value, row, &value))
			continue;
		if (!entries->file)
			text_member(out, &family, labels, 1, value, row->decimals);
		else if (tree_find(tree, line.entry, entries->file, &labels[1].value))
			text_member(out, &family, labels, 2, value, row->decimals);
	}
}

void tree_rows(struct span tree, const struct tree_entries *entries, const struct tree_row *rows,
	size_t count, struct text *out)
{
	for (size_t i = 0; i < count; i++)
		write_row(tree, entries, &rows[i], out);
}

size_t tree_labels(struct span lines, const struct tree_field *fields, size_t count, bool all,
	struct label *ret_labels)
{
	struct span rest = lines;
	struct tree_line first = { .entry = { "", 0 } };
	size_t written = 0;
	(void)tree_next(&rest, &first);
	for (size_t i = 0; i < count; i++) {
		struct label *label = &ret_labels[written];
		*label = text_label(fields[i].label, "");
		(void)tree_find(lines, first.entry, fields[i].file, &label->value);
		written += all || label->value.len > 0;
	}
	return written;
}

void tree_info(struct span tree, const struct tree_entries *entries, const char *name,
	const struct tree_field *fields, size_t count, struct text *out)
{
	struct label labels[TREE_FIELDS_MAX + 1];
	struct family family = { name, "gauge", false };
	struct span entry, lines;
	size_t named = entries->label ? 1 : 0;
	assert(count <= TREE_FIELDS_MAX);
	while (tree_entry(&tree, &entry, &lines)) {
		size_t found = tree_labels(lines, fields, count, false, labels + named);
		if (found == 0 || !tree_strip(&entry, entries->prefix))
			continue;
		if (named)
			labels[0] = (struct label){ entries->label, entry };
		text_member(out, &family, labels, found + named, 1, 0);
	}
}
