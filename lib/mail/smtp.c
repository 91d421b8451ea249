/*
 * The only user of libcurl. What curl's result alone does not tell, namely which command the
 * server refused, is read from the conversation as its debug callback shows it: of what we
 * send only the verb is kept, so that no credential is.
 */
#include "lib/mail/smtp.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/escape.h"

/* How far the conversation got; the order is that of RFC 5321, section 4.1.4. */
enum smtp_stage { STAGE_CONNECT, STAGE_GREETED, STAGE_LOGIN, STAGE_FROM, STAGE_TO, STAGE_MAIL };

struct smtp {
	const struct mail_config *config;
	CURL *curl;
	char url[320];
	enum smtp_stage stage;
	bool over;	  /* QUIT was said: what follows is not about the mail */
	bool logged_in;	  /* on this connection: the server said 235 */
	char verb[16];	  /* the last command we sent */
	char reply[256];  /* the last line of the last answer, escaped */
	int code;	  /* of the last answer; 0 while a command waits for its own */
	const char *data; /* what is left to send */
	size_t left;
};

static void note_command(struct smtp *s, const char *data, size_t len)
{
	static const struct {
		const char *verb;
		enum smtp_stage stage;
	} stages[] = {
		{ "EHLO", STAGE_GREETED },
		{ "HELO", STAGE_GREETED },
		{ "STARTTLS", STAGE_GREETED },
		{ "AUTH", STAGE_LOGIN },
		{ "MAIL", STAGE_FROM },
		{ "RCPT", STAGE_TO },
		{ "DATA", STAGE_MAIL },
	};
	bool continues = s->code == 334; /* the next line of a login is no command */
	s->over = s->over || (!continues && len >= 4 && strncasecmp(data, "QUIT", 4) == 0);
	if (s->over)
		return;
	s->code = 0;
	for (size_t i = 0; i < ARRAY_LEN(stages) && !continues; i++) {
		size_t n = strlen(stages[i].verb);
		if (len < n || strncasecmp(data, stages[i].verb, n) != 0)
			continue;
		(void)snprintf(s->verb, sizeof s->verb, "%s", stages[i].verb);
		s->stage = stages[i].stage;
	}
}

static void note_reply(struct smtp *s, const char *line, size_t len)
{
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (s->over || len < 3 || strspn(line, "0123456789") < 3 || (len > 3 && line[3] == '-'))
		return;
	s->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	if (s->code == 220 || s->code == 235) /* a greeting, or the answer to STARTTLS; a login */
		s->logged_in = s->code == 235;
	(void)escape_text(s->reply, sizeof s->reply, line, len);
}

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t len, void *arg)
{
	struct smtp *s = arg;
	(void)curl;
	if (type == CURLINFO_HEADER_OUT)
		note_command(s, data, len);
	else if (type == CURLINFO_HEADER_IN)
		note_reply(s, data, len);
	else if (type == CURLINFO_DATA_OUT)
		s->code = 0; /* the answer to the mail itself is to come */
	return 0;
}

static size_t on_read(char *to, size_t size, size_t count, void *arg)
{
	struct smtp *s = arg;
	size_t n = size * count < s->left ? size * count : s->left;
	memcpy(to, s->data, n);
	s->data += n;
	s->left -= n;
	return n;
}

static int set_url(struct smtp *s, struct error *err)
{
	const struct mail_config *c = s->config;
	bool v6 = strchr(c->host, ':') != NULL;
	if (!c->host[0] || c->host[strspn(c->host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
						   "UVWXYZ0123456789.:_-")])
		return error_set(err, "mail: '%s' is no host name", c->host);
	int len = snprintf(s->url, sizeof s->url, "%s://%s%s%s:%u",
		c->security == MAIL_SMTPS ? "smtps" : "smtp", v6 ? "[" : "", c->host, v6 ? "]" : "",
		c->port);
	return len < (int)sizeof s->url ? 0 : error_set(err, "mail: the host name is too long");
}

