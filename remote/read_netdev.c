#include "remote/readers.h"

#include "lib/compiler.h"

/* clang-format off */
static const struct {
	const char *name;
	unsigned column;
} rows[] = {
	{ "node_network_receive_bytes_total",    0 },
	{ "node_network_receive_packets_total",  1 },
	{ "node_network_receive_errs_total",     2 },
	{ "node_network_receive_drop_total",     3 },
	{ "node_network_transmit_bytes_total",   8 },
	{ "node_network_transmit_packets_total", 9 },
	{ "node_network_transmit_errs_total",    10 },
	{ "node_network_transmit_drop_total",    11 },
};
/* clang-format on */

/* A name may hold a colon itself (an alias), so the last one ends it. The two title lines
 * have none. */
static bool take_device(struct span *line, struct span *ret_device)
{
	size_t colon = line->len;
	while (colon > 0 && line->at[colon - 1] != ':')
		colon--;
	struct span name = { line->at, colon ? colon - 1 : 0 };
	*line = (struct span){ line->at + colon, line->len - colon };
	return span_word(&name, ret_device);
}

void read_netdev(struct span file, struct text *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span rest = file, line;
		uint64_t value;
		text_type(out, rows[i].name, "counter");
		while (span_line(&rest, &line)) {
			struct label device = { .name = "device" };
			if (take_device(&line, &device.value) &&
				span_column(line, rows[i].column, &value))
				text_sample(out, rows[i].name, &device, 1, value, 0);
		}
	}
}
