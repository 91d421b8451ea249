/* net/core/net-procfs.c: /proc/net/softnet_stat: hexadecimal, a line a CPU that is online. In newer
 * kernels the thirteenth column says which it is; in older ones the lines are counted. */
#include "remote/readers/readers.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/compiler.h"

enum { CPU_COLUMN = 12 };

/* clang-format off */
static const struct {
	unsigned column;
	const char *name;
} rows[] = {
	{ 0, "node_softnet_processed_total" },
	{ 1, "node_softnet_dropped_total" },
	{ 2, "node_softnet_times_squeezed_total" },
};
/* clang-format on */

static void write_line(
	struct span line, size_t number, struct family *family, unsigned column, struct text *out)
{
	uint64_t value, cpu;
	char digits[24];
	if (!span_hex_column(line, column, &value) || value > INT64_MAX)
		return;
	if (!span_hex_column(line, CPU_COLUMN, &cpu))
		cpu = number;
	(void)snprintf(digits, sizeof digits, "%" PRIu64, cpu);
	struct label label = text_label("cpu", digits);
	text_member(out, family, &label, 1, (int64_t)value, 0);
}

void read_softnet(struct span bytes, struct text *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span line, rest = bytes;
		struct family family = { .name = rows[i].name, .type = "counter" };
		for (size_t number = 0; span_line(&rest, &line); number++)
			write_line(line, number, &family, rows[i].column, out);
	}
}
