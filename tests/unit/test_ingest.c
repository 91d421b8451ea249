/*
 * The spool into a real SQLite database, with reports sealed as a client seals them. What is
 * left behind by crashes is made by hand here; tests/integration makes it with kill -9.
 */
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/ingest/ingest.h"
#include "collector/spool/proof.h"
#include "lib/attempt.h"

#define START INT64_C(1795348800000)
#define ENDED (START + 3600000)

static char folder[] = "/tmp/fleet-ingest-XXXXXX";
static struct keyring *ring;
static struct storage_config database;
static struct ingest in;

static const struct client seldom = { .name = "web1", .every_ms = 2 * 3600 * 1000 };
static const struct client *const by_name[] = { &seldom };
static const struct config nobody = { .clients_by_name = by_name };
static const struct config one_seldom = { .clients_by_name = by_name, .client_count = 1 };

/* The n-th attempt of the cycle of that minute; 0 is the cycle itself. */
static uint64_t id_of(int minute, int n)
{
	return attempt_floor(START + minute * 60000) + (unsigned)n;
}

static char *path_of(const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	return path;
}

static int set_up(void **state)
{
	(void)state;
	struct error err = { "" };
	strcpy(folder, "/tmp/fleet-ingest-XXXXXX");
	assert_non_null(mkdtemp(folder));
	char *key = path_of("server.key"), *pub = path_of("server.pub"), *spool = path_of("spool");
	assert_int_equal(seal_init(NULL), 0);
	assert_int_equal(keyring_generate(key, pub, 0, NULL), 0);
	assert_int_equal(keyring_load(key, &ring, NULL), 0);
	database = (struct storage_config){
		.engine = STORAGE_SQLITE, .path = path_of("fleet.db"), .timeout_ms = 5000
	};
	in = (struct ingest){ .config = &nobody,
		.ring = ring,
		.current_cycle = id_of(1, 0),
		.newest_id = id_of(9, 0) };
	assert_int_equal(spool_open(spool, &in.spool_fd, NULL), 0);
	if (storage_open(&database, true, &in.storage, &err) < 0)
		fail_msg("%s", err.text);
	free(key);
	free(pub);
	free(spool);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	char command[100];
	storage_close(in.storage);
	keyring_destroy(ring);
	close(in.spool_fd);
	free((char *)(uintptr_t)database.path);
	(void)snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

/* A sealed report of attempt `id` that arrived over the connection of `attempt`. */
struct frame {
	uint64_t attempt, id;
	const char *client;
	int64_t monotonic_ms;
	double received_bytes; /* of its network card */
};

static size_t seal_frame(const struct frame *f, uint8_t *out)
{
	char text[1000];
	struct wire_report_header h = {
		.attempt_id = f->id,
		.probe_hash = "00112233445566778899aabbccddeeff",
		.boot_id = "6f9619ff-8b86-4011-b42d-00c04fc964ff",
		.monotonic_ms = f->monotonic_ms,
		.wall_ms = START + f->monotonic_ms,
	};
	keyring_nonce(ring, 0, f->client, f->id, h.nonce);
	int len = wire_format_report_header(&h, text, sizeof text);
	assert_true(len > 0);
	len += snprintf(text + len, sizeof text - (size_t)len,
		"# TYPE node_network_receive_bytes_total counter\n"
		"node_network_receive_bytes_total{device=\"eth0\"} %.0f\n"
		"# TYPE node_load1 gauge\nnode_load1 0.5\n# EOF\n",
		f->received_bytes);
	assert_int_equal(crypto_box_seal(out, (uint8_t *)text, (size_t)len,
				 keyring_entry(ring, 0)->public_key),
		0);
	return (size_t)len + crypto_box_SEALBYTES;
}

static void put_bytes(const struct frame *f, const uint8_t *sealed, size_t len)
{
	struct spool_head head = {
		.attempt_id = f->attempt,
		.cycle_id = id_of(1, 0),
		.received_at = attempt_time_ms(f->attempt) + 50,
		.length = (uint32_t)len,
	};
	(void)snprintf(head.client, sizeof head.client, "%s", f->client);
	assert_int_equal(spool_put(in.spool_fd, &head, 0, 0, sealed, NULL), 0);
}

static void put_frame(struct frame f)
{
	uint8_t sealed[2000];
	put_bytes(&f, sealed, seal_frame(&f, sealed));
}

/* A line about `client` by a poller that was given an attempt at `given`. */
static void put_line_of(
	int minute, uint64_t attempt, const char *client, const char *given, enum outcome outcome)
{
	int fd;
	struct spool_outcome o = {
		.attempt_id = attempt,
		.cycle_id = id_of(minute, 0),
		.outcome = outcome,
		.stage = outcome == OUTCOME_OK ? STAGE_NONE : STAGE_TRANSFER,
		.received_at = attempt_time_ms(attempt) + 60,
		.duration_ms = 60,
	};
	(void)snprintf(o.client, sizeof o.client, "%s", client);
	proof_make(ring, given, attempt, o.nonce);
	assert_int_equal(spool_open_outcomes(in.spool_fd, id_of(minute, 0), 1, &fd, NULL), 0);
	assert_int_equal(spool_put_outcome(fd, &o, NULL), 0);
	close(fd);
}

static void put_line(int minute, uint64_t attempt, const char *client, enum outcome outcome)
{
	put_line_of(minute, attempt, client, client, outcome);
}

static void put_cycle_of(int minute, uint32_t clients, bool whole_fleet, int64_t ended_at)
{
	struct spool_cycle c = {
		.id = id_of(minute, 0),
		.started_at = START + minute * 60000,
		.deadline_at = START + minute * 60000 + 50000,
		.clients = clients,
		.whole_fleet = whole_fleet,
		.ended_at = ended_at,
	};
	assert_int_equal(spool_put_cycle(in.spool_fd, &c, NULL), 0);
}

static void put_cycle(int minute, uint32_t clients)
{
	put_cycle_of(minute, clients, true, ENDED);
}

static struct ingest_summary ingest(void)
{
	struct ingest_summary sum;
	struct error err = { "" };
	if (ingest_run(&in, &sum, &err) < 0)
		fail_msg("%s", err.text);
	return sum;
}

static void assert_spool_is_empty(void)
{
	struct spool_list list;
	assert_int_equal(spool_list(in.spool_fd, &list, NULL), 0);
	assert_int_equal(list.count, 0);
	spool_list_finish(&list);
}

static struct sample_batch stored(void)
{
	struct sample_batch batch;
	assert_int_equal(storage_unprocessed(in.storage, 1000, &batch, NULL), 0);
	return batch;
}

static struct cycle last_cycle(void)
{
	struct cycle cycle;
	bool found;
	assert_int_equal(
		storage_last_cycle(in.storage, "collector", true, &cycle, &found, NULL), 0);
	assert_true(found);
	return cycle;
}

static bool has_rate(const struct stored_sample *s)
{
	for (size_t i = 0; i < s->reading_count; i++)
		if (strcmp(s->readings[i].instance, "eth0") == 0)
			return true;
	return false;
}

static void a_cycle_becomes_rows(void **state)
{
	(void)state;
	put_cycle(1, 2);
	put_line(1, id_of(1, 1), "web1", OUTCOME_OK);
	put_line(1, id_of(1, 2), "web2", OUTCOME_TIMEOUT);
	put_frame((struct frame){ id_of(1, 1), id_of(1, 1), "web1", 60000, 1000 });
	struct ingest_summary sum = ingest();
	assert_int_equal(sum.stored, 2);
	assert_int_equal(sum.bad_lines, 0);
	assert_int_equal(sum.ok, 1);
	assert_int_equal(sum.failed, 1);
	assert_spool_is_empty();

	struct sample_batch batch = stored();
	assert_int_equal(batch.count, 2);
	assert_string_equal(batch.items[0].client, "web1");
	assert_int_equal(batch.items[0].outcome, OUTCOME_OK);
	assert_int_equal(batch.items[0].cycle_id, id_of(1, 0));
	assert_int_equal(batch.items[0].taken_at, START + 60000);
	assert_true(batch.items[0].reading_count > 0);
	assert_int_equal(batch.items[1].outcome, OUTCOME_TIMEOUT);
	assert_int_equal(batch.items[1].stage, STAGE_TRANSFER);
	assert_int_equal(batch.items[1].reading_count, 0);
	sample_batch_finish(&batch);

	struct cycle cycle = last_cycle();
	assert_int_equal(cycle.id, id_of(1, 0));
	assert_int_equal(cycle.clients, 2);
	assert_int_equal(cycle.ok, 1);
	assert_int_equal(cycle.failed, 1);
	assert_true(cycle.whole_fleet && cycle.finished_at == ENDED);
}

/* Killed after the commit: the same files are there once more. */
static void what_comes_twice_is_stored_once(void **state)
{
	(void)state;
	uint8_t sealed[2000];
	struct frame f = { id_of(1, 1), id_of(1, 1), "web1", 60000, 1000 };
	size_t len = seal_frame(&f, sealed);
	for (int i = 0; i < 2; i++) {
		put_cycle(1, 2);
		put_line(1, id_of(1, 1), "web1", OUTCOME_OK);
		put_line(1, id_of(1, 2), "web2", OUTCOME_REFUSED);
		put_bytes(&f, sealed, len);
		struct ingest_summary sum = ingest();
		assert_int_equal(sum.stored, i == 0 ? 2 : 0);
		assert_int_equal(sum.replayed, i == 0 ? 0 : 2);
		assert_int_equal(last_cycle().ok, 1);
		assert_int_equal(last_cycle().failed, 1);
	}
	/* killed between the files and the lines: the line alone says nothing new */
	put_cycle(1, 2);
	put_line(1, id_of(1, 1), "web1", OUTCOME_OK);
	assert_int_equal(ingest().replayed, 1);
	assert_int_equal(last_cycle().ok, 1);
	struct sample_batch batch = stored();
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.items[0].outcome, OUTCOME_OK);
	sample_batch_finish(&batch);
	assert_spool_is_empty();
}

