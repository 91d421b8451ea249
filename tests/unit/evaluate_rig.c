#include "tests/unit/evaluate_rig.h"

#include "tests/unit/unit.h"

#include <stdio.h>

#include "lib/alerts/evaluate.h"
#include "lib/alerts/settle.h"

static const char *const nobody[] = { NULL };
static const char *const ops[] = { "ops@example.com", NULL };
static const char *const boss[] = { "boss@example.com", NULL };
static const char *const unless_memory[] = { "memory", NULL };

const struct rule rig_disk = { .type = DISK,
	.label = "disk",
	.key = "disk/warning/*",
	.limit = 90,
	.clear = 90,
	.instance = "*",
	.mail = ops,
	.escalate = boss,
	.escalate_after_ms = 30 * MINUTE };
static const struct rule srv = { .type = DISK,
	.label = "disk",
	.key = "disk/critical//srv*",
	.limit = 80,
	.clear = 80,
	.severity = SEVERITY_CRITICAL,
	.instance = "/srv*",
	.mail = ops };
static const struct rule swap = { .type = "swap_used_ratio",
	.label = "swap",
	.key = "swap/warning/*",
	.limit = 50,
	.clear = 50,
	.instance = "*",
	.unless = unless_memory,
	.mail = ops };
static const struct rule memory = { .type = "memory_used_ratio",
	.label = "memory",
	.key = "memory/warning/*",
	.limit = 90,
	.clear = 90,
	.instance = "*",
	.mail = ops };
static const struct rule full = { .kind = RULE_FULL_WITHIN,
	.type = DISK,
	.label = "disk",
	.key = "disk/warning/*/full-within",
	.limit = 3600,
	.clear = 3600,
	.below = true,
	.within_ms = 600 * MINUTE,
	.instance = "*",
	.mail = ops };
static const struct rule age = { .kind = RULE_SAMPLE_AGE,
	.type = "",
	.label = "sample-age",
	.key = "sample-age/warning/*",
	.limit = 1200,
	.clear = 1200,
	.instance = "*",
	.mail = ops };
static const struct rule steal = { .type = "cpu_steal_ratio",
	.label = "steal",
	.key = "steal/warning/*",
	.limit = 20,
	.clear = 20,
	.for_ms = 5 * MINUTE,
	.instance = "*",
	.mail = ops };
static const char *const unless_cpu[] = { "cpu", NULL };
static const struct rule iowait = { .type = "cpu_iowait_ratio",
	.label = "iowait",
	.key = "iowait/warning/*",
	.limit = 40,
	.clear = 40,
	.instance = "*",
	.unless = unless_cpu,
	.mail = ops };
/* Two that keep each other quiet. */
static const char *const unless_reads[] = { "reads", NULL };
static const char *const unless_writes[] = { "writes", NULL };
static const struct rule reads = { .type = "disk_reads",
	.label = "reads",
	.key = "reads/warning/*",
	.limit = 50,
	.clear = 50,
	.instance = "*",
	.unless = unless_writes,
	.mail = ops };
static const struct rule writes = { .type = "disk_writes",
	.label = "writes",
	.key = "writes/warning/*",
	.limit = 50,
	.clear = 50,
	.instance = "*",
	.unless = unless_reads,
	.mail = ops };
static const struct rule counted = { .type = "cpu_used_ratio",
	.label = "cpu",
	.key = "cpu/warning/*/count",
	.limit = 90,
	.clear = 90,
	.instance = "*",
	.counted_by = &rig_many,
	.mail = ops };
const struct rule_group rig_many = { .group = "web",
	.counts = &counted,
	.rule = { .kind = RULE_COUNT,
		.type = "cpu_used_ratio",
		.label = "cpu",
		.key = "cpu/warning/*/count",
		.limit = 2,
		.clear = 2,
		.instance = "*" },
	.mail = boss };
static const struct rule_group *const groups[] = { &rig_many };
static const struct rule *const rules[] = { &rig_disk, &srv, &swap, &memory, &full, &age, &counted,
	&reads, &writes, &steal, &iowait, NULL };

#define CLIENT(client_name)                                                          \
	{                                                                            \
		.name = client_name, .ip = "192.0.2.1", .rules = rules, .mail = ops, \
		.group = "web"                                                       \
	}
static const struct client clients[] = { CLIENT("web1"), CLIENT("web2"), CLIENT("web3") };
static const struct client *const by_name[] = { &clients[0], &clients[1], &clients[2] };
static const struct config config = { .alerter = { .unreachable_after = 2,
					      .collector_stale_ms = 60 * MINUTE,
					      .absent_after = 3,
					      .mail = nobody,
					      .flap_after = 5,
					      .flap_window_ms = 60 * MINUTE },
	.clients = clients,
	.clients_by_name = by_name,
	.client_count = ARRAY_LEN(clients),
	.rule_groups = groups,
	.rule_group_count = 1 };

int rig_history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err)
{
	struct evaluating *f = arg;
	(void)client, (void)instance, (void)err;
	assert_string_equal(metric, DISK);
	f->asked++;
	*ret_count = most < 60 ? most : 60;
	for (size_t i = 0; i < *ret_count; i++) {
		ret_points[i].at =
			to - (to - from) / (int64_t)*ret_count * (int64_t)(*ret_count - 1 - i);
		ret_points[i].value =
			0.5 + f->growth * (double)(ret_points[i].at - to) / (60 * MINUTE);
	}
	return 0;
}

void rig_begin(struct evaluating *f, const struct alert_set *rows)
{
	const struct alert_set none = { 0 };
	*f = (struct evaluating){ .now = INT64_C(1795302000000) };
	assert_int_equal(book_init(&f->book, &config, rows ? rows : &none, NULL), 0);
}

void rig_add(struct evaluating *f, const char *client, const struct stored_reading *readings,
	size_t count)
{
	f->now += MINUTE;
	const struct stored_sample s = { .id = ++f->last_id,
		.client = client,
		.taken_at = f->now,
		.outcome = readings ? OUTCOME_OK : OUTCOME_TIMEOUT,
		.error = "",
		.readings = readings,
		.reading_count = count };
	assert_int_equal(evaluate_sample(&f->book, &s, f->now, NULL), 0);
}

void rig_add_one(struct evaluating *f, const char *client, uint64_t series, const char *metric,
	const char *instance, double value)
{
	const struct stored_reading r = { series, metric, instance, value };
	rig_add(f, client, &r, 1);
}

void rig_end(struct evaluating *f)
{
	const struct collector_look collector = { .finished_at = f->now };
	assert_int_equal(settle(&f->book, &collector, f->now, NULL), 0);
}

const char *rig_told(struct evaluating *f)
{
	static const char *const kinds[] = { "FIRING", "RESOLVED", "CLOSED", "REPEAT", "LATE",
		"WORSE", "FLAPPING", "ESCALATED" };
	static char text[4000];
	size_t len = 0;
	text[0] = 0;
	assert_int_equal(book_flush(&f->book, NULL), 0);
	for (size_t i = 0; i < f->book.move_count; i++) {
		const struct event *e = f->book.moves[i].event;
		if (e)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s %s %s %s\n",
				e->held[0] ? "held " : "", kinds[e->kind], e->client, e->rule,
				e->instance);
	}
	book_forget_moves(&f->book);
	return text;
}