/* Every option, so that one refused by the library is an error and never a weaker check. */
static CURLcode set_options(struct smtp *s)
{
	const struct mail_config *c = s->config;
	const long timeout = (long)c->timeout_ms;
	CURLcode code = CURLE_OK;
#define SET(option, value) (code = code ? code : curl_easy_setopt(s->curl, option, value))
	SET(CURLOPT_URL, s->url);
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USE_SSL, (long)(c->security == MAIL_PLAIN ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (c->ca[0]) {
		SET(CURLOPT_CAINFO, c->ca);
		SET(CURLOPT_CAPATH, (char *)NULL);
	}
	if (c->user[0]) {
		SET(CURLOPT_USERNAME, c->user);
		SET(CURLOPT_PASSWORD, c->password);
	}
	SET(CURLOPT_MAIL_FROM, c->from);
	SET(CURLOPT_CONNECTTIMEOUT_MS, timeout);
	SET(CURLOPT_TIMEOUT_MS, timeout);
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (timeout + 999) / 1000);
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, on_read);
	SET(CURLOPT_READDATA, s);
	SET(CURLOPT_VERBOSE, 1L);
	SET(CURLOPT_DEBUGFUNCTION, on_debug);
	SET(CURLOPT_DEBUGDATA, s);
#undef SET
	return code;
}

int smtp_open(const struct mail_config *config, struct smtp **ret_smtp, struct error *err)
{
	struct smtp *s = calloc(1, sizeof *s);
	if (!s)
		return error_set(err, "out of memory");
	s->config = config;
	if (set_url(s, err) < 0) {
		free(s);
		return -1;
	}
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (code == CURLE_OK) {
		s->curl = curl_easy_init();
		code = s->curl ? set_options(s) : CURLE_OUT_OF_MEMORY;
	}
	if (code != CURLE_OK) {
		smtp_close(s);
		return error_set(err, "mail: %s", curl_easy_strerror(code));
	}
	*ret_smtp = s;
	return 0;
}

void smtp_close(struct smtp *s)
{
	if (!s)
		return;
	curl_easy_cleanup(s->curl);
	curl_global_cleanup();
	free(s);
}

/* Whether the answer speaks of us rather than of this recipient, wherever it comes: not logged
 * in, or logged in badly (RFC 4954, section 6). */
static bool is_login_trouble(const struct smtp *s)
{
	if (s->code == 530 || s->code == 534 || s->code == 535 || s->code == 538)
		return true;
	return s->code >= 500 && s->config->user[0] && !s->logged_in;
}

/* RFC 1870: too large a mail may be refused at MAIL FROM already, which is the mail's fault. */
static bool is_too_large(const struct smtp *s)
{
	return s->stage == STAGE_FROM && s->code == 552;
}

static enum smtp_result classify(const struct smtp *s)
{
	if (is_too_large(s))
		return SMTP_REFUSED;
	if (s->stage < STAGE_FROM || is_login_trouble(s))
		return SMTP_CHANNEL;
	if (s->stage == STAGE_FROM)
		return s->code >= 400 ? SMTP_CHANNEL : SMTP_LOST;
	return s->code >= 500 ? SMTP_REFUSED : s->code >= 400 ? SMTP_LATER : SMTP_LOST;
}

static void explain(const struct smtp *s, CURLcode code, const char *detail, struct error *ret)
{
	const char *what = detail[0] ? detail : curl_easy_strerror(code);
	if (s->code >= 400)
		(void)error_set(ret, "%s: answer to %s: %s", s->url,
			s->verb[0] ? s->verb : "the connection", s->reply);
	else
		(void)error_set(ret, "%s: %s%s%s", s->url, s->verb, s->verb[0] ? ": " : "", what);
}

enum smtp_result smtp_send(
	struct smtp *s, const char *recipient, const struct buffer *mail, struct error *ret_reason)
{
	char detail[CURL_ERROR_SIZE] = "";
	struct curl_slist *to = curl_slist_append(NULL, recipient);
	if (!to) {
		(void)error_set(ret_reason, "out of memory");
		return SMTP_LATER;
	}
	s->stage = STAGE_CONNECT;
	s->code = 0;
	s->over = false;
	s->verb[0] = s->reply[0] = 0;
	s->data = mail->data;
	s->left = mail->len;
	(void)curl_easy_setopt(s->curl, CURLOPT_ERRORBUFFER, detail);
	(void)curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, to);
	(void)curl_easy_setopt(s->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->len);
	CURLcode code = curl_easy_perform(s->curl);
	(void)curl_easy_setopt(s->curl, CURLOPT_MAIL_RCPT, NULL);
	(void)curl_easy_setopt(s->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(to);
	if (code == CURLE_OK)
		return SMTP_SENT;
	explain(s, code, detail, ret_reason);
	return classify(s);
}
