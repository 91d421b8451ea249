#ifndef FLEET_PATTERN_H
#define FLEET_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether all of the text fits the pattern: `*` stands for any bytes, or none, `?` for one; every
 * other byte for itself. As ssh_config(5) has it under PATTERNS; unlike fnmatch(3) it knows neither
 * brackets nor backslashes, a star takes slashes too, and it brings no tables of letters along.
 *
 * Both may come from anywhere: whatever they are, it takes at most about as many steps as the
 * product of their lengths.
 */
bool pattern_matches(const char *pattern, size_t pattern_len, const char *text, size_t text_len);

#endif
