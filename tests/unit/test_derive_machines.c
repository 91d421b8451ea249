/* How many readings are stored by default of the machines in tests/fixtures. */
#include "tests/unit/derive_rig.h"

#include <stdio.h>
#include <string.h>

#include "lib/crypto/seal.h"
#include "lib/file.h"

/* How many readings at least: the small ones have no sensors, pressure or swap. */
static const struct {
	const char *name;
	size_t fewest;
} machines[] = {
	{ "alpine-6.6", 60 },
	{ "centos7-3.10", 80 },
	{ "debian12-6.18", 75 },
	{ "docker-6.1", 45 },
	{ "raspios-6.1-armv7", 75 },
	{ "ubuntu24-6.8", 80 },
};

static void put_machine(struct buffer *text, const char *name)
{
	char path[500];
	(void)snprintf(path, sizeof path, SOURCE_ROOT "/tests/fixtures/proc/%s.prom", name);
	buffer_clear(text);
	if (file_read(path, FILE_ANY, 1 << 20, text, &(struct error){ "" }) != 0)
		fail_msg("%s cannot be read", path);
	char *end = strstr(text->data, "# EOF\n"); /* more is to come */
	assert_non_null(end);
	*end = 0;
	text->len = (size_t)(end - text->data);
}

/* Which the fixtures do not have: they are measured. */
static void put_filesystems(struct buffer *text)
{
	static const struct {
		const char *name;
		int value;
	} told[] = {
		{ "node_filesystem_size_bytes", 4096 },
		{ "node_filesystem_free_bytes", 2048 },
		{ "node_filesystem_avail_bytes", 1024 },
		{ "node_filesystem_files", 8 },
		{ "node_filesystem_files_free", 4 },
		{ "node_filesystem_readonly", 0 },
		{ "node_filesystem_device_error", 0 },
		{ "fleet_filesystem_failed", 0 },
	};
	static const char *const mounts[] = { "/", "/boot", "/home", "/var" };
	for (size_t i = 0; i < ARRAY_LEN(mounts) * ARRAY_LEN(told); i++)
		assert_int_equal(
			buffer_printf(text, "%s{mountpoint=\"%s\"} %d\n",
				told[i / ARRAY_LEN(mounts)].name, mounts[i % ARRAY_LEN(mounts)],
				told[i / ARRAY_LEN(mounts)].value),
			0);
}

/* What Docker makes for each container. */
static void put_containers(struct buffer *text, int count)
{
	static const char *const told[] = { "receive_bytes", "transmit_bytes", "receive_errs",
		"transmit_errs", "receive_drop", "transmit_drop", NULL };
	for (int i = 0; i < count; i++)
		for (const char *const *t = told; *t; t++)
			assert_int_equal(
				buffer_printf(text,
					"node_network_%s_total{device=\"veth%07x\"} 1\n", *t, i),
				0);
}

/* Twice, ten seconds apart, in which a CPU had something to do. */
static size_t count_readings(struct buffer *text)
{
	struct client c = { 0 };
	report(&c, &(struct moment){ BOOT_A, 10000, 0 }, text->data);
	assert_int_equal(
		buffer_append_text(text, "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 1e9\n"),
		0);
	report(&c, &(struct moment){ BOOT_A, 20000, 0 }, text->data);
	assert_reading(&c, "readings_left_out", "", 0);
	size_t count = c.readings.count;
	forget(&c);
	return count;
}

static void machines_have_about_as_many(void **state)
{
	(void)state;
	struct buffer text = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(machines); i++) {
		put_machine(&text, machines[i].name);
		put_filesystems(&text);
		size_t count = count_readings(&text);
		print_message("%s: %zu readings\n", machines[i].name, count);
		assert_in_range(count, machines[i].fewest, METRIC_ORDINARY_MAX);
	}
	buffer_finish(&text);
}

static void containers_on_a_machine_add_nothing(void **state)
{
	(void)state;
	struct buffer text = { 0 };
	put_machine(&text, "ubuntu24-6.8");
	size_t without = count_readings(&text);
	put_machine(&text, "ubuntu24-6.8");
	put_containers(&text, 100);
	assert_int_equal(count_readings(&text), without);
	buffer_finish(&text);
}

int main(void)
{
	if (seal_init(NULL) < 0)
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_have_about_as_many),
		cmocka_unit_test(containers_on_a_machine_add_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
