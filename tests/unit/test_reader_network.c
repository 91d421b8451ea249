/* Network interfaces. */
#include "tests/unit/readers_rig.h"

#define NET(name, device, value) "node_network_" name "{device=\"" device "\"} " value "\n"
#define FAMILY(name, value)	 TYPE("network_" name, "counter") NET(name, "eth0:0", value)
#define NET_TITLE                                                                        \
	"Inter-|   Receive                                                |  Transmit\n" \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
#define INFO(device, address, broadcast, duplex, alias, state, admin)                         \
	"node_network_info{device=\"" device "\",adminstate=\"" admin "\",address=\"" address \
	"\",broadcast=\"" broadcast "\",duplex=\"" duplex "\",ifalias=\"" alias               \
	"\",operstate=\"" state "\"} 1\n"
#define BOND(name, master, value) "node_bonding_" name "{master=\"" master "\"} " value "\n"

/* clang-format off */
static const struct reader_row rows[] = {
	{ read_netdev, NET_TITLE "  eth0:0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n    lo:7\nnocolon 1 2\n: 5\n",
	  TYPE("network_receive_bytes_total", "counter") NET("receive_bytes_total", "eth0:0", "1") NET("receive_bytes_total", "lo", "7")
	  FAMILY("receive_packets_total", "2") FAMILY("receive_errs_total", "3") FAMILY("receive_drop_total", "4")
	  FAMILY("receive_fifo_total", "5") FAMILY("receive_frame_total", "6") FAMILY("receive_compressed_total", "7")
	  FAMILY("receive_multicast_total", "8")
	  FAMILY("transmit_bytes_total", "9") FAMILY("transmit_packets_total", "10") FAMILY("transmit_errs_total", "11")
	  FAMILY("transmit_drop_total", "12") FAMILY("transmit_fifo_total", "13") FAMILY("transmit_colls_total", "14")
	  FAMILY("transmit_carrier_total", "15") FAMILY("transmit_compressed_total", "16") },
	{ read_netdev, NET_TITLE "x: -1 y\n", "" },

	{ read_netclass, "eth0/address\t01:02\neth0/broadcast\tff:ff\neth0/carrier\t1\neth0/carrier_changes\t4\n"
	  "eth0/carrier_down_count\t1\neth0/carrier_up_count\t2\neth0/duplex\tfull\neth0/flags\t0x1003\neth0/ifalias\tup \"link\"\n"
	  "eth0/mtu\t1500\neth0/operstate\tup\neth0/speed\t1000\n"
	  "veth1/flags\t0x1002\nveth1/operstate\tdown\nveth1/speed\t-1\n"
	  "eth1/speed\t4294967295\n",
	  TYPE("network_up", "gauge") NET("up", "eth0", "1") NET("up", "veth1", "0")
	  TYPE("network_carrier", "gauge") NET("carrier", "eth0", "1")
	  TYPE("network_carrier_changes_total", "counter") NET("carrier_changes_total", "eth0", "4")
	  TYPE("network_carrier_up_changes_total", "counter") NET("carrier_up_changes_total", "eth0", "2")
	  TYPE("network_carrier_down_changes_total", "counter") NET("carrier_down_changes_total", "eth0", "1")
	  TYPE("network_mtu_bytes", "gauge") NET("mtu_bytes", "eth0", "1500")
	  TYPE("network_speed_bytes", "gauge") NET("speed_bytes", "eth0", "125000000")
	  TYPE("network_info", "gauge") INFO("eth0", "01:02", "ff:ff", "full", "up \\\"link\\\"", "up", "up")
	  INFO("veth1", "", "", "", "", "down", "down") INFO("eth1", "", "", "", "", "", "unknown") },
	{ read_netclass, "a/flags\tx\nb/flags\t\nc/speed\t9223372036854775807\nd/mtu\t1 2\n",
	  TYPE("network_info", "gauge") INFO("a", "", "", "", "", "", "down") INFO("b", "", "", "", "", "", "unknown")
	  INFO("c", "", "", "", "", "", "unknown") INFO("d", "", "", "", "", "", "unknown") },
	/* a bond with a slave that is down, one without slaves, one whose slave is in no folder */
	{ read_netclass, "bond0/bonding/slaves\teth0 eth1\neth0/bonding_slave/mii_status\tup\n"
	  "eth1/bonding_slave/mii_status\tdown\nnone/bonding/slaves\t\nlost/bonding/slaves\teth1 eth9\n",
	  TYPE("network_info", "gauge") INFO("bond0", "", "", "", "", "", "unknown") INFO("eth0", "", "", "", "", "", "unknown")
	  INFO("eth1", "", "", "", "", "", "unknown") INFO("none", "", "", "", "", "", "unknown")
	  INFO("lost", "", "", "", "", "", "unknown")
	  TYPE("bonding_slaves", "gauge") BOND("slaves", "bond0", "2") BOND("slaves", "none", "0") BOND("slaves", "lost", "2")
	  TYPE("bonding_active", "gauge") BOND("active", "bond0", "1") BOND("active", "none", "0") },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
