/*
 * The collector of a simulated fleet: what its clients say is played from a plan, and stored as
 * the collector stores it.
 *
 *   feed sqlite FILE PLAN
 *   feed mariadb SOCKET PLAN   in the database `week`, as root
 *
 * The first line of PLAN is the number of clients. Each line after it is a piece of what happens,
 * "CLIENT WHAT INSTANCE FROM TO FIRST LAST": from FROM until before TO (milliseconds since 1970)
 * that client (c000 is 0) says for that metric and instance ("-" is none) what lies between FIRST
 * and LAST, or nothing where they are "nan"; or the attempt ends as WHAT, which is an outcome's
 * name, with "@jump" behind it when a jump host is to blame. Everything else is ordinary.
 *
 * Each line on standard input is a time, at which the fleet is polled once; "done" answers it.
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attempt.h"
#include "lib/compiler.h"
#include "lib/storage/storage.h"

enum { CLIENTS_MAX = 1000, PIECES_MAX = 20000, APART_MS = 50, CYCLE_MS = 30000 };

static const struct reading ordinary[] = {
	{ "cpu_used_ratio", "", 0.3 },
	{ "memory_used_ratio", "", 0.5 },
	{ "swap_used_ratio", "", 0.1 },
	{ "filesystem_used_ratio", "/", 0.4 },
	{ "filesystem_used_ratio", "/srv", 0.5 },
	{ "filesystem_used_ratio", "/var", 0.6 },
	{ "filesystem_files_used_ratio", "/", 0.2 },
};

static const struct storage_config sqlite = { .engine = STORAGE_SQLITE, .timeout_ms = 60000 };
static const struct storage_config mariadb = {
	.engine = STORAGE_MARIADB,
	.path = "",
	.host = "",
	.user = "root",
	.password = "",
	.database = "week",
	.tls_ca = "",
	.timeout_ms = 60000,
};

struct piece {
	unsigned client;
	char what[48], instance[24];
	int64_t from, to;
	double first, last;
};

struct host {
	char name[8], error[64];
	struct reading readings[ARRAY_LEN(ordinary)];
};

struct feed {
	struct storage *storage;
	struct attempt_clock ids;
	size_t client_count, piece_count, active_count;
	struct piece pieces[PIECES_MAX];
	const struct piece *active[PIECES_MAX]; /* at the time that is polled */
	struct host hosts[CLIENTS_MAX];
	struct sample samples[CLIENTS_MAX];
	enum put_result results[CLIENTS_MAX];
};

static void die(const char *why)
{
	(void)fprintf(stderr, "feed: %s\n", why);
	exit(1);
}

/* Numbers below 1 that look like chance, the same each time. */
static double wobble(unsigned client, size_t reading, int64_t at)
{
	uint64_t h = (uint64_t)at * 31 + client * 1009 + reading;
	h = (h ^ h >> 31) * 0x9e3779b97f4a7c15;
	return (double)(h >> 40) / (double)(1 << 24);
}

static void load_plan(struct feed *f, const char *path)
{
	FILE *in = fopen(path, "re");
	if (!in || fscanf(in, "%zu", &f->client_count) != 1 || f->client_count > CLIENTS_MAX)
		die("no plan");
	struct piece p;
	while (fscanf(in, "%u %47s %23s %" SCNd64 " %" SCNd64 " %lf %lf", &p.client, p.what,
		       p.instance, &p.from, &p.to, &p.first, &p.last) == 7) {
		if (f->piece_count == PIECES_MAX)
			die("more pieces than there is room for");
		if (strcmp(p.instance, "-") == 0)
			p.instance[0] = 0;
		f->pieces[f->piece_count++] = p;
	}
	if (!feof(in))
		die("a piece that is none");
	(void)fclose(in);
}

static void find_active(struct feed *f, int64_t at)
{
	f->active_count = 0;
	for (size_t i = 0; i < f->piece_count; i++)
		if (f->pieces[i].from <= at && at < f->pieces[i].to)
			f->active[f->active_count++] = &f->pieces[i];
}

/* Of its metric and instance, or NULL when nothing happens to it. */
static const struct piece *find_piece(
	const struct feed *f, unsigned client, const char *what, const char *instance)
{
	for (size_t i = 0; i < f->active_count; i++) {
		const struct piece *p = f->active[i];
		if (p->client == client && strcmp(p->what, what) == 0 &&
			strcmp(p->instance, instance) == 0)
			return p;
	}
	return NULL;
}

