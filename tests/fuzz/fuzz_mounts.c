/* The probe's choice of mounts: the first line is what is asked for, the rest the kernel's list. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "remote/bytes/mounts.h"

static void choose(const char *asks, struct span file)
{
	static struct mount mounts[MOUNTS_MAX];
	static char points[8192];
	size_t points_len = 0, cut;
	char point[MOUNT_PATH_MAX], *copy = malloc(file.len + 1); /* a read beyond it is seen */
	assert(copy);
	if (file.len)
		memcpy(copy + 1, file.at, file.len);
	size_t count = mounts_parse((struct span){ copy + 1, file.len }, asks, mounts, &cut);
	assert(count <= MOUNTS_MAX && cut <= file.len);
	bool fits = mounts_list_away(
		(struct span){ copy + 1, file.len }, points, sizeof points, &points_len);
	assert(!fits || points_len == 0 || points[points_len - 1] == 0);
	for (size_t i = 0; i < count; i++) {
		size_t len = mount_unescape(mounts[i].point, point, sizeof point);
		assert(len < sizeof point && mounts[i].device.len > 0);
		assert(!mounts[i].away || strstr(asks, "network-mounts:yes") || !fits ||
			points_len > 0);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char asks[256];
	struct span rest = { (const char *)data, size }, line;
	if (!span_line(&rest, &line) || line.len >= sizeof asks)
		return 0;
	if (line.len)
		memcpy(asks, line.at, line.len);
	asks[line.len] = 0;
	choose(asks, rest);
	return 0;
}
