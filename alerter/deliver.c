/*
 * The outbox's second half: rows to messages. Each row goes by its channel; what is at fault or
 * slow there keeps nothing else waiting: all outlets have their turn, again and again.
 */
#include <inttypes.h>

#include "alerter/backoff.h"
#include "alerter/outbox.h"
#include "alerter/outlets.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/send/channel.h"

enum {
	NOTIFICATIONS_AT_ONCE = 100,
	RECORD_MS = 50, /* the longest that a message is sent and not yet written down */
	BACKLOG_MS = 60 * 60 * 1000,
};

/* One round of deliveries. */
struct round {
	const struct outbox *outbox;
	struct channels channels;
	struct outlets outlets;
	uint32_t tried, turn;
	bool again;	  /* some outlet has more than it could take in this turn */
	bool out_of_time; /* with something left */
	bool failed;	  /* something, for good */
	int64_t began_ms; /* monotonic */
	struct notification done[NOTIFICATIONS_AT_ONCE]; /* tried, but not written down */
	size_t done_count;
	int64_t done_ms; /* when the first of these was, monotonic */
};

static int write_down(struct round *r, struct error *err)
{
	size_t count = r->done_count;
	r->done_count = 0;
	return count == 0 ? 0 : storage_put_deliveries(r->outbox->storage, r->done, count, err);
}

/* What the row says after a try. A fault of its channel is no fault of the row's. */
static void judge(
	struct notification *n, enum send_result result, const struct error *reason, int64_t now)
{
	n->last_error = result == SEND_SENT ? "" : reason->text;
	if (result == SEND_CHANNEL)
		return;
	n->tries++;
	bool is_final = result == SEND_SENT || result == SEND_REFUSED;
	if (!is_final && !backoff_gives_up(n->tries, n->created_at, now)) {
		int64_t wait_ms = backoff_message_ms(n->tries);
		/* another is to be the first when the channel is tried again */
		n->next_try_at = now + (result == SEND_DOUBTED ? 2 * wait_ms : wait_ms);
		return;
	}
	n->state = result == SEND_SENT ? NOTIFICATION_SENT : NOTIFICATION_FAILED;
	n->done_at = now;
}

static void say(const struct notification *n, const struct outlet *outlet, enum send_result result)
{
	const char *who = n->recipient[0] ? n->recipient : "standard output";
	if (n->state == NOTIFICATION_FAILED)
		log_error("%s will not be told \"%s\": %s", who, n->subject, n->last_error);
	if (result == SEND_CHANNEL || result == SEND_DOUBTED)
		log_error("%s: nothing can be told, everything waits: %s", outlet->name,
			n->last_error);
	else if (n->state == NOTIFICATION_SENT)
		log_info("told %s: %s", who, n->subject);
	else if (n->state == NOTIFICATION_WAITING)
		log_info("%s is told later: %s", who, n->last_error);
}

/* What was sent may wait a moment for more to be written down with it; what the reason was lives
 * only here. */
static int record(
	struct round *r, const struct notification *n, enum send_result result, struct error *err)
{
	if (r->done_count == 0)
		r->done_ms = clock_monotonic_ms();
	r->done[r->done_count++] = *n;
	bool full = r->done_count == ARRAY_LEN(r->done);
	if (result == SEND_SENT && !full && clock_monotonic_ms() - r->done_ms < RECORD_MS)
		return 0;
	return write_down(r, err);
}

/* Then it is as if it had not been tried. */
static bool is_broken_off(const struct round *r, enum send_result result)
{
	return *r->outbox->stop && result != SEND_SENT && result != SEND_REFUSED;
}

static int try(struct round *r, struct outlet *outlet, const struct recipient *to,
	struct notification *n, struct error *err)
{
	struct send_report report = { .rest_ms = 0 };
	int64_t began_ms = clock_monotonic_ms();
	enum send_result result = channels_send(&r->channels, outlet->way, to, n, &report);
	if (is_broken_off(r, result))
		return 0;
	int64_t now = clock_wall_ms();
	outlet->spent_ms += clock_monotonic_ms() - began_ms;
	judge(n, result, &report.reason, now);
	say(n, outlet, result);
	r->tried += outlet->way->rests;
	r->failed = r->failed || n->state == NOTIFICATION_FAILED;
	if (record(r, n, result, err) < 0)
		return -1;
	return outlets_note(&r->outlets, outlet, result, &report, now, err);
}

