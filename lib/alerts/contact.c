#include "lib/alerts/contact.h"

#include <string.h>

/* How many attempts in a row may fail for no fault of the client's beyond those that may fail
 * by its own, before people hear that nobody watches it. */
enum { BLAMELESS_MORE = 3 };

bool outcome_blameless(enum outcome o)
{
	return o == OUTCOME_NOT_DONE || o == OUTCOME_INTERNAL;
}

/* A good sample ends what is not newer than itself. */
static struct verdict step_good(const struct alerter_config *config, const struct alert *old,
	const struct stored_sample *sample)
{
	if (!old || sample->id < old->as_of_id)
		return verdict_keep();
	struct alert a = *old;
	a.count = 0;
	a.as_of = a.last_good_at = sample->taken_at;
	if (a.state == ALERT_OK)
		return verdict_calm(config, a);
	a.as_of_id = sample->id;
	return a.state == ALERT_FIRING ? verdict_clear(config, a, 0) : verdict_calm(config, a);
}

static struct alert begin(
	const struct stored_sample *sample, const struct alert *last_good, const struct alert *old)
{
	struct alert a = old ? *old : (struct alert){ .instance = "" };
	a.state = ALERT_PENDING;
	a.severity = SEVERITY_CRITICAL;
	a.since = sample->taken_at;
	a.count = 0;
	a.value = 0;
	if (last_good)
		a.last_good_at = last_good->last_good_at;
	return a;
}

/* One more failure since the last good sample. */
static struct verdict step_failed(const struct alert *old, const struct alert *last_good,
	const struct stored_sample *sample, uint32_t limit)
{
	if (last_good && sample->id < last_good->as_of_id)
		return verdict_keep();
	bool is_new = !old || old->state == ALERT_OK;
	if (is_new && old && sample->id < old->as_of_id)
		return verdict_keep();
	struct alert a = is_new ? begin(sample, last_good, old) : *old;
	if (sample->id > a.as_of_id) {
		a.as_of = sample->taken_at;
		a.as_of_id = sample->id;
	}
	a.limit = limit;
	a.clear_since = 0;
	a.count += !outcome_blameless(sample->outcome);
	a.value++;
	return verdict_write(a);
}

struct verdict unreachable_step(const struct alerter_config *config, const struct alert *old,
	const struct alert *last_good, const struct stored_sample *sample, int64_t now)
{
	if (sample->outcome == OUTCOME_OK)
		return step_good(config, old, sample);
	if (sample->outcome == OUTCOME_HOST_KEY_CHANGED)
		return verdict_keep();
	return verdict_remind(step_failed(old, last_good, sample, config->unreachable_after),
		config->unreachable_repeat_ms, now);
}

enum contact contact_judge(
	const struct alerter_config *config, const struct alert *row, uint64_t running_cycle)
{
	if (!row || row->state == ALERT_OK)
		return CONTACT_GOOD;
	if (row->state == ALERT_FIRING)
		return row->clear_since != 0 ? CONTACT_GOOD : CONTACT_LOST;
	uint32_t unsure = running_cycle != 0 && row->as_of_id > running_cycle;
	uint32_t after = config->unreachable_after + unsure;
	if (row->count >= after || row->value >= (double)after + BLAMELESS_MORE)
		return CONTACT_LOST;
	return row->count > unsure ? CONTACT_DOUBTED : CONTACT_GOOD;
}

struct verdict contact_lose(const struct alerter_config *config, const struct alert *row)
{
	if (row->state != ALERT_PENDING)
		return verdict_keep();
	return verdict_open(config, *row, row->as_of);
}

struct verdict host_key_step(const struct alerter_config *config, const struct alert *old,
	const struct alert *last_good, const struct stored_sample *sample, int64_t now)
{
	if (sample->outcome == OUTCOME_OK)
		return step_good(config, old, sample);
	if (sample->outcome != OUTCOME_HOST_KEY_CHANGED)
		return verdict_keep();
	struct verdict v = step_failed(old, last_good, sample, 1);
	if (v.row == ROW_WRITE && v.alert.state == ALERT_PENDING)
		return verdict_open(config, v.alert, v.alert.as_of);
	return verdict_remind(v, config->unreachable_repeat_ms, now);
}

/* ---- jump hosts --------------------------------------------------------------------------- */

/* What the collector begins the error of such a sample with (collector/poller, dispatch). */
static const char jump_prefix[] = "jump host ";

enum passage sample_passage(const struct stored_sample *sample)
{
	if (sample->outcome == OUTCOME_OK)
		return PASSAGE_OPEN;
	if (sample->stage == STAGE_JUMP)
		return outcome_blameless(sample->outcome) ? PASSAGE_UNKNOWN : PASSAGE_STOPPED;
	return sample->stage >= STAGE_HANDSHAKE && sample->stage <= STAGE_OPEN ? PASSAGE_OPEN
									       : PASSAGE_UNKNOWN;
}

bool sample_blames(const struct stored_sample *sample, const char *jump_name)
{
	size_t prefix = sizeof jump_prefix - 1, len = strlen(jump_name);
	const char *name = sample->error + prefix;
	if (strncmp(sample->error, jump_prefix, prefix) != 0 || strncmp(name, jump_name, len) != 0)
		return false;
	return name[len] == ':' || strncmp(name + len, " (", 2) == 0 ||
	       strncmp(name + len, " gets no answer", 15) == 0;
}

/* As the row of a client, but that several fail in a cycle. */
static struct verdict step_stopped(
	const struct alert *old, const struct stored_sample *sample, uint32_t limit)
{
	bool counted = old && old->state != ALERT_OK && old->count > 0 && sample->cycle_id != 0 &&
		       old->as_of_id > sample->cycle_id;
	struct verdict v = step_failed(old, NULL, sample, limit);
	if (v.row == ROW_WRITE && counted) {
		v.alert.count = old->count;
		v.alert.value = old->value;
	}
	return v;
}

struct verdict jump_step(const struct alerter_config *config, const struct alert *old,
	const char *name, const struct stored_sample *sample, bool stopped, int64_t now)
{
	if (!stopped)
		return step_good(config, old, sample);
	struct verdict v = verdict_remind(step_stopped(old, sample, config->unreachable_after),
		config->unreachable_repeat_ms, now);
	if (v.row == ROW_WRITE && !old)
		v.alert.instance = name;
	return v;
}

/* ---- the collector ------------------------------------------------------------------------ */

struct verdict stale_step(const struct alerter_config *config, const struct alert *old,
	int64_t finished_at, int64_t now)
{
	struct alert a = old ? *old : (struct alert){ .instance = "", .state = ALERT_PENDING };
	if (a.state == ALERT_OK)
		a.state = ALERT_PENDING;
	a.severity = SEVERITY_CRITICAL;
	if (finished_at > 0 || !old)
		a.since = finished_at > 0 ? finished_at : now;
	a.as_of = now;
	a.last_good_at = finished_at;
	a.value = (double)alert_lasted(&a.since, now) / 1000;
	a.limit = (double)config->collector_stale_ms / 1000;
	if (now - a.since < config->collector_stale_ms) {
		if (finished_at == 0)
			return old ? verdict_keep() : verdict_write(a);
		if (!old)
			return verdict_keep();
		a.since = old->since;
		return a.state == ALERT_FIRING ? verdict_clear(config, a, 0)
					       : verdict_calm(config, a);
	}
	if (a.state != ALERT_FIRING)
		return verdict_open(config, a, now);
	struct verdict v = verdict_remind(verdict_write(a), config->unreachable_repeat_ms, now);
	return v.tell ? v : verdict_keep();
}
