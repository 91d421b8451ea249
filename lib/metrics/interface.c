#include "lib/metrics/interface.h"

#include <stddef.h>
#include <string.h>

#include "lib/compiler.h"

/* The names that people give, such as br-lan or tap0, have no such row of digits. */
static const struct {
	const char *begin;
	size_t digits; /* hexadecimal, behind it: that many at least */
} passing[] = {
	{ "azv", 8 },
	{ "br-", 12 },
	{ "cali", 8 },
	{ "eni", 8 },
	{ "lxc", 8 },
	{ "tap", 8 },
	{ "veth", 0 },
	{ "vnet", 0 },
};

bool interface_is_passing(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(passing); i++) {
		size_t len = strlen(passing[i].begin);
		if (strncmp(name, passing[i].begin, len) == 0)
			return strspn(name + len, "0123456789abcdef") >= passing[i].digits;
	}
	return false;
}
