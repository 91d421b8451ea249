/* What is asked for: whatever is understood is written and read back as the same. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lib/wire/ask.h"
#include "lib/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char asks[WIRE_REQUEST_MAX], out[4 * ASK_TEXT_MAX];
	size_t len = size < sizeof asks - 1 ? size : sizeof asks - 1;
	struct ask ask, again;
	if (len)
		memcpy(asks, data, len);
	asks[len] = 0;
	for (const char *rest = asks; ask_next(&rest, &ask);) {
		assert(ask.kind < ASK_KINDS && *ask.text && rest <= asks + len);
		assert(ask_encode(ask.kind, ask.text, out, sizeof out) > 0);
		const char *from = out;
		assert(ask_next(&from, &again) && !*from);
		assert(again.kind == ask.kind && strcmp(again.text, ask.text) == 0);
	}
	return 0;
}
