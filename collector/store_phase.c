#include "collector/store_phase.h"

#include <inttypes.h>
#include <sysexits.h>

#include "collector/claim.h"
#include "collector/spool/spool.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	DAY_MS = 24 * HOUR_MS,
	ALERTER_LATE_MS = 15 * MINUTE_MS,
	COMPLAIN_EVERY_MS = HOUR_MS,
	RETAIN_LEAST = 1000, /* samples a cycle, beside twice what a cycle brings */
};

bool alerter_is_missing(int64_t now, int64_t last_run_at, const struct storage_backlog *backlog)
{
	int64_t waiting_ms = backlog->unprocessed ? now - backlog->oldest_unprocessed_at : 0;
	if (!last_run_at)
		return waiting_ms > HOUR_MS;
	return waiting_ms > ALERTER_LATE_MS && now - last_run_at > ALERTER_LATE_MS;
}

bool outbox_is_stuck(int64_t now, int64_t complained_at, const struct storage_backlog *backlog)
{
	if (backlog->waiting && now - backlog->oldest_waiting_at > HOUR_MS)
		return true;
	return backlog->failed && backlog->newest_failed_at > complained_at &&
	       now - backlog->newest_failed_at < DAY_MS;
}

static void say_missing(const struct storage_backlog *backlog, int64_t last_run_at)
{
	char since[CLOCK_TEXT_SIZE] = "ever";
	if (last_run_at)
		(void)clock_format_utc(last_run_at, since);
	log_error("fleet-alerter has not run since %s: it has %" PRIu64
		  " sample%s to look at, and nobody is told of alerts; see its crontab line",
		since, backlog->unprocessed, plural(backlog->unprocessed));
}

static void say_stuck(const struct storage_backlog *backlog, int64_t now)
{
	int64_t waiting_ms = backlog->waiting ? now - backlog->oldest_waiting_at : 0;
	log_error("people are not told of alerts: %" PRIu64
		  " notification%s to be sent, the oldest "
		  "for %" PRId64 " min, %" PRIu64 " failed for good; see fleet status",
		backlog->waiting, plural(backlog->waiting), waiting_ms / MINUTE_MS,
		backlog->failed);
}

static void note_complaint(struct store_phase *s, int64_t now)
{
	struct error err;
	s->state->complained_at = now;
	if (run_state_save(s->state_path, s->state, &err) < 0)
		log_warning("%s", err.text);
}

static int watch_alerter(struct store_phase *s, struct error *err)
{
	struct storage_backlog backlog;
	struct cycle last;
	bool found;
	int64_t now = clock_wall_ms();
	if (storage_get_backlog(s->ingest.storage, &backlog, err) < 0 ||
		storage_last_cycle(s->ingest.storage, "alerter", true, &last, &found, err) < 0)
		return -1;
	int64_t last_run_at = found ? last.finished_at : 0;
	int64_t quiet_ms = now - s->state->complained_at;
	bool is_missing = alerter_is_missing(now, last_run_at, &backlog);
	if ((!is_missing && !outbox_is_stuck(now, s->state->complained_at, &backlog)) ||
		(quiet_ms >= 0 && quiet_ms < COMPLAIN_EVERY_MS))
		return 0;
	if (is_missing)
		say_missing(&backlog, last_run_at);
	else
		say_stuck(&backlog, now);
	note_complaint(s, now);
	return 0;
}

static int retain(const struct store_phase *s, struct error *err)
{
	uint32_t deleted = 0;
	uint32_t limit = RETAIN_LEAST + 2 * (uint32_t)s->config->client_count;
	int64_t raw_ms = s->config->retention.raw_ms;
	int64_t before = raw_ms > 0 ? clock_wall_ms() - raw_ms : 0; /* 0 keeps everything */
	if (storage_retain(s->ingest.storage, before, limit, &deleted, err) < 0)
		return -1;
	log_debug("retention: %" PRIu32 " sample%s deleted", deleted, plural(deleted));
	return 0;
}

static void say_bad(const struct store_phase *s)
{
	const struct ingest_summary *sum = &s->summary;
	if (sum->bad)
		log_warning("%" PRIu32 " report%s did not open, and went to %s/bad: %s", sum->bad,
			plural(sum->bad), s->config->collector.spool, sum->first_bad);
	if (sum->unread)
		log_warning("%" PRIu32
			    " report%s could not be read, and will be in the next run: %s",
			sum->unread, plural(sum->unread), sum->first_unread);
	if (sum->lost)
		log_warning("%" PRIu64
			    " byte%s in %s are no reports: the file is damaged, and they went to "
			    "bad/ there, up to %d MiB",
			sum->lost, plural(sum->lost), s->config->collector.spool,
			SPOOL_BAD_BYTES >> 20);
	if (sum->bad_lines)
		log_warning("%" PRIu32 " outcome line%s cut, malformed or forged: dropped",
			sum->bad_lines, plural(sum->bad_lines));
}

static int use_storage(struct store_phase *s, struct error *err)
{
	if (claim_renew(s->ingest.storage, s->config, s->state_path, s->state, err) < 0)
		return -1;
	int r = ingest_run(&s->ingest, &s->summary, err);
	say_bad(s);
	if (r < 0)
		return -1;
	log_debug("%" PRIu32 " new, %" PRIu32 " completed, %" PRIu32 " known already, %" PRIu32
		  " stale",
		s->summary.stored, s->summary.completed, s->summary.replayed, s->summary.stale);
	return retain(s, err) < 0 ? -1 : watch_alerter(s, err);
}

static int fail(const struct store_phase *s, bool is_storage, const struct error *err)
{
	const char *spool = s->config->collector.spool;
	if (is_storage)
		log_error("%s; what was fetched waits in %s and is stored by the next run that "
			  "reaches the database",
			err->text, spool);
	else
		log_error("%s; the database is not at fault: what it does not hold yet waits in %s "
			  "for the next run",
			err->text, spool);
	return is_storage ? EX_UNAVAILABLE : EX_IOERR;
}

int store_phase_run(struct store_phase *s)
{
	struct error err = { "" };
	bool is_storage = true;
	int r = storage_open(&s->config->storage, true, &s->ingest.storage, &err);
	if (r == 0) {
		log_debug("storage: %s", storage_describe(s->ingest.storage));
		r = use_storage(s, &err);
		is_storage = storage_has_failed(s->ingest.storage);
		storage_close(s->ingest.storage);
	}
	return r == 0 ? EX_OK : fail(s, is_storage, &err);
}
