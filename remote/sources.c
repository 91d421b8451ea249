#include "remote/sources.h"

#include "lib/compiler.h"

const struct source sources[] = {
#define SOURCE(group, how, path, files, name) \
	{ #group, gather_##how, path, files, #name, read_##name },
#include "remote/sources.def"
#undef SOURCE
};

const size_t source_count = ARRAY_LEN(sources);
