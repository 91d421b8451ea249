#include "lib/send/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "lib/escape.h"
#include "lib/send/address.h"
#include "lib/send/mime.h"

enum {
	SUBJECT_MAX = 2000,
	NAME_MAX_BYTES = 500,
	TOKEN_MAX = 900 /* a line: 998 */,
	HEADERS_LIKELY = 1000
};

/* Whether it can stand between angle brackets: printable ASCII without these and blanks. */
static bool is_token(const char *s)
{
	if (strlen(s) > TOKEN_MAX)
		return false;
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || *s == '<' || *s == '>')
			return false;
	return true;
}

static int check_words(const char *what, const char *s, size_t max, struct error *err)
{
	size_t len = strlen(s);
	bool control = !utf8_valid(s, len);
	for (const char *c = s; *c; c++)
		control = control || (unsigned char)*c < ' ' || *c == 0x7f;
	if (control)
		return error_set(err, "bad characters in the %s", what);
	return len > max ? error_set(err, "the %s is too long", what) : 0;
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
		return error_set(err, "a Message-ID that is none");
	if (m->to_name && check_words("recipient's name", m->to_name, NAME_MAX_BYTES, err) < 0)
		return -1;
	return check_words("subject", m->subject, SUBJECT_MAX, err);
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

static int put_recipient(const char *name, const char *address, struct buffer *out)
{
	if (buffer_append_text(out, "To: ") < 0)
		return -1;
	if (name && name[0] &&
		(mime_put_phrase(name, out) < 0 || buffer_append_text(out, "\r\n ") < 0))
		return -1;
	return buffer_printf(out, "<%s>\r\n", address);
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
		buffer_printf(out, "From: Fleet Health <%s>\r\n", m->from) < 0 ||
		put_recipient(m->to_name, m->to, out) < 0 ||
		mime_put_header("Subject", m->subject, out) < 0 ||
		buffer_printf(out, "Message-ID: <%s>\r\n", m->message_id) < 0 ||
		put_thread(m->references, out) < 0)
		return -1;
	return buffer_printf(out,
		"Auto-Submitted: auto-generated\r\n"
		"List-Id: Fleet Health alerts <fleet-health.%s>\r\n"
		"MIME-Version: 1.0\r\n",
		m->list_id);
}

/* The last alternative is the one that is liked best. */
static int put_alternatives(const struct mail_message *m, struct buffer *out)
{
	if (buffer_append_text(out, "Content-Type: multipart/alternative; boundary=\"" MIME_BOUNDARY
				    "\"\r\n\r\n--" MIME_BOUNDARY "\r\n") < 0 ||
		mime_put_part("text/plain", m->text, out) < 0 ||
		buffer_append_text(out, "\r\n--" MIME_BOUNDARY "\r\n") < 0 ||
		mime_put_part("text/html", m->html, out) < 0)
		return -1;
	return buffer_append_text(out, "\r\n--" MIME_BOUNDARY "--\r\n");
}

int mail_build(const struct mail_message *m, struct buffer *out, struct error *err)
{
	if (mail_check(m, err) < 0)
		return -1;
	bool html = m->html && m->html[0];
	size_t likely = strlen(m->text) + (html ? strlen(m->html) : 0);
	if (!out->cap && !buffer_reserve(out, likely + likely / 8 + HEADERS_LIKELY))
		return error_no_memory(err);
	if (put_headers(m, out) < 0 ||
		(html ? put_alternatives(m, out) : mime_put_part("text/plain", m->text, out)) < 0)
		return error_set(err, "out of memory, or a mail that is too long");
	return 0;
}
