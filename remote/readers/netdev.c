#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/columns.h"

/* clang-format off */
static const struct column rows[] = {
	{ "node_network_receive_bytes_total",    0, 1, 0 },
	{ "node_network_receive_packets_total",  1, 1, 0 },
	{ "node_network_receive_errs_total",     2, 1, 0 },
	{ "node_network_receive_drop_total",     3, 1, 0 },
	{ "node_network_transmit_bytes_total",   8, 1, 0 },
	{ "node_network_transmit_packets_total", 9, 1, 0 },
	{ "node_network_transmit_errs_total",    10, 1, 0 },
	{ "node_network_transmit_drop_total",    11, 1, 0 },
};
/* clang-format on */

/* A name may hold a colon itself (an alias), so the last one ends it. The two title lines
 * have none. */
static bool take_interface(struct span *line, struct span *ret_device)
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
	columns_read(file, take_interface, rows, ARRAY_LEN(rows), out);
}
