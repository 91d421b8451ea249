/*
 * A mail out of hostile fields, each ended by a NUL: recipient, name, subject, Message-ID, text,
 * HTML. What is built has the headers it should have and no other, in ASCII lines of at most 998
 * bytes that end in CRLF, and nothing in it that ends the mail.
 */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/send/address.h"
#include "lib/send/message.h"

enum { FIELDS = 6, LINE_MAX_BYTES = 998 };

static void check_line(const char *line, size_t len, bool ascii)
{
	assert(len <= LINE_MAX_BYTES);
	assert(!(len > 0 && line[0] == '.'));
	for (size_t i = 0; i < len; i++) {
		assert(line[i] != '\r' && line[i] != '\n' && line[i] != 0);
		assert(!ascii || (unsigned char)line[i] < 0x80);
	}
}

/* Of a header: one of ours, or what goes on with it. */
static void check_header(const char *line)
{
	static const char *const known[] = { "Date: ", "From: ", "To: ", "Subject: ",
		"Message-ID: ", "Auto-Submitted: ", "List-Id: ", "MIME-Version: ", "Content-Type: ",
		"Content-Transfer-Encoding: ", " " };
	bool found = false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		found = found || strncmp(line, known[i], strlen(known[i])) == 0;
	assert(found);
}

static void check_mail(const struct buffer *mail, bool ascii)
{
	bool head = true;
	const char *line = mail->data, *end;
	for (; (end = strstr(line, "\r\n")); line = end + 2) {
		head = head && end > line;
		check_line(line, (size_t)(end - line), ascii);
		if (head)
			check_header(line);
	}
	assert(line == mail->data + mail->len && !head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *fields[FIELDS];
	struct buffer mail = { 0 };
	char *text = calloc(1, size + FIELDS + 1), *at = text;
	if (!text)
		return 0;
	memcpy(text, data, size);
	for (size_t i = 0; i < FIELDS; i++) {
		fields[i] = at;
		at += strlen(at) + 1;
	}
	const struct mail_message m = { .from = "fleet@example.com",
		.to = fields[0],
		.to_name = fields[1],
		.subject = fields[2],
		.message_id = fields[3],
		.text = fields[4],
		.html = fields[5],
		.references = "",
		.list_id = "example.com",
		.date_ms = 1795322014123 };
	if (mail_build(&m, &mail, NULL) == 0)
		check_mail(&mail, mail_is_ascii(m.to));
	else
		assert(mail.len == 0);
	buffer_finish(&mail);
	free(text);
	return 0;
}
