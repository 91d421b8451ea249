/*
 * One small parser per type of value, each naming what is wrong with it and what to write.
 * Text of the configuration reaches logs, SMTP commands, known_hosts and SSH: what could end
 * a line or an argument there is refused here.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/load.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/send/address.h"
#include "lib/when.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

enum { TEXT_MAX = 200, HOST_MAX = 253, FILE_SIZE_MAX = 1 << 20 };

static int store(struct load *load, const char *text, size_t len, void *target, struct error *err)
{
	char *copy = arena_copy(load->result, text, len);
	if (!copy)
		return error_set(err, "not enough memory");
	*(const char **)target = copy;
	return 0;
}

/* ---- text --------------------------------------------------------------------------------- */

int parse_text(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	char shown[TEXT_MAX + 1];
	size_t len = strlen(text);
	if (len > TEXT_MAX)
		return error_set(err, "is too long; write at most %d bytes", TEXT_MAX);
	(void)escape_text(shown, sizeof shown, text, len);
	if (strcmp(shown, text) != 0 || strpbrk(text, "\"<>"))
		return error_set(err, "holds a character that cannot be shown safely; "
				      "write it without control characters, quotes and < >");
	return store(load, text, len, target, err);
}

/* A client's name stands on the command line, where what begins with `-` is an option. */
int parse_name(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	if (text[0] == '-')
		return error_set(err, "begins with -, as options do; write it without");
	return parse_text(load, field, text, target, err);
}

/* With a zone, fe80::1%eth0: RFC 4007, section 11. */
static bool is_ipv6(const char *text)
{
	struct in6_addr address;
	char plain[INET6_ADDRSTRLEN + 1];
	size_t len = strcspn(text, "%");
	if (len >= sizeof plain ||
		strspn(text + len, "%" LETTERS DIGITS ".-_") != strlen(text + len))
		return false;
	memcpy(plain, text, len);
	plain[len] = 0;
	return inet_pton(AF_INET6, plain, &address) == 1;
}

static bool is_address(const char *text)
{
	struct in_addr address;
	return inet_pton(AF_INET, text, &address) == 1 || is_ipv6(text);
}

/* Whether its last label is a number, decimal or hexadecimal. inet_aton(3), and getaddrinfo(3)
 * with it, takes `1.1.1` and `0x7f.1` for addresses that nobody meant. */
static bool ends_in_number(const char *text, size_t len)
{
	len -= text[len - 1] == '.';
	size_t start = len;
	while (start > 0 && text[start - 1] != '.')
		start--;
	const char *last = text + start;
	size_t left = len - start;
	if (left >= 2 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
		return 2 + strspn(last + 2, DIGITS "abcdefABCDEF") == left;
	return strspn(last, DIGITS) == left;
}

/* Letters, digits, `-`, `.` and the `_` that people use: RFC 1123, section 2.1. */
bool is_host(const char *text)
{
	size_t len = strlen(text);
	return is_address(text) ||
	       (len > 0 && len <= HOST_MAX && text[0] != '-' && text[0] != '.' &&
		       strspn(text, LETTERS DIGITS "-._") == len && !ends_in_number(text, len));
}

int parse_host(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	if (text[0] && !is_host(text))
		return error_set(err, "is neither a host name nor an address; "
				      "write it as web1.example.com, 192.0.2.10 or 2001:db8::10");
	return store(load, text, strlen(text), target, err);
}

bool is_loopback(const char *host)
{
	struct in_addr v4;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

int parse_username(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	size_t len = strlen(text);
	if (len > 64 || text[0] == '-' || strspn(text, LETTERS DIGITS "._-@\\+$") != len)
		return error_set(err,
			"is not a user name; write letters, digits and . _ - @ \\ + $, "
			"at most 64");
	return store(load, text, len, target, err);
}

/* ---- paths -------------------------------------------------------------------------------- */

int parse_path(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	if (!text[0])
		return store(load, "", 0, target, err);
	char shown[PATH_MAX];
	if (escape_text(shown, sizeof shown, text, strlen(text)) != strlen(text))
		return error_set(
			err, "is too long or holds control characters; write a plain path");
	char *path = path_join(load->dir, text);
	int result = path ? store(load, path, strlen(path), target, err)
			  : error_set(err, "not enough memory");
	free(path);
	return result;
}

int parse_file(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	const char *path = NULL;
	if (parse_path(load, field, text, &path, err) < 0)
		return -1;
	struct buffer content = { 0 };
	struct error why;
	int result = path[0] ? file_read(path, FILE_TRUSTED, FILE_SIZE_MAX, &content, &why) : 0;
	buffer_finish(&content);
	if (result < 0)
		return error_set(err, "%s; name a file that can be read", why.text);
	*(const char **)target = path;
	return 0;
}

/* ---- numbers ------------------------------------------------------------------------------ */

/* Digits only, up to what fits; *ret_rest is what follows them. */
static int read_digits(const char *text, int64_t *ret_number, const char **ret_rest)
{
	size_t len = strspn(text, DIGITS);
	if (len == 0 || len > 15)
		return -1;
	*ret_number = strtoll(text, NULL, 10);
	*ret_rest = text + len;
	return 0;
}

int parse_count(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)load;
	const char *rest;
	int64_t n;
	if (read_digits(text, &n, &rest) < 0 || *rest || n < field->min || n > field->max)
		return error_set(err,
			"is not a number from %" PRId64 " to %" PRId64 "; write one, as %s=\"%s\"",
			field->min, field->max, field->name,
			field->fallback ? field->fallback : "587");
	*(uint32_t *)target = (uint32_t)n;
	return 0;
}

int parse_port(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	uint32_t n = 0;
	if (parse_count(load, field, text, &n, err) < 0)
		return -1;
	*(uint16_t *)target = (uint16_t)n;
	return 0;
}

int parse_duration(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)load;
	char least[SPAN_TEXT_SIZE], most[SPAN_TEXT_SIZE];
	int64_t ms;
	if (!span_parse(text, &ms))
		return error_set(err,
			"is not a duration; write a number and its unit "
			"(ms, s, m, h, d, w), as %s=\"%s\"",
			field->name, strcmp(field->fallback, "0") == 0 ? "90s" : field->fallback);
	if (ms > field->max || ms < field->min)
		return error_set(err, "is out of range; write %s to %s",
			span_format(field->min, least), span_format(field->max, most));
	*(int64_t *)target = ms;
	return 0;
}

