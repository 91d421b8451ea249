/*
 * Lines with fields. The input is taken as a request, as an ack and as a report; what is
 * accepted must be written and read back as the same.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lib/wire/wire.h"

static void try_request(const char *line)
{
	struct wire_request r, again;
	char text[WIRE_REQUEST_MAX];
	if (wire_parse_request(line, &r, NULL) < 0)
		return;
	assert(r.open_count > 0 && r.open_count <= WIRE_KEY_IDS_MAX);
	int len = wire_format_request(&r, text, sizeof text);
	assert(len > 0);
	text[len - 1] = 0;
	assert(wire_parse_request(text, &again, NULL) == 0);
	assert(strcmp(r.asks, again.asks) == 0);
	again.asks = r.asks;
	assert(memcmp(&r, &again, sizeof r) == 0);
}

static void try_ack(const char *line)
{
	char text[WIRE_LINE_MAX];
	uint32_t index, again;
	if (wire_parse_ack(line, &index) < 0)
		return;
	int len = wire_format_ack(index, text, sizeof text);
	assert(len > 0);
	text[len - 1] = 0;
	assert(wire_parse_ack(text, &again) == 0 && again == index);
}

static void try_header(const char *data, size_t size)
{
	struct wire_report_header h, again;
	char text[WIRE_LINE_MAX];
	size_t body;
	if (wire_parse_report_header(data, size, &h, &body, NULL) < 0)
		return;
	assert(body <= size && data[body - 1] == '\n');
	int len = wire_format_report_header(&h, text, sizeof text);
	assert(len > 0);
	assert(wire_parse_report_header(text, (size_t)len, &again, &body, NULL) == 0);
	assert(body == (size_t)len && memcmp(&h, &again, sizeof h) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[2 * WIRE_REQUEST_MAX];
	size_t len = size < sizeof line - 1 ? size : sizeof line - 1;
	if (len)
		memcpy(line, data, len);
	line[len] = 0;
	try_request(line);
	try_ack(line);
	try_header((const char *)data, size);
	return 0;
}
