#include "alerter/outlets.h"

#include <string.h>

#include "alerter/backoff.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Connections lost in a row before the run leaves a server alone. */
enum { LOST_MAX = 3 };

static const struct alert *find_row(const struct outlets *p, const char *name)
{
	return book_find(book_client(p->outbox->book, ""), RULE_DELIVERY, name);
}

/* Stores a verdict about the row of that name. */
static int move(struct outlets *p, const char *name, struct verdict *v, const char *reason,
	int64_t now, struct error *err)
{
	const struct outbox *o = p->outbox;
	bool lost = false;
	v->alert.instance = name;
	if (book_move(o->book, book_client(o->book, ""), RULE_DELIVERY, v, NULL, reason, err) < 0 ||
		book_flush(o->book, err) < 0 ||
		storage_apply(o->storage, o->lease->epoch, NULL, 0, o->book->moves,
			o->book->move_count, now, &lost, err) < 0)
		return lost ? lease_lost(err) : -1;
	book_forget_moves(o->book);
	return 0;
}

static int forget(struct outlets *p, const struct alert *row, int64_t now, struct error *err)
{
	struct verdict v = { .row = ROW_REMOVE, .alert = *row };
	v.alert.as_of = now;
	return move(p, row->instance, &v, "", now, err);
}

int outlets_init(struct outlets *p, const struct outbox *o, struct error *err)
{
	const struct book_client *c = book_client(o->book, "");
	*p = (struct outlets){ .outbox = o };
	for (size_t i = c->count; i-- > 0;) {
		const struct alert *row = &c->rows[i]->alert;
		if (strcmp(row->rule, RULE_DELIVERY) == 0 &&
			!channel_outlet_exists(o->config, row->instance) &&
			forget(p, row, clock_wall_ms(), err) < 0)
			return -1;
	}
	return 0;
}

void outlets_finish(struct outlets *p)
{
	arena_finish(&p->memory);
}

static bool is_resting(const struct alert *row, int64_t now)
{
	return row && now >= row->as_of && (double)(now - row->as_of) < row->limit;
}

struct outlet *outlets_find(
	struct outlets *p, const struct channel_way *way, const struct recipient *to, int64_t now)
{
	char name[CHANNEL_OUTLET_SIZE];
	channel_outlet(way, to, name);
	for (struct outlet *outlet = p->first; outlet; outlet = outlet->next)
		if (strcmp(outlet->name, name) == 0)
			return outlet;
	struct outlet *outlet = arena_alloc(&p->memory, sizeof *outlet);
	char *copy = arena_copy(&p->memory, name, strlen(name));
	if (!outlet || !copy)
		return NULL;
	*outlet = (struct outlet){ .name = copy, .way = way, .next = p->first };
	outlet->was_faulty = find_row(p, name) != NULL;
	outlet->is_blocked = is_resting(find_row(p, name), now);
	p->first = outlet;
	return outlet;
}

bool outlet_has_turn(struct outlet *outlet, uint32_t turn)
{
	if (outlet->turn != turn)
		outlet->spent_ms = 0;
	outlet->turn = turn;
	return outlet->spent_ms < OUTLET_TURN_MS && !(turn == 0 && outlet->was_faulty);
}

bool outlets_are_blocked(const struct outlets *p)
{
	for (const struct outlet *outlet = p->first; outlet; outlet = outlet->next)
		if (outlet->is_blocked)
			return true;
	return false;
}

static int note_fault(struct outlets *p, const struct outlet *outlet,
	const struct send_report *report, int64_t now, struct error *err)
{
	const struct alert *old = find_row(p, outlet->name);
	struct verdict v = { .row = ROW_WRITE };
	v.alert = old ? *old
		      : (struct alert){
				.state = ALERT_FIRING,
				.severity = SEVERITY_CRITICAL,
				.since = now,
			};
	v.alert.as_of = now;
	v.alert.value = ++v.alert.count;
	int64_t rest_ms = backoff_channel_ms(v.alert.count);
	v.alert.limit = (double)(report->rest_ms > rest_ms ? report->rest_ms : rest_ms);
	return move(p, outlet->name, &v, report->reason.text, now, err);
}

int outlets_note(struct outlets *p, struct outlet *outlet, enum send_result result,
	const struct send_report *report, int64_t now, struct error *err)
{
	bool fault = result == SEND_CHANNEL || result == SEND_DOUBTED;
	outlet->lost = result == SEND_LOST ? outlet->lost + 1 : 0;
	outlet->is_blocked = fault || outlet->lost >= LOST_MAX;
	if (outlet->lost >= LOST_MAX)
		log_error(
			"%s: lost %d connections in a row, the rest waits", outlet->name, LOST_MAX);
	if (!outlet->way->rests)
		return 0;
	if (fault)
		return note_fault(p, outlet, report, now, err);
	const struct alert *row = find_row(p, outlet->name);
	return row ? forget(p, row, now, err) : 0;
}
