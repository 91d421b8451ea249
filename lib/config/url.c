/*
 * Addresses of web servers: of webhooks, and of what is told that a run went well.
 */
#include <stdio.h>
#include <string.h>

#include "lib/config/load.h"

enum { URL_MAX = 2000 };

/* What stands between "//" and the path: [user@]host[:port]. NULL when it is no URL of ours. */
static const char *find_authority(const char *url, size_t *ret_len)
{
	static const char *const schemes[] = { "https://", "http://" };
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t len = strlen(schemes[i]);
		if (strncmp(url, schemes[i], len) != 0)
			continue;
		*ret_len = strcspn(url + len, "/?#");
		return *ret_len > 0 ? url + len : NULL;
	}
	return NULL;
}

bool url_is_loopback(const char *url)
{
	size_t len = 0;
	const char *host = find_authority(url, &len);
	char copy[64];
	if (!host || len >= sizeof copy)
		return false;
	bool bracketed = host[0] == '[';
	size_t end = strcspn(host + bracketed, bracketed ? "]" : ":/?#");
	(void)snprintf(copy, sizeof copy, "%.*s", (int)end, host + bracketed);
	return !memchr(host, '@', len) && is_loopback(copy);
}

/* RFC 3986: what is not unreserved or reserved there is written in percents. */
int parse_url(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._~:/?#[]@!$&'()*+,;=%";
	size_t len = strlen(text), authority = 0;
	if (len > URL_MAX || text[strspn(text, allowed)] ||
		(len > 0 && !find_authority(text, &authority)))
		return error_set(err,
			"is no address of a web server; write it as "
			"%s=\"https://example.com/path\", with %%20 for a blank",
			field->name);
	const char *copy = arena_copy(load->result, text, len);
	if (!copy)
		return error_set(err, "not enough memory");
	*(const char **)target = copy;
	return 0;
}
