/*
 * Addresses of web servers: of webhooks, and of what is told that a run went well.
 */
#include <stdio.h>
#include <string.h>

#include "lib/config/load.h"

enum { URL_MAX = 2000, HOST_SIZE = 256 };

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

static bool is_port(const char *text, size_t len)
{
	uint32_t port = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || port > UINT16_MAX)
			return false;
		port = port * 10 + (uint32_t)(text[i] - '0');
	}
	return port > 0 && port <= UINT16_MAX;
}

/* [user@]host[:port], an IPv6 address in brackets: RFC 3986, section 3.2. */
static bool is_authority(const char *text, size_t len)
{
	char host[HOST_SIZE];
	const char *end = text + len, *at = memrchr(text, '@', len);
	text = at ? at + 1 : text;
	bool is_bracketed = text < end && text[0] == '[';
	text += is_bracketed;
	const char *after = memchr(text, is_bracketed ? ']' : ':', (size_t)(end - text));
	if ((is_bracketed && !after) || (after ? after : end) - text >= HOST_SIZE)
		return false;
	(void)snprintf(host, sizeof host, "%.*s", (int)((after ? after : end) - text), text);
	if (!is_host(host) || !strchr(host, ':') != !is_bracketed)
		return false;
	after = after ? after + is_bracketed : end;
	return after == end || (*after == ':' && is_port(after + 1, (size_t)(end - after - 1)));
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
static bool is_url(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._~:/?#[]@!$&'()*+,;=%";
	size_t len = strlen(text), authority_len = 0;
	const char *authority = find_authority(text, &authority_len);
	return len <= URL_MAX && !text[strspn(text, allowed)] && authority &&
	       is_authority(authority, authority_len);
}

/* Whoever knows it can speak there, so it is as secret as a password. */
int parse_url(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	size_t len = strlen(text);
	if (len > 0 && !is_url(text))
		return error_set(err,
			"is no address of a web server; write it as "
			"%s=\"https://example.com/path\", with %%20 for a blank",
			field->name);
	if (len > 0 && load->document->too_open)
		return error_set(err,
			"it is as good as a password, and others can read this file: %s",
			load->document->too_open);
	const char *copy = arena_copy(load->result, text, len);
	if (!copy)
		return error_set(err, "not enough memory");
	*(const char **)target = copy;
	return 0;
}

int parse_url_file(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	const char *url = NULL;
	if (parse_password_file(load, field, text, &url, err) < 0)
		return -1;
	if (url && !is_url(url))
		return error_set(err,
			"%s: holds no address of a web server; write it there as "
			"https://example.com/path, with %%20 for a blank",
			text);
	if (url)
		*(const char **)target = url;
	return 0;
}
