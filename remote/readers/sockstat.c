/* net/ipv4/proc.c, net/ipv6/proc.c: /proc/net/sockstat and sockstat6 as gather_lines leaves
 * them: a protocol, then names and numbers by turns. Memory of TCP and UDP is in pages there and
 * told in bytes, too. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/fields.h"
#include "remote/bytes/tree.h"

/* clang-format off */
#define SOCKETS(protocol, name) \
	{ protocol ": " name, "node_sockstat_" protocol "_" name, "gauge", 1, 0 }
#define MEMORY(protocol) \
	{ protocol ": mem", "node_sockstat_" protocol "_mem_bytes", "gauge", FIELD_PAGES, 0 }

static const struct field rows[] = {
	{ "sockets: used", "node_sockstat_sockets_used", "gauge", 1, 0 },
	SOCKETS("TCP", "inuse"),
	SOCKETS("TCP", "orphan"),
	SOCKETS("TCP", "tw"),
	SOCKETS("TCP", "alloc"),
	SOCKETS("TCP", "mem"),
	MEMORY("TCP"),
	SOCKETS("UDP", "inuse"),
	SOCKETS("UDP", "mem"),
	MEMORY("UDP"),
	SOCKETS("UDPLITE", "inuse"),
	SOCKETS("RAW", "inuse"),
	SOCKETS("FRAG", "inuse"),
	SOCKETS("FRAG", "memory"),
	SOCKETS("TCP6", "inuse"),
	SOCKETS("UDP6", "inuse"),
	SOCKETS("UDPLITE6", "inuse"),
	SOCKETS("RAW6", "inuse"),
	SOCKETS("FRAG6", "inuse"),
	SOCKETS("FRAG6", "memory"),
};
/* clang-format on */

void read_sockstat(struct span bytes, struct text *out)
{
	struct tree_line line;
	struct span protocol, name, number;
	struct fields found;
	fields_init(&found, rows, ARRAY_LEN(rows));
	while (tree_next(&bytes, &line)) {
		if (!span_word(&line.value, &protocol))
			continue;
		while (span_word(&line.value, &name) && span_word(&line.value, &number))
			fields_note(&found, protocol, name, number);
	}
	fields_write(&found, out);
}
