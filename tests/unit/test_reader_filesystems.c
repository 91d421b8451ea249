/* Filesystems, as gather/filesystems.c leaves them. */
#include "tests/unit/readers_rig.h"

/* clang-format off */
#define FIRST  "{device=\"/dev/sda1\",fstype=\"ext4\",mountpoint=\"/a b\\\\x09\\\\\\\\x0a\\\"\xc3\xa9\"} "
#define SECOND "{device=\"/dev/sdc\",fstype=\"xfs\",mountpoint=\"/\\\\04\\\\999\\\\0\\\\400\"} "
#define AWAY   "{device=\"srv:/\",fstype=\"nfs4\",mountpoint=\"/n\"} "

#define POINTS(name, a, b) TYPE("filesystem_" name, "gauge") \
	"node_filesystem_" name FIRST a "\n" "node_filesystem_" name SECOND b "\n"
#define OTHER(name, a)     TYPE("filesystem_" name, "gauge") "node_filesystem_" name AWAY a "\n"
#define FAILED             OUR_TYPE("filesystem_failed", "gauge")

static const struct reader_row rows[] = {
	{ read_filesystems,
	  "/dev/sda1 ext4 /a\\040b\\011\\134\\012\"\xc3\xa9 0 1000 10 9 100 90\n"
	  "/dev/sdc xfs /\\04\\999\\0\\400 1 18446744073709551615 0 0 0 0\n",
	  POINTS("avail_bytes", "9", "0") POINTS("files", "100", "0") POINTS("files_free", "90", "0")
	  POINTS("free_bytes", "10", "0") POINTS("readonly", "0", "1")
	  POINTS("size_bytes", "1000", "18446744073709551615") POINTS("device_error", "0", "0")
	  FAILED "fleet_filesystem_failed" FIRST "0\n" "fleet_filesystem_failed" SECOND "0\n" },
	{ read_filesystems, "srv:/ nfs4 /n 1\n",
	  OTHER("readonly", "1") OTHER("device_error", "1")
	  FAILED "fleet_filesystem_failed" AWAY "1\n" },
	{ read_filesystems, "srv:/ nfs4 /n 0 denied\n",
	  OTHER("readonly", "0") OTHER("device_error", "1")
	  FAILED "fleet_filesystem_failed" AWAY "0\n" },
	{ read_filesystems, "\n/dev/sda ext4\n/dev/sda ext4 / x -1 y", "" },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