/* Of the messages that told what is over, one may have been tried just now. */
static int ask_earlier(struct round *r, const struct notification *n,
	struct earlier_messages *ret_earlier, struct error *err)
{
	struct storage *s = r->outbox->storage;
	if (storage_earlier_messages(s, n, ret_earlier, err) < 0)
		return -1;
	if (ret_earlier->waiting == 0 || r->done_count == 0)
		return 0;
	return write_down(r, err) < 0 ? -1 : storage_earlier_messages(s, n, ret_earlier, err);
}

/* Who heard of no problem is not told that it is over. */
static int drop(struct round *r, struct notification *n, struct error *err)
{
	n->state = NOTIFICATION_FAILED;
	n->done_at = clock_wall_ms();
	n->last_error = "what is over could not be told, so neither is its end";
	log_info("%s is not told \"%s\": %s", n->recipient, n->subject, n->last_error);
	return storage_put_delivery(r->outbox->storage, n, err);
}

/* An end comes after its problem, or not at all. What is worse waits for nothing. */
static int order_end(struct round *r, struct notification *n, bool *ret_now, struct error *err)
{
	struct earlier_messages before = { 0 };
	if (n->is_end && ask_earlier(r, n, &before, err) < 0)
		return -1;
	*ret_now = before.waiting == 0 && (before.sent > 0 || before.failed == 0);
	return before.waiting > 0 || *ret_now ? 0 : drop(r, n, err);
}

static int deliver(struct round *r, struct notification *n, struct error *err)
{
	bool now;
	struct recipient to;
	const struct channel_way *way = channels_route(&r->channels, n, &to);
	struct outlet *outlet = outlets_find(&r->outlets, way, &to, clock_wall_ms());
	if (!outlet)
		return error_no_memory(err);
	if (outlet->is_blocked)
		return 0;
	if (!outlet_has_turn(outlet, r->turn)) {
		r->again = true;
		return 0;
	}
	if (order_end(r, n, &now, err) < 0)
		return -1;
	return now ? try(r, outlet, &to, n, err) : 0;
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

/* What was sent is written down whatever comes after it; its texts go with the batch. */
static int deliver_batch(struct round *r, struct notification_set *due, struct error *err)
{
	int result = 0;
	for (size_t i = 0; i < due->count && result == 0; i++) {
		r->out_of_time = is_over(r);
		if (r->out_of_time)
			break;
		result = lease_keep(r->outbox->lease, err);
		if (result == 0)
			result = deliver(r, &due->items[i], err);
	}
	int written = write_down(r, result == 0 ? err : NULL);
	return result == 0 ? written : result;
}

/* Batches by id, each row once. */
static int take_turn(struct round *r, struct error *err)
{
	uint64_t after_id = 0;
	size_t count;
	do {
		struct notification_set due CLEANUP(notification_set_finish) = { 0 };
		if (storage_due_notifications(r->outbox->storage, clock_wall_ms(), after_id,
			    NOTIFICATIONS_AT_ONCE, &due, err) < 0 ||
			deliver_batch(r, &due, err) < 0)
			return -1;
		count = due.count;
		if (count > 0)
			after_id = due.items[count - 1].id;
	} while (count == NOTIFICATIONS_AT_ONCE && !r->out_of_time);
	return 0;
}

static int deliver_due(struct round *r, struct error *err)
{
	do {
		r->again = false;
		if (take_turn(r, err) < 0)
			return -1;
		r->turn++;
	} while (r->again && !r->out_of_time);
	if (r->out_of_time && !*r->outbox->stop)
		log_warning("not everybody was told in the %" PRId64
			    " s that there are for it; the rest waits for the next run",
			r->outbox->budget_ms / 1000);
	return complain(r, err);
}

/* One that was told to stop is not at fault. */
static bool is_good(const struct round *r)
{
	bool left = r->out_of_time && !*r->outbox->stop;
	return !left && !r->failed && !outlets_are_blocked(&r->outlets);
}

int outbox_deliver(const struct outbox *o, bool *ret_good, struct error *err)
{
	struct round r = { .outbox = o,
		.channels = { .config = o->config, .stop = o->stop },
		.began_ms = clock_monotonic_ms() };
	int result = outlets_init(&r.outlets, o, err);
	if (result == 0)
		result = deliver_due(&r, err);
	channels_finish(&r.channels);
	if (result == 0)
		*ret_good = is_good(&r);
	outlets_finish(&r.outlets);
	return result;
}
