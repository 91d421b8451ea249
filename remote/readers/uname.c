/* uname(2), under the names that its fields have in proc/sys/kernel (proc(5)), a line each. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/tree.h"

/* clang-format off */
static const struct {
	const char *label, *file;
} rows[] = {
	{ "domainname", "domainname" },
	{ "machine",    "arch" },
	{ "nodename",   "hostname" },
	{ "release",    "osrelease" },
	{ "sysname",    "ostype" },
	{ "version",    "version" },
};
/* clang-format on */

void read_uname(struct span bytes, struct text *out)
{
	struct family family = { "node_uname_info", "gauge", false };
	struct label labels[ARRAY_LEN(rows)];
	struct span none = { "", 0 };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		labels[i] = (struct label){ rows[i].label, none };
		(void)tree_find(bytes, none, rows[i].file, &labels[i].value);
	}
	text_member(out, &family, labels, ARRAY_LEN(labels), 1, 0);
}
