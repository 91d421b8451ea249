
#include "remote/gather/pack.h"
#include "remote/sources.h"

enum { ZONE_MAX = 64 << 10 };

/* The time and the zone's file. Without that file a machine is on UTC; a tree may lack it for
 * other reasons. */
ssize_t gather_timezone(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct bundle b = { .data = out, .size = size };
	struct bundle_file file;
	struct span path = span_of(s->path);
	if (!pack_now(c, &b) || !pack_file(c, &b, "localtime", path, ZONE_MAX))
		return -1;
	bool found = bundle_find((struct span){ out, b.len }, "localtime", &file);
	return found && (file.size >= 0 || !*c->root) ? (ssize_t)b.len : -1;
}
