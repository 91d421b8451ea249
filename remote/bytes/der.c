#include "remote/bytes/der.h"

#include "remote/bytes/calendar.h"

enum tag {
	INTEGER = 0x02,
	UTC_TIME = 0x17,
	GENERALIZED_TIME = 0x18,
	SEQUENCE = 0x30,
	VERSION = 0xa0, /* [0], explicit */
};

struct element {
	unsigned tag;
	struct span content;
};

/* A length in its shortest form, of at most four bytes (X.690, 10.1). */
static bool take_length(struct span *rest, size_t *ret_len)
{
	if (rest->len == 0)
		return false;
	size_t len = (unsigned char)*rest->at, count = 1;
	if (len >= 0x80) {
		count += len - 0x80;
		if (count == 1 || count > 5 || count > rest->len || rest->at[1] == 0)
			return false;
		len = 0;
		for (size_t i = 1; i < count; i++)
			len = len << 8 | (unsigned char)rest->at[i];
		if (len < 0x80)
			return false;
	}
	*rest = (struct span){ rest->at + count, rest->len - count };
	*ret_len = len;
	return len <= rest->len;
}

static bool take(struct span *rest, struct element *ret_element)
{
	struct span s = *rest;
	size_t len;
	if (s.len == 0)
		return false;
	ret_element->tag = (unsigned char)*s.at;
	s = (struct span){ s.at + 1, s.len - 1 };
	if (!take_length(&s, &len))
		return false;
	ret_element->content = (struct span){ s.at, len };
	*rest = (struct span){ s.at + len, s.len - len };
	return true;
}

static bool take_tagged(struct span *rest, enum tag tag, struct span *ret_content)
{
	struct element e;
	if (!take(rest, &e) || e.tag != tag)
		return false;
	*ret_content = e.content;
	return true;
}

static bool take_number(struct span *rest, size_t digits, unsigned *ret_value)
{
	uint64_t value;
	if (rest->len < digits || !span_u64((struct span){ rest->at, digits }, &value))
		return false;
	*rest = (struct span){ rest->at + digits, rest->len - digits };
	*ret_value = (unsigned)value;
	return true;
}

/* YYMMDDHHMMSSZ up to 2049, YYYYMMDDHHMMSSZ (RFC 5280, 4.1.2.5). */
static bool parse_time(const struct element *e, int64_t *ret_seconds)
{
	struct span s = e->content;
	unsigned year, month, day, hour, minute, second;
	if ((e->tag != UTC_TIME && e->tag != GENERALIZED_TIME) ||
		!take_number(&s, e->tag == UTC_TIME ? 2 : 4, &year) ||
		!take_number(&s, 2, &month) || !take_number(&s, 2, &day) ||
		!take_number(&s, 2, &hour) || !take_number(&s, 2, &minute) ||
		!take_number(&s, 2, &second) || !span_is(s, "Z"))
		return false;
	if (e->tag == UTC_TIME)
		year += year < 50 ? 2000 : 1900;
	if (year < 1950 || month < 1 || month > 12 || day < 1 ||
		day > calendar_month_days(year, month) || hour > 23 || minute > 59 || second > 59)
		return false;
	*ret_seconds = calendar_days(year, month, day) * CALENDAR_DAY_S + hour * 3600 +
		       minute * 60 + second;
	return true;
}

/* Certificate: { tbsCertificate: { [0] version, serial, signature, issuer, validity: { not
 * before, not after }, … }, … } */
bool der_certificate_end(struct span der, int64_t *ret_seconds)
{
	struct span certificate, tbs, version, skipped, validity;
	struct element end;
	if (!take_tagged(&der, SEQUENCE, &certificate) ||
		!take_tagged(&certificate, SEQUENCE, &tbs))
		return false;
	if (tbs.len > 0 && (unsigned char)*tbs.at == VERSION &&
		!take_tagged(&tbs, VERSION, &version))
		return false;
	return take_tagged(&tbs, INTEGER, &skipped) && take_tagged(&tbs, SEQUENCE, &skipped) &&
	       take_tagged(&tbs, SEQUENCE, &skipped) && take_tagged(&tbs, SEQUENCE, &validity) &&
	       take(&validity, &end) && take(&validity, &end) && parse_time(&end, ret_seconds);
}
