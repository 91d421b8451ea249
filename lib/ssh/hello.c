#include "lib/ssh/hello.h"

#include <stdio.h>

#include "lib/escape.h"

enum {
	PACKET_MAX = 35000, /* RFC 4253, section 6.1 */
	MSG_KEXINIT = 20,
	COOKIE_SIZE = 16,
	SHOWN_MAX = 160, /* of a list, so that both fit into one message */
};

static const struct {
	const char *what, *hint;
} lists[HELLO_LISTS] = {
	[HELLO_KEX] = { "key exchange", "allow curve25519-sha256 there (KexAlgorithms)" },
	[HELLO_HOST_KEY] = { "host key algorithm",
		"add an ed25519 host key there (ssh-keygen -A, then HostKey in sshd_config)" },
	[HELLO_CIPHER_OUT] = { "cipher", "allow aes256-ctr there (Ciphers)" },
	[HELLO_CIPHER_IN] = { "cipher", "allow aes256-ctr there (Ciphers)" },
	[HELLO_MAC_OUT] = { "MAC", "allow hmac-sha2-256 there (MACs)" },
	[HELLO_MAC_IN] = { "MAC", "allow hmac-sha2-256 there (MACs)" },
	[HELLO_COMPRESSION_OUT] = { "compression", "allow none there (Compression)" },
	[HELLO_COMPRESSION_IN] = { "compression", "allow none there (Compression)" },
};

static const char recorded_hint[] = "its key is recorded with another type; if the machine was set "
				    "up anew, record it with: fleet trust --replace CLIENT";

/* Skips the lines before the one that begins with "SSH-" and takes that. */
static bool take_version(struct reader *r, struct slice *ret)
{
	for (;;) {
		const uint8_t *end = r->left ? memchr(r->at, '\n', r->left) : NULL;
		struct slice line;
		if (!end || !reader_bytes(r, (size_t)(end - r->at) + 1, &line))
			return false;
		line.len--;
		if (line.len > 0 && line.data[line.len - 1] == '\r')
			line.len--;
		if (line.len >= 4 && memcmp(line.data, "SSH-", 4) == 0) {
			*ret = line;
			return true;
		}
	}
}

static enum hello_result take_packet(struct reader *r, struct reader *ret_payload)
{
	uint32_t len;
	uint8_t padding;
	struct slice packet;
	if (!reader_u32(r, &len))
		return HELLO_MORE;
	if (len < 2 || len > PACKET_MAX)
		return HELLO_BAD;
	if (!reader_bytes(r, len, &packet))
		return HELLO_MORE;
	padding = packet.data[0];
	if (padding > len - 1)
		return HELLO_BAD;
	*ret_payload = (struct reader){ packet.data + 1, len - 1 - padding };
	return HELLO_OK;
}

enum hello_result hello_parse(const uint8_t *data, size_t len, struct hello *ret_hello)
{
	struct reader r = { data, len }, payload;
	uint8_t type;
	struct slice cookie;
	*ret_hello = (struct hello){ 0 };
	if (!take_version(&r, &ret_hello->version))
		return HELLO_MORE;
	do {
		enum hello_result result = take_packet(&r, &payload);
		if (result != HELLO_OK)
			return result;
	} while (!reader_byte(&payload, &type) || type != MSG_KEXINIT);
	if (!reader_bytes(&payload, COOKIE_SIZE, &cookie))
		return HELLO_BAD;
	for (int i = 0; i < HELLO_LISTS; i++)
		if (!reader_string(&payload, &ret_hello->lists[i]))
			return HELLO_BAD;
	return HELLO_OK;
}

/* Takes the next name off a list. */
static bool next_name(struct slice *list, struct slice *ret)
{
	if (list->len == 0)
		return false;
	const uint8_t *comma = memchr(list->data, ',', list->len);
	size_t len = comma ? (size_t)(comma - list->data) : list->len;
	*ret = (struct slice){ list->data, len };
	size_t skip = comma ? len + 1 : len;
	list->data += skip;
	list->len -= skip;
	return true;
}

static bool lists_meet(struct slice a, struct slice b)
{
	struct slice x, y;
	while (next_name(&a, &x))
		for (struct slice rest = b; next_name(&rest, &y);)
			if (slice_is(x, y.data, y.len))
				return true;
	return false;
}

static bool meets(const struct hello *h, enum hello_list list, const char *ours)
{
	struct slice mine = { (const uint8_t *)ours, strlen(ours) };
	return lists_meet(mine, h->lists[list]);
}

bool hello_has_exchange(const struct hello *h, const char *ours)
{
	return meets(h, HELLO_KEX, ours);
}

enum hello_list hello_mismatch(const struct hello *h, const char *const ours[static HELLO_LISTS])
{
	for (int i = 0; i < HELLO_LISTS; i++)
		if (!meets(h, (enum hello_list)i, ours[i]))
			return (enum hello_list)i;
	return HELLO_LISTS;
}

static bool is_all_rsa(struct slice list)
{
	struct slice name;
	bool all = list.len > 0;
	while (all && next_name(&list, &name))
		all = slice_is_text(name, "ssh-rsa") || slice_is_text(name, "rsa-sha2-256") ||
		      slice_is_text(name, "rsa-sha2-512");
	return all;
}

/* An RSA key that is recorded as such may still be of no use: libssh2 1.10 has but SHA-1. */
static const char *host_key_hint(struct slice theirs, struct slice ours, bool recorded)
{
	bool other_type = recorded && !(is_all_rsa(theirs) && is_all_rsa(ours));
	return other_type ? recorded_hint : lists[HELLO_HOST_KEY].hint;
}

void hello_explain(const struct hello *h, enum hello_list list, const char *ours, bool recorded,
	char *out, size_t size)
{
	char theirs[SHOWN_MAX];
	struct slice mine = { (const uint8_t *)ours, strlen(ours) };
	const char *hint = list == HELLO_HOST_KEY ? host_key_hint(h->lists[list], mine, recorded)
						  : lists[list].hint;
	(void)escape_text(
		theirs, sizeof theirs, (const char *)h->lists[list].data, h->lists[list].len);
	(void)snprintf(out, size, "no common %s: it offers %s; this side has %.*s; %s",
		lists[list].what, theirs[0] ? theirs : "none", SHOWN_MAX, ours, hint);
}
