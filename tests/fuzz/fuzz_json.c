/*
 * JSON, checked and written. What is checked is the input as it is; what is written is a string of
 * its bytes.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lib/escape.h"
#include "lib/send/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = { 0 };
	if (json_valid((const char *)data, size))
		assert(size > 0 && utf8_valid((const char *)data, size));
	if (buffer_append_text(&out, "\"") == 0 &&
		json_put_text((const char *)data, size, &out) == 0 &&
		buffer_append_text(&out, "\"") == 0) {
		assert(json_valid(out.data, out.len));
		assert(!strstr(out.data, "{{"));
		assert(!memchr(out.data, '\n', out.len));
	}
	buffer_finish(&out);
	return 0;
}
