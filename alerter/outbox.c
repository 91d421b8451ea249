#include "alerter/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alerter/backoff.h"
#include "lib/alerts/compose.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/send/message.h"
#include "lib/send/smtp.h"

enum {
	EVENTS_AT_ONCE = 20000,
	NOTIFICATIONS_AT_ONCE = 100,
	LEFT_MAX = 1000, /* that wait for their channel, before the run looks no further */
	LOST_MAX = 3,	 /* connections lost in a row before the run leaves the server alone */
	BACKLOG_MS = 60 * 60 * 1000,
};

int outbox_first_message(void *arg, uint64_t opened_event, const char *recipient,
	struct buffer *out, struct error *err)
{
	return storage_first_message(arg, opened_event, recipient, out, err);
}

static int put_bag(const struct outbox *o, const struct event_set *events,
	const struct mailbag *bag, struct arena *pool, struct error *err)
{
	bool lost = false;
	uint64_t *ids = arena_alloc(pool, events->count * sizeof *ids);
	if (!ids)
		return error_set(err, "out of memory");
	for (size_t i = 0; i < events->count; i++)
		ids[i] = events->items[i].id;
	if (storage_put_notifications(o->storage, o->lease->epoch, bag->items, bag->count, ids,
		    events->count, &lost, err) < 0)
		return lost ? lease_lost(err) : -1;
	return 0;
}

static int compose_events(const struct outbox *o, const struct event_set *events, struct error *err)
{
	struct arena pool CLEANUP(arena_finish) = { 0 };
	struct mailbag bag = { 0 };
	if (compose(events->items, events->count, o->config, clock_wall_ms(), outbox_first_message,
		    o->storage, &pool, &bag, err) < 0)
		return -1;
	log_info("%zu event%s in %zu notification%s", events->count, plural(events->count),
		bag.count, plural(bag.count));
	return put_bag(o, events, &bag, &pool, err);
}

int outbox_compose(const struct outbox *o, struct error *err)
{
	size_t count;
	do {
		struct event_set events CLEANUP(event_set_finish) = { 0 };
		if (storage_untold_events(o->storage, EVENTS_AT_ONCE, &events, err) < 0)
			return -1;
		count = events.count;
		if (count > 0 && compose_events(o, &events, err) < 0)
			return error_context(err, "composing");
	} while (count == EVENTS_AT_ONCE && !*o->stop);
	return 0;
}

/* One round of deliveries. */
struct round {
	const struct outbox *outbox;
	struct smtp *smtp;  /* NULL until the first mail */
	bool print_blocked; /* standard output takes nothing */
	bool mail_blocked;  /* the server takes nothing, or not yet again */
	uint32_t lost, tried;
	int64_t began_ms; /* monotonic */
	uint64_t last_id; /* of those looked at */
};

static enum send_result build_mail(const struct config *config, const struct notification *n,
	struct buffer *out, struct error *err)
{
	struct mail_message m = {
		.from = config->mail.from,
		.to = n->recipient,
		.subject = n->subject,
		.text = n->text,
		.message_id = n->message_id,
		.references = n->references,
		.list_id = config->mail.list_id,
		.date_ms = n->created_at,
	};
	if (mail_check(&m, err) < 0)
		return SEND_REFUSED;
	return mail_build(&m, out, err) < 0 ? SEND_LATER : SEND_SENT;
}

static enum send_result send_mail(
	struct round *r, const struct notification *n, struct error *reason)
{
	const struct config *config = r->outbox->config;
	struct buffer mail CLEANUP(buffer_finish) = { 0 };
	if (mail_check_sender(config->mail.from, config->mail.list_id, reason) < 0)
		return SEND_CHANNEL;
	enum send_result built = build_mail(config, n, &mail, reason);
	if (built != SEND_SENT)
		return built;
	if (!r->smtp && smtp_open(&config->mail, &r->smtp, reason) < 0)
		return SEND_CHANNEL;
	return smtp_send(r->smtp, n->recipient, &mail, reason);
}

static enum send_result print_text(const struct notification *n, struct error *reason)
{
	if (n->recipient[0])
		(void)printf("To: %s\n", n->recipient);
	if (printf("%s\n\n%s\n", n->subject, n->text) < 0 || fflush(stdout) != 0) {
		(void)error_errno(reason, "standard output");
		clearerr(stdout);
		return SEND_CHANNEL;
	}
	return SEND_SENT;
}

/* What the row says after a try. A fault of the channel is no fault of the row's. */
static void judge(
	struct notification *n, enum send_result result, const struct error *reason, int64_t now)
{
	n->last_error = result == SEND_SENT ? "" : reason->text;
	if (result == SEND_CHANNEL)
		return;
	n->tries++;
	bool later = result == SEND_LATER || result == SEND_LOST;
	if (later && !backoff_gives_up(n->created_at, now)) {
		n->next_try_at = now + backoff_mail_ms(n->tries);
		return;
	}
	n->state = result == SEND_SENT ? NOTIFICATION_SENT : NOTIFICATION_FAILED;
	n->done_at = now;
}

static void say(const struct notification *n, enum send_result result)
{
	if (n->state == NOTIFICATION_FAILED)
		log_error(
			"%s will not be told \"%s\": %s", n->recipient, n->subject, n->last_error);
	else if (result == SEND_CHANNEL)
		log_error("nothing can be told, everything waits: %s", n->last_error);
	else if (result != SEND_SENT)
		log_info("%s is told later: %s", n->recipient, n->last_error);
	else
		log_info("told %s: %s", n->recipient[0] ? n->recipient : "standard output",
			n->subject);
}

