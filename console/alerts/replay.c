/*
 * fleet alerts replay: what would have been sent, of the samples that are stored and by this
 * configuration or another. Nothing is sent or written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "console/alerts/alerts.h"
#include "console/alerts/rehearsal.h"
#include "lib/alerts/bind.h"
#include "lib/attempt.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/when.h"

enum { RUN_EVERY_MS = 60 * 1000, SAMPLES_AT_ONCE = 500 };

struct replay {
	struct alerts alerts;
	struct config *other; /* what is judged by, when it is not the one in use */
	struct silence_set silences;
	struct rehearsal rehearsal;
	int64_t since, until, run_at;
	uint64_t samples, messages;
};

static void finish(struct replay *r)
{
	rehearsal_finish(&r->rehearsal);
	silence_set_finish(&r->silences);
	config_destroy(r->other);
	alerts_finish(&r->alerts);
}

static void print_message(void *arg, int64_t now, const struct notification *n)
{
	struct replay *r = arg;
	char at[CLOCK_TEXT_SIZE], subject[2048];
	(void)clock_format_utc(now, at);
	(void)escape_text(subject, sizeof subject, n->subject, strlen(n->subject));
	printf("%.10s %.8s UTC  %s  %s\n", at, at + 11,
		n->recipient[0] ? n->recipient : "standard output", subject);
	r->messages++;
}

static int get_history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err)
{
	return storage_get_history(
		arg, client, metric, instance, from, to, most, ret_points, ret_count, err);
}

static int watch_metrics(struct replay *r, const struct config *config, struct error *err)
{
	const char **metrics = bind_metrics(config);
	if (!metrics)
		return error_no_memory(err);
	int result = storage_watch_metrics(r->alerts.storage, metrics, err);
	free(metrics);
	return result;
}

static int begin(struct replay *r, struct error *err)
{
	const struct config *config = r->other ? r->other : r->alerts.config;
	struct storage *storage = r->alerts.storage;
	if (rehearsal_init(&r->rehearsal, config, print_message, r, err) != 0 ||
		storage_get_silences(storage, r->since, &r->silences, err) != 0 ||
		watch_metrics(r, config, err) != 0)
		return -1;
	r->rehearsal.book.silences = r->silences.items;
	r->rehearsal.book.silence_count = r->silences.count;
	r->rehearsal.book.history = get_history;
	r->rehearsal.book.history_arg = storage;
	r->run_at = r->since + RUN_EVERY_MS;
	return 0;
}

/* Every run of cron's until then. */
static int run_until(struct replay *r, int64_t until, struct error *err)
{
	for (; r->run_at < until; r->run_at += RUN_EVERY_MS)
		if (rehearsal_run(&r->rehearsal, r->run_at, err) != 0)
			return -1;
	return 0;
}

static int replay_batch(struct replay *r, const struct sample_batch *batch, struct error *err)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct stored_sample *s = &batch->items[i];
		int64_t at = s->taken_at < r->until ? s->taken_at : r->until;
		if (run_until(r, at, err) != 0 ||
			rehearsal_sample(&r->rehearsal, s, r->run_at, err) != 0)
			return -1;
	}
	r->samples += batch->count;
	return 0;
}

static int replay_all(struct replay *r, struct error *err)
{
	uint64_t after = attempt_floor(r->since);
	size_t count;
	do {
		struct sample_batch batch CLEANUP(sample_batch_finish) = { 0 };
		if (storage_samples_between(r->alerts.storage, after, r->until, SAMPLES_AT_ONCE,
			    &batch, err) != 0 ||
			replay_batch(r, &batch, err) != 0)
			return -1;
		count = batch.count;
		after = count ? batch.items[count - 1].id : after;
	} while (count > 0);
	return run_until(r, r->until + RUN_EVERY_MS, err);
}

static void sum_up(const struct replay *r)
{
	char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE];
	(void)clock_format_utc(r->since, from);
	(void)clock_format_utc(r->until, to);
	printf("%" PRIu64 " message%s of %" PRIu64
	       " sample%s, %.10s %.8s to %.10s %.8s UTC; nothing "
	       "was sent\n",
		r->messages, plural(r->messages), r->samples, plural(r->samples), from, from + 11,
		to, to + 11);
}

static int read_times(struct replay *r, const char *since, const char *until)
{
	struct error err;
	int64_t now = clock_wall_ms();
	if (moment_parse(since, now, true, &r->since, &err) != 0 ||
		moment_parse(until, now, true, &r->until, &err) != 0) {
		log_error("%s", err.text);
		return EX_USAGE;
	}
	if (r->until > now)
		r->until = now;
	if (r->since < r->until)
		return EX_OK;
	log_error("--since is not before --until, or the present");
	return EX_USAGE;
}

int alerts_replay(const char *config_path, int argc, char **argv)
{
	const char *since = NULL, *until = "now", *other = NULL;
	const struct choice choices[] = {
		{ "--config", .value = &other },
		{ "--since", .value = &since },
		{ "--until", .value = &until },
	};
	struct error err;
	if (commands_options(choices, ARRAY_LEN(choices), argc, argv) != 1 || !since)
		return alerts_usage("replay");
	struct replay r CLEANUP(finish) = { 0 };
	int status = read_times(&r, since, until);
	if (status == EX_OK)
		status = alerts_open(&r.alerts, config_path);
	if (status != EX_OK)
		return status;
	if (other && !(r.other = program_load_config(other, true)))
		return EX_CONFIG;
	if (begin(&r, &err) != 0 || replay_all(&r, &err) != 0)
		return alerts_failed(&err);
	sum_up(&r);
	return EX_OK;
}
