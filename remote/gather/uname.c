#include <stdio.h>
#include <sys/utsname.h>

#include "remote/collect.h"
#include "remote/sources.h"

/* The call, and not the files, because proc/sys/kernel/arch is not there before Linux 6.1. */
ssize_t gather_uname(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct utsname u;
	if (*c->root)
		return gather_lines(c, s, out, size);
	if (uname(&u) < 0)
		return -1;
	int len = snprintf(out, size,
		"arch\t%s\ndomainname\t%s\nhostname\t%s\nosrelease\t%s\nostype\t%s\nversion\t%s\n",
		u.machine, u.domainname, u.nodename, u.release, u.sysname, u.version);
	return len >= 0 && (size_t)len < size ? len : -1;
}
