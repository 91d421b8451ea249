/*
 * Lines of the conversation, written and read. Those made of `name=value` fields (the
 * request, a report's header) are rows of a table. What streams back is in wire_parser.c.
 */
#include "lib/wire/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/hex.h"
#include "lib/wire/wire_value.h"

enum { FIELD_MAX = 256 };

static int parse_bytes(const char *s, uint8_t *ret, size_t len)
{
	if (!wire_is_hex(s, 2 * len))
		return -1;
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(wire_hex_value(s[2 * i]) << 4 | wire_hex_value(s[2 * i + 1]));
	return 0;
}

static int parse_bytes16(const char *s, void *ret)
{
	return parse_bytes(s, ret, 16);
}

static int parse_bytes32(const char *s, void *ret)
{
	return parse_bytes(s, ret, 32);
}

static int parse_id(const char *s, void *ret)
{
	uint64_t value = 0;
	if (!wire_is_hex(s, 16))
		return -1;
	for (size_t i = 0; i < 16; i++)
		value = value << 4 | (uint64_t)wire_hex_value(s[i]);
	memcpy(ret, &value, sizeof value);
	return 0;
}

static int parse_i64(const char *s, void *ret)
{
	uint64_t value;
	bool negative = *s == '-';
	if (wire_parse_digits(s + negative, INT64_MAX, &value) < 0)
		return -1;
	*(int64_t *)ret = negative ? -(int64_t)value : (int64_t)value;
	return 0;
}

static int parse_hash(const char *s, void *ret)
{
	bool any = strcmp(s, "-") == 0;
	if (!any && !wire_is_hex(s, 32))
		return -1;
	memcpy(ret, any ? "" : s, any ? 1 : 33);
	return 0;
}

/* Takes the whole request, since a list has a count. */
static int parse_open(const char *s, void *ret)
{
	struct wire_request *r = ret;
	r->open_count = 0;
	for (;;) {
		char id[17];
		size_t len = strcspn(s, ",");
		if (r->open_count == WIRE_KEY_IDS_MAX || len != sizeof id - 1)
			return -1;
		memcpy(id, s, len);
		id[len] = 0;
		if (wire_parse_key_id(id, &r->open[r->open_count++]) < 0)
			return -1;
		if (!s[len])
			return 0;
		s += len + 1;
	}
}

/* "-" or a UUID as RFC 4122 writes it, 36 characters. */
static int parse_boot_id(const char *s, void *ret)
{
	size_t len = strspn(s, "0123456789abcdef-");
	if (s[len] || (len != 36 && strcmp(s, "-") != 0))
		return -1;
	memcpy(ret, s, len + 1);
	return 0;
}

struct field {
	const char *name;
	int (*parse)(const char *value, void *ret);
	size_t offset; /* in the struct that the line fills */
};

/* clang-format off */
static const struct field request_fields[] = {
	{ "id",     parse_id,      offsetof(struct wire_request, attempt_id) },
	{ "nonce",  parse_bytes16, offsetof(struct wire_request, nonce) },
	{ "key",    parse_bytes32, offsetof(struct wire_request, public_key) },
	{ "keyid",  wire_parse_key_id,  offsetof(struct wire_request, key_id) },
	{ "open",   parse_open,    0 },
	{ "probe",  parse_hash,    offsetof(struct wire_request, probe_hash) },
	{ "keep",   wire_parse_u32,     offsetof(struct wire_request, keep) },
	{ "files",  wire_parse_u32,     offsetof(struct wire_request, files_max) },
	{ "bytes",  wire_parse_u32,     offsetof(struct wire_request, bytes_max) },
};

static const struct field header_fields[] = {
	{ "id",      parse_id,      offsetof(struct wire_report_header, attempt_id) },
	{ "nonce",   parse_bytes16, offsetof(struct wire_report_header, nonce) },
	{ "probe",   parse_hash,    offsetof(struct wire_report_header, probe_hash) },
	{ "boot",    parse_boot_id, offsetof(struct wire_report_header, boot_id) },
	{ "mono",    parse_i64,     offsetof(struct wire_report_header, monotonic_ms) },
	{ "wall",    parse_i64,     offsetof(struct wire_report_header, wall_ms) },
};
/* clang-format on */

