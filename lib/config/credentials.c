/*
 * Values that log in somewhere. A file that others can read is refused, as ssh does, and so is
 * config.xml itself as soon as a password stands in it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/config/load.h"
#include "lib/file.h"

enum { SECRET_SIZE_MAX = 64 * 1024, PASSWORD_MAX = 1024 };

/* A refusal says what to do already; what the system says needs our advice. */
static int set_advice(struct error *err, const struct error *why, const char *advice)
{
	return error_set(err, "%s%s", why->text, strstr(why->text, "; ") ? "" : advice);
}

/* Whether it is there and as private as it must be; thousands of clients share one file. */
static int check_secret(struct load *load, const char *path, enum file_rule rule,
	const char *advice, struct error *err)
{
	if (rule == FILE_SECRET && load->checked && strcmp(load->checked, path) == 0)
		return 0;
	CLEANUP(buffer_wipe) struct buffer content = { 0 };
	struct error why;
	if (file_read(path, rule, SECRET_SIZE_MAX, &content, &why) < 0)
		return set_advice(err, &why, advice);
	if (rule == FILE_SECRET)
		load->checked = path;
	return 0;
}

int parse_secret_path(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	const char *path;
	if (parse_path(load, field, text, &path, err) < 0)
		return -1;
	if (path[0] &&
		check_secret(load, path, FILE_SECRET, "; make the file or name another", err) < 0)
		return -1;
	*(const char **)target = path;
	return 0;
}

int parse_identity(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	static const char agent[] = "agent";
	if (strncmp(text, agent, sizeof agent - 1) == 0) {
		const char *rest = text + sizeof agent - 1;
		if (!*rest || (rest[0] == ':' && rest[1] == '/'))
			return parse_text(load, field, text, target, err);
		if (*rest == ':')
			return error_set(err, "names no socket; write agent:/path/of/its/socket");
	}
	const char *path;
	if (parse_path(load, field, text, &path, err) < 0)
		return -1;
	size_t len = strlen(path);
	bool is_public = len > 4 && strcmp(path + len - 4, ".pub") == 0;
	if (len && check_secret(load, path, is_public ? FILE_TRUSTED : FILE_SECRET,
			   "; make it with ssh-keygen -t ed25519 -f, name another, or write agent",
			   err) < 0)
		return -1;
	*(const char **)target = path;
	return 0;
}

/* The cap keeps a host within what one packet to a poller holds: collector/ipc/ipc.h. */
static int store_secret(
	struct load *load, const char *text, size_t len, void *target, struct error *err)
{
	if (len > PASSWORD_MAX)
		return error_set(
			err, "the password is too long; write at most %d bytes", PASSWORD_MAX);
	const char *secret = secrets_add(load->secrets, text, len);
	if (!secret)
		return error_set(err, "not enough memory");
	*(const char **)target = secret;
	return 0;
}

int parse_password(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	if (!text[0]) {
		*(const char **)target = "";
		return 0;
	}
	if (load->document->too_open)
		return error_set(
			err, "a password stands in this file: %s", load->document->too_open);
	return store_secret(load, text, strlen(text), target, err);
}

int parse_password_file(struct load *load, const struct field *field, const char *text,
	void *target, struct error *err)
{
	const char *path;
	if (parse_path(load, field, text, &path, err) < 0)
		return -1;
	if (!path[0])
		return 0; /* the default: leaves what `password` says */
	CLEANUP(buffer_wipe) struct buffer content = { 0 };
	struct error why;
	if (file_read(path, FILE_SECRET, SECRET_SIZE_MAX, &content, &why) < 0)
		return set_advice(err, &why, "; make the file or name another");
	size_t len = content.data ? strcspn(content.data, "\r\n") : 0;
	if (len == 0 || len + strspn(content.data + len, "\r\n") != content.len)
		return error_set(err,
			"%s: is not one line; write the password there and nothing else", path);
	return store_secret(load, content.data, len, target, err);
}
