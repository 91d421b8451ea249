/*
 * The rows of dbfloor.c through storage_put_samples(), in batches as ingest makes them. Clients,
 * metrics and series are there already, as they are in every cycle but the first.
 *
 *   store sqlite FILE SAMPLES
 *   store mariadb SOCKET SAMPLES   in the database `store`, which is empty, as root
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ingest/batch.h"
#include "lib/attempt.h"
#include "lib/clock.h"
#include "lib/compiler.h"
#include "lib/storage/storage.h"
#include "tests/bench/rows.h"

enum { INSTANCES = 4 };

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

struct batch_rows {
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

/* 60 readings are those of 15 metrics with four instances each. */
static void fill(struct batch_rows *b, size_t i, uint64_t number, struct attempt_clock *clock)
{
	static const char *const instances[INSTANCES] = { "sda", "eth0", "/", "/srv/data" };
	int64_t now = clock_wall_ms();
	for (int k = 0; k < ROWS_READINGS; k++)
		b->readings[i][k] = (struct reading){
			.metric = metric_at((size_t)k / INSTANCES)->name,
			.instance = instances[k % INSTANCES],
			.value = rows_value(number, k),
		};
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

int main(int argc, char **argv)
{
	long samples = argc == 4 ? atol(argv[3]) : 0;
	if (samples <= 0)
		die("usage: store sqlite FILE SAMPLES | store mariadb SOCKET SAMPLES");
	struct storage_config config = strcmp(argv[1], "mariadb") == 0 ? mariadb : sqlite;
	*(config.engine == STORAGE_MARIADB ? &config.socket : &config.path) = argv[2];
	struct attempt_clock clock = { .collector = 1 };
	struct batch_rows *b = calloc(1, sizeof *b);
	struct storage *s = open_storage(&config);
	if (!b)
		die("out of memory");
	put(s, b, &clock, ROWS_CLIENTS);
	struct rows_cost begin = rows_cost_now();
	put(s, b, &clock, samples);
	rows_tell(&begin, samples);
	storage_close(s);
	free(b);
	return 0;
}
