/* Which mounts are worth measuring. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote/bytes/mounts.h"

#define MOUNT(id, root, point, options, type, device) \
	"1 2 " id " " root " " point " " options " shared:1 - " type " " device " rw\n"

#define NETWORK	    " ask=network-mounts:yes"
#define INCLUDE(at) " ask=mount-include:" at
#define EXCLUDE(at) " ask=mount-exclude:" at

/* What is asked for, mountinfo, and what is chosen: "device type point[ ro][ away]|…" */
/* clang-format off */
static const struct {
	const char *asks, *file, *chosen;
} rows[] = {
	/* only what is on local storage, and the root whatever it is on */
	{ "", MOUNT("8:1", "/", "/", "rw", "ext4", "/dev/sda1") MOUNT("0:4", "/", "/proc", "rw", "proc", "proc")
	  MOUNT("0:9", "/", "/run", "rw", "tmpfs", "tmpfs") MOUNT("7:0", "/", "/snap/x", "ro", "squashfs", "/dev/loop0")
	  MOUNT("8:2", "/", "/data", "ro,noatime", "xfs", "/dev/sdb") MOUNT("0:7", "/", "/x", "rw", "overlay", "overlay")
	  MOUNT("0:8", "/", "/n", "rw", "nfs4", "srv:/n") MOUNT("0:3", "/", "/f", "rw", "fuse.sshfs", "u@h:") 
	  MOUNT("0:5", "/", "/o", "rw", "unheardof", "x"),
	  "/dev/sda1 ext4 /|/dev/sdb xfs /data ro|" },
	{ "", MOUNT("0:7", "/", "/", "rw", "overlay", "overlay"), "overlay overlay /|" },
	{ "", "1 2 8:1 / / rw - ext4 /dev/sda1 ro,errors=x\n", "/dev/sda1 ext4 / ro|" },
	{ "", "1 2 8:1 / / rw - ext4 /dev/sda1", "/dev/sda1 ext4 /|" },
	/* each filesystem once: the mount that shows all of it, else the first */
	{ "", MOUNT("8:1", "/sub", "/a", "rw", "ext4", "/dev/sda1") MOUNT("8:1", "/", "/b", "rw", "ext4", "/dev/sda1")
	  MOUNT("8:1", "/", "/c", "rw", "ext4", "/dev/sda1") MOUNT("8:2", "/s", "/d", "rw", "ext4", "/dev/sdb")
	  MOUNT("8:2", "/t", "/e", "rw", "ext4", "/dev/sdb"),
	  "/dev/sda1 ext4 /b|/dev/sdb ext4 /d|" },
	/* what is hidden, and what lies behind something that may not answer */
	{ "", MOUNT("8:1", "/", "/a", "rw", "ext4", "/dev/sda1") MOUNT("0:9", "/", "/a", "rw", "tmpfs", "tmpfs"), "" },
	{ "", MOUNT("0:9", "/", "/boot", "rw", "autofs", "systemd-1") MOUNT("8:1", "/", "/boot", "rw", "vfat", "/dev/sda1"),
	  "/dev/sda1 vfat /boot|" },
	{ "", MOUNT("0:9", "/", "/net", "rw", "nfs", "srv:/") MOUNT("8:1", "/", "/net/a", "rw", "ext4", "/dev/sda1")
	  MOUNT("8:2", "/", "/network", "rw", "ext4", "/dev/sdb"),
	  "/dev/sdb ext4 /network|" },
	{ "", MOUNT("8:1", "/", "/net/a", "rw", "ext4", "/dev/sda1") MOUNT("0:9", "/", "/net", "rw", "nfs", "srv:/"), "" },
	{ "", MOUNT("0:9", "/", "/", "rw", "nfs", "srv:/") MOUNT("8:1", "/", "/a", "rw", "ext4", "/dev/sda1"), "" },
	{ "", "1 2 8:1 / /\n1 2 8:1 / / rw ext4 /dev/sda1 rw\n1 2 8:1 / / rw - ext4\n\n- - - - - -\n1 2 8:1", "" },
	/* unless asked for: in their order, the last that matches decides */
	{ NETWORK, MOUNT("0:9", "/", "/net", "rw", "nfs", "srv:/") MOUNT("8:1", "/", "/net/a", "rw", "ext4", "/dev/sda1")
	  MOUNT("0:8", "/", "/auto", "rw", "autofs", "systemd-1") MOUNT("8:2", "/", "/auto/b", "rw", "ext4", "/dev/sdb")
	  MOUNT("8:3", "/", "/c", "ro", "ext4", "/dev/sdc"),
	  "srv:/ nfs /net away|/dev/sda1 ext4 /net/a away|/dev/sdb ext4 /auto/b away|/dev/sdc ext4 /c ro|" },
	{ " ask=network-mounts:no", MOUNT("0:9", "/", "/net", "rw", "nfs", "srv:/"), "" },
	{ NETWORK EXCLUDE("/net/*"), MOUNT("0:9", "/", "/net", "rw", "nfs", "srv:/") MOUNT("0:8", "/", "/net/b", "rw", "cifs", "//srv/b"),
	  "srv:/ nfs /net away|" },
	{ INCLUDE("/net"), MOUNT("0:9", "/", "/net", "rw", "nfs", "srv:/"), "" },
	{ INCLUDE("/o*"), MOUNT("0:9", "/", "/o", "rw", "orangefs", "tcp://x") MOUNT("8:1", "/", "/o/a", "rw", "ext4", "/dev/sda1"),
	  "tcp://x orangefs /o away|/dev/sda1 ext4 /o/a away|" },
	{ "", MOUNT("0:9", "/", "/", "rw", "unheardof", "x") MOUNT("8:1", "/", "/a", "rw", "ext4", "/dev/sda1"), "/dev/sda1 ext4 /a|" },
	{ NETWORK INCLUDE("/auto"), MOUNT("0:9", "/", "/auto", "rw", "autofs", "systemd-1"), "" },
	{ INCLUDE("/run"), MOUNT("0:9", "/", "/run", "rw", "tmpfs", "tmpfs") MOUNT("0:7", "/", "/run/user", "rw", "tmpfs", "tmpfs"),
	  "tmpfs tmpfs /run|" },
	{ EXCLUDE("*") INCLUDE("/a%20b"), MOUNT("8:1", "/", "/a\\040b", "rw", "ext4", "/dev/sda1") MOUNT("8:2", "/", "/b", "rw", "ext4", "/dev/sdb"),
	  "/dev/sda1 ext4 /a\\040b|" },
	{ INCLUDE("/b") EXCLUDE("*"), MOUNT("8:2", "/", "/b", "rw", "ext4", "/dev/sdb"), "" },
	{ EXCLUDE("/?") INCLUDE("/c") " ask=file:/c", MOUNT("8:2", "/", "/b", "rw", "ext4", "/dev/sdb") MOUNT("8:3", "/", "/c", "rw", "ext4", "/dev/sdc"),
	  "/dev/sdc ext4 /c|" },
};
/* clang-format on */

