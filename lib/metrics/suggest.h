#ifndef FLEET_METRICS_SUGGEST_H
#define FLEET_METRICS_SUGGEST_H

/*
 * What somebody may have meant by a name that the catalogue has not.
 */

/* The nearest known friendly or full name, for "did you mean"; NULL when nothing is near. */
const char *metric_suggest(const char *name);

/* The same, but at most two letters away: hardly the name of something else. */
const char *metric_misspelt(const char *name);

#endif