static void a_second_report_of_one_attempt_is_stale(void **state)
{
	(void)state;
	put_frame((struct frame){ id_of(1, 1), id_of(1, 1), "web1", 60000, 1000 });
	assert_int_equal(ingest().stored, 1);
	put_frame((struct frame){ id_of(2, 1), id_of(1, 1), "web1", 60000, 2000 });
	struct ingest_summary sum = ingest();
	assert_int_equal(sum.stale, 1);
	assert_int_equal(sum.stored, 0);
}

/* The gap is one of the client's own clock. */
static void who_is_polled_seldom_has_rates(void **state)
{
	(void)state;
	static const struct {
		const struct config *config;
		int64_t gap_ms;
		bool rate;
	} rows[] = {
		{ &nobody, 3600 * 1000, true },
		{ &nobody, 3600 * 1000 + 1, false },
		{ &one_seldom, 4 * 3600 * 1000, true },
		{ &one_seldom, 4 * 3600 * 1000 + 1, false },
	};
	int64_t now_ms = 1000;
	put_frame((struct frame){ id_of(0, 1), id_of(0, 1), "web1", now_ms, 0 });
	(void)ingest();
	for (int i = 0; i < (int)ARRAY_LEN(rows); i++) {
		uint64_t id = id_of(i + 1, 1);
		in.config = rows[i].config;
		now_ms += rows[i].gap_ms;
		put_frame((struct frame){ id, id, "web1", now_ms, 1000.0 * (i + 1) });
		(void)ingest();
		struct sample_batch batch = stored();
		assert_int_equal(batch.count, i + 2);
		assert_int_equal(has_rate(&batch.items[i + 1]), rows[i].rate);
		sample_batch_finish(&batch);
	}
}

