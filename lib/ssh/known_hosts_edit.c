#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/ssh/known_hosts_line.h"

/* Is this line about `name` alone, and not a revocation? */
static bool names_only(const char *start, size_t len, const char *name)
{
	struct known_hosts_line line = { 0 };
	char *copy = len <= KNOWN_HOSTS_LINE_MAX ? strndup(start, len) : NULL;
	bool only = copy && !known_hosts_line_parse(copy, &line) && line.names &&
		    !line.key.revoked &&
		    (line.hashed ? known_hosts_line_matches(&line, name)
				 : strcasecmp(line.names, name) == 0);
	free(copy);
	return only;
}

static int copy_others(struct buffer *out, const char *text, size_t text_len, const char *name)
{
	for (size_t at = 0; at < text_len;) {
		const char *start = text + at;
		const char *newline = memchr(start, '\n', text_len - at);
		size_t len = newline ? (size_t)(newline - start) : text_len - at;
		size_t whole = newline ? len + 1 : len;
		if (len > 0 && start[len - 1] == '\r')
			len--;
		if (!names_only(start, len, name) && buffer_append(out, start, whole) < 0)
			return -1;
		at += whole;
	}
	return out->len > 0 && out->data[out->len - 1] != '\n' ? buffer_append_text(out, "\n") : 0;
}

static int append_key(struct buffer *out, const char *name, const struct host_key *key)
{
	size_t len = base64_length(key->blob_len);
	if (buffer_printf(out, "%s %s ", name, key->type) < 0)
		return -1;
	char *to = buffer_reserve(out, len);
	if (!to)
		return -1;
	base64_encode(to, key->blob, key->blob_len);
	out->len += len;
	return buffer_append_text(out, "\n");
}

int known_hosts_edit(const char *text, size_t len, const char *name, const struct host_key *keys,
	size_t count, struct buffer *out)
{
	if (copy_others(out, text, len, name) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (append_key(out, name, &keys[i]) < 0)
			return -1;
	return 0;
}