static size_t find_field(const struct field *fields, size_t count, const char *name, size_t len)
{
	size_t i = 0;
	while (i < count && (strncmp(fields[i].name, name, len) != 0 || fields[i].name[len]))
		i++;
	return i;
}

/* Parses `name=value name=value …` into `ret`; every field of the table exactly once. */
static int parse_fields(
	const char *s, const struct field *fields, size_t count, void *ret, struct error *err)
{
	unsigned seen = 0;
	while (*s) {
		size_t len = strcspn(s, " "), name_len = strcspn(s, "= ");
		char value[FIELD_MAX];
		if (name_len == 0 || name_len == len || len - name_len > sizeof value)
			return error_set(err, "not a field: %.*s", (int)(len > 64 ? 64 : len), s);
		memcpy(value, s + name_len + 1, len - name_len - 1);
		value[len - name_len - 1] = 0;
		size_t i = find_field(fields, count, s, name_len);
		if (i < count && seen & 1U << i)
			return error_set(err, "%s is given twice", fields[i].name);
		if (i < count && fields[i].parse(value, (char *)ret + fields[i].offset) < 0)
			return error_set(err, "%s is malformed", fields[i].name);
		seen |= i < count ? 1U << i : 0;
		s += len + (s[len] == ' ');
	}
	for (size_t i = 0; i < count; i++)
		if (!(seen & 1U << i))
			return error_set(err, "%s is missing", fields[i].name);
	return 0;
}

/* The asks are taken as they are, and nothing else stands behind the first. */
static int split_asks(const char *line, size_t *ret_len, const char **ret_asks, struct error *err)
{
	static const char ask[] = " ask=";
	const char *asks = strstr(line, ask);
	asks = asks ? asks : line + strlen(line);
	for (const char *s = asks; *s; s += 1 + strcspn(s + 1, " "))
		if (strncmp(s, ask, sizeof ask - 1) != 0)
			return error_set(err, "only asks come after an ask");
	*ret_len = (size_t)(asks - line);
	*ret_asks = asks;
	return 0;
}

int wire_parse_request(const char *line, struct wire_request *ret_request, struct error *err)
{
	static const char verb[] = WIRE_TAG "request ";
	struct wire_request r = { 0 };
	char fields[WIRE_LINE_MAX];
	size_t len = 0;
	if (strlen(line) >= WIRE_REQUEST_MAX)
		return error_set(err, "request: too long");
	if (strncmp(line, verb, sizeof verb - 1) != 0)
		return error_set(err, "request: not a request");
	line += sizeof verb - 1;
	if (split_asks(line, &len, &r.asks, err) < 0)
		return error_context(err, "request");
	if (len >= sizeof fields)
		return error_set(err, "request: too long");
	memcpy(fields, line, len);
	fields[len] = 0;
	if (parse_fields(fields, request_fields, ARRAY_LEN(request_fields), &r, err) < 0)
		return error_context(err, "request");
	*ret_request = r;
	return 0;
}

int wire_parse_report_header(const char *text, size_t len, struct wire_report_header *ret_header,
	size_t *ret_body, struct error *err)
{
	static const char head[] = "# " WIRE_TAG;
	struct wire_report_header h = { 0 };
	char line[WIRE_LINE_MAX];
	const char *end = memchr(text, '\n', len < sizeof line ? len : sizeof line);
	size_t line_len = end ? (size_t)(end - text) : 0;
	if (!end || memchr(text, 0, line_len))
		return error_set(err, "report header: no line of text");
	memcpy(line, text, line_len);
	line[line_len] = 0;
	if (strncmp(line, head, sizeof head - 1) != 0)
		return error_set(err, "report header: not a report");
	if (parse_fields(line + sizeof head - 1, header_fields, ARRAY_LEN(header_fields), &h, err) <
		0)
		return error_context(err, "report header");
	*ret_header = h;
	*ret_body = line_len + 1;
	return 0;
}

