#include "lib/send/message.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "lib/escape.h"

enum {
	ADDRESS_MAX = 254, /* RFC 5321, section 4.5.3.1.3 */
	LOCAL_MAX = 64,
	DOMAIN_MAX = 253,	 /* RFC 1035, section 2.3.4, without the root */
	SUBJECT_PLAIN_MAX = 200, /* bytes that go out as they are, unfolded */
	SUBJECT_MAX = 2000,
	WORD_BYTES = 39, /* with "Subject: " a line of at most 76, RFC 2047, section 2 */
	QP_LINE = 75,	 /* and a "=" at its end: RFC 2045, section 6.7 */
};

#define DIGITS "0123456789"
#define ALNUM  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

/* A dot-separated run of such characters, no dot beside another or at an end. */
static bool is_dotted(const char *s, size_t len, const char *allowed)
{
	if (len == 0 || s[0] == '.' || s[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '.' ? s[i - 1] == '.' : !s[i] || !strchr(allowed, s[i]))
			return false;
	}
	return true;
}

/* A bare number at its end would make it an address, which SMTP wants in brackets. */
static bool is_domain(const char *s)
{
	const char *dot = strrchr(s, '.');
	const char *last = dot ? dot + 1 : s;
	return is_dotted(s, strlen(s), ALNUM "-") && s[0] != '-' && last[strspn(last, DIGITS)];
}

bool mail_address_valid(const char *address)
{
	const char *at = strrchr(address, '@');
	if (!at || strlen(address) > ADDRESS_MAX || at - address > LOCAL_MAX)
		return false;
	if (address[0] == '-') /* looks like an option to whoever gets it on a command line */
		return false;
	return is_dotted(address, (size_t)(at - address), ALNUM "!#$%&'*+/=?^_`{|}~-") &&
	       is_domain(at + 1);
}

bool mail_list_id_valid(const char *list_id)
{
	size_t len = strlen(list_id);
	return len <= DOMAIN_MAX && is_dotted(list_id, len, ALNUM "-_");
}

/* Whether it can stand between angle brackets: printable ASCII without these and blanks. */
static bool is_token(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || *s == '<' || *s == '>')
			return false;
	return true;
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return true;
	return false;
}

int mail_check_sender(const char *from, const char *list_id, struct error *err)
{
	if (!mail_address_valid(from))
		return error_set(err, "the sender is no mail address");
	return mail_list_id_valid(list_id) ? 0 : error_set(err, "the list's name is no domain");
}

int mail_check(const struct mail_message *m, struct error *err)
{
	if (mail_check_sender(m->from, m->list_id, err) < 0)
		return -1;
	if (!mail_address_valid(m->to))
		return error_set(err, "the recipient is no mail address");
	if (!m->message_id[0] || !is_token(m->message_id) || !is_token(m->references))
		return error_set(err, "bad characters in a Message-ID");
	size_t len = strlen(m->subject);
	if (has_control(m->subject) || !utf8_valid(m->subject, len))
		return error_set(err, "bad characters in the subject");
	return len > SUBJECT_MAX ? error_set(err, "the subject is too long") : 0;
}

/* "Sun, 22 Nov 2026 04:33:34 +0000" (RFC 5322, section 3.3), whatever the locale. */
static int put_date(int64_t ms, struct buffer *out)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	time_t seconds = (time_t)(ms / 1000);
	struct tm t = { 0 };
	if (!gmtime_r(&seconds, &t))
		return -1;
	return buffer_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[t.tm_wday],
		t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* How many bytes of `s` one encoded word takes: whole characters only. */
static size_t word_length(const char *s)
{
	size_t len = strlen(s);
	if (len <= WORD_BYTES)
		return len;
	len = WORD_BYTES;
	while (((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static bool needs_encoding(const char *s)
{
	if (strlen(s) > SUBJECT_PLAIN_MAX || strstr(s, "=?") || s[0] == ' ')
		return true;
	for (; *s; s++)
		if ((unsigned char)*s > '~')
			return true;
	return false;
}

static int put_subject(const char *s, struct buffer *out)
{
	if (!needs_encoding(s))
		return buffer_printf(out, "Subject: %s\r\n", s);
	if (buffer_append_text(out, "Subject:") < 0)
		return -1;
	for (size_t n; *s; s += n) {
		enum { VARIANT = sodium_base64_VARIANT_ORIGINAL };
		char word[sodium_base64_ENCODED_LEN(WORD_BYTES, VARIANT)];
		n = word_length(s);
		(void)sodium_bin2base64(word, sizeof word, (const unsigned char *)s, n, VARIANT);
		if (buffer_printf(out, " =?UTF-8?B?%s?=%s", word, s[n] ? "\r\n" : "") < 0)
			return -1;
	}
	return buffer_append_text(out, "\r\n");
}

static int put_thread(const char *references, struct buffer *out)
{
	if (!references[0])
		return 0;
	return buffer_printf(
		out, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", references, references);
}

static int put_headers(const struct mail_message *m, struct buffer *out)
{
	if (put_date(m->date_ms, out) < 0 ||
		buffer_printf(out, "From: Fleet Health <%s>\r\nTo: <%s>\r\n", m->from, m->to) < 0 ||
		put_subject(m->subject, out) < 0 ||
		buffer_printf(out, "Message-ID: <%s>\r\n", m->message_id) < 0 ||
		put_thread(m->references, out) < 0)
		return -1;
	return buffer_printf(out,
		"Auto-Submitted: auto-generated\r\n"
		"List-Id: Fleet Health alerts <fleet-health.%s>\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n"
		"\r\n",
		m->list_id);
}

/* A dot that opens a line is encoded too, so that nothing depends on who stuffs dots. */
static bool is_literal(const char *line, size_t i, size_t len)
{
	char c = line[i];
	if (c == ' ' || c == '\t')
		return i + 1 < len;
	return c > ' ' && c <= '~' && c != '=' && !(c == '.' && i == 0);
}

static int put_quoted_line(const char *line, size_t len, struct buffer *out)
{
	size_t column = 0;
	for (size_t i = 0; i < len; i++) {
		bool literal = is_literal(line, i, len);
		size_t width = literal ? 1 : 3;
		if (column + width > QP_LINE) {
			if (buffer_append_text(out, "=\r\n") < 0)
				return -1;
			column = 0;
			literal = literal && line[i] != '.';
			width = literal ? 1 : 3;
		}
		column += width;
		int result = literal ? buffer_append(out, &line[i], 1)
				     : buffer_printf(out, "=%02X", (unsigned char)line[i]);
		if (result < 0)
			return -1;
	}
	return buffer_append_text(out, "\r\n");
}

static int put_text(const char *text, struct buffer *out)
{
	while (*text) {
		size_t len = strcspn(text, "\r\n");
		if (put_quoted_line(text, len, out) < 0)
			return -1;
		text += len;
		text += text[0] == '\r' && text[1] == '\n' ? 2 : *text ? 1 : 0;
	}
	return 0;
}

int mail_build(const struct mail_message *m, struct buffer *out, struct error *err)
{
	if (mail_check(m, err) < 0)
		return -1;
	if (put_headers(m, out) < 0 || put_text(m->text, out) < 0)
		return error_set(err, "out of memory, or a mail that is too long");
	return 0;
}
