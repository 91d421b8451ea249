#include "remote/bytes/disk_names.h"

#include <string.h>

#include "lib/compiler.h"

/* Without the digits at its end. */
static struct span stem_of(struct span name)
{
	while (name.len > 0 && span_is_digit(name.at[name.len - 1]))
		name.len--;
	return name;
}

bool disk_is_part(struct span name, struct span disk)
{
	struct span stem = stem_of(name);
	if (disk.len == 0 || stem.len == name.len)
		return false;
	if (span_is_digit(disk.at[disk.len - 1]) && stem.len > 0)
		return stem.at[--stem.len] == 'p' && span_equal(stem, disk);
	return span_equal(stem, disk);
}

bool disk_is_noise(struct span name)
{
	static const char *const stems[] = { "ram", "zram", "loop", "fd" };
	struct span stem = stem_of(name);
	for (size_t i = 0; i < ARRAY_LEN(stems) && stem.len < name.len; i++)
		if (span_is(stem, stems[i]))
			return true;
	return false;
}