/* An outage of the database, or a connection lost before the ack: failed, then completed. */
static void late_files_complete_their_rows(void **state)
{
	(void)state;
	put_cycle(1, 1);
	put_line(1, id_of(1, 1), "web1", OUTCOME_DEADLINE);
	put_cycle(2, 1);
	put_line(2, id_of(2, 1), "web1", OUTCOME_OK);
	put_frame((struct frame){ id_of(2, 1), id_of(1, 1), "web1", 60000, 1000 });
	put_frame((struct frame){ id_of(2, 1), id_of(2, 1), "web1", 120000, 7000 });
	struct ingest_summary sum = ingest();
	assert_int_equal(sum.stored, 2);
	assert_int_equal(sum.completed, 1);
	struct sample_batch batch = stored();
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.items[0].outcome, OUTCOME_OK);
	assert_int_equal(batch.items[0].first_outcome, OUTCOME_DEADLINE);
	assert_int_equal(batch.items[0].cycle_id, id_of(1, 0));
	assert_false(has_rate(&batch.items[0]));
	assert_true(has_rate(&batch.items[1])); /* each report is the ground of the next */
	sample_batch_finish(&batch);
	assert_spool_is_empty();
}

static void what_does_not_open_is_kept_aside(void **state)
{
	(void)state;
	put_cycle(1, 3);
	put_line(1, id_of(1, 1), "web1", OUTCOME_OK);
	put_line(1, id_of(1, 2), "web2", OUTCOME_OK);
	put_bytes(&(struct frame){ .attempt = id_of(1, 1), .client = "web1" },
		(const uint8_t *)"garbage", 7);
	/* web2's file carries the nonce of web1 */
	uint8_t sealed[2000];
	struct frame other = { id_of(1, 2), id_of(1, 2), "web1", 60000, 1000 };
	size_t len = seal_frame(&other, sealed);
	other.client = "web2";
	put_bytes(&other, sealed, len);
	struct ingest_summary sum = ingest();
	assert_int_equal(sum.bad, 2);
	assert_int_equal(sum.failed, 2);
	assert_true(strlen(sum.first_bad) > 20);
	struct sample_batch batch = stored();
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.items[0].outcome, OUTCOME_UNSEALED);
	assert_int_equal(batch.items[0].stage, STAGE_OPEN);
	assert_int_equal(batch.items[1].outcome, OUTCOME_STALE);
	sample_batch_finish(&batch);
	assert_spool_is_empty();
	char *bad = path_of("spool/bad");
	int fd;
	struct spool_list list;
	assert_int_equal(spool_open(bad, &fd, NULL), 0);
	assert_int_equal(spool_list(fd, &list, NULL), 0);
	assert_int_equal(list.count, 2);
	spool_list_finish(&list);
	close(fd);
	free(bad);
}

