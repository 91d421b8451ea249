/* Filesystems, as gather/filesystems.c leaves them. */
#include "tests/unit/readers_rig.h"

#define POINTS(name, a, b) \
	TYPE(name, "gauge") \
	"node_" name "{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/a b\\\\x09\\\\\\\\x0a\\\"\xc3\xa9\"} " a "\n" \
	"node_" name "{device=\"/dev/sdc\",fstype=\"xfs\",mountpoint=\"/\\\\04\\\\999\\\\0\\\\400\"} " b "\n"
#define NOTHING(name) TYPE("filesystem_" name, "gauge")
#define AWAY(name)    "node_filesystem_" name "{device=\"srv:/\",fstype=\"nfs4\",mountpoint=\"/n\"}"

/* clang-format off */
static const struct reader_row rows[] = {
	{ read_filesystems,
	  "/dev/sda1 ext4 /a\\040b\\011\\134\\012\"\xc3\xa9 0 1000 10 9 100 90\nstuck 1\n"
	  "/dev/sdc xfs /\\04\\999\\0\\400 1 18446744073709551615 0 0 0 0\n",
	  POINTS("filesystem_avail_bytes", "9", "0") POINTS("filesystem_files", "100", "0")
	  POINTS("filesystem_files_free", "90", "0") POINTS("filesystem_free_bytes", "10", "0")
	  POINTS("filesystem_readonly", "0", "1") POINTS("filesystem_size_bytes", "1000", "18446744073709551615")
	  POINTS("filesystem_device_error", "0", "0") OUR("filesystem_stuck", "gauge", "1") },
	{ read_filesystems, "srv:/ nfs4 /n 1\nstuck 0\nstuck 1\n",
	  NOTHING("avail_bytes") NOTHING("files") NOTHING("files_free") NOTHING("free_bytes")
	  NOTHING("readonly") AWAY("readonly") " 1\n" NOTHING("size_bytes")
	  NOTHING("device_error") AWAY("device_error") " 1\n" OUR("filesystem_stuck", "gauge", "0") },
	{ read_filesystems, "\n/dev/sda ext4\n/dev/sda ext4 / x -1 y",
	  NOTHING("avail_bytes") NOTHING("files") NOTHING("files_free") NOTHING("free_bytes")
	  NOTHING("readonly") NOTHING("size_bytes") NOTHING("device_error") },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
