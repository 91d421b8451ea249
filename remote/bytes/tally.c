#include "remote/bytes/tally.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/compiler.h"
#include "lib/escape.h"

enum {
	TEXT_MAX = 4 * 256 + 1, /* of a name, escaped */
	TICKS = 100,		/* a second */
	LATE_S = 60,		/* how much younger than the file a process may seem */
};

bool tally_ask(struct tally *t, const struct tally_asked *asked)
{
	for (size_t i = 0; i < t->asked_count; i++)
		if (span_equal(t->asked[i].name, asked->name))
			return true;
	if (t->asked_count == TALLY_ASKED_MAX)
		return false;
	t->asked[t->asked_count++] = *asked;
	return true;
}

bool tally_wants_command(const struct tally *t, const struct process *p)
{
	for (size_t i = 0; i < t->asked_count; i++)
		if (!t->asked[i].by_pid && process_may_be(p, t->asked[i].name))
			return true;
	return false;
}

/* ---- adding ----------------------------------------------------------------------------- */

static bool is_before(const struct tally_top *a, uint64_t value, uint64_t pid)
{
	return a->value > value || (a->value == value && a->pid < pid);
}

static size_t keep_name(char out[static PROCESS_NAME_MAX], struct span name)
{
	size_t len = name.len < PROCESS_NAME_MAX ? name.len : PROCESS_NAME_MAX;
	memcpy(out, name.at, len);
	return len;
}

static void offer(struct tally_list *list, const struct process *p, uint64_t value)
{
	size_t at = list->count;
	while (at > 0 && !is_before(&list->items[at - 1], value, p->pid))
		at--;
	if (at == TALLY_TOP || value == 0)
		return;
	list->count += list->count < TALLY_TOP ? 1 : 0;
	struct tally_top *item = &list->items[at];
	memmove(item + 1, item, (list->count - at - 1) * sizeof *item);
	*item = (struct tally_top){ .pid = p->pid, .value = value };
	item->name_len = keep_name(item->name, p->name);
}

static int64_t start_s(const struct tally *t, uint64_t ticks)
{
	return t->boot_s + (int64_t)(ticks / TICKS);
}

static bool is_younger(const struct tally *t, const struct tally_asked *a, const struct process *p)
{
	int64_t slack = LATE_S + (t->stepped_s > 0 ? t->stepped_s : 0);
	return t->boot_s > 0 && a->written_s != 0 &&
	       start_s(t, p->start_ticks) - slack > a->written_s;
}

/* A number that was taken over is forgotten. */
static bool is_asked(const struct tally *t, struct tally_asked *a, const struct process *p)
{
	if (!a->by_pid)
		return process_is(p, a->name);
	if (a->pid == p->pid && is_younger(t, a, p))
		a->pid = 0;
	return a->pid == p->pid;
}

static void count_asked(struct tally_asked *a, const struct process *p)
{
	if (a->running == 0 || p->start_ticks < a->first_start_ticks)
		a->first_start_ticks = p->start_ticks;
	a->running++;
	a->cpu_ticks += p->cpu_ticks;
	a->rss_pages += p->rss_pages;
}

void tally_add(struct tally *t, const struct process *p)
{
	t->pids++;
	t->threads += p->threads;
	t->states[p->state & 127]++;
	offer(&t->cpu, p, p->cpu_ticks);
	offer(&t->memory, p, p->rss_pages);
	for (size_t i = 0; i < t->asked_count && process_runs(p); i++) {
		struct tally_asked *a = &t->asked[i];
		if (is_asked(t, a, p))
			count_asked(a, p);
	}
}

static void name_users(struct tally_list *list, struct span passwd)
{
	struct span name;
	for (size_t i = 0; i < list->count; i++) {
		struct tally_top *p = &list->items[i];
		if (p->has_uid && p->user_len == 0 && passwd_name(passwd, p->uid, &name))
			p->user_len = keep_name(p->user, name);
	}
}

void tally_name_users(struct tally *t, struct span passwd)
{
	name_users(&t->cpu, passwd);
	name_users(&t->memory, passwd);
}

/* ---- writing ---------------------------------------------------------------------------- */

struct lines {
	char *data;
	size_t len, size, cut;
};

static void PRINTF(2, 3) put(struct lines *out, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(out->data + out->len, out->size - out->len, fmt, ap);
	va_end(ap);
	if (out->cut == 0 && n >= 0 && (size_t)n < out->size - out->len)
		out->len += (size_t)n;
	else
		out->cut++;
}

/* A number, or "-". Returns `out`. */
static const char *number(char out[static 24], bool is_known, uint64_t value)
{
	if (is_known)
		(void)snprintf(out, 24, "%" PRIu64, value);
	else
		memcpy(out, "-", 2);
	return out;
}

/* Who hides is believed to hide any process, but not one that was seen. */
static bool is_unsure(const struct tally *t, const struct tally_asked *a)
{
	if (a->by_pid)
		return a->is_unreadable || (t->has_hidden && a->pid > 0 && a->running == 0);
	return t->has_hidden;
}

static void put_asked(
	struct lines *out, const struct tally *t, const struct tally_asked *a, uint64_t page_bytes)
{
	char name[TEXT_MAX], values[4][24];
	bool unsure = is_unsure(t, a), runs = a->running > 0;
	(void)escape_text(name, sizeof name, a->name.at, a->name.len);
	put(out, "asked\t%s\t%d\t%s\t%s\t%s\t%s\n", number(values[0], runs || !unsure, a->running),
		unsure,
		number(values[1], runs && t->boot_s, (uint64_t)start_s(t, a->first_start_ticks)),
		number(values[2], runs, a->cpu_ticks),
		number(values[3], runs, a->rss_pages * page_bytes), name);
}

static void put_top(
	struct lines *out, const char *kind, const struct tally_list *list, uint64_t factor)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct tally_top *p = &list->items[i];
		char name[TEXT_MAX], user[TEXT_MAX] = "";
		(void)escape_text(name, sizeof name, p->name, p->name_len);
		if (p->user_len > 0)
			(void)escape_text(user, sizeof user, p->user, p->user_len);
		else if (p->has_uid)
			(void)snprintf(user, sizeof user, "%" PRIu64, p->uid);
		put(out, "%s\t%" PRIu64 "\t%s\t%" PRIu64 "\t%s\n", kind, p->value * factor, name,
			p->pid, user);
	}
}

/* Zombies are counted when there are none, too: people alert on them. */
static void put_states(struct lines *out, const struct tally *t)
{
	for (char c = 'A'; c <= 'z'; c++)
		if (t->states[(int)c] > 0 || c == 'Z')
			put(out, "state\t%" PRIu64 "\t%c\n", t->states[(int)c], c);
}

size_t tally_write(
	const struct tally *t, uint64_t page_bytes, char *out, size_t size, size_t *ret_cut)
{
	struct lines lines = { .data = out, .size = size };
	put(&lines, "pids\t%" PRIu64 "\n", t->pids);
	put(&lines, "threads\t%" PRIu64 "\n", t->threads);
	put_states(&lines, t);
	for (size_t i = 0; i < t->asked_count; i++)
		put_asked(&lines, t, &t->asked[i], page_bytes);
	put_top(&lines, "cpu", &t->cpu, 1);
	put_top(&lines, "memory", &t->memory, page_bytes);
	*ret_cut = lines.cut;
	return lines.len;
}
