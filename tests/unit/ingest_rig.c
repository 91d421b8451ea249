#include "tests/unit/ingest_rig.h"

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/spool/proof.h"
#include "lib/attempt.h"

static char folder[] = "/tmp/fleet-ingest-XXXXXX";
static struct keyring *ring;
static struct storage_config database;
struct ingest rig_in;

static const struct client seldom = { .name = "web1", .every_ms = 2 * 3600 * 1000 };
static const struct client *const by_name[] = { &seldom };
const struct config rig_nobody = { .clients_by_name = by_name };
const struct config rig_one_seldom = { .clients_by_name = by_name, .client_count = 1 };

uint64_t rig_id(int minute, int n)
{
	return attempt_floor(START + minute * 60000) + (unsigned)n;
}

char *rig_path(const char *name)
{
	char *path = NULL;
	assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
	return path;
}

int rig_set_up(void **state)
{
	(void)state;
	struct error err = { "" };
	strcpy(folder, "/tmp/fleet-ingest-XXXXXX");
	assert_non_null(mkdtemp(folder));
	char *key = rig_path("server.key"), *pub = rig_path("server.pub"),
	     *spool = rig_path("spool");
	assert_int_equal(seal_init(NULL), 0);
	assert_int_equal(keyring_generate(key, pub, 0, NULL), 0);
	assert_int_equal(keyring_load(key, &ring, NULL), 0);
	database = (struct storage_config){
		.engine = STORAGE_SQLITE, .path = rig_path("fleet.db"), .timeout_ms = 5000
	};
	rig_in = (struct ingest){ .config = &rig_nobody,
		.ring = ring,
		.current_cycle = rig_id(1, 0),
		.newest_id = rig_id(9, 0) };
	assert_int_equal(spool_open(spool, &rig_in.spool_fd, NULL), 0);
	if (storage_open(&database, true, &rig_in.storage, &err) < 0)
		fail_msg("%s", err.text);
	free(key);
	free(pub);
	free(spool);
	return 0;
}

int rig_tear_down(void **state)
{
	(void)state;
	char command[100];
	storage_close(rig_in.storage);
	keyring_destroy(ring);
	close(rig_in.spool_fd);
	free((char *)(uintptr_t)database.path);
	(void)snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

size_t rig_seal(const struct frame *f, uint8_t *out)
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

static int minute_of(uint64_t id)
{
	return (int)((attempt_time_ms(id) - START) / 60000);
}

static struct spool_head head_of(const struct frame *f, size_t len)
{
	struct spool_head head = {
		.attempt_id = f->attempt,
		.cycle_id = rig_id(minute_of(f->attempt), 0),
		.received_at = attempt_time_ms(f->attempt) + 50,
		.length = (uint32_t)len,
	};
	(void)snprintf(head.client, sizeof head.client, "%s", f->client);
	return head;
}

void rig_put_bytes_of(uint32_t poller, const struct frame *f, const uint8_t *sealed, size_t len)
{
	struct spool_head head = head_of(f, len);
	int fd;
	bool torn = false;
	assert_int_equal(spool_open_frames(rig_in.spool_fd, head.cycle_id, poller, &fd, NULL), 0);
	assert_int_equal(spool_put(fd, &head, sealed, &torn, NULL), 0);
	close(fd);
}

void rig_put_frame_of(uint32_t poller, struct frame f)
{
	uint8_t sealed[2000];
	rig_put_bytes_of(poller, &f, sealed, rig_seal(&f, sealed));
}

void rig_put_bytes(const struct frame *f, const uint8_t *sealed, size_t len)
{
	rig_put_bytes_of(1, f, sealed, len);
}

void rig_put_frame(struct frame f)
{
	rig_put_frame_of(1, f);
}

void rig_put_file(uint32_t index, struct frame f)
{
	char name[SPOOL_NAME_MAX];
	uint8_t sealed[2000];
	size_t len = rig_seal(&f, sealed);
	struct spool_head head = head_of(&f, len);
	bool torn = false;
	(void)snprintf(name, sizeof name, "%016" PRIx64 "-%02" PRIu32 ".sealed", f.attempt, index);
	int fd = openat(rig_in.spool_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(spool_put(fd, &head, sealed, &torn, NULL), 0);
	close(fd);
}

char *rig_frames_name(int minute, uint32_t poller)
{
	char *name = NULL;
	assert_true(asprintf(&name, "%016" PRIx64 "-%02" PRIu32 ".frames", rig_id(minute, 0),
			    poller) > 0);
	return name;
}

int rig_open_frames(int minute, uint32_t poller)
{
	char *name = rig_frames_name(minute, poller);
	int fd = openat(rig_in.spool_fd, name, O_RDWR);
	assert_true(fd >= 0);
	free(name);
	return fd;
}

void rig_put_line_of(
	int minute, uint64_t attempt, const char *client, const char *given, enum outcome outcome)
{
	int fd;
	struct spool_outcome o = {
		.attempt_id = attempt,
		.cycle_id = rig_id(minute, 0),
		.outcome = outcome,
		.stage = outcome == OUTCOME_OK ? STAGE_NONE : STAGE_TRANSFER,
		.received_at = attempt_time_ms(attempt) + 60,
		.duration_ms = 60,
	};
	(void)snprintf(o.client, sizeof o.client, "%s", client);
	proof_make(ring, given, attempt, o.nonce);
	assert_int_equal(spool_open_outcomes(rig_in.spool_fd, rig_id(minute, 0), 1, &fd, NULL), 0);
	assert_int_equal(spool_put_outcome(fd, &o, NULL), 0);
	close(fd);
}

void rig_put_line(int minute, uint64_t attempt, const char *client, enum outcome outcome)
{
	rig_put_line_of(minute, attempt, client, client, outcome);
}

void rig_put_cycle_of(int minute, uint32_t clients, bool whole_fleet, int64_t ended_at)
{
	struct spool_cycle c = {
		.id = rig_id(minute, 0),
		.started_at = START + minute * 60000,
		.deadline_at = START + minute * 60000 + 50000,
		.clients = clients,
		.whole_fleet = whole_fleet,
		.ended_at = ended_at,
	};
	assert_int_equal(spool_put_cycle(rig_in.spool_fd, &c, NULL), 0);
}

void rig_put_cycle(int minute, uint32_t clients)
{
	rig_put_cycle_of(minute, clients, true, ENDED);
}

struct ingest_summary rig_ingest(void)
{
	struct ingest_summary sum;
	struct error err = { "" };
	if (ingest_run(&rig_in, &sum, &err) < 0)
		fail_msg("%s", err.text);
	return sum;
}

size_t rig_count_files(void)
{
	struct spool_list list;
	assert_int_equal(spool_list(rig_in.spool_fd, &list, NULL), 0);
	size_t count = list.count;
	spool_list_finish(&list);
	return count;
}

void rig_assert_spool_is_empty(void)
{
	assert_int_equal(rig_count_files(), 0);
}

struct sample_batch rig_stored(void)
{
	struct sample_batch batch;
	assert_int_equal(storage_unprocessed(rig_in.storage, 1000, &batch, NULL), 0);
	return batch;
}

struct cycle rig_last_cycle(void)
{
	struct cycle cycle;
	bool found;
	assert_int_equal(
		storage_last_cycle(rig_in.storage, "collector", true, &cycle, &found, NULL), 0);
	assert_true(found);
	return cycle;
}
