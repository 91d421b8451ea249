/*
 * Documentation/networking/snmp_counter.rst: /proc/net/snmp, netstat and snmp6 as gather_lines
 * leaves them. The first two hold lines in pairs, names over numbers, both under the protocol's
 * name; in the third a name and its number share a line. The rows are what node_exporter takes
 * unless told otherwise, and attempts that failed.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/fields.h"
#include "remote/bytes/tree.h"

/* clang-format off */
#define PAIRED(protocol, field) \
	{ protocol ": " field, "node_netstat_" protocol "_" field, "untyped", 1, 0 }
#define SIX(protocol, field) \
	{ protocol field, "node_netstat_" protocol "_" field, "untyped", 1, 0 }

static const struct field rows[] = {
	PAIRED("Ip", "Forwarding"),
	PAIRED("IpExt", "InOctets"),
	PAIRED("IpExt", "OutOctets"),
	PAIRED("Icmp", "InErrors"),
	PAIRED("Icmp", "InMsgs"),
	PAIRED("Icmp", "OutMsgs"),
	PAIRED("Tcp", "ActiveOpens"),
	PAIRED("Tcp", "AttemptFails"),
	PAIRED("Tcp", "CurrEstab"),
	PAIRED("Tcp", "InErrs"),
	PAIRED("Tcp", "InSegs"),
	PAIRED("Tcp", "OutRsts"),
	PAIRED("Tcp", "OutSegs"),
	PAIRED("Tcp", "PassiveOpens"),
	PAIRED("Tcp", "RetransSegs"),
	PAIRED("TcpExt", "ListenDrops"),
	PAIRED("TcpExt", "ListenOverflows"),
	PAIRED("TcpExt", "SyncookiesFailed"),
	PAIRED("TcpExt", "SyncookiesRecv"),
	PAIRED("TcpExt", "SyncookiesSent"),
	PAIRED("TcpExt", "TCPOFOQueue"),
	PAIRED("TcpExt", "TCPRcvQDrop"),
	PAIRED("TcpExt", "TCPSynRetrans"),
	PAIRED("TcpExt", "TCPTimeouts"),
	PAIRED("Udp", "InDatagrams"),
	PAIRED("Udp", "InErrors"),
	PAIRED("Udp", "NoPorts"),
	PAIRED("Udp", "OutDatagrams"),
	PAIRED("Udp", "RcvbufErrors"),
	PAIRED("Udp", "SndbufErrors"),
	PAIRED("UdpLite", "InErrors"),
	SIX("Ip6", "InOctets"),
	SIX("Ip6", "OutOctets"),
	SIX("Icmp6", "InErrors"),
	SIX("Icmp6", "InMsgs"),
	SIX("Icmp6", "OutMsgs"),
	SIX("Udp6", "InDatagrams"),
	SIX("Udp6", "InErrors"),
	SIX("Udp6", "NoPorts"),
	SIX("Udp6", "OutDatagrams"),
	SIX("Udp6", "RcvbufErrors"),
	SIX("Udp6", "SndbufErrors"),
	SIX("UdpLite6", "InErrors"),
};
/* clang-format on */

/* Names over numbers, when both lines begin with the same word. */
static void note_pair(struct fields *found, struct span names, struct span numbers)
{
	struct span protocol, same, name, number;
	if (!span_word(&names, &protocol) || !span_word(&numbers, &same) ||
		!span_equal(protocol, same))
		return;
	while (span_word(&names, &name) && span_word(&numbers, &number))
		fields_note(found, protocol, name, number);
}

static void note_single(struct fields *found, struct span line)
{
	struct span name, none = { "", 0 };
	if (span_word(&line, &name))
		fields_note(found, none, name, line);
}

void read_netstat(struct span bytes, struct text *out)
{
	struct tree_line line;
	struct span before = { "", 0 };
	struct fields found;
	fields_init(&found, rows, ARRAY_LEN(rows));
	while (tree_next(&bytes, &line)) {
		if (span_is(line.file, "snmp6"))
			note_single(&found, line.value);
		else
			note_pair(&found, before, line.value);
		before = line.value;
	}
	fields_write(&found, out);
}
