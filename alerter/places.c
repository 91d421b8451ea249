#include "alerter/places.h"

#include <string.h>

#include "alerter/backoff.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Connections lost in a row before the run leaves a server alone. */
enum { LOST_MAX = 3 };

static const struct alert *find_row(const struct places *p, const char *name)
{
	return book_find(book_client(p->outbox->book, ""), RULE_DELIVERY, name);
}

/* Stores a verdict about the row of that name. */
static int move(struct places *p, const char *name, struct verdict *v, const char *reason,
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

static int forget(struct places *p, const struct alert *row, int64_t now, struct error *err)
{
	struct verdict v = { .row = ROW_REMOVE, .alert = *row };
	v.alert.as_of = now;
	return move(p, row->instance, &v, "", now, err);
}

int places_init(struct places *p, const struct outbox *o, struct error *err)
{
	const struct book_client *c = book_client(o->book, "");
	*p = (struct places){ .outbox = o };
	for (size_t i = c->count; i-- > 0;) {
		const struct alert *row = &c->rows[i]->alert;
		if (strcmp(row->rule, RULE_DELIVERY) == 0 &&
			!channel_place_exists(o->config, row->instance) &&
			forget(p, row, clock_wall_ms(), err) < 0)
			return -1;
	}
	return 0;
}

void places_finish(struct places *p)
{
	arena_finish(&p->memory);
}

static bool is_resting(const struct alert *row, int64_t now)
{
	return row && now >= row->as_of && (double)(now - row->as_of) < row->limit;
}

struct place *places_find(
	struct places *p, const struct channel_way *way, const struct recipient *to, int64_t now)
{
	char name[CHANNEL_PLACE_SIZE];
	channel_place(way, to, name);
	for (struct place *place = p->first; place; place = place->next)
		if (strcmp(place->name, name) == 0)
			return place;
	struct place *place = arena_alloc(&p->memory, sizeof *place);
	char *copy = arena_copy(&p->memory, name, strlen(name));
	if (!place || !copy)
		return NULL;
	*place = (struct place){ .name = copy, .way = way, .next = p->first };
	place->was_faulty = find_row(p, name) != NULL;
	place->is_blocked = is_resting(find_row(p, name), now);
	p->first = place;
	return place;
}

bool place_has_turn(struct place *place, uint32_t turn)
{
	if (place->turn != turn)
		place->spent_ms = 0;
	place->turn = turn;
	return place->spent_ms < PLACE_TURN_MS && !(turn == 0 && place->was_faulty);
}

bool places_are_blocked(const struct places *p)
{
	for (const struct place *place = p->first; place; place = place->next)
		if (place->is_blocked)
			return true;
	return false;
}

static int note_fault(struct places *p, const struct place *place, const struct send_report *report,
	int64_t now, struct error *err)
{
	const struct alert *old = find_row(p, place->name);
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
	return move(p, place->name, &v, report->reason.text, now, err);
}

int places_note(struct places *p, struct place *place, enum send_result result,
	const struct send_report *report, int64_t now, struct error *err)
{
	bool fault = result == SEND_CHANNEL || result == SEND_DOUBTED;
	place->lost = result == SEND_LOST ? place->lost + 1 : 0;
	place->is_blocked = fault || place->lost >= LOST_MAX;
	if (place->lost >= LOST_MAX)
		log_error(
			"%s: lost %d connections in a row, the rest waits", place->name, LOST_MAX);
	if (!place->way->rests)
		return 0;
	if (fault)
		return note_fault(p, place, report, now, err);
	const struct alert *row = find_row(p, place->name);
	return row ? forget(p, row, now, err) : 0;
}