static struct mount mounts[MOUNTS_MAX];

static const char *choose(const char *asks, const char *file, size_t len)
{
	static char out[4096];
	size_t at = 0, count, cut;
	char *copy = malloc(len + 1); /* so that a read beyond it is seen */
	assert_non_null(copy);
	if (len)
		memcpy(copy + 1, file, len);
	count = mounts_parse((struct span){ copy + 1, len }, asks, mounts, &cut);
	assert_int_equal(cut, 0);
	out[0] = 0;
	for (size_t i = 0; i < count; i++) {
		const struct mount *m = &mounts[i];
		at += (size_t)snprintf(out + at, sizeof out - at, "%.*s %.*s %.*s%s%s|",
			(int)m->device.len, m->device.at, (int)m->type.len, m->type.at,
			(int)m->point.len, m->point.at, m->readonly ? " ro" : "",
			m->away ? " away" : "");
		assert_true(at < sizeof out);
	}
	free(copy);
	return out;
}

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(
			choose(rows[i].asks, rows[i].file, strlen(rows[i].file)), rows[i].chosen);
}

static void every_row_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t len = 0; len < strlen(rows[i].file); len++)
			(void)choose(rows[i].asks, rows[i].file, len);
}

static void what_may_never_answer_is_listed(void **state)
{
	static const char file[] = MOUNT("0:9", "/", "/", "rw", "nfs", "srv:/")
		MOUNT("8:1", "/", "/disk", "rw", "ext4", "/dev/sda1")
			MOUNT("0:7", "/", "/memory", "rw", "tmpfs", "tmpfs")
				MOUNT("0:8", "/", "/my\\040files", "rw", "fuse.sshfs", "u@h:")
					MOUNT("0:6", "/", "/new", "rw", "orangefs", "tcp://x");
	static const char listed[] = "/my files\0/new";
	struct span list = { file, sizeof file - 1 };
	char points[64];
	size_t len = 1;
	(void)state;
	assert_true(mounts_list_away(list, points, sizeof listed, &len));
	assert_int_equal(len, sizeof listed);
	assert_memory_equal(points, listed, sizeof listed);
	for (size_t size = 0; size < sizeof listed; size++)
		assert_false(mounts_list_away(list, points, size, &len));
	assert_true(mounts_list_away((struct span){ "", 0 }, points, 0, &len));
	assert_int_equal(len, 0);
}

static void many_mounts_are_capped(void **state)
{
	(void)state;
	static char file[MOUNTS_MAX * 80];
	size_t len = 0;
	for (int i = 0; i < MOUNTS_MAX + 100; i++)
		len += (size_t)snprintf(file + len, sizeof file - len,
			"1 2 8:%d / /%d rw - ext4 /dev/x rw\n", i, i);
	size_t cut;
	assert_int_equal(mounts_parse((struct span){ file, len }, "", mounts, &cut), MOUNTS_MAX);
	assert_int_equal(cut, 100);
}

static void a_path_that_is_too_long_does_not_fit(void **state)
{
	(void)state;
	char out[4];
	assert_int_equal(mount_unescape((struct span){ "/\\040b", 6 }, out, sizeof out), 3);
	assert_string_equal(out, "/ b");
	assert_int_equal(mount_unescape((struct span){ "/abc", 4 }, out, sizeof out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(every_row_cut_anywhere),
		cmocka_unit_test(what_may_never_answer_is_listed),
		cmocka_unit_test(many_mounts_are_capped),
		cmocka_unit_test(a_path_that_is_too_long_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
