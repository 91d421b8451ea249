#ifndef FLEET_ALERTS_SPARK_H
#define FLEET_ALERTS_SPARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/storage/storage.h"

/*
 * A curve in one line of text, of the blocks U+2581 to U+2588. Pure.
 */
enum {
	SPARK_WIDTH = 48,
	SPARK_SIZE = 3 * SPARK_WIDTH + 1, /* bytes, in UTF-8 */
};

struct spark {
	char text[SPARK_SIZE]; /* "" without a point */
	double least, most;    /* of all points */
};

/* Draws the points from `from` until `to`, from the least value to the most, one column for
 * each 48th of the time: the greatest value there, or with `lowest` the least; a blank where
 * there is none. Points outside, and values that are not finite, do not count. */
struct spark spark_draw(
	const struct history_point *points, size_t count, int64_t from, int64_t to, bool lowest);

#endif
