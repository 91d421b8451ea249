#ifndef FLEET_TESTS_DERIVE_RIG_H
#define FLEET_TESTS_DERIVE_RIG_H

#include "tests/unit/unit.h"

#include "lib/metrics/derive.h"

/*
 * A client as the server sees it over several reports.
 */
#define BOOT_A "9f86d081-884c-4d63-a2f4-4b6e4d1c0a01"
#define BOOT_B "60303ae2-2b99-4a41-9c3c-7d3f5a2b1c02"

static const int64_t noon = INT64_C(1795348800000);

enum { HOUR = 3600 * 1000 };

struct client {
	struct buffer counters;
	struct readings readings;
	bool replaced; /* the counters, by the last report */
	const struct metric_choice *choice;
	const char *asks;
};

struct moment {
	const char *boot;
	int64_t monotonic_ms;
	int64_t taken_at_ms; /* 0: noon + monotonic_ms */
};

/* The client's clock is 1.5 s ahead. */
void report_within(
	struct client *c, const struct moment *when, int64_t gap_max_ms, const char *text);
void report(struct client *c, const struct moment *when, const char *text);
void forget(struct client *c);

/* NAN when it is absent. */
double reading_of(const struct client *c, const char *metric, const char *instance);
void assert_reading(
	const struct client *c, const char *metric, const char *instance, double expected);

/* Two reports ten seconds apart, and what the second says; NAN: nothing. */
struct pair_row {
	const char *before, *after;
	const char *metric, *instance;
	double value;
};

void assert_pairs(const struct pair_row *rows, size_t count, const struct metric_choice *choice);

#endif
