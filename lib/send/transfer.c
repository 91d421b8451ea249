#include "lib/send/transfer.h"

#include <curl/curl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { STATUS_FINAL = 200 }; /* below, another is to come: RFC 9110, section 15.2 */

struct transfer {
	CURL *curl;
	const struct transfer_order *order; /* under way */
	size_t given;			    /* bytes of its body */
	bool enough;			    /* a hook said so */
	bool timed_out;
	long status; /* of the last answer by HTTP */
	curl_off_t retry_after_s;
	long asked; /* bytes of the request that went out */
};

/* ---- what libcurl calls ------------------------------------------------------------------ */

static int on_debug(CURL *curl, curl_infotype type, char *data, size_t len, void *arg)
{
	const struct transfer *t = arg;
	const struct transfer_hooks *h = &t->order->hooks;
	(void)curl;
	if (type == CURLINFO_HEADER_OUT && h->on_said)
		h->on_said(h->arg, data, len);
	return 0;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	const struct transfer_hooks *h = &t->order->hooks;
	size_t len = size * count;
	if (h->on_heard && !h->on_heard(h->arg, data, len)) {
		t->enough = true;
		return len + 1; /* anything but `len` ends it */
	}
	return len;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	const struct transfer_hooks *h = &t->order->hooks;
	size_t len = size * count;
	if (h->on_body && !h->on_body(h->arg, data, len)) {
		t->enough = true;
		return len + 1;
	}
	return len;
}

static size_t on_read(char *to, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	const struct transfer_order *o = t->order;
	size_t left = o->len - t->given, n = size * count < left ? size * count : left;
	if (o->hooks.on_give && !o->hooks.on_give(o->hooks.arg))
		return CURL_READFUNC_ABORT;
	if (n > 0)
		memcpy(to, (const char *)o->body + t->given, n);
	t->given += n;
	return n;
}

static int on_progress(void *arg, curl_off_t down, curl_off_t got, curl_off_t up, curl_off_t given)
{
	const struct transfer *t = arg;
	const volatile sig_atomic_t *stop = t->order->stop;
	(void)down, (void)got, (void)up, (void)given;
	return stop && *stop;
}

/* ---- options ------------------------------------------------------------------------------ */

/* Every option goes through here, so that one refused by the library is an error and never a
 * weaker check. */
#define SET(option, value) (code = code ? code : curl_easy_setopt(t->curl, option, value))

static CURLcode set_care(struct transfer *t, const struct transfer_order *o)
{
	const long timeout = (long)o->timeout_ms;
	CURLcode code = CURLE_OK;
	SET(CURLOPT_URL, o->url);
	SET(CURLOPT_PROTOCOLS_STR, o->protocols);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_USE_SSL, (long)(o->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (o->ca[0]) {
		SET(CURLOPT_CAINFO, o->ca);
		SET(CURLOPT_CAPATH, (char *)NULL);
	}
	if (o->user[0]) {
		SET(CURLOPT_USERNAME, o->user);
		SET(CURLOPT_PASSWORD, o->password);
	}
	SET(CURLOPT_CONNECTTIMEOUT_MS, timeout);
	SET(CURLOPT_TIMEOUT_MS, timeout);
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (timeout + 999) / 1000);
	return code;
}

static CURLcode set_hooks(struct transfer *t, const struct transfer_order *o)
{
	CURLcode code = CURLE_OK;
	SET(CURLOPT_VERBOSE, (long)(o->hooks.on_said != NULL));
	SET(CURLOPT_DEBUGFUNCTION, on_debug);
	SET(CURLOPT_DEBUGDATA, t);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_READFUNCTION, on_read);
	SET(CURLOPT_READDATA, t);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, t);
	return code;
}

/* The lists are libcurl's to read until the exchange is over. */
struct lists {
	struct curl_slist *to, *headers;
};

static void lists_finish(struct lists *l)
{
	curl_slist_free_all(l->to);
	curl_slist_free_all(l->headers);
}

static CURLcode add(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);
	if (!longer)
		return CURLE_OUT_OF_MEMORY;
	*list = longer;
	return CURLE_OK;
}

static CURLcode set_content(struct transfer *t, const struct transfer_order *o, struct lists *l)
{
	CURLcode code = o->to ? add(&l->to, o->to) : CURLE_OK;
	for (const char *const *h = o->headers; h && *h && code == CURLE_OK; h++)
		code = add(&l->headers, *h);
	if (o->from)
		SET(CURLOPT_MAIL_FROM, o->from);
	if (l->to)
		SET(CURLOPT_MAIL_RCPT, l->to);
	if (l->headers)
		SET(CURLOPT_HTTPHEADER, l->headers);
	if (o->to) {
		SET(CURLOPT_UPLOAD, 1L);
		SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)o->len);
	} else if (o->body) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)o->len);
		SET(CURLOPT_POSTFIELDS, o->body);
	}
	return code;
}

