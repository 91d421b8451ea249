/*
 * The layout of each message stands once, in a table that both the encoder and the decoder
 * walk, so that the two cannot disagree. Numbers are little-endian; a text is its length, its
 * bytes and a NUL that the length does not count, so that the receiver can point into the
 * packet.
 */
#include "collector/ipc/ipc.h"

#include <string.h>

enum field_kind { FIELD_END, FIELD_U32, FIELD_U64, FIELD_TEXT, FIELD_BYTES };

struct field {
	enum field_kind kind;
	size_t offset;
};

enum { FIELDS_MAX = 16 };

#define U32(s, f)                                \
	{                                        \
		FIELD_U32, offsetof(struct s, f) \
	}
#define U64(s, f)                                \
	{                                        \
		FIELD_U64, offsetof(struct s, f) \
	}
#define TEXT(s, f)                                \
	{                                         \
		FIELD_TEXT, offsetof(struct s, f) \
	}
#define BYTES(s, f)                                \
	{                                          \
		FIELD_BYTES, offsetof(struct s, f) \
	}

/* clang-format off */
static const struct field layouts[IPC_TYPE_COUNT][FIELDS_MAX] = {
	[IPC_SETTINGS] = { U64(ipc_settings, cycle_id), U64(ipc_settings, taken_at), U32(ipc_settings, sessions),
		U32(ipc_settings, connects), U32(ipc_settings, dark), U32(ipc_settings, connect_timeout_ms),
		U32(ipc_settings, log_level) },
	[IPC_PROBE] = { TEXT(ipc_probe, machine), TEXT(ipc_probe, hash) },
	[IPC_IDENTITY] = { U32(ipc_identity, id), BYTES(ipc_identity, blob),
		TEXT(ipc_identity, reason), U32(ipc_identity, rounds) },
	[IPC_HOST] = { U32(host_row, seq), U64(host_row, attempt_id), U32(host_row, deadline_ms),
		U32(host_row, spent_ms), TEXT(host_row, name), TEXT(host_row, nonce),
		TEXT(host_row, request), U32(host_row, files_max), U32(host_row, bytes_max), BYTES(host_row, addresses),
		BYTES(host_row, hops), U32(host_row, is_jump) },
	[IPC_STOP] = { U32(ipc_count, count) },
	[IPC_WANT] = { U32(ipc_count, count) },
	[IPC_NEW_KEY] = { U32(ipc_new_key, seq), U32(ipc_new_key, hop), TEXT(ipc_new_key, type),
		BYTES(ipc_new_key, blob) },
	[IPC_PASSED] = { U32(ipc_passed, seq), U32(ipc_passed, hop) },
	[IPC_FINISHED] = { U32(ipc_finished, seq), U32(ipc_finished, outcome),
		U32(ipc_finished, hop), U32(ipc_finished, files), TEXT(ipc_finished, text) },
	[IPC_OPEN] = { U32(ipc_open, id), TEXT(ipc_open, file), TEXT(ipc_open, passphrase_file) },
	[IPC_SIGN] = { U32(ipc_sign, serial), U32(ipc_sign, id), BYTES(ipc_sign, data) },
	[IPC_SIGNED] = { U32(ipc_signed, serial), BYTES(ipc_signed, signature) },
	[IPC_RESOLVE] = { U32(ipc_resolve, seq), U32(ipc_resolve, port), TEXT(ipc_resolve, name) },
	[IPC_RESOLVED] = { U32(ipc_resolved, seq), BYTES(ipc_resolved, addresses),
		TEXT(ipc_resolved, reason) },
};

static const struct field hop_layout[] = {
	TEXT(ipc_hop, name), TEXT(ipc_hop, host), U32(ipc_hop, port), TEXT(ipc_hop, user),
	TEXT(ipc_hop, password), U32(ipc_hop, identity), BYTES(ipc_hop, public_key),
	U32(ipc_hop, policy), TEXT(ipc_hop, pin), BYTES(ipc_hop, keys), { FIELD_END, 0 },
};
/* clang-format on */

