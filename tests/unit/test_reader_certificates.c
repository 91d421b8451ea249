/*
 * Until when certificates are good, of ones made here so that each part can be wrong. Those that
 * openssl makes are held against what it says of them by the test probe_certificates.
 */
#include "tests/unit/readers_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base64.h"
#include "remote/bytes/bundle.h"
#include "remote/bytes/calendar.h"
#include "remote/bytes/der.h"

enum { DER_MAX = 512, UTC_TIME = 0x17, GENERALIZED_TIME = 0x18 };

#define NOW_S		      1700000000
#define FAMILY(name)	      "# TYPE fleet_certificate_" name " gauge\n"
#define OF(name, path, value) "fleet_certificate_" name "{path=\"" path "\"} " value "\n"

/* Wraps what is there in a tag and a length of `width` bytes behind its first. */
static size_t wrap(unsigned char *der, size_t len, unsigned tag, size_t width)
{
	memmove(der + 2 + width, der, len);
	der[0] = (unsigned char)tag;
	der[1] = (unsigned char)(width ? 0x80 + width : len);
	for (size_t i = 0; i < width; i++)
		der[2 + i] = (unsigned char)(len >> 8 * (width - 1 - i));
	return len + 2 + width;
}

/* A certificate that has nothing but what lies before its end. */
static size_t make(unsigned char *der, unsigned tag, const char *end)
{
	static const unsigned char start[] = { 0xa0, 3, 2, 1, 2, 2, 1, 1, 0x30, 0, 0x30, 0 };
	unsigned char validity[DER_MAX];
	size_t len = wrap(memcpy(validity, "200101000000Z", 13), 13, UTC_TIME, 0);
	len += wrap(memcpy(validity + len, end, strlen(end)), strlen(end), tag, 0);
	len = wrap(validity, len, 0x30, 0);
	memcpy(der, start, sizeof start);
	memcpy(der + sizeof start, validity, len);
	len = wrap(der, sizeof start + len, 0x30, 0);
	return wrap(der, len, 0x30, 0);
}

static void times_are_those_of_rfc_5280(void **state)
{
	/* clang-format off */
	static const struct {
		unsigned tag;
		const char *end;
		int64_t seconds; /* 0: refused */
	} rows[] = {
		{ UTC_TIME, "231114221320Z", 1700000000 }, { UTC_TIME, "491231235959Z", 2524607999 },
		{ UTC_TIME, "500101000000Z", -631152000 }, { UTC_TIME, "240229000000Z", 1709164800 },
		{ GENERALIZED_TIME, "20500101000000Z", 2524608000 }, { GENERALIZED_TIME, "99991231235959Z", 253402300799 },
		{ GENERALIZED_TIME, "20000229120000Z", 951825600 },
		{ UTC_TIME, "230229000000Z", 0 }, { UTC_TIME, "231301000000Z", 0 }, { UTC_TIME, "230001000000Z", 0 },
		{ UTC_TIME, "230100000000Z", 0 }, { UTC_TIME, "230132000000Z", 0 }, { UTC_TIME, "230101240000Z", 0 },
		{ UTC_TIME, "230101006000Z", 0 }, { UTC_TIME, "230101000060Z", 0 }, { UTC_TIME, "2301010000Z", 0 },
		{ UTC_TIME, "230101000000+0100", 0 }, { UTC_TIME, "230101000000", 0 }, { UTC_TIME, "", 0 },
		{ UTC_TIME, "20500101000000Z", 0 }, { GENERALIZED_TIME, "231114221320Z", 0 }, { GENERALIZED_TIME, "20500101000000.5Z", 0 },
		{ GENERALIZED_TIME, "19000229000000Z", 0 }, { GENERALIZED_TIME, "-0500101000000Z", 0 }, { 0x16, "231114221320Z", 0 },
	};
	/* clang-format on */
	unsigned char der[DER_MAX];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t seconds = 0;
		struct span s = { (const char *)der, make(der, rows[i].tag, rows[i].end) };
		assert_int_equal(der_certificate_end(s, &seconds), rows[i].seconds != 0);
		assert_true(seconds == rows[i].seconds);
	}
}

/* Of a copy with nothing readable beside it. */
static bool ends(const unsigned char *der, size_t len)
{
	int64_t seconds;
	unsigned char *copy = malloc(len + 1);
	assert_non_null(copy);
	memcpy(copy + 1, der, len);
	bool is_certificate = der_certificate_end((struct span){ (char *)copy + 1, len }, &seconds);
	free(copy);
	return is_certificate;
}

static void no_byte_can_do_harm(void **state)
{
	unsigned char der[DER_MAX], copy[DER_MAX];
	size_t len = make(der, UTC_TIME, "231114221320Z");
	(void)state;
	assert_true(ends(der, len));
	for (size_t i = 0; i < len; i++) {
		assert_false(ends(der, i));
		for (unsigned flip = 1; flip < 256; flip++) {
			memcpy(copy, der, len);
			copy[i] ^= (unsigned char)flip;
			(void)ends(copy, len);
		}
	}
}

static void lengths_are_as_short_as_they_can_be(void **state)
{
	(void)state;
	for (size_t width = 0; width <= 5; width++) {
		unsigned char der[DER_MAX];
		size_t len = make(der, UTC_TIME, "231114221320Z");
		/* what is within is long enough for one more byte, and for no more */
		unsigned char long_der[DER_MAX] = { 0 };
		memcpy(long_der, der + 2, len - 2);
		size_t wrapped = wrap(long_der, 200, 0x30, width);
		assert_int_equal(ends(long_der, wrapped), width == 1);
	}
	static const unsigned char indefinite[] = { 0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0 };
	assert_false(ends(indefinite, sizeof indefinite));
}

