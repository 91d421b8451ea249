#ifndef FLEET_ALERTS_RECIPIENTS_H
#define FLEET_ALERTS_RECIPIENTS_H

#include <stdbool.h>

#include "lib/arena.h"
#include "lib/compiler.h"

/* Lists of recipients as rows and events have them: with newlines between, each once. */

/* Whether `text` names it. */
bool recipients_have(const char *text, const char *name);

/* Those of `text`, and of `list` (NULL-terminated, may be NULL) what is not among them. In the
 * pool; NULL without memory. */
const char *recipients_join(
	struct arena *pool, const char *text, const char *const *list) MUST_CHECK;

#endif
