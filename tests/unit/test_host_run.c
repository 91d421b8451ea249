#include "tests/unit/unit.h"

#include <netinet/in.h>
#include <string.h>

#include "collector/poller/host_run.h"

static const char *const passwords[] = { "over the bridge", "under it", "through the gate" };

static void put_hop(const char *password, struct buffer *hops)
{
	const struct ipc_hop hop = {
		.name = "one",
		.host = "192.0.2.1",
		.port = 22,
		.user = "u",
		.password = password,
		.pin = "",
	};
	assert_int_equal(ipc_put_hop(&hop, hops), 0);
}

static struct host_run *create(struct host_env *env)
{
	struct buffer hops = { 0 }, packet = { 0 };
	struct sockaddr_storage address = { .ss_family = AF_INET };
	for (size_t i = 0; i < ARRAY_LEN(passwords); i++)
		put_hop(passwords[i], &hops);
	const struct host_row row = {
		.deadline_ms = 1000,
		.name = "three",
		.nonce = "",
		.request = "fleet1 request\n",
		.addresses = { (const uint8_t *)&address, sizeof address },
		.hops = { (const uint8_t *)hops.data, hops.len },
	};
	assert_int_equal(ipc_encode(IPC_HOST, &row, &packet), 0);
	struct host_run *h = host_run_create(packet.data, packet.len, env);
	buffer_finish(&hops);
	buffer_finish(&packet);
	assert_non_null(h);
	return h;
}

static size_t count_passwords(const struct host_run *h)
{
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_LEN(passwords); i++)
		count += memmem(h->packet, h->packet_len, passwords[i], strlen(passwords[i])) !=
			 NULL;
	return count;
}

static void no_password_outlives_its_use(void **state)
{
	(void)state;
	static const struct probes probes;
	struct host_env env = { .probes = &probes, .signer_fd = -1 };
	struct host_run *h = create(&env);
	assert_int_equal(count_passwords(h), ARRAY_LEN(passwords));
	host_run_end(h, OUTCOME_NOT_DONE, "the run was ended");
	assert_int_equal(count_passwords(h), 0);
	host_run_destroy(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_password_outlives_its_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
