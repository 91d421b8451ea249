#include <sys/resource.h>

#include "lib/compiler.h"
#include "lib/confine/confine.h"
#include "lib/process.h"

static int apply(const struct confine_limit *l, struct error *err)
{
	struct rlimit now;
	if (getrlimit(l->resource, &now))
		return error_errno(err, "%s", l->name);
	now.rlim_max = smaller(now.rlim_max, l->max); /* RLIM_INFINITY is the highest */
	now.rlim_cur = smaller(now.rlim_cur, now.rlim_max);
	return setrlimit(l->resource, &now) ? error_errno(err, "%s", l->name) : 0;
}

int confine_limits(
	unsigned kind, const struct confine_limit *limits, size_t count, struct error *err)
{
	for (size_t i = 0; i < count && !IS_SANITIZED; i++)
		if ((limits[i].kinds & kind) && apply(&limits[i], err))
			return -1;
	return 0;
}