/* A poller that a hostile server has taken over writes what it likes. */
static void ids_never_given_out_are_forged(void **state)
{
	(void)state;
	in.newest_id = id_of(1, 2);
	put_cycle(1, 1);
	put_line(1, id_of(1, 1), "web1", OUTCOME_AUTH);
	put_line(1, id_of(1, 3), "web2", OUTCOME_AUTH);
	put_frame((struct frame){ id_of(1, 4), id_of(1, 4), "web3", 60000, 1000 });
	put_cycle(2, 1);
	put_line(2, id_of(2, 1), "web4", OUTCOME_AUTH);
	struct ingest_summary sum = ingest();
	assert_int_equal(sum.stored, 1);
	assert_int_equal(sum.bad, 1);
	assert_int_equal(sum.bad_lines, 2);
	assert_int_equal(last_cycle().id, id_of(1, 0));
	struct sample_batch batch = stored();
	assert_int_equal(batch.count, 1);
	assert_string_equal(batch.items[0].client, "web1");
	sample_batch_finish(&batch);
	assert_spool_is_empty();
}

/* Nor does one that says ok take the place of the honest line of that attempt. */
static void lines_of_others_are_forged(void **state)
{
	(void)state;
	put_cycle(1, 2);
	put_line_of(1, id_of(1, 1), "web1", "web2", OUTCOME_OK);
	put_line(1, id_of(1, 1), "web1", OUTCOME_AUTH);
	put_line_of(1, id_of(1, 2), "web1", "web2", OUTCOME_HOST_KEY_CHANGED);
	put_line_of(1, id_of(1, 3), "no-such\n", "web2", OUTCOME_OK);
	struct ingest_summary sum = ingest();
	assert_int_equal(sum.bad_lines, 3);
	assert_int_equal(sum.stored, 1);
	struct sample_batch batch = stored();
	assert_int_equal(batch.count, 1);
	assert_string_equal(batch.items[0].client, "web1");
	assert_int_equal(batch.items[0].outcome, OUTCOME_AUTH);
	sample_batch_finish(&batch);
	assert_spool_is_empty();
}