/* ---- encoding --------------------------------------------------------------------------- */

static int put_number(struct buffer *out, uint64_t value, size_t size)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	return buffer_append(out, bytes, size);
}

static int put_run(struct buffer *out, const void *data, size_t len, size_t with_nul)
{
	if (len > IPC_PACKET_MAX || put_number(out, len, 4))
		return -1;
	return len + with_nul ? buffer_append(out, data, len + with_nul) : 0;
}

static int put_field(struct buffer *out, const struct field *f, const char *message)
{
	const char *at = message + f->offset;
	const char *text;
	struct ipc_bytes bytes;
	uint32_t u32;
	uint64_t u64;
	switch (f->kind) {
	case FIELD_U32:
		memcpy(&u32, at, sizeof u32);
		return put_number(out, u32, 4);
	case FIELD_U64:
		memcpy(&u64, at, sizeof u64);
		return put_number(out, u64, 8);
	case FIELD_TEXT:
		memcpy(&text, at, sizeof text);
		return put_run(out, text, strlen(text), 1);
	case FIELD_BYTES:
		memcpy(&bytes, at, sizeof bytes);
		return put_run(out, bytes.data, bytes.len, 0);
	case FIELD_END:
		break;
	}
	return 0;
}

static int put_fields(const struct field *layout, const void *message, struct buffer *out)
{
	for (const struct field *f = layout; f->kind != FIELD_END; f++)
		if (put_field(out, f, message))
			return -1;
	return out->len <= IPC_PACKET_MAX ? 0 : -1;
}

int ipc_encode(enum ipc_type type, const void *message, struct buffer *out)
{
	return put_number(out, type, 1) ? -1 : put_fields(layouts[type], message, out);
}

static size_t measure_field(const struct field *f, const char *message)
{
	const char *at = message + f->offset;
	const char *text;
	struct ipc_bytes bytes;
	switch (f->kind) {
	case FIELD_U32:
		return 4;
	case FIELD_U64:
		return 8;
	case FIELD_TEXT:
		memcpy(&text, at, sizeof text);
		return 4 + strlen(text) + 1;
	case FIELD_BYTES:
		memcpy(&bytes, at, sizeof bytes);
		return 4 + bytes.len;
	case FIELD_END:
		break;
	}
	return 0;
}

size_t ipc_measure(enum ipc_type type, const void *message)
{
	size_t size = 1;
	for (const struct field *f = layouts[type]; f->kind != FIELD_END; f++)
		size += measure_field(f, message);
	return size;
}

/* ---- decoding --------------------------------------------------------------------------- */

struct cursor {
	const uint8_t *at;
	size_t left;
};

static int get_number(struct cursor *c, size_t size, uint64_t *ret_value)
{
	uint64_t value = 0;
	if (c->left < size)
		return -1;
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)c->at[i] << (8 * i);
	c->at += size;
	c->left -= size;
	*ret_value = value;
	return 0;
}

static int get_run(struct cursor *c, struct ipc_bytes *ret_bytes, size_t with_nul)
{
	uint64_t len;
	if (get_number(c, 4, &len) || len > c->left || c->left - len < with_nul)
		return -1;
	*ret_bytes = (struct ipc_bytes){ c->at, (size_t)len };
	c->at += len + with_nul;
	c->left -= (size_t)len + with_nul;
	return 0;
}

static int get_text(struct cursor *c, const char **ret_text)
{
	struct ipc_bytes bytes;
	if (get_run(c, &bytes, 1) || bytes.data[bytes.len] != 0 || memchr(bytes.data, 0, bytes.len))
		return -1;
	*ret_text = (const char *)bytes.data;
	return 0;
}

