#include "alerter/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "alerter/lease.h"
#include "alerter/outbox.h"
#include "alerter/parts.h"
#include "lib/alerts/bind.h"
#include "lib/alerts/book.h"
#include "lib/alerts/evaluate.h"
#include "lib/alerts/settle.h"
#include "lib/attempt.h"
#include "lib/clock.h"
#include "lib/compiler.h"
#include "lib/log.h"
#include "lib/storage/storage.h"

enum {
	BATCH_SAMPLES = 2000, /* a transaction each, of some 20 ms on SQLite */
	BATCH_MOVES = 500,    /* the same when something is told with each */
	DRY_SAMPLES = 10000,
	DELIVERY_MS = 45 * 1000,
	REFUSED_BEFORE_SAID = 3,
};

/* Silences that ended no longer ago still cover samples that waited since. */
static const int64_t silences_back_ms = INT64_C(14) * 24 * 60 * 60 * 1000;

struct run {
	const struct config *config;
	const volatile sig_atomic_t *stop;
	struct storage *storage;
	struct alert_set rows;
	struct silence_set silences;
	struct arena pool; /* of a dry run's mails */
	struct book book;
	struct cycle cycle;
	struct lease lease;
	bool untold; /* somebody, who was to be told by now */
};

static void run_finish(struct run *r)
{
	book_finish(&r->book);
	alert_set_finish(&r->rows);
	silence_set_finish(&r->silences);
	arena_finish(&r->pool);
	lease_finish(&r->lease);
	storage_close(r->storage);
}

/* The newest cycle is the one of the highest id, also when the clock went back. */
static int begin_cycle(struct run *r, struct error *err)
{
	int64_t now = clock_wall_ms();
	struct attempt_clock ids = { .collector = ATTEMPT_ALERTER };
	struct cycle last;
	bool found;
	if (storage_last_cycle(r->storage, "alerter", false, &last, &found, err) < 0)
		return -1;
	if (found)
		ids.last = last.id;
	r->cycle = (struct cycle){
		.id = attempt_next(&ids, now),
		.program = "alerter",
		.version = FLEET_VERSION,
		.started_at = now,
		.deadline_at = now + LEASE_MS,
		.clients = (uint32_t)r->config->client_count,
		.whole_fleet = true,
	};
	return storage_put_cycle(r->storage, &r->cycle, err);
}

static int end_cycle(struct run *r, struct error *err)
{
	r->cycle.finished_at = clock_wall_ms();
	return storage_put_cycle(r->storage, &r->cycle, err);
}

static int get_history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err)
{
	return storage_get_history(
		arg, client, metric, instance, from, to, most, ret_points, ret_count, err);
}

/* Samples come with the readings that some rule looks at. */
static int watch_metrics(struct run *r, struct error *err)
{
	const char **metrics = bind_metrics(r->config);
	if (!metrics)
		return error_no_memory(err);
	int result = storage_watch_metrics(r->storage, metrics, err);
	free(metrics);
	return result;
}

static int load_book(struct run *r, struct error *err)
{
	int64_t since = clock_wall_ms() - silences_back_ms;
	if (storage_get_alerts(r->storage, &r->rows, err) < 0 ||
		storage_get_silences(r->storage, since, &r->silences, err) < 0 ||
		book_init(&r->book, r->config, &r->rows, err) < 0)
		return -1;
	r->book.silences = r->silences.items;
	r->book.silence_count = r->silences.count;
	r->book.history = get_history;
	r->book.history_arg = r->storage;
	return watch_metrics(r, err);
}

/* Stores some of what moved, and marks the samples that moved it. */
static int store(struct run *r, const struct sample_batch *batch, size_t from, size_t count,
	int64_t now, struct error *err)
{
	bool lost = false;
	if (storage_apply(r->storage, r->lease.epoch, batch->items, batch->count,
		    r->book.moves + from, count, now, &lost, err) < 0)
		return lost ? lease_lost(err) : -1;
	return 0;
}

static int apply(struct run *r, const struct sample_batch *batch, int64_t now, struct error *err)
{
	if (book_flush(&r->book, err) < 0 || store(r, batch, 0, r->book.move_count, now, err) < 0)
		return -1;
	book_forget_moves(&r->book);
	return 0;
}