/* ---- choices ------------------------------------------------------------------------------ */

static int choose(const char *choices, const char *text, struct error *err)
{
	const char *c = choices;
	size_t len = strlen(text);
	for (int i = 0; *c; i++) {
		size_t n = strcspn(c, "|");
		if (n == len && memcmp(c, text, n) == 0)
			return i;
		c += n + (c[n] != 0);
	}
	return error_set(err, "is not known here; write one of: %s", choices);
}

int parse_choice(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)load;
	int i = choose(field->choices, text, err);
	if (i < 0)
		return -1;
	*(int *)target = i; /* enums without negative values have int's size and form here */
	return 0;
}

int parse_yes(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)load, (void)field;
	int i = choose("no|yes", text, err);
	if (i < 0)
		return -1;
	*(bool *)target = i == 1;
	return 0;
}

/* "SHA256:" and 43 base64 digits, as `ssh-keygen -l` prints it. */
static bool is_pin(const char *text)
{
	static const char tag[] = "SHA256:";
	if (strncmp(text, tag, sizeof tag - 1) != 0)
		return false;
	const char *digest = text + sizeof tag - 1;
	return strlen(digest) == 43 && strspn(digest, LETTERS DIGITS "+/") == 43;
}

int parse_host_key(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	struct client *client = target;
	if (is_pin(text)) {
		client->host_key_policy = HOST_KEY_PINNED;
		return store(load, text, strlen(text), &client->host_key_pin, err);
	}
	int policy = choose("strict|accept-new", text, NULL);
	if (policy < 0)
		return error_set(err, "is no host key policy; write strict, accept-new, or SHA256: "
				      "and the 43 characters that ssh-keygen -l prints");
	client->host_key_policy = policy == 0 ? HOST_KEY_STRICT : HOST_KEY_ACCEPT_NEW;
	client->host_key_pin = "";
	return 0;
}

/* ---- mail addresses ----------------------------------------------------------------------- */

/* What mail_build() would refuse must not become a recipient: its alerts would be lost. */
int parse_address(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	if (text[0] && !mail_address_valid(text))
		return error_set(err, "is not a mail address; write it as ops@example.com");
	return store(load, text, strlen(text), target, err);
}

int parse_list_id(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	if (text[0] && !mail_list_id_valid(text))
		return error_set(err, "is not a domain; write it as fleet.example.com");
	return store(load, text, strlen(text), target, err);
}

int parse_addresses(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	const char **list = cut_words(load->result, text, COMMAS);
	if (!list)
		return error_set(err, "not enough memory");
	for (const char **to = list; *to; to++) {
		const struct recipient *named = find_recipient(load->config, *to);
		if (named)
			load->named[named - load->config->recipients] = true;
		if (!named && !mail_address_valid(*to))
			return error_set(err,
				"%.80s is not a mail address, nor the name of a <recipient>, "
				"<webhook> or <command>; write addresses with commas "
				"between, as ops@example.com, night@example.com",
				*to);
	}
	*(const char *const **)target = list;
	return 0;
}
