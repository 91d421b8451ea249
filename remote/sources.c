#include "remote/sources.h"

const struct source sources[SOURCE_COUNT] = {
#define SOURCE(group, how, path, files, name) \
	{ #group, gather_##how, path, files, #name, read_##name },
#include "remote/sources.def"
#undef SOURCE
};
