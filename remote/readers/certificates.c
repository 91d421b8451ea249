/*
 * Until when the certificates are good that somebody asked for: files in PEM (RFC 7468) or DER.
 * Of a file that holds several, a chain, the first to end counts. A private key beside it is
 * passed over.
 */
#include "remote/readers/readers.h"

#include <string.h>

#include "lib/base64.h"
#include "lib/compiler.h"
#include "remote/bytes/bundle.h"
#include "remote/bytes/der.h"

enum { DER_MAX = 32 << 10, DER_SEQUENCE = 0x30, NS = 1000000000 };

struct found {
	int64_t end_s;
	bool is_bad, is_there; /* something is no certificate; something is one */
};

static void note(struct found *found, struct span der)
{
	int64_t end;
	if (!der_certificate_end(der, &end)) {
		found->is_bad = true;
		return;
	}
	found->end_s = found->is_there && found->end_s < end ? found->end_s : end;
	found->is_there = true;
}

static bool is_begin(struct span line)
{
	static const char *const labels[] = { "-----BEGIN CERTIFICATE-----",
		"-----BEGIN TRUSTED CERTIFICATE-----", "-----BEGIN X509 CERTIFICATE-----" };
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (span_starts(line, labels[i]))
			return true;
	return false;
}

/* The bytes of a certificate as they are decoded, four characters at a time. */
struct der {
	uint8_t data[DER_MAX];
	size_t len;
	char four[4];
	size_t count;
};

static bool add_line(struct der *der, struct span line)
{
	for (size_t i = 0; i < line.len; i++) {
		size_t more;
		if (line.at[i] == ' ' || line.at[i] == '\t' || line.at[i] == '\r')
			continue;
		der->four[der->count++] = line.at[i];
		if (der->count < sizeof der->four)
			continue;
		if (base64_decode(der->data + der->len, sizeof der->data - der->len, der->four,
			    sizeof der->four, &more) < 0)
			return false;
		der->len += more;
		der->count = 0;
	}
	return true;
}

/* Up to the line that ends it. False when it is no base64, has no end or is too long. */
static bool decode(struct span *rest, struct der *der)
{
	struct span line;
	der->len = der->count = 0;
	while (span_line(rest, &line)) {
		if (span_starts(line, "-----END "))
			return der->count == 0;
		if (!add_line(der, line))
			return false;
	}
	return false;
}

static void read_pem(struct span bytes, struct found *found)
{
	struct der der;
	struct span line;
	while (span_line(&bytes, &line)) {
		if (!is_begin(line))
			continue;
		if (decode(&bytes, &der))
			note(found, (struct span){ (const char *)der.data, der.len });
		else
			found->is_bad = true;
	}
}

static struct found look(const struct bundle_file *f)
{
	struct found found = { 0 };
	if (f->size < 0 || (uint64_t)f->size != f->bytes.len)
		found.is_bad = true;
	else if (f->bytes.len > 0 && *f->bytes.at == DER_SEQUENCE)
		note(&found, f->bytes);
	else
		read_pem(f->bytes, &found);
	found.is_bad = found.is_bad || !found.is_there;
	return found;
}

enum reading { END, LEFT, UNREADABLE, READINGS };

static const char *const names[READINGS] = { "fleet_certificate_not_after_timestamp_seconds",
	"fleet_certificate_left_seconds", "fleet_certificate_unreadable" };

static void write_reading(struct span bytes, enum reading reading, int64_t now_s, struct text *out)
{
	struct family family = { names[reading], "gauge", false };
	struct bundle_file f;
	while (bundle_next(&bytes, &f)) {
		if (!span_is(f.kind, "certificate"))
			continue;
		struct found found = look(&f);
		struct label label = { "path", f.path };
		if (reading == UNREADABLE)
			text_member(out, &family, &label, 1, found.is_bad, 0);
		else if (found.is_there)
			text_member(out, &family, &label, 1,
				found.end_s - (reading == LEFT ? now_s : 0), 0);
	}
}

void read_certificates(struct span bytes, struct text *out)
{
	struct bundle_file now;
	if (!bundle_find(bytes, "now", &now))
		return;
	for (enum reading i = 0; i < READINGS; i++)
		write_reading(bytes, i, now.time_ns / NS, out);
}
