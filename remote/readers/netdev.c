/*
 * Network interfaces, of /proc/net/dev: proc(5). All of them are told of, as by node_exporter
 * unless it is told otherwise.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/columns.h"

/* clang-format off */
static const struct column rows[] = {
	{ "node_network_receive_bytes_total",       "counter", 0,  1, 0 },
	{ "node_network_receive_packets_total",     "counter", 1,  1, 0 },
	{ "node_network_receive_errs_total",        "counter", 2,  1, 0 },
	{ "node_network_receive_drop_total",        "counter", 3,  1, 0 },
	{ "node_network_receive_fifo_total",        "counter", 4,  1, 0 },
	{ "node_network_receive_frame_total",       "counter", 5,  1, 0 },
	{ "node_network_receive_compressed_total",  "counter", 6,  1, 0 },
	{ "node_network_receive_multicast_total",   "counter", 7,  1, 0 },
	{ "node_network_transmit_bytes_total",      "counter", 8,  1, 0 },
	{ "node_network_transmit_packets_total",    "counter", 9,  1, 0 },
	{ "node_network_transmit_errs_total",       "counter", 10, 1, 0 },
	{ "node_network_transmit_drop_total",       "counter", 11, 1, 0 },
	{ "node_network_transmit_fifo_total",       "counter", 12, 1, 0 },
	{ "node_network_transmit_colls_total",      "counter", 13, 1, 0 },
	{ "node_network_transmit_carrier_total",    "counter", 14, 1, 0 },
	{ "node_network_transmit_compressed_total", "counter", 15, 1, 0 },
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