/* Its name and its head are what a poller wrote. */
static void a_file_that_does_not_open_is_nobodys(void **state)
{
	(void)state;
	const struct frame forged = { .attempt = id_of(1, 1), .client = "web1" };
	put_cycle(1, 1);
	put_bytes(&forged, (const uint8_t *)"garbage", 7);
	put_line(1, id_of(1, 2), "web2", OUTCOME_OK);
	put_bytes(&(struct frame){ .attempt = id_of(1, 2), .client = "web1" },
		(const uint8_t *)"garbage", 7);
	put_frame((struct frame){ id_of(1, 2), id_of(1, 2), "web2", 60000, 1000 });
	struct ingest_summary sum = ingest();
	assert_int_equal(sum.bad, 2);
	assert_int_equal(sum.stored, 1);
	struct sample_batch batch = stored();
	assert_int_equal(batch.count, 1);
	assert_string_equal(batch.items[0].client, "web2");
	assert_int_equal(batch.items[0].outcome, OUTCOME_OK);
	sample_batch_finish(&batch);
	assert_spool_is_empty();
}

static void files_of_another_client_are_dropped(void **state)
{
	(void)state;
	put_cycle(1, 1);
	put_frame((struct frame){ id_of(1, 1), id_of(1, 1), "web1", 60000, 1000 });
	put_frame((struct frame){ id_of(1, 1), id_of(0, 1), "web3", 1000, 1000 });
	struct ingest_summary sum = ingest();
	assert_int_equal(sum.bad, 1);
	assert_int_equal(sum.stored, 1);
	struct sample_batch batch = stored();
	assert_int_equal(batch.count, 1);
	assert_string_equal(batch.items[0].client, "web1");
	assert_int_equal(batch.items[0].outcome, OUTCOME_OK);
	sample_batch_finish(&batch);
	assert_spool_is_empty();
}

static void a_large_cycle_takes_several_batches(void **state)
{
	(void)state;
	enum { CLIENTS = 300 };
	put_cycle(1, CLIENTS);
	for (int i = 1; i <= CLIENTS; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "web%d", i);
		put_line(1, id_of(1, i), name, i % 3 ? OUTCOME_OK : OUTCOME_AUTH);
		if (i % 3)
			put_frame((struct frame){ id_of(1, i), id_of(1, i), name, 60000, 1 });
	}
	struct ingest_summary sum = ingest();
	assert_int_equal(sum.stored, CLIENTS);
	assert_int_equal(sum.ok, CLIENTS / 3 * 2);
	assert_int_equal(sum.failed, CLIENTS / 3);
	assert_spool_is_empty();
}

static void a_partial_cycle_is_no_whole_fleet(void **state)
{
	(void)state;
	put_cycle(1, 1);
	put_line(1, id_of(1, 1), "web1", OUTCOME_AUTH);
	put_cycle_of(2, 5, false, ENDED);
	(void)ingest();
	assert_int_equal(last_cycle().id, id_of(1, 0));
}

/* The next run brings in what it fetched, and does not end it. */
static void a_run_that_died_never_finishes(void **state)
{
	(void)state;
	struct cycle cycle;
	bool found;
	put_cycle(1, 1);
	put_line(1, id_of(1, 1), "web1", OUTCOME_AUTH);
	put_cycle_of(2, 1, true, 0);
	put_line(2, id_of(2, 1), "web1", OUTCOME_AUTH);
	assert_int_equal(ingest().stored, 2);
	assert_int_equal(last_cycle().id, id_of(1, 0));
	assert_int_equal(
		storage_last_cycle(in.storage, "collector", false, &cycle, &found, NULL), 0);
	assert_int_equal(cycle.id, id_of(2, 0));
	assert_int_equal(cycle.finished_at, 0);
	assert_int_equal(cycle.deadline_at, START + 2 * 60000 + 50000);
	assert_int_equal(cycle.failed, 1);
	assert_spool_is_empty();
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_cycle_becomes_rows),
		IN_FOLDER(what_comes_twice_is_stored_once),
		IN_FOLDER(a_second_report_of_one_attempt_is_stale),
		IN_FOLDER(who_is_polled_seldom_has_rates),
		IN_FOLDER(late_files_complete_their_rows),
		IN_FOLDER(what_does_not_open_is_kept_aside),
		IN_FOLDER(ids_never_given_out_are_forged),
		IN_FOLDER(lines_of_others_are_forged),
		IN_FOLDER(a_file_that_does_not_open_is_nobodys),
		IN_FOLDER(files_of_another_client_are_dropped),
		IN_FOLDER(a_large_cycle_takes_several_batches),
		IN_FOLDER(a_partial_cycle_is_no_whole_fleet),
		IN_FOLDER(a_run_that_died_never_finishes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
