#include "lib/wire/ask.h"

#include <string.h>

#include "lib/wire/wire_value.h"

static const char FIELD[] = " ask=";

/* clang-format off */
static const char *const names[] = {
	[ASK_PROCESS]        = "process",
	[ASK_FILE]           = "file",
	[ASK_CERTIFICATE]    = "certificate",
	[ASK_TEXTFILE]       = "textfile",
	[ASK_MOUNT_INCLUDE]  = "mount-include",
	[ASK_MOUNT_EXCLUDE]  = "mount-exclude",
	[ASK_NETWORK_MOUNTS] = "network-mounts",
};
/* clang-format on */

enum ask_kind ask_kind_find(const char *name, size_t len)
{
	enum ask_kind kind = 0;
	while (kind < ASK_KINDS && (strlen(names[kind]) != len || memcmp(names[kind], name, len)))
		kind++;
	return kind;
}

const char *ask_kind_name(enum ask_kind kind)
{
	return names[kind];
}

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-./_*?", c));
}

static bool is_control(unsigned char c)
{
	return c < ' ' || c == 0x7f;
}

/* Bytes that are being put together; `len` goes on counting beyond `size`. */
struct out {
	char *at;
	size_t len, size;
};

static void put(struct out *out, char c)
{
	if (out->len < out->size)
		out->at[out->len] = c;
	out->len++;
}

static void put_text(struct out *out, const char *s)
{
	while (*s)
		put(out, *s++);
}

static void put_encoded(struct out *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	if (is_plain(c)) {
		put(out, (char)c);
		return;
	}
	put(out, '%');
	put(out, hex[c >> 4]);
	put(out, hex[c & 15]);
}

int ask_encode(enum ask_kind kind, const char *text, char *out, size_t size)
{
	struct out o = { .at = out, .size = size };
	if (!*text || strlen(text) > ASK_TEXT_MAX)
		return -1;
	put_text(&o, FIELD);
	put_text(&o, names[kind]);
	put(&o, ':');
	for (; *text; text++) {
		if (is_control((unsigned char)*text))
			return -1;
		put_encoded(&o, (unsigned char)*text);
	}
	put(&o, 0);
	return o.len <= size ? (int)o.len - 1 : -1;
}

static bool decode(const char *s, size_t len, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)s[i];
		if (c == '%') {
			int high = len - i > 2 ? wire_hex_value(s[i + 1]) : -1;
			int low = high < 0 ? -1 : wire_hex_value(s[i + 2]);
			c = low < 0 ? 0 : high << 4 | low;
			i += 2;
		}
		if (is_control((unsigned char)c) || n == ASK_TEXT_MAX)
			return false;
		out[n++] = (char)c;
	}
	out[n] = 0;
	return n > 0;
}

static bool parse(const char *s, size_t len, struct ask *ret_ask)
{
	const char *colon = memchr(s, ':', len);
	if (!colon)
		return false;
	ret_ask->kind = ask_kind_find(s, (size_t)(colon - s));
	return ret_ask->kind < ASK_KINDS &&
	       decode(colon + 1, len - (size_t)(colon + 1 - s), ret_ask->text);
}

bool ask_next(const char **rest, struct ask *ret_ask)
{
	bool found = false;
	while (!found && strncmp(*rest, FIELD, sizeof FIELD - 1) == 0) {
		const char *field = *rest + sizeof FIELD - 1;
		size_t len = strcspn(field, " ");
		found = parse(field, len, ret_ask);
		*rest = field + len;
	}
	return found;
}