/* The result of snprintf() as the header promises it. */
static int fit(int len, size_t size)
{
	return len < 0 || (size_t)len >= size ? -1 : len;
}

static const char *hash_text(const char *hash)
{
	return *hash ? hash : "-";
}

int wire_format_request(const struct wire_request *r, char *out, size_t size)
{
	char nonce[33], key[65], open[18 * WIRE_KEY_IDS_MAX] = "";
	if (r->open_count == 0 || r->open_count > WIRE_KEY_IDS_MAX)
		return -1;
	for (size_t i = 0; i < r->open_count; i++) {
		(void)snprintf(open + 17 * i, 18, "%s,", r->open[i].hex);
		open[17 * i + 16] = i + 1 < r->open_count ? ',' : 0;
	}
	return fit(snprintf(out, size,
			   WIRE_TAG "request id=%016" PRIx64 " nonce=%s key=%s keyid=%s open=%s"
				    " probe=%s keep=%" PRIu32 " files=%" PRIu32 " bytes=%" PRIu32
				    "%s\n",
			   r->attempt_id, hex_encode(nonce, r->nonce, 16),
			   hex_encode(key, r->public_key, 32), r->key_id.hex, open,
			   hash_text(r->probe_hash), r->keep, r->files_max, r->bytes_max,
			   r->asks ? r->asks : ""),
		size < WIRE_REQUEST_MAX ? size : WIRE_REQUEST_MAX);
}

int wire_format_upload(uint32_t probe_size, const char *hash, char *out, size_t size)
{
	return fit(snprintf(out, size, WIRE_TAG "upload %" PRIu32 " %s\n", probe_size, hash), size);
}

int wire_format_ack(uint32_t index, char *out, size_t size)
{
	return fit(snprintf(out, size, WIRE_TAG "ack %" PRIu32 "\n", index), size);
}

int wire_format_file(uint32_t index, const struct wire_key_id *key_id, uint32_t length,
	bool unspooled, char *out, size_t size)
{
	return fit(snprintf(out, size, WIRE_TAG "file %" PRIu32 " %s %" PRIu32 " %s\n", index,
			   key_id->hex, length, unspooled ? "unspooled" : "spooled"),
		size);
}

int wire_format_end(uint32_t index, const char *digest, char *out, size_t size)
{
	return fit(snprintf(out, size, WIRE_TAG "end %" PRIu32 " %s\n", index, digest), size);
}

int wire_format_done(uint32_t files, char *out, size_t size)
{
	return fit(snprintf(out, size, WIRE_TAG "done %" PRIu32 "\n", files), size);
}

int wire_format_error(const char *outcome, const char *text, char *out, size_t size)
{
	int len = snprintf(out, size, WIRE_TAG "error %s %.512s", outcome, text);
	if (fit(len, size - 1) < 0)
		return -1;
	for (int i = 0; i < len; i++)
		if ((unsigned char)out[i] < ' ')
			out[i] = ' ';
	out[len++] = '\n';
	out[len] = 0;
	return len;
}

int wire_format_report_header(const struct wire_report_header *h, char *out, size_t size)
{
	char nonce[33];
	return fit(snprintf(out, size,
			   "# " WIRE_TAG "id=%016" PRIx64 " nonce=%s probe=%s boot=%s mono=%" PRIi64
			   " wall=%" PRIi64 "\n",
			   h->attempt_id, hex_encode(nonce, h->nonce, 16), hash_text(h->probe_hash),
			   h->boot_id, h->monotonic_ms, h->wall_ms),
		size);
}

int wire_parse_ack(const char *line, uint32_t *ret_index)
{
	static const char verb[] = WIRE_TAG "ack ";
	if (strncmp(line, verb, sizeof verb - 1) != 0)
		return -1;
	return wire_parse_u32(line + sizeof verb - 1, ret_index);
}
