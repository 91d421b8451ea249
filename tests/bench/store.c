/*
 * The rows of dbfloor.c through storage_put_samples(), in batches as ingest makes them. Clients,
 * metrics and series are there already, as they are in every cycle but the first.
 *
 *   store sqlite FILE SAMPLES
 *   store mariadb SOCKET SAMPLES   in the database `store`, which is empty, as root
 *   store … beside                 one sample every 20 ms until SIGTERM; tells how long they took
 */
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector/ingest/batch.h"
#include "lib/attempt.h"
#include "lib/clock.h"
#include "lib/compiler.h"
#include "lib/metrics/metrics.h"
#include "lib/storage/storage.h"
#include "tests/bench/rows.h"

enum { BESIDE_EVERY_MS = 20, BESIDE_MAX = 100000 };

static const struct storage_config mariadb = {
	.engine = STORAGE_MARIADB,
	.path = "",
	.host = "",
	.user = "root",
	.password = "",
	.database = "store",
	.tls_ca = "",
	.timeout_ms = 60000,
};
static const struct storage_config sqlite = {
	.engine = STORAGE_SQLITE,
	.timeout_ms = 60000,
};

struct series {
	const struct metric *metric;
	const char *instance;
};

struct batch_rows {
	struct series series[ROWS_READINGS];
	struct sample samples[BATCH_VISITS];
	struct reading readings[BATCH_VISITS][ROWS_READINGS];
	char counters[BATCH_VISITS][ROWS_COUNTERS];
	char names[BATCH_VISITS][16];
	enum put_result results[BATCH_VISITS];
};

static void die(const char *why)
{
	(void)fprintf(stderr, "store: %s\n", why);
	exit(1);
}

/* The first 60 of what is stored by default, with two instances of what can have several. */
static void find_series(struct batch_rows *b)
{
	size_t count = 0;
	for (size_t m = 0; m < metric_count(); m++) {
		bool has_two = metric_at(m)->instance[0];
		for (int i = metric_at(m)->is_stored ? 0 : 2; i <= has_two && count < ROWS_READINGS;
			i++)
			b->series[count++] = (struct series){ metric_at(m), !has_two ? ""
									    : i	     ? "/srv/data"
										     : "sda" };
	}
	if (count < ROWS_READINGS)
		die("the catalogue is too short");
}

/* Nothing is ever full. */
static double value_of(const struct metric *m, double value)
{
	return m->unit == UNIT_RATIO ? fmod(value, 1) * 0.9 : value;
}

static void fill(struct batch_rows *b, size_t i, uint64_t number, struct attempt_clock *clock)
{
	int64_t now = clock_wall_ms();
	for (int k = 0; k < ROWS_READINGS; k++) {
		const struct series *series = &b->series[k];
		b->readings[i][k] = (struct reading){
			.metric = series->metric->name,
			.instance = series->instance,
			.value = value_of(series->metric, rows_value(number, k)),
		};
	}
	rows_counters(number, b->counters[i]);
	(void)snprintf(b->names[i], sizeof b->names[i], "client%u", rows_client(number));
	struct sample *s = &b->samples[i];
	*s = (struct sample){
		.id = attempt_next(clock, now),
		.client = b->names[i],
		.cycle_id = 1,
		.taken_at = now,
		.received_at = now,
		.error = "",
		.duration_ms = 30,
		.probe_hash = "0123456789abcdef0123456789abcdef",
		.has_report = true,
		.readings = b->readings[i],
		.reading_count = ROWS_READINGS,
		.counters = b->counters[i],
		.counters_len = ROWS_COUNTERS,
	};
	memcpy(s->digest, b->counters[i], sizeof s->digest);
}

static void put(struct storage *s, struct batch_rows *b, struct attempt_clock *clock, long samples)
{
	struct error err;
	for (long at = 0; at < samples;) {
		size_t n = 0;
		for (; n < BATCH_VISITS && at < samples; n++, at++)
			fill(b, n, (uint64_t)at, clock);
		if (storage_put_samples(s, b->samples, n, b->results, &err) < 0)
			die(err.text);
		for (size_t i = 0; i < n; i++)
			if (b->results[i] != PUT_NEW)
				die("a sample was not new");
	}
}

static struct storage *open_storage(struct storage_config *config)
{
	struct storage *s;
	struct error err;
	uint32_t deleted;
	if (storage_open(config, true, &s, &err) < 0 || storage_retain(s, 0, 1, &deleted, &err) < 0)
		die(err.text);
	return s;
}

static volatile sig_atomic_t is_over;

static void end(int number)
{
	(void)number;
	is_over = 1;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void put_beside(struct storage *s, struct batch_rows *b, struct attempt_clock *clock)
{
	static double took_ms[BESIDE_MAX];
	const struct timespec pause = { .tv_nsec = BESIDE_EVERY_MS * 1000000L };
	size_t n = 0;
	while (!is_over && n < BESIDE_MAX) {
		struct rows_cost begin = rows_cost_now();
		put(s, b, clock, 1);
		took_ms[n++] = (rows_cost_now().wall - begin.wall) * 1e3;
		(void)nanosleep(&pause, NULL);
	}
	if (!n)
		die("ended before it began");
	qsort(took_ms, n, sizeof *took_ms, compare);
	(void)printf("puts=%zu median=%.3f most=%.3f\n", n, took_ms[n / 2], took_ms[n - 1]);
}

static void put_all(
	struct storage *s, struct batch_rows *b, struct attempt_clock *clock, long samples)
{
	put(s, b, clock, ROWS_CLIENTS);
	struct rows_cost begin = rows_cost_now();
	put(s, b, clock, samples);
	rows_tell(&begin, samples);
}

int main(int argc, char **argv)
{
	long samples = argc == 4 ? atol(argv[3]) : 0;
	bool is_beside = argc == 4 && strcmp(argv[3], "beside") == 0;
	if (samples <= 0 && !is_beside)
		die("usage: store sqlite|mariadb FILE|SOCKET SAMPLES|beside");
	struct storage_config config = strcmp(argv[1], "mariadb") == 0 ? mariadb : sqlite;
	*(config.engine == STORAGE_MARIADB ? &config.socket : &config.path) = argv[2];
	struct attempt_clock clock = { .collector = is_beside ? 2 : 1 };
	struct batch_rows *b = calloc(1, sizeof *b);
	if (!b)
		die("out of memory");
	(void)signal(SIGTERM, end);
	find_series(b);
	struct storage *s = open_storage(&config);
	is_beside ? put_beside(s, b, &clock) : put_all(s, b, &clock, samples);
	storage_close(s);
	free(b);
	return 0;
}