static bool by_mail(const struct round *r, const struct notification *n)
{
	return r->outbox->config->mail.enabled && n->recipient[0];
}

/* The row of a server that takes nothing: begun or continued at a fault, gone afterwards. */
static int note_channel(const struct outbox *o, bool fault, int64_t now, struct error *err)
{
	struct book_client *c = book_client(o->book, "");
	const struct alert *old = book_find(c, RULE_MAIL, "");
	if (!fault && !old)
		return 0;
	struct verdict v = { .row = fault ? ROW_WRITE : ROW_REMOVE };
	v.alert = old ? *old
		      : (struct alert){
				.instance = "",
				.state = ALERT_FIRING,
				.severity = SEVERITY_CRITICAL,
				.since = now,
			};
	v.alert.as_of = now;
	v.alert.value = ++v.alert.count;
	bool lost = false;
	if (book_move(o->book, c, RULE_MAIL, &v, NULL, "", err) < 0 ||
		storage_apply(o->storage, o->lease->epoch, NULL, 0, o->book->moves,
			o->book->move_count, now, &lost, err) < 0)
		return lost ? lease_lost(err) : -1;
	book_forget_moves(o->book);
	return 0;
}

/* Whether the server, after its last faults, is to be left alone a while longer. */
static bool channel_rests(const struct outbox *o, int64_t now)
{
	const struct alert *row = book_find(book_client(o->book, ""), RULE_MAIL, "");
	return row && now >= row->as_of && now - row->as_of < backoff_channel_ms(row->count);
}

static int after_mail(struct round *r, enum send_result result, struct error *err)
{
	r->tried++;
	r->lost = result == SEND_LOST ? r->lost + 1 : 0;
	if (r->lost >= LOST_MAX)
		log_error("the mail server lost %d connections in a row, the rest waits", LOST_MAX);
	if (result == SEND_CHANNEL || r->lost >= LOST_MAX)
		r->mail_blocked = true;
	return note_channel(r->outbox, result == SEND_CHANNEL, clock_wall_ms(), err);
}

static int deliver(struct round *r, struct notification *n, struct error *err)
{
	bool mail = by_mail(r, n);
	struct error reason = { "" };
	if (mail ? r->mail_blocked : r->print_blocked)
		return 0;
	enum send_result result = mail ? send_mail(r, n, &reason) : print_text(n, &reason);
	judge(n, result, &reason, clock_wall_ms());
	say(n, result);
	if (storage_put_delivery(r->outbox->storage, n, err) < 0)
		return -1;
	if (mail)
		return after_mail(r, result, err);
	r->print_blocked = result != SEND_SENT;
	return 0;
}

/* Only after tries, which back off, so that cron does not mail the same line every minute. */
static int complain(const struct round *r, struct error *err)
{
	struct storage_backlog b = { 0 };
	if (r->tried == 0)
		return 0;
	if (storage_get_backlog(r->outbox->storage, &b, err) < 0)
		return -1;
	int64_t age = clock_wall_ms() - b.oldest_waiting_at;
	if (b.waiting > 0 && age >= BACKLOG_MS)
		log_warning("%" PRIu64 " notifications wait to be sent, the oldest for %" PRId64
			    " minutes",
			b.waiting, age / 60000);
	return 0;
}

/* New samples are more urgent than a slow server. */
static bool is_over(const struct round *r)
{
	return *r->outbox->stop || clock_monotonic_ms() - r->began_ms >= r->outbox->budget_ms;
}

/* Tries those not looked at before; *ret_left counts what is still due afterwards. */
static int deliver_batch(
	struct round *r, struct notification_set *due, size_t *ret_left, struct error *err)
{
	int64_t now = clock_wall_ms();
	*ret_left = 0;
	for (size_t i = 0; i < due->count && !is_over(r); i++) {
		struct notification *n = &due->items[i];
		if (n->id > r->last_id &&
			(lease_keep(r->outbox->lease, err) < 0 || deliver(r, n, err) < 0))
			return -1;
		if (n->id > r->last_id)
			r->last_id = n->id;
		*ret_left += n->state == NOTIFICATION_WAITING && n->next_try_at <= now;
	}
	return 0;
}

/* Batches by id. What waits for its channel stays due, and comes again before what is new. */
static int deliver_all(struct round *r, struct error *err)
{
	size_t left = 0, limit, count;
	do {
		struct notification_set due CLEANUP(notification_set_finish) = { 0 };
		limit = left + NOTIFICATIONS_AT_ONCE;
		if (storage_due_notifications(
			    r->outbox->storage, clock_wall_ms(), limit, &due, err) < 0 ||
			deliver_batch(r, &due, &left, err) < 0)
			return -1;
		count = due.count;
	} while (count == limit && left < LEFT_MAX && !is_over(r));
	return complain(r, err);
}

int outbox_deliver(const struct outbox *o, bool *ret_blocked, struct error *err)
{
	struct round r = { .outbox = o, .began_ms = clock_monotonic_ms() };
	int64_t now = clock_wall_ms();
	if (!o->config->mail.enabled && note_channel(o, false, now, err) < 0)
		return -1;
	r.mail_blocked = channel_rests(o, now);
	int result = deliver_all(&r, err);
	smtp_close(r.smtp);
	if (result == 0)
		*ret_blocked = r.mail_blocked || r.print_blocked;
	return result;
}