static int get_field(struct cursor *c, const struct field *f, char *message)
{
	char *at = message + f->offset;
	const char *text;
	struct ipc_bytes bytes;
	uint64_t number;
	uint32_t u32;
	switch (f->kind) {
	case FIELD_U32:
		if (get_number(c, 4, &number))
			return -1;
		u32 = (uint32_t)number;
		memcpy(at, &u32, sizeof u32);
		return 0;
	case FIELD_U64:
		if (get_number(c, 8, &number))
			return -1;
		memcpy(at, &number, sizeof number);
		return 0;
	case FIELD_TEXT:
		if (get_text(c, &text))
			return -1;
		memcpy(at, &text, sizeof text);
		return 0;
	case FIELD_BYTES:
		if (get_run(c, &bytes, 0))
			return -1;
		memcpy(at, &bytes, sizeof bytes);
		return 0;
	case FIELD_END:
		break;
	}
	return 0;
}

static int get_fields(struct cursor *c, const struct field *layout, void *ret_message)
{
	for (const struct field *f = layout; f->kind != FIELD_END; f++)
		if (get_field(c, f, ret_message))
			return -1;
	return 0;
}

int ipc_decode(enum ipc_type type, const void *data, size_t len, void *ret_message)
{
	struct cursor c = { data, len };
	uint64_t head;
	if (get_number(&c, 1, &head) || head != type || get_fields(&c, layouts[type], ret_message))
		return -1;
	return c.left == 0 ? 0 : -1;
}

/* ---- nested runs ------------------------------------------------------------------------ */

int ipc_put_hop(const struct ipc_hop *hop, struct buffer *out)
{
	return put_fields(hop_layout, hop, out);
}

size_t ipc_count_hops(struct ipc_bytes hops)
{
	struct cursor c = { hops.data, hops.len };
	struct ipc_hop hop;
	size_t count = 0;
	for (; c.left; count++)
		if (count == IPC_HOPS_MAX || get_fields(&c, hop_layout, &hop))
			return 0;
	return count;
}

int ipc_get_hop(struct ipc_bytes hops, size_t index, struct ipc_hop *ret_hop)
{
	struct cursor c = { hops.data, hops.len };
	struct ipc_hop hop;
	for (size_t i = 0; i <= index; i++)
		if (get_fields(&c, hop_layout, &hop))
			return -1;
	*ret_hop = hop;
	return 0;
}

int ipc_put_keys(const struct host_key *keys, size_t count, struct buffer *out)
{
	if (count > IPC_KEYS_MAX)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (put_run(out, keys[i].type, strlen(keys[i].type), 1) ||
			put_run(out, keys[i].blob, keys[i].blob_len, 0) ||
			put_number(out, keys[i].revoked, 1))
			return -1;
	return 0;
}

static int get_key(struct cursor *c, struct host_key *ret_key)
{
	struct ipc_bytes blob;
	uint64_t revoked;
	if (get_text(c, &ret_key->type) || get_run(c, &blob, 0) || get_number(c, 1, &revoked) ||
		revoked > 1)
		return -1;
	ret_key->blob = blob.data;
	ret_key->blob_len = blob.len;
	ret_key->revoked = revoked != 0;
	return 0;
}

int ipc_get_keys(
	struct ipc_bytes keys, struct host_key ret_keys[static IPC_KEYS_MAX], size_t *ret_count)
{
	struct cursor c = { keys.data, keys.len };
	size_t count = 0;
	while (c.left) {
		if (count == IPC_KEYS_MAX || get_key(&c, &ret_keys[count]))
			return -1;
		count++;
	}
	*ret_count = count;
	return 0;
}

size_t ipc_count_addresses(struct ipc_bytes addresses)
{
	size_t count = addresses.len / sizeof(struct sockaddr_storage);
	return count < IPC_ADDRESSES_MAX ? count : IPC_ADDRESSES_MAX;
}

void ipc_get_address(struct ipc_bytes addresses, size_t i, struct sockaddr_storage *ret_address)
{
	memcpy(ret_address, addresses.data + i * sizeof *ret_address, sizeof *ret_address);
}
