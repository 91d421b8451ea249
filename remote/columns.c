#include "remote/columns.h"

static void read_column(
	struct span file, take_device *take, const struct column *row, struct text *out)
{
	struct span line;
	uint64_t value;
	for (bool named = false; span_line(&file, &line);) {
		struct label device = { .name = "device" };
		if (!take(&line, &device.value) || !span_column(line, row->column, &value) ||
			value > UINT64_MAX / row->factor)
			continue;
		if (!named)
			text_type(out, row->name, row->type);
		named = true;
		text_sample(out, row->name, &device, 1, value * row->factor, row->decimals);
	}
}

void columns_read(struct span file, take_device *take, const struct column *rows, size_t count,
	struct text *out)
{
	for (size_t i = 0; i < count; i++)
		read_column(file, take, &rows[i], out);
}
