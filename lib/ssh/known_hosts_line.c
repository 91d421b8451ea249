#include "lib/ssh/known_hosts_line.h"

#include <ctype.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/pattern.h"
#include "lib/ssh/known_hosts_hash.h"
#include "lib/ssh/reader.h"

enum { HASH_SIZE = KNOWN_HOSTS_HASH_SIZE };

/* Names. */

/* From its end; ten thousand times at a start, so not by printf(). */
static const char *format_port(char out[static sizeof "]:65535"], uint16_t port)
{
	char *at = out + sizeof "]:65535" - 1;
	*at = 0;
	do
		*--at = (char)('0' + port % 10);
	while ((port /= 10));
	*--at = ':';
	*--at = ']';
	return at;
}

int known_hosts_name(char out[static KNOWN_HOSTS_NAME_SIZE], const char *host, uint16_t port)
{
	char behind[sizeof "]:65535"];
	size_t len = strlen(host);
	if (len == 0 || len + sizeof "[" + sizeof behind > KNOWN_HOSTS_NAME_SIZE)
		return -1;
	bool is_plain = port == 22;
	if (!is_plain)
		*out++ = '[';
	for (size_t i = 0; i < len; i++)
		out[i] = (char)tolower((unsigned char)host[i]);
	(void)strcpy(out + len, is_plain ? "" : format_port(behind, port));
	return 0;
}

bool known_hosts_line_is_pattern(const struct known_hosts_line *line)
{
	return strpbrk(line->names, "*?!") != NULL;
}

/* A list matches when one of its patterns does and none of those with `!`. */
static bool list_matches(const char *list, const char *name)
{
	bool found = false;
	for (;;) {
		size_t len = strcspn(list, ",");
		bool negated = list[0] == '!';
		if (pattern_matches(list + negated, len - negated, name, strlen(name))) {
			if (negated)
				return false;
			found = true;
		}
		if (!list[len])
			return found;
		list += len + 1;
	}
}

bool known_hosts_line_matches(const struct known_hosts_line *line, const char *name)
{
	return line->hashed ? known_hosts_hash_find(line->salt, line->hash, &name, 1) == 0
			    : list_matches(line->names, name);
}

/* Parsing. */

/* Cuts the next field off. NULL at the end of the line. */
static char *next_field(char **rest)
{
	char *field = *rest + strspn(*rest, " \t");
	if (!*field)
		return NULL;
	size_t len = strcspn(field, " \t");
	*rest = field + len;
	if (**rest)
		*(*rest)++ = 0;
	return field;
}

static int decode(const char *text, uint8_t *out, size_t size, size_t *ret_len)
{
	return base64_decode(out, size, text, strlen(text), ret_len);
}

/* "|1|SALT|HASH": HMAC-SHA1 of the name, the salt being the key. */
static int parse_hashed(struct known_hosts_line *line)
{
	char copy[128];
	size_t len = strlen(line->names), salt_len, hash_len;
	if (len >= sizeof copy || strncmp(line->names, "|1|", 3) != 0)
		return -1;
	memcpy(copy, line->names + 3, len - 3 + 1);
	char *bar = strchr(copy, '|');
	if (!bar)
		return -1;
	*bar = 0;
	line->hashed = true;
	if (decode(copy, line->salt, HASH_SIZE, &salt_len) < 0 ||
		decode(bar + 1, line->hash, HASH_SIZE, &hash_len) < 0)
		return -1;
	return salt_len == HASH_SIZE && hash_len == HASH_SIZE ? 0 : -1;
}

/* The key takes the place of its text. */
static const char *parse_key(struct host_key *key, const char *type, char *base64)
{
	uint8_t *blob = (uint8_t *)base64;
	struct slice inner;
	key->type = type;
	key->blob = blob;
	if (decode(base64, blob, strlen(base64), &key->blob_len) < 0)
		return "the key is not base64";
	struct reader r = { blob, key->blob_len };
	if (!reader_string(&r, &inner) || !slice_is_text(inner, type))
		return "the key is not of the type that stands before it";
	return NULL;
}

const char *known_hosts_line_parse(char *text, struct known_hosts_line *line)
{
	*line = (struct known_hosts_line){ 0 };
	char *names = next_field(&text);
	if (!names || names[0] == '#')
		return NULL;
	if (names[0] == '@') {
		if (strcmp(names, "@cert-authority") == 0)
			return NULL;
		if (strcmp(names, "@revoked") != 0)
			return "an unknown marker";
		line->key.revoked = true;
		names = next_field(&text);
	}
	char *type = next_field(&text), *base64 = next_field(&text);
	if (!names || !type || !base64)
		return "a line is: names, key type, key";
	line->names = names;
	if (names[0] == '|' && parse_hashed(line) < 0)
		return "a hashed name is |1|salt|hash";
	return parse_key(&line->key, type, base64);
}
