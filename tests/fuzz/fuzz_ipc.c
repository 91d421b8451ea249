/*
 * Messages between the processes of one run. What is accepted must be exactly what its fields
 * encode to: no second spelling, nothing behind the end.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "collector/ipc/ipc.h"

union message {
	struct ipc_count count;
	struct ipc_settings settings;
	struct ipc_probe probe;
	struct ipc_identity identity;
	struct host_row row;
	struct ipc_new_key new_key;
	struct ipc_passed passed;
	struct ipc_finished finished;
	struct ipc_open open;
	struct ipc_sign sign;
	struct ipc_signed answer;
	struct ipc_resolve resolve;
	struct ipc_resolved resolved;
};

static void try_keys(struct ipc_bytes run)
{
	struct host_key keys[IPC_KEYS_MAX];
	struct buffer again = { 0 };
	size_t count;
	if (ipc_get_keys(run, keys, &count) < 0)
		return;
	assert(ipc_put_keys(keys, count, &again) == 0);
	assert(again.len == run.len);
	assert(again.len == 0 || memcmp(again.data, run.data, again.len) == 0);
	buffer_finish(&again);
}

static void try_row(const struct host_row *row)
{
	struct sockaddr_storage address;
	struct buffer again = { 0 };
	struct ipc_hop hop;
	size_t count = ipc_count_hops(row->hops);
	for (size_t i = 0; i < ipc_count_addresses(row->addresses); i++)
		ipc_get_address(row->addresses, i, &address);
	for (size_t i = 0; i < count; i++) {
		assert(ipc_get_hop(row->hops, i, &hop) == 0);
		try_keys(hop.keys);
		assert(ipc_put_hop(&hop, &again) == 0);
	}
	assert(count == 0 ||
		(again.len == row->hops.len && memcmp(again.data, row->hops.data, again.len) == 0));
	buffer_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	union message m;
	struct buffer again = { 0 };
	enum ipc_type type = size && data[0] < IPC_TYPE_COUNT ? data[0] : IPC_NONE;
	if (size > IPC_PACKET_MAX || ipc_decode(type, data, size, &m) < 0)
		return 0;
	if (type == IPC_HOST)
		try_row(&m.row);
	assert(ipc_encode(type, &m, &again) == 0);
	assert(again.len == size && memcmp(again.data, data, size) == 0);
	assert(ipc_measure(type, &m) == size);
	buffer_finish(&again);
	return 0;
}
