#include "collector/poller/signature.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collector/ipc/ipc.h"

int signature_ask(int signer_fd, uint32_t serial, uint32_t id, const uint8_t *data, size_t len)
{
	const struct ipc_sign question = { .serial = serial, .id = id, .data = { data, len } };
	return ipc_send(signer_fd, IPC_SIGN, &question, -1);
}

int signature_take(int signer_fd, uint32_t *ret_serial, struct signature *ret_signature)
{
	static struct ipc_packet packet;
	struct ipc_signed m;
	uint8_t *data = NULL;
	int r = ipc_receive(signer_fd, &packet);
	if (r < 0)
		return -1;
	if (r == 0 || ipc_decode(IPC_SIGNED, packet.data, packet.len, &m) ||
		(m.signature.len && !(data = malloc(m.signature.len)))) {
		errno = EPIPE;
		return -1;
	}
	if (data)
		memcpy(data, m.signature.data, m.signature.len);
	*ret_serial = m.serial;
	*ret_signature = (struct signature){ data, m.signature.len };
	return 0;
}