/* The same when no sample is marked, for thousands may move at once: each part stands by itself,
 * and the next run finds what is missing, so that no writer has to wait for all of them. */
static int apply_in_parts(struct run *r, int64_t now, struct error *err)
{
	const struct sample_batch none = { 0 };
	for (size_t from = 0; from < r->book.move_count; from += BATCH_MOVES) {
		size_t left = r->book.move_count - from;
		if (from > 0)
			parts_yield();
		if (lease_keep(&r->lease, err) < 0 ||
			store(r, &none, from, smaller(left, BATCH_MOVES), now, err) < 0)
			return -1;
	}
	book_forget_moves(&r->book);
	return 0;
}

static int evaluate(
	struct run *r, const struct stored_sample *sample, int64_t now, struct error *err)
{
	bool ok = sample->outcome == OUTCOME_OK;
	r->cycle.ok += ok;
	r->cycle.failed += !ok;
	return evaluate_sample(&r->book, sample, now, err);
}

/* In one transaction, unless thousands tell something. */
static int evaluate_batch(
	struct run *r, const struct sample_batch *batch, int64_t now, struct error *err)
{
	size_t from = 0;
	for (size_t i = 0; i < batch->count; i++) {
		if (evaluate(r, &batch->items[i], now, err) < 0)
			return -1;
		bool is_last = i + 1 == batch->count;
		if (r->book.move_count < BATCH_MOVES && !is_last)
			continue;
		const struct sample_batch part = { batch->items + from, i + 1 - from, NULL };
		if (apply(r, &part, now, err) < 0)
			return -1;
		if (!is_last)
			parts_yield();
		from = i + 1;
	}
	return 0;
}

static int evaluate_samples(struct run *r, struct error *err)
{
	size_t count;
	do {
		struct sample_batch batch CLEANUP(sample_batch_finish) = { 0 };
		int64_t now = clock_wall_ms();
		if (lease_keep(&r->lease, err) < 0 ||
			storage_unprocessed(r->storage, BATCH_SAMPLES, &batch, err) < 0)
			return -1;
		count = batch.count;
		if (count > 0 && evaluate_batch(r, &batch, now, err) < 0)
			return -1;
	} while (count > 0 && !*r->stop);
	return 0;
}

/* The collector's newest cycle: *ret_running is its id while it is at work. */
static int find_running(struct run *r, int64_t now, uint64_t *ret_running, struct error *err)
{
	struct cycle last = { 0 };
	bool found = false;
	if (storage_last_cycle(r->storage, "collector", false, &last, &found, err) < 0)
		return -1;
	bool running = found && last.finished_at == 0 && now < last.deadline_at;
	*ret_running = running ? last.id : 0;
	return 0;
}

static int find_finished(struct run *r, int64_t *ret_finished_at, struct error *err)
{
	struct cycle last = { 0 };
	bool found = false;
	if (storage_last_cycle(r->storage, "collector", true, &last, &found, err) < 0)
		return -1;
	*ret_finished_at = found ? last.finished_at : 0;
	return 0;
}

/* What no single sample decides. */
static int settle_fleet(struct run *r, int64_t now, struct error *err)
{
	struct collector_look collector = { 0 };
	if (find_running(r, now, &collector.running_cycle, err) < 0 ||
		find_finished(r, &collector.finished_at, err) < 0)
		return -1;
	return settle(&r->book, &collector, now, err);
}

static int apply_fleet(struct run *r, struct error *err)
{
	int64_t now = clock_wall_ms();
	if (settle_fleet(r, now, err) < 0 || book_flush(&r->book, err) < 0)
		return -1;
	return apply_in_parts(r, now, err);
}

static int tell(struct run *r, struct error *err)
{
	struct outbox o = { r->config, r->storage, &r->book, &r->lease, r->stop, DELIVERY_MS };
	if (outbox_compose(&o, err) < 0)
		return -1;
	bool good = true;
	if (outbox_deliver(&o, &good, err) < 0)
		return -1;
	r->untold = !good;
	return 0;
}

