/* What the kernel says of sockets and protocols, and of what it has to do for them. */
#include "tests/unit/readers_rig.h"

#define NETSTAT(name, value)  ONE("netstat_" name, "untyped", value)
#define SOCKSTAT(name, value) ONE("sockstat_" name, "gauge", value)
#define STAT(name, value)     ONE("nf_conntrack_stat_" name, "gauge", value)
#define CPU(name, n, value)   "node_" name "{cpu=\"" n "\"} " value "\n"

/* clang-format off */
static const struct reader_row rows[] = {
	/* names over numbers; a kernel's unknown ones are passed over */
	{ read_netstat,
	  "snmp\tIp: Forwarding DefaultTTL InReceives\nsnmp\tIp: 1 64 57953100\n"
	  "snmp\tTcp: RtoMax MaxConn ActiveOpens AttemptFails CurrEstab\nsnmp\tTcp: 120000 -1 3556 12 7\n"
	  "netstat\tTcpExt: SyncookiesSent New ListenDrops\nnetstat\tTcpExt: 5 9 18446744073709551615\n"
	  "snmp6\tIp6InOctets                     \t460\nsnmp6\tUdpLite6InErrors\t3\n",
	  NETSTAT("Ip_Forwarding", "1") NETSTAT("Tcp_ActiveOpens", "3556") NETSTAT("Tcp_AttemptFails", "12")
	  NETSTAT("Tcp_CurrEstab", "7")
	  NETSTAT("TcpExt_ListenDrops", "18446744073709551615") NETSTAT("TcpExt_SyncookiesSent", "5")
	  NETSTAT("Ip6_InOctets", "460") NETSTAT("UdpLite6_InErrors", "3") },
	/* fewer numbers than names, and the other way round; no pair; one of a kind twice */
	{ read_netstat, "snmp\tIp: Forwarding\nsnmp\tIp: 2 3 4\nsnmp\tUdp: NoPorts InErrors\nsnmp\tUdp: 6\n",
	  NETSTAT("Ip_Forwarding", "2") NETSTAT("Udp_NoPorts", "6") },
	{ read_netstat, "snmp\tIp: Forwarding\nsnmp\tTcp: 1\nsnmp\tTcp: InSegs\nsnmp\tTcp: 5\nsnmp\tTcp: InSegs\nsnmp\tTcp: 6\n",
	  NETSTAT("Tcp_InSegs", "5") },
	{ read_netstat, "snmp\tTcp: InSegs CurrEstab OutSegs\nsnmp\tTcp: x -1 18446744073709551616\n", "" },
	{ read_netstat, "snmp6\tIp6InOctets\nsnmp6\t\nsnmp6\tIp6: InOctets 5\nnetstat\tIp6InOctets 5\n\n", "" },

	{ read_sockstat,
	  "sockstat\tsockets: used 229\nsockstat\tTCP: inuse 4 orphan 0 tw 4 alloc 17 new 9\n"
	  "sockstat\tFRAG: inuse 0 memory 3\nsockstat6\tTCP6: inuse 17\nsockstat6\tFRAG6: inuse 0 memory 8\n",
	  SOCKSTAT("sockets_used", "229") SOCKSTAT("TCP_inuse", "4") SOCKSTAT("TCP_orphan", "0")
	  SOCKSTAT("TCP_tw", "4") SOCKSTAT("TCP_alloc", "17") SOCKSTAT("FRAG_inuse", "0")
	  SOCKSTAT("FRAG_memory", "3") SOCKSTAT("TCP6_inuse", "17") SOCKSTAT("FRAG6_inuse", "0")
	  SOCKSTAT("FRAG6_memory", "8") },
	{ read_sockstat, "sockstat\tTCP: mem 0\nsockstat\tUDP: mem 18446744073709551615\n",
	  SOCKSTAT("TCP_mem", "0") SOCKSTAT("TCP_mem_bytes", "0") SOCKSTAT("UDP_mem", "18446744073709551615") },
	{ read_sockstat, "sockstat\tTCP: inuse\nsockstat\tTCP: inuse -4\nsockstat\t\nsockstat\tTCP inuse 4\nTCP: inuse 4\n", "" },

	/* columns by their titles, added up over the CPUs */
	{ read_conntrack,
	  "entries  searched found new invalid ignore insert insert_failed drop early_drop search_restart\n"
	  "00000021  00000000 00000001 00000000 00000003 0000588a 0000000f 00000000 00000000 00000000 00000002\n"
	  "00000021  00000000 00000001 00000000 00000002 000056a4 000000f1 00000000 00000004 00000000 00000001\n",
	  STAT("drop", "4") STAT("early_drop", "0") STAT("found", "2") STAT("ignore", "44846")
	  STAT("insert", "256") STAT("insert_failed", "0") STAT("invalid", "5") STAT("search_restart", "3") },
	{ read_conntrack, "entries clashres found\n1 2 3\n1 2 g\n1\n", STAT("found", "3") },
	{ read_conntrack, "drop\n", "" },
	{ read_conntrack, "drop\n11111111111111111\nx\n-1\nF\n", "" },

	/* without and with the column that names the CPU */
	{ read_softnet,
	  "00049279 00000029 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n"
	  "000dfb82 00000000 0000000a 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n",
	  TYPE("softnet_processed_total", "counter")
	  CPU("softnet_processed_total", "0", "299641") CPU("softnet_processed_total", "1", "916354")
	  TYPE("softnet_dropped_total", "counter")
	  CPU("softnet_dropped_total", "0", "41") CPU("softnet_dropped_total", "1", "0")
	  TYPE("softnet_times_squeezed_total", "counter")
	  CPU("softnet_times_squeezed_total", "0", "1") CPU("softnet_times_squeezed_total", "1", "10") },
	{ read_softnet, "0a 1 2 0 0 0 0 0 0 0 0 0 00000002 0 0\n0b x\n",
	  TYPE("softnet_processed_total", "counter")
	  CPU("softnet_processed_total", "2", "10") CPU("softnet_processed_total", "1", "11")
	  TYPE("softnet_dropped_total", "counter") CPU("softnet_dropped_total", "2", "1")
	  TYPE("softnet_times_squeezed_total", "counter") CPU("softnet_times_squeezed_total", "2", "2") },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
