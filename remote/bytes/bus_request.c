#include "remote/bytes/bus.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "lib/compiler.h"

enum { METHOD_CALL = 1, NO_AUTO_START = 2, HEADER_SIZE = 16 /* before the fields */, HELLO = 1 };

enum field { PATH = 1, INTERFACE = 2, MEMBER = 3, DESTINATION = 6, SIGNATURE = 8 };

/* Writes in little-endian order. */
struct writer {
	char *at;
	size_t len; /* alignment counts from the message's start */
};

static void put(struct writer *w, const void *data, size_t len)
{
	memcpy(w->at + w->len, data, len);
	w->len += len;
}

static void put_byte(struct writer *w, unsigned value)
{
	w->at[w->len++] = (char)value;
}

static void align(struct writer *w, size_t to)
{
	while (w->len % to != 0)
		put_byte(w, 0);
}

static void set_u32(char *at, size_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (char)(value >> 8 * i);
}

static void put_string(struct writer *w, const char *s)
{
	align(w, 4);
	set_u32(w->at + w->len, strlen(s));
	w->len += 4;
	put(w, s, strlen(s) + 1);
}

/* A field of the header: its code, the signature of its value, the value. */
static void put_field(struct writer *w, enum field code, char type, const char *value)
{
	align(w, 8);
	put_byte(w, code);
	put_byte(w, 1);
	put_byte(w, (unsigned char)type);
	put_byte(w, 0);
	if (type != 'g') {
		put_string(w, value);
		return;
	}
	put_byte(w, (unsigned)strlen(value));
	put(w, value, strlen(value) + 1);
}

struct call {
	const char *destination, *path, *interface, *member;
	const char *signature;	  /* "ss", "as" or NULL */
	const char *arguments[2]; /* strings; of an array one */
};

static void put_arguments(struct writer *w, const struct call *c)
{
	size_t start = w->len, head = c->signature && *c->signature == 'a' ? 4 : 0;
	w->len += head;
	for (size_t i = 0; i < ARRAY_LEN(c->arguments) && c->arguments[i]; i++)
		put_string(w, c->arguments[i]);
	if (head)
		set_u32(w->at + start, w->len - start - head);
}

static size_t write_call(char *out, unsigned serial, const struct call *c)
{
	struct writer w = { .at = out, .len = HEADER_SIZE };
	put_field(&w, PATH, 'o', c->path);
	put_field(&w, DESTINATION, 's', c->destination);
	put_field(&w, INTERFACE, 's', c->interface);
	put_field(&w, MEMBER, 's', c->member);
	if (c->signature)
		put_field(&w, SIGNATURE, 'g', c->signature);
	size_t fields = w.len - HEADER_SIZE;
	align(&w, 8);
	size_t body = w.len;
	put_arguments(&w, c);
	const char start[] = { 'l', METHOD_CALL, NO_AUTO_START, 1 };
	memcpy(out, start, sizeof start);
	set_u32(out + 4, w.len - body);
	set_u32(out + 8, serial);
	set_u32(out + 12, fields);
	return w.len;
}

/* "EXTERNAL" takes the user's number, in decimal, in hex. */
static size_t write_greeting(char *out, unsigned uid)
{
	char digits[16];
	struct writer w = { .at = out };
	int count = snprintf(digits, sizeof digits, "%u", uid);
	put_byte(&w, 0);
	put(&w, "AUTH EXTERNAL ", 14);
	for (int i = 0; i < count; i++) {
		put_byte(&w, '3');
		put_byte(&w, (unsigned char)digits[i]);
	}
	put(&w, "\r\nBEGIN\r\n", 9);
	return w.len;
}

#define BUS	   "org.freedesktop.DBus"
#define MANAGER	   "org.freedesktop.systemd1.Manager"
#define OF_SYSTEMD "org.freedesktop.systemd1", "/org/freedesktop/systemd1"

/* By serial, from HELLO on. */
/* clang-format off */
static const struct call calls[] = {
	{ BUS, "/org/freedesktop/DBus", BUS, "Hello", NULL, { NULL, NULL } },
	{ OF_SYSTEMD, BUS ".Properties", "Get", "ss", { MANAGER, "SystemState" } },
	{ OF_SYSTEMD, BUS ".Properties", "Get", "ss", { MANAGER, "NFailedUnits" } },
	{ OF_SYSTEMD, MANAGER, "ListUnitsFiltered", "as", { "failed", NULL } },
};
/* clang-format on */

size_t bus_request(unsigned uid, char out[static BUS_REQUEST_MAX])
{
	size_t len = write_greeting(out, uid);
	for (unsigned i = 0; i < ARRAY_LEN(calls); i++)
		len += write_call(out + len, HELLO + i, &calls[i]);
	assert(len <= BUS_REQUEST_MAX);
	return len;
}
