#ifndef FLEET_ALERTS_CROWD_H
#define FLEET_ALERTS_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/compiler.h"
#include "lib/config/config.h"

/* Several clients that one alert is about: who they are in words, and who looks after them. All
 * of it lies in the pool; NULL or -1 without memory. */
struct crowd {
	const struct client *const *clients; /* in the configuration's order */
	size_t count;
};

/* Those of a configuration that a function chooses, by their index. */
typedef bool crowd_chooser(const void *arg, size_t client);
int crowd_choose(struct arena *pool, const struct config *config, crowd_chooser *choose,
	const void *arg, struct crowd *ret_crowd) MUST_CHECK;

/* "a, b, c and 4 more"; "" of none. */
const char *crowd_names(struct arena *pool, const struct crowd *crowd) MUST_CHECK;

/* Whom the clients name as recipients, and further ones (NULL-terminated), each once. */
const char *const *crowd_mail(
	struct arena *pool, const struct crowd *crowd, const char *const *more) MUST_CHECK;

/* Whom else the clients name for when nobody acknowledges it, and after the shortest of their
 * times; 0 when they name nobody. */
const char *const *crowd_escalation(
	struct arena *pool, const struct crowd *crowd, int64_t *ret_after_ms) MUST_CHECK;

#endif
