#ifndef FLEET_METRICS_ANSWERS_H
#define FLEET_METRICS_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/metrics/series.h"
#include "lib/wire/ask.h"

/*
 * What a client's probe was asked for (lib/wire/ask.h), held against its report. The probe has a
 * word on every process, file and certificate, be it that nobody may look, and on folders of
 * custom metrics; so one without any was not understood, by a probe that is older, or had no room.
 */

/* Takes the next ask off *asks that there should be a word on; a folder is any of them. */
bool answers_next(const char **asks, struct ask *ret_ask);

/* Whether the report has one. */
bool answers_has(const struct series_index *report, const struct ask *ask);

#endif
