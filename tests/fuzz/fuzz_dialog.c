/*
 * The collector's half of a conversation. The first byte says how many bytes arrive at a time,
 * the rest is the client. Whatever it says: nothing is written twice or moved while it is
 * being written, no more is acknowledged than came, and a verdict stands at the end.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "collector/poller/dialog.h"

static const char request[] = "fleet1 request id=1\n";

static const struct probes probes = {
	.items = { { .machine = "x86_64",
		.hash = "00112233445566778899aabbccddeeff",
		.fd = -1,
		.data = "probe",
		.size = 5 } },
	.count = 1,
};

static size_t write_some(struct dialog *d, size_t step)
{
	const void *data, *again;
	size_t len, same, total = 0;
	while (dialog_chunk(d, &data, &len)) {
		assert(len > 0);
		assert(dialog_chunk(d, &again, &same) && again == data && same == len);
		if (len > step)
			len = step;
		dialog_wrote(d, len);
		total += len;
	}
	return total;
}

static size_t talk(struct dialog *d, const char *says, size_t len, size_t step)
{
	enum dialog_status status = DIALOG_MORE;
	size_t written = write_some(d, step);
	for (size_t at = 0; at < len && status != DIALOG_OVER;) {
		size_t give = len - at < step ? len - at : step;
		size_t used = dialog_take(d, says + at, give, &status);
		assert(used <= give && (used == give || status != DIALOG_MORE));
		at += used;
		if (status == DIALOG_FRAME) {
			assert(d->frame.len > 0 && d->frame.len <= WIRE_FILE_MAX);
			assert(dialog_ack(d) == 0);
		}
		written += write_some(d, step);
	}
	return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dialog d;
	size_t step = size ? (size_t)data[0] + 1 : 1;
	dialog_init(&d, request, &probes, 4, 100);
	size_t written = talk(&d, (const char *)data + 1, size ? size - 1 : 0, step);
	assert(written <= 2 * sizeof request + WIRE_LINE_MAX + 5 + 4 * sizeof "fleet1 ack 0");
	assert(d.frames <= 4 && d.acked <= d.frames);
	dialog_end(&d, "complaint");
	assert(d.state == DIALOG_ENDED && d.verdict.outcome < OUTCOME_COUNT);
	assert(d.verdict.outcome != OUTCOME_OK || d.frames > 0);
	dialog_finish(&d);
	return 0;
}