static int work(struct run *r, struct error *err)
{
	if (begin_cycle(r, err) < 0 || load_book(r, err) < 0 || evaluate_samples(r, err) < 0)
		return -1;
	if (!*r->stop && apply_fleet(r, err) < 0)
		return -1;
	if (!*r->stop && tell(r, err) < 0)
		return -1;
	log_info("%u good sample%s and %u failure%s judged", r->cycle.ok, plural(r->cycle.ok),
		r->cycle.failed, plural(r->cycle.failed));
	return end_cycle(r, err);
}

static int start(struct run *r, bool *ret_busy, struct error *err)
{
	if (lease_lock(&r->lease, r->config, ret_busy, err) < 0)
		return -1;
	if (*ret_busy)
		return 0;
	if (storage_open(&r->config->storage, true, &r->storage, err) < 0)
		return -1;
	return lease_take(&r->lease, r->storage, ret_busy, err);
}

static int give_way(const struct run *r)
{
	if (r->lease.refused > 0 && r->lease.refused % REFUSED_BEFORE_SAID == 0)
		log_error("%" PRIu32 " runs in a row met another alerter still at work: let cron "
			  "start it less often, or see what holds %s/alerter.lock",
			r->lease.refused, r->config->dir);
	else
		log_info("another alerter is at work");
	return EX_TEMPFAIL;
}

int run_alerter(const struct config *config, const volatile sig_atomic_t *stop)
{
	struct run r CLEANUP(run_finish) = { .config = config, .stop = stop, .lease.lock_fd = -1 };
	struct error err = { "" };
	bool busy = false;
	if (start(&r, &busy, &err) < 0) {
		log_error("%s", err.text);
		return EX_UNAVAILABLE;
	}
	if (busy)
		return give_way(&r);
	int result = work(&r, &err);
	if (result < 0)
		log_error("%s", err.text);
	return result < 0 || r.untold ? EX_UNAVAILABLE : EX_OK;
}

/* The events of the moves, numbered as storage would. */
static int dry_compose(struct run *r, int64_t now, struct composed *ret_composed, struct error *err)
{
	size_t count = 0;
	struct event *events = arena_alloc(&r->pool, (r->book.move_count + 1) * sizeof *events);
	if (!events)
		return error_no_memory(err);
	for (size_t i = 0; i < r->book.move_count; i++) {
		if (!r->book.moves[i].event)
			continue;
		events[count] = *r->book.moves[i].event;
		events[count].id = count + 1;
		count++;
	}
	struct outbox o = { .config = r->config, .storage = r->storage, .book = &r->book };
	const struct compose_input in = {
		.events = events,
		.count = count,
		.config = r->config,
		.now = now,
		.ask = outbox_ask(&o),
	};
	return compose(&in, &r->pool, ret_composed, err);
}

static int dry_work(struct run *r, struct composed *ret_composed, struct error *err)
{
	struct sample_batch batch CLEANUP(sample_batch_finish) = { 0 };
	int64_t now = clock_wall_ms();
	if (storage_open(&r->config->storage, false, &r->storage, err) < 0 ||
		load_book(r, err) < 0 ||
		storage_unprocessed(r->storage, DRY_SAMPLES, &batch, err) < 0)
		return -1;
	if (batch.count == DRY_SAMPLES)
		log_warning("looked at the oldest %d samples only", DRY_SAMPLES);
	for (size_t i = 0; i < batch.count; i++)
		if (evaluate(r, &batch.items[i], now, err) < 0)
			return -1;
	if (settle_fleet(r, now, err) < 0 || book_flush(&r->book, err) < 0)
		return -1;
	return dry_compose(r, now, ret_composed, err);
}

int run_dry(const struct config *config)
{
	struct run r CLEANUP(run_finish) = { .config = config, .lease.lock_fd = -1 };
	struct error err = { "" };
	struct composed composed = { 0 };
	if (dry_work(&r, &composed, &err) < 0) {
		log_error("%s", err.text);
		return EX_UNAVAILABLE;
	}
	for (size_t i = 0; i < composed.count; i++)
		(void)printf("would tell %s: %s\n",
			composed.items[i].recipient[0] ? composed.items[i].recipient
						       : "standard output",
			composed.items[i].subject);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
