/* Block devices, arrays of them, NVMe controllers. */
#include "tests/unit/readers_rig.h"

#define DISK(name, device, value) "node_disk_" name "{device=\"" device "\"} " value "\n"
#define READS(device, value)	  DISK("reads_completed_total", device, value)
#define FAMILY(name, type, a, b) \
	TYPE("disk_" name, type) \
	DISK(name, "sda", a)     \
	DISK(name, "nvme0n1", b)
#define INFO(device, major, minor, rest)                                                \
	"node_disk_info{device=\"" device "\",major=\"" major "\",minor=\"" minor "\"," \
	"rotational=\"0\",serial=\"\"," rest "} 1\n"
#define NO_UDEV			"path=\"\",wwn=\"\",model=\"\",revision=\"\""
#define MD(name, device, value) "node_md_" name "{device=\"" device "\"} " value "\n"
#define MD_IN(name, device, in, value) \
	"node_md_" name "{device=\"" device "\",state=\"" in "\"} " value "\n"
#define ARRAY(                                                                                  \
	d, active, inactive, recovering, resync, check, up, failed, spare, all, blocks, synced) \
	TYPE("md_state", "gauge")                                                               \
	MD_IN("state", d, "active", active)                                                     \
	MD_IN("state", d, "inactive", inactive)                                                 \
	MD_IN("state", d, "recovering", recovering)                                             \
	MD_IN("state", d, "resync", resync)                                                     \
	MD_IN("state", d, "check", check)                                                       \
	TYPE("md_disks", "gauge")                                                               \
	MD_IN("disks", d, "active", up)                                                         \
	MD_IN("disks", d, "failed", failed)                                                     \
	MD_IN("disks", d, "spare", spare)                                                       \
	TYPE("md_disks_required", "gauge")                                                      \
	MD("disks_required", d, all)                                                            \
	TYPE("md_blocks", "gauge")                                                              \
	MD("blocks", d, blocks) TYPE("md_blocks_synced", "gauge") MD("blocks_synced", d, synced)
#define TITLE "Personalities : [raid1] [raid6] [raid0]\n"

