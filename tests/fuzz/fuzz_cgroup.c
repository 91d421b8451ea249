/* The probe's way through the control groups. The first line of an input is a limit, the rest
 * /proc/self/cgroup. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "remote/bytes/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1); /* so that a read beyond it is seen */
	assert(copy);
	if (size)
		memcpy(copy + 1, data, size);
	struct span rest = { copy + 1, size }, line, path;
	if (span_line(&rest, &line))
		(void)cgroup_limit(line);
	size_t last = 0;
	if (cgroup_path(rest, &path))
		for (size_t len = 0; cgroup_next(path, &len); last = len)
			assert(len > last && len <= path.len);
	free(copy);
	return 0;
}