#undef SET

/* ---- exchanges ---------------------------------------------------------------------------- */

int transfer_open(struct transfer **ret_transfer, struct error *err)
{
	struct transfer *t = calloc(1, sizeof *t);
	if (!t)
		return error_no_memory(err);
	CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (code != CURLE_OK) {
		free(t);
		return error_set(err, "libcurl: %s", curl_easy_strerror(code));
	}
	t->curl = curl_easy_init();
	if (!t->curl) {
		transfer_close(t);
		return error_no_memory(err);
	}
	*ret_transfer = t;
	return 0;
}

void transfer_close(struct transfer *t)
{
	if (!t)
		return;
	curl_easy_cleanup(t->curl);
	curl_global_cleanup();
	free(t);
}

/* Whoever fell silent, or is left in the middle, is not said goodbye to: nobody waits for the
 * answer. */
static void hang_up(struct transfer *t)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	if (curl_easy_getinfo(t->curl, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
		fd != CURL_SOCKET_BAD)
		(void)shutdown(fd, SHUT_RDWR);
}

/* Ends with all options forgotten, so that nothing of the order is left for the goodbye of a
 * connection that is closed later. */
static CURLcode exchange(struct transfer *t, const struct transfer_order *order, char *detail)
{
	struct lists lists CLEANUP(lists_finish) = { 0 };
	CURLcode code = set_care(t, order);
	code = code ? code : set_hooks(t, order);
	code = code ? code : set_content(t, order, &lists);
	code = code ? code : curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, detail);
	code = code ? code : curl_easy_perform(t->curl);
	if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_ABORTED_BY_CALLBACK)
		hang_up(t);
	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &t->status);
	(void)curl_easy_getinfo(t->curl, CURLINFO_RETRY_AFTER, &t->retry_after_s);
	(void)curl_easy_getinfo(t->curl, CURLINFO_REQUEST_SIZE, &t->asked);
	curl_easy_reset(t->curl); /* connections stay */
	return code;
}

int transfer_run(struct transfer *t, const struct transfer_order *order, struct error *err)
{
	char detail[CURL_ERROR_SIZE] = "";
	t->order = order;
	t->given = 0;
	t->enough = false;
	t->status = 0;
	t->retry_after_s = 0;
	t->asked = 0;
	CURLcode code = exchange(t, order, detail);
	t->order = NULL;
	t->timed_out = code == CURLE_OPERATION_TIMEDOUT;
	bool answered = !order->to && (t->enough || t->status >= STATUS_FINAL);
	if (code == CURLE_OK || answered)
		return 0;
	if (t->enough)
		return error_set(err, "there is no end to what the server says");
	return error_set(err, "%s", detail[0] ? detail : curl_easy_strerror(code));
}

bool transfer_timed_out(const struct transfer *t)
{
	return t->timed_out;
}

int transfer_status(const struct transfer *t)
{
	return (int)t->status;
}

bool transfer_has_asked(const struct transfer *t)
{
	return t->asked > 0;
}

int64_t transfer_retry_after_ms(const struct transfer *t)
{
	return t->retry_after_s > 0 && t->retry_after_s < INT32_MAX ? t->retry_after_s * 1000 : 0;
}

/* ---- names -------------------------------------------------------------------------------- */

#ifdef CURLU_PUNYCODE /* 7.88 */
static int put_ascii(CURLU *url, const char *domain, struct buffer *out)
{
	char *host = NULL;
	int result = -1;
	if (curl_url_set(url, CURLUPART_SCHEME, "https", 0) == CURLUE_OK &&
		curl_url_set(url, CURLUPART_HOST, domain, 0) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_HOST, &host, CURLU_PUNYCODE) == CURLUE_OK)
		result = buffer_append_text(out, host);
	curl_free(host);
	return result;
}

/* libcurl takes what is not ASCII for text of the locale, which under cron is C. */
int transfer_ascii_domain(const char *domain, struct buffer *out)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!utf8)
		return -1;
	locale_t old = uselocale(utf8);
	CURLU *url = curl_url();
	int result = url ? put_ascii(url, domain, out) : -1;
	curl_url_cleanup(url);
	(void)uselocale(old);
	freelocale(utf8);
	return result;
}
#else
int transfer_ascii_domain(const char *domain, struct buffer *out)
{
	(void)domain, (void)out;
	return -1;
}
#endif