/* clang-format off */
static const struct reader_row rows[] = {
	/* every column there is, and a kernel that has neither discards nor flushes */
	{ read_diskstats,
	  "   8       0 sda 1 2 3 4001 5 6 7 8 9 10123 11 12 13 14 15 16 17\n"
	  " 259 0 nvme0n1 1 0 2 0 3 0 4 0 0 5 0\n",
	  FAMILY("reads_completed_total", "counter", "1", "1")
	  FAMILY("reads_merged_total", "counter", "2", "0")
	  FAMILY("read_bytes_total", "counter", "1536", "1024")
	  FAMILY("read_time_seconds_total", "counter", "4.001", "0.000")
	  FAMILY("writes_completed_total", "counter", "5", "3")
	  FAMILY("writes_merged_total", "counter", "6", "0")
	  FAMILY("written_bytes_total", "counter", "3584", "2048")
	  FAMILY("write_time_seconds_total", "counter", "0.008", "0.000")
	  FAMILY("io_now", "gauge", "9", "0")
	  FAMILY("io_time_seconds_total", "counter", "10.123", "0.005")
	  FAMILY("io_time_weighted_seconds_total", "counter", "0.011", "0.000")
	  TYPE("disk_discards_completed_total", "counter") DISK("discards_completed_total", "sda", "12")
	  TYPE("disk_discards_merged_total", "counter") DISK("discards_merged_total", "sda", "13")
	  TYPE("disk_discarded_sectors_total", "counter") DISK("discarded_sectors_total", "sda", "14")
	  TYPE("disk_discard_time_seconds_total", "counter") DISK("discard_time_seconds_total", "sda", "0.015")
	  TYPE("disk_flush_requests_total", "counter") DISK("flush_requests_total", "sda", "16")
	  TYPE("disk_flush_requests_time_seconds_total", "counter")
	  DISK("flush_requests_time_seconds_total", "sda", "0.017")
	  TYPE("disk_info", "gauge") INFO("sda", "8", "0", NO_UDEV) INFO("nvme0n1", "259", "0", NO_UDEV) },
	/* whatever names there are, and what is no device's line */
	{ read_diskstats,
	  "8 1\n\nx 1 sdb 1\n8 x sdb 1\n8 1 xvda1 1\n8 1 md0 2\n8 1 1 7\n",
	  TYPE("disk_reads_completed_total", "counter") READS("xvda1", "1") READS("md0", "2") READS("1", "7")
	  TYPE("disk_info", "gauge") INFO("xvda1", "8", "1", NO_UDEV) INFO("md0", "8", "1", NO_UDEV)
	  INFO("1", "8", "1", NO_UDEV) },
	{ read_diskstats, "8 0 a\"b\\c\xff\x1b 1 2 36028797018963968 4 x",
	  TYPE("disk_reads_completed_total", "counter") READS("a\\\"b\\\\c\\\\xff\\\\x1b", "1")
	  TYPE("disk_reads_merged_total", "counter") DISK("reads_merged_total", "a\\\"b\\\\c\\\\xff\\\\x1b", "2")
	  TYPE("disk_read_time_seconds_total", "counter")
	  DISK("read_time_seconds_total", "a\\\"b\\\\c\\\\xff\\\\x1b", "0.004")
	  TYPE("disk_info", "gauge") INFO("a\\\"b\\\\c\\\\xff\\\\x1b", "8", "0", NO_UDEV) },
	/* what udev knows; the last of three serial numbers; properties of nobody, and of two */
	{ read_diskstats,
	  "ID_MODEL\tnobody's\n8 0 sda 1\nrotational\t1\nID_MODEL\tDISK 5 6\nID_PATH\tpci-1\nID_REVISION\t0102\n"
	  "ID_WWN\t0x7c\nID_SERIAL\tlong\nID_SERIAL_SHORT\tshort\nSCSI_IDENT_SERIAL\tlabel\n"
	  "252 1 dm-1 2\nrotational\t0\nDM_NAME\tsystem-swap\nDM_UUID\tLVM-w\nDM_VG_NAME\tsystem\nDM_LV_NAME\tswap\n"
	  "8 16 sdb 3\nID_SERIAL\tlong\nID_SERIAL_SHORT\tshort",
	  TYPE("disk_reads_completed_total", "counter") READS("sda", "1") READS("dm-1", "2") READS("sdb", "3")
	  TYPE("disk_info", "gauge")
	  "node_disk_info{device=\"sda\",major=\"8\",minor=\"0\",rotational=\"1\",serial=\"label\","
	  "path=\"pci-1\",wwn=\"0x7c\",model=\"DISK 5 6\",revision=\"0102\"} 1\n"
	  INFO("dm-1", "252", "1", NO_UDEV)
	  "node_disk_info{device=\"sdb\",major=\"8\",minor=\"16\",rotational=\"0\",serial=\"short\"," NO_UDEV "} 1\n"
	  TYPE("disk_device_mapper_info", "gauge")
	  "node_disk_device_mapper_info{device=\"dm-1\",name=\"system-swap\",uuid=\"LVM-w\",vg_name=\"system\",lv_name=\"swap\","
	  "lv_layer=\"\"} 1\n" },

	{ read_mdstat, TITLE "md127 : active raid1 sdi2[0] sdj2[1]\n      312319552 blocks [2/2] [UU]\n\nunused devices: <none>\n",
	  ARRAY("md127", "1", "0", "0", "0", "0", "2", "0", "0", "2", "312319552", "312319552") },
	{ read_mdstat, TITLE "md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]\n      195310144 blocks [2/1] [U_]\n"
	  "      [=>...]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec\n",
	  ARRAY("md6", "0", "0", "1", "0", "0", "1", "1", "1", "2", "195310144", "16775552") },
	{ read_mdstat, "md7 : active raid6 sdb1[0] sdc1[1](F)\n      78 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/3] [U_UU]\n"
	  "      bitmap: 0/30 pages [0KB], 65536KB chunk\n",
	  ARRAY("md7", "1", "0", "0", "0", "0", "3", "1", "0", "4", "78", "78") },
	{ read_mdstat, "md9 : active (auto-read-only) raid1 a[0] b[1]\n      5 blocks [2/2] [UU]\n      \tresync=DELAYED\n",
	  ARRAY("md9", "0", "0", "0", "1", "0", "2", "0", "0", "2", "5", "0") },
	{ read_mdstat, "md2 : active raid1 a[0] b[1]\n  9 blocks [2/2] [UU]\n  bitmap: 1/1 pages [4KB]\n  [=>] check = 5.7% (3/9) finish=1min\n",
	  ARRAY("md2", "0", "0", "0", "0", "1", "2", "0", "0", "2", "9", "3") },
	{ read_mdstat, "md3 : active raid5 a[0] b[1]\n  9 blocks [2/2] [UU]\n  [=>] reshape = 5.7% (4/9) finish=1min\n",
	  ARRAY("md3", "0", "0", "0", "0", "0", "2", "0", "0", "2", "9", "4") },
	{ read_mdstat, "md10 : active raid0 sda1[0] sdb1[1]\n       314159265 blocks 64k chunks\n",
	  ARRAY("md10", "1", "0", "0", "0", "0", "2", "0", "0", "2", "314159265", "314159265") },
	{ read_mdstat, "md219 : inactive sdb[2](S) sdc[1](S)\n        7932 blocks super external:imsm\n",
	  ARRAY("md219", "0", "1", "0", "0", "0", "0", "0", "2", "0", "7932", "7932") },
	/* no line below, none of an array's, no number, no disks, no end */
	{ read_mdstat, TITLE "md0 : active raid1 a[0]\nmd1 : active raid1 a[0]\n      x blocks [2/2]\nmd2 : active raid1\n"
	  "      5 blocks 2/2 [/2] [2/] [a/b]\nmd3 : active\n md4\nmd5\nmd6 active raid1\n  5 blocks [1/1]\nmd7 :", "" },
	{ read_mdstat, "md4 : broken raid1 a[0]\n      5 blocks [2/1] [U_]\n      recovery = 1% (1/x)",
	  ARRAY("md4", "0", "0", "1", "0", "0", "1", "0", "0", "2", "5", "0") },

	{ read_mdraid, "md0/md/array_state\tclean\nmd0/md/degraded\t1\nmd0/md/level\traid6\nmd0/md/raid_disks\t11 (10)\n"
	  "md1/md/array_state\tclean\nmd1/md/level\traid0\nmd1/md/raid_disks\t2\n"
	  "md2/md/array_state\tinactive\nmd2/md/level\tcontainer\nmd2/md/raid_disks\t0\n"
	  "md3/md/array_state\tclear\nmd3/md/raid_disks\t4\nmd3/md/degraded\t-1\nmd4/md/degraded\t1\n",
	  TYPE("md_raid_disks", "gauge") MD("raid_disks", "md0", "11") MD("raid_disks", "md1", "2")
	  TYPE("md_degraded", "gauge") MD("degraded", "md0", "1") MD("degraded", "md1", "0") MD("degraded", "md2", "0") },

	{ read_nvme, "nvme0/cntlid\t1997\nnvme0/firmware_rev\t1B2Q\nnvme0/model\tSSD 970\nnvme0/serial\tS68\nnvme0/state\tlive\n"
	  "nvme1/state\tdead\nnvme2/other\tx\n",
	  TYPE("nvme_info", "gauge")
	  "node_nvme_info{device=\"nvme0\",cntlid=\"1997\",firmware_revision=\"1B2Q\",model=\"SSD 970\",serial=\"S68\",state=\"live\"} 1\n"
	  "node_nvme_info{device=\"nvme1\",state=\"dead\"} 1\n" },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