/* ---- files ------------------------------------------------------------------------------ */

static size_t make_pem(char *out, const char *label, const char *end, const char *newline)
{
	unsigned char der[DER_MAX];
	char text[DER_MAX];
	size_t len = make(der, UTC_TIME, end), at = 0, width = base64_length(len);
	base64_encode(text, der, len);
	at += (size_t)sprintf(out, "-----BEGIN %s-----%s", label, newline);
	for (size_t i = 0; i < width; i += 30)
		at += (size_t)sprintf(out + at, "%.*s%s", (int)(width - i < 30 ? width - i : 30),
			text + i, newline);
	at += (size_t)sprintf(out + at, "-----END %s-----%s", label, newline);
	return at;
}

static const char *read_file(const char *bytes, size_t len, int64_t size)
{
	static char data[1 << 17];
	struct bundle b = { .data = data, .size = sizeof data };
	struct bundle_file now = { span_of("now"), span_of(""), span_of(""),
		INT64_C(1000000000) * NOW_S, 0 };
	struct bundle_file file = { span_of("certificate"), span_of("/c"), { bytes, len }, 1,
		size };
	assert_true(bundle_add(&b, &now) && bundle_add(&b, &file));
	return run_reader(read_certificates, data, b.len);
}

#define READ(end, left, bad)                         \
	FAMILY("not_after_timestamp_seconds")        \
	OF("not_after_timestamp_seconds", "/c", end) \
	FAMILY("left_seconds")                       \
	OF("left_seconds", "/c", left) FAMILY("unreadable") OF("unreadable", "/c", bad)
#define UNREADABLE FAMILY("unreadable") OF("unreadable", "/c", "1")

static void a_file_is_read_in_every_form(void **state)
{
	char text[4096];
	unsigned char der[DER_MAX];
	(void)state;
	size_t len = make(der, UTC_TIME, "231114221330Z");
	assert_string_equal(
		read_file((const char *)der, len, (int64_t)len), READ("1700000010", "10", "0"));
	static const char *const labels[] = { "CERTIFICATE", "X509 CERTIFICATE",
		"TRUSTED CERTIFICATE" };
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		len = make_pem(text, labels[i], "231114221310Z", i ? "\r\n" : "\n");
		assert_string_equal(
			read_file(text, len, (int64_t)len), READ("1699999990", "-10", "0"));
	}
}

/* A key, then a chain of which the second ends first. */
static void of_several_the_first_to_end_counts(void **state)
{
	char text[8192];
	size_t len = (size_t)sprintf(
		text, "words\n-----BEGIN EC PRIVATE KEY-----\n!\n-----END EC PRIVATE KEY-----\n");
	(void)state;
	len += make_pem(text + len, "CERTIFICATE", "231114221340Z", "\n");
	len += make_pem(text + len, "CERTIFICATE", "231114221330Z", "\n");
	len += make_pem(text + len, "CERTIFICATE", "231114221350Z", "\n");
	assert_string_equal(read_file(text, len, (int64_t)len), READ("1700000010", "10", "0"));
	len += (size_t)sprintf(
		text + len, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	assert_string_equal(read_file(text, len, (int64_t)len), READ("1700000010", "10", "1"));
}

static void what_is_none_is_unreadable(void **state)
{
	static const char *const files[] = { "", "words\n", "0", "-----BEGIN CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nAAAA",
		"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n" };
	static char large[64 << 10];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		assert_string_equal(
			read_file(files[i], strlen(files[i]), (int64_t)strlen(files[i])),
			UNREADABLE);
	assert_string_equal(read_file("", 0, -1), UNREADABLE);
	char text[1024];
	size_t len = make_pem(text, "CERTIFICATE", "231114221330Z", "\n");
	assert_string_equal(read_file(text, len, (int64_t)len + 1), UNREADABLE); /* cut */
	memset(large, 'A', sizeof large);
	memcpy(large, "-----BEGIN CERTIFICATE-----\n", 28);
	assert_string_equal(read_file(large, sizeof large, sizeof large), UNREADABLE);
	assert_string_equal(run_reader(read_certificates, "now 1 0 0 \n\n", 12), "");
	assert_string_equal(run_reader(read_certificates, "certificate 1 0 0 /a\n\n", 22), "");
}

/* The calendar, against days counted one by one. */
static void the_calendar_has_every_day(void **state)
{
	int64_t days = calendar_days(1, 1, 1);
	(void)state;
	assert_true(calendar_days(1970, 1, 1) == 0);
	for (int64_t year = 1; year <= 9999; year++)
		for (unsigned month = 1; month <= 12; month++) {
			assert_true(calendar_days(year, month, 1) == days);
			days += calendar_month_days(year, month);
			assert_true(calendar_year(days - 1) == year);
		}
	assert_true(days == 2932897); /* 10000-01-01 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_those_of_rfc_5280),
		cmocka_unit_test(no_byte_can_do_harm),
		cmocka_unit_test(lengths_are_as_short_as_they_can_be),
		cmocka_unit_test(a_file_is_read_in_every_form),
		cmocka_unit_test(of_several_the_first_to_end_counts),
		cmocka_unit_test(what_is_none_is_unreadable),
		cmocka_unit_test(the_calendar_has_every_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
