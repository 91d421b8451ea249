/* Disks and network devices. */
#include "tests/unit/readers_rig.h"

#define DEVICE(d, v) "{device=\"" d "\"} " v "\n"
#define NET_TITLE                                                                        \
	"Inter-|   Receive                                                |  Transmit\n" \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"

/* clang-format off */
static const struct reader_row rows[] = {
	{ read_diskstats,
	  "   8       0 sda 1 2 3 4 5 6 7 8 9 10123 11\n   8       1 sda1 1 2 3 4 5 6 7 8 9 10 11\n"
	  " 259 0 nvme0n1 1 0 2 0 3 0 4 0 0 5 0 1 2 3 4\n",
	  TYPE("disk_reads_completed_total", "counter")
	  "node_disk_reads_completed_total" DEVICE("sda", "1") "node_disk_reads_completed_total" DEVICE("nvme0n1", "1")
	  TYPE("disk_read_bytes_total", "counter")
	  "node_disk_read_bytes_total" DEVICE("sda", "1536") "node_disk_read_bytes_total" DEVICE("nvme0n1", "1024")
	  TYPE("disk_writes_completed_total", "counter")
	  "node_disk_writes_completed_total" DEVICE("sda", "5") "node_disk_writes_completed_total" DEVICE("nvme0n1", "3")
	  TYPE("disk_written_bytes_total", "counter")
	  "node_disk_written_bytes_total" DEVICE("sda", "3584") "node_disk_written_bytes_total" DEVICE("nvme0n1", "2048")
	  TYPE("disk_io_time_seconds_total", "counter")
	  "node_disk_io_time_seconds_total" DEVICE("sda", "10.123") "node_disk_io_time_seconds_total" DEVICE("nvme0n1", "0.005") },
	{ read_diskstats,
	  "1 0 ram0 1\n1 0 zram12 1\n7 0 loop3 1\n2 0 fd0 1\n8 1 hda1 1\n8 1 vdb12 1\n8 1 xvdc3 1\n"
	  "259 1 nvme10n12p3 1\n8 1 sda\n8 1\n\n"
	  "8 1 sdaa1 1\n8 1 sdA1 1\n8 1 md0 2\n8 1 mmcblk0p1 3\n259 1 nvmen1p1 4\n259 1 nvme1p1 5\n259 1 nvme1n1x1 6\n"
	  "8 1 1 7\n259 1 nvme1np1 8\n",
	  TYPE("disk_reads_completed_total", "counter")
	  "node_disk_reads_completed_total" DEVICE("sdaa1", "1") "node_disk_reads_completed_total" DEVICE("sdA1", "1")
	  "node_disk_reads_completed_total" DEVICE("md0", "2") "node_disk_reads_completed_total" DEVICE("mmcblk0p1", "3")
	  "node_disk_reads_completed_total" DEVICE("nvmen1p1", "4") "node_disk_reads_completed_total" DEVICE("nvme1p1", "5")
	  "node_disk_reads_completed_total" DEVICE("nvme1n1x1", "6") "node_disk_reads_completed_total" DEVICE("1", "7")
	  "node_disk_reads_completed_total" DEVICE("nvme1np1", "8")
	  TYPE("disk_read_bytes_total", "counter") TYPE("disk_writes_completed_total", "counter")
	  TYPE("disk_written_bytes_total", "counter") TYPE("disk_io_time_seconds_total", "counter") },
	{ read_diskstats, "8 0 a\"b\\c\xff\x1b 1 2 36028797018963968 4 5 6 x 8 9 -1 11",
	  TYPE("disk_reads_completed_total", "counter")
	  "node_disk_reads_completed_total" DEVICE("a\\\"b\\\\c\\\\xff\\\\x1b", "1")
	  TYPE("disk_read_bytes_total", "counter")
	  TYPE("disk_writes_completed_total", "counter")
	  "node_disk_writes_completed_total" DEVICE("a\\\"b\\\\c\\\\xff\\\\x1b", "5")
	  TYPE("disk_written_bytes_total", "counter")
	  TYPE("disk_io_time_seconds_total", "counter") },

	{ read_netdev, NET_TITLE "  eth0:0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n    lo:7\nnocolon 1 2\n: 5\n",
	  TYPE("network_receive_bytes_total", "counter")
	  "node_network_receive_bytes_total" DEVICE("eth0:0", "1") "node_network_receive_bytes_total" DEVICE("lo", "7")
	  TYPE("network_receive_packets_total", "counter") "node_network_receive_packets_total" DEVICE("eth0:0", "2")
	  TYPE("network_receive_errs_total", "counter") "node_network_receive_errs_total" DEVICE("eth0:0", "3")
	  TYPE("network_receive_drop_total", "counter") "node_network_receive_drop_total" DEVICE("eth0:0", "4")
	  TYPE("network_transmit_bytes_total", "counter") "node_network_transmit_bytes_total" DEVICE("eth0:0", "9")
	  TYPE("network_transmit_packets_total", "counter") "node_network_transmit_packets_total" DEVICE("eth0:0", "10")
	  TYPE("network_transmit_errs_total", "counter") "node_network_transmit_errs_total" DEVICE("eth0:0", "11")
	  TYPE("network_transmit_drop_total", "counter") "node_network_transmit_drop_total" DEVICE("eth0:0", "12") },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
