#include "lib/outcome.h"

#include <string.h>

static const struct {
	const char *name, *text;
} outcomes[] = {
#define X(id, name, text) [OUTCOME_##id] = { name, text },
	OUTCOME_TABLE(X)
#undef X
};

static const char *const stages[] = {
#define X(id, name) [STAGE_##id] = name,
	STAGE_TABLE(X)
#undef X
};

const char *outcome_name(enum outcome o)
{
	return outcomes[o].name;
}

const char *outcome_text(enum outcome o)
{
	return outcomes[o].text;
}

int outcome_parse(const char *name, enum outcome *ret_outcome)
{
	for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
		if (strcmp(outcomes[i].name, name) == 0) {
			*ret_outcome = (enum outcome)i;
			return 0;
		}
	return -1;
}

const char *stage_name(enum stage s)
{
	return stages[s];
}

int stage_parse(const char *name, enum stage *ret_stage)
{
	for (size_t i = 0; i < ARRAY_LEN(stages); i++)
		if (strcmp(stages[i], name) == 0) {
			*ret_stage = (enum stage)i;
			return 0;
		}
	return -1;
}
