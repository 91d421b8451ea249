/*
 * A conversation with a mail server: lines of the input are what it says (`<`), what we say (`>`),
 * or that the mail goes out (`.`). Whatever it says, its words are safe to show, and nothing is
 * final for a mail before its recipient was named.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lib/escape.h"
#include "lib/send/smtp_talk.h"

static void play(struct smtp_talk *t, const char *line, size_t len)
{
	if (line[0] == '<')
		(void)smtp_talk_heard(t, line + 1, len - 1);
	else if (line[0] == '>')
		smtp_talk_said(t, line + 1, len - 1);
	else if (line[0] == '.')
		(void)smtp_talk_mail(t);
	else
		smtp_talk_begin(t, "a@example.com", line[0] & 1 ? "b@example.com" : "\xc3\xbc@b");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_talk t = { .code = 0 };
	smtp_talk_begin(&t, "a@example.com", "b@example.com");
	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) + 1 : size;
		play(&t, (const char *)data, len);
		data += len;
		size -= len;
	}
	for (int with_login = 0; with_login < 2; with_login++) {
		struct error reason = { "why" };
		char shown[4 * sizeof reason.text];
		enum send_result result = smtp_talk_judge(&t, with_login, "smtp://mx", &reason);
		size_t shown_len =
			escape_text(shown, sizeof shown, reason.text, strlen(reason.text));
		assert(shown_len == strlen(reason.text));
		assert(result != SEND_SENT && t.code >= 0 && t.code <= 999);
		if (result == SEND_REFUSED)
			assert(t.held_back || t.stage >= STAGE_FROM);
	}
	return 0;
}
