#ifndef FLEET_TESTS_BENCH_ROWS_H
#define FLEET_TESTS_BENCH_ROWS_H

#include <stdint.h>

/*
 * The same rows for dbfloor.c and store.c: samples of 1,000 clients in turn, 60 readings each, and
 * the client's counters. And what writing them cost.
 */
enum { ROWS_CLIENTS = 1000, ROWS_READINGS = 60, ROWS_COUNTERS = 37 + 16 * ROWS_READINGS };

/* Of the sample of that number, from 0 on. Clients count from 1. */
uint32_t rows_client(uint64_t sample);
double rows_value(uint64_t sample, int reading);
void rows_counters(uint64_t sample, char out[static ROWS_COUNTERS]);

struct rows_cost {
	double wall, cpu, server; /* seconds */
};

/* The time until now of this process, and of the one whose id is in SRV_PID (the environment). */
struct rows_cost rows_cost_now(void);

/* Prints what the samples cost since `begin`, as bench.py reads it. */
void rows_tell(const struct rows_cost *begin, long samples);

#endif
