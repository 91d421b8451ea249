/* The probe's choice of mounts, by the kernel's list of them. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "remote/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mount mounts[MOUNTS_MAX];
	char point[MOUNT_PATH_MAX], *copy = malloc(size + 1); /* a read beyond it is seen */
	assert(copy);
	if (size)
		memcpy(copy + 1, data, size);
	size_t count = mounts_parse((struct span){ copy + 1, size }, mounts);
	assert(count <= MOUNTS_MAX);
	for (size_t i = 0; i < count; i++) {
		size_t len = mount_unescape(mounts[i].point, point, sizeof point);
		assert(len < sizeof point && mounts[i].device.len > 0);
	}
	free(copy);
	return 0;
}