static double value_at(const struct piece *p, int64_t at)
{
	double part = (double)(at - p->from) / (double)(p->to - p->from);
	return p->first + (p->last - p->first) * part;
}

static size_t read_values(struct feed *f, unsigned client, int64_t at)
{
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_LEN(ordinary); i++) {
		struct reading r = ordinary[i];
		const struct piece *p = find_piece(f, client, r.metric, r.instance);
		if (p)
			r.value = value_at(p, at);
		else if (strncmp(r.metric, "filesystem", 10) != 0)
			r.value += wobble(client, i, at) / 10;
		if (isfinite(r.value))
			f->hosts[client].readings[count++] = r;
	}
	return count;
}

/* Whether a piece says how the attempt ends. */
static bool read_outcome(struct feed *f, unsigned client, struct sample *s)
{
	for (size_t i = 0; i < f->active_count; i++) {
		char name[48];
		const struct piece *p = f->active[i];
		if (p->client != client)
			continue;
		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(p->what, "@"), p->what);
		if (outcome_parse(name, &s->outcome) < 0)
			continue;
		s->stage = strchr(p->what, '@') ? STAGE_JUMP : STAGE_CONNECT;
		(void)snprintf(f->hosts[client].error, sizeof f->hosts[client].error, "%s%s",
			s->stage == STAGE_JUMP ? "jump host gate: " : "", "192.0.2.10 port 22");
		return true;
	}
	return false;
}

static void poll_client(struct feed *f, unsigned client, uint64_t cycle, int64_t at)
{
	struct host *c = &f->hosts[client];
	struct sample *s = &f->samples[client];
	*s = (struct sample){
		.client = c->name,
		.cycle_id = cycle,
		.taken_at = at + client * APART_MS,
		.error = c->error,
		.duration_ms = 30,
	};
	(void)snprintf(c->name, sizeof c->name, "c%03u", client);
	c->error[0] = 0;
	s->id = attempt_next(&f->ids, s->taken_at);
	s->received_at = s->taken_at;
	if (!read_outcome(f, client, s)) {
		s->has_report = true;
		memcpy(s->digest, &s->id, sizeof s->id);
		s->readings = c->readings;
		s->reading_count = read_values(f, client, at);
	}
	s->first_outcome = s->outcome;
}

static void put_samples(struct feed *f)
{
	struct error err;
	if (storage_put_samples(f->storage, f->samples, f->client_count, f->results, &err) < 0)
		die(err.text);
	for (size_t i = 0; i < f->client_count; i++)
		if (f->results[i] != PUT_NEW)
			die("a sample was not new");
}

/* A run of the collector: its row, its samples, its end. */
static void poll_fleet(struct feed *f, int64_t at)
{
	struct error err;
	struct cycle cycle = {
		.id = attempt_next(&f->ids, at),
		.program = "collector",
		.version = FLEET_VERSION,
		.started_at = at,
		.deadline_at = at + 2 * CYCLE_MS,
		.clients = (uint32_t)f->client_count,
		.whole_fleet = true,
	};
	if (storage_put_cycle(f->storage, &cycle, &err) < 0)
		die(err.text);
	find_active(f, at);
	for (unsigned i = 0; i < f->client_count; i++)
		poll_client(f, i, cycle.id, at);
	put_samples(f);
	cycle.finished_at = at + CYCLE_MS;
	if (storage_put_cycle(f->storage, &cycle, &err) < 0)
		die(err.text);
}

int main(int argc, char **argv)
{
	struct error err;
	struct feed *f = calloc(1, sizeof *f);
	char line[32];
	if (argc != 4 || !f)
		die("usage: feed sqlite FILE PLAN | feed mariadb SOCKET PLAN");
	struct storage_config config = strcmp(argv[1], "mariadb") == 0 ? mariadb : sqlite;
	*(config.engine == STORAGE_MARIADB ? &config.socket : &config.path) = argv[2];
	f->ids.collector = 1;
	load_plan(f, argv[3]);
	if (storage_open(&config, true, &f->storage, &err) < 0)
		die(err.text);
	while (fgets(line, sizeof line, stdin)) {
		poll_fleet(f, strtoll(line, NULL, 10));
		if (puts("done") < 0 || fflush(stdout) != 0)
			die("nobody listens");
	}
	storage_close(f->storage);
	free(f);
	return 0;
}
