#include "lib/send/address.h"

#include <stddef.h>
#include <string.h>

#include "lib/escape.h"

enum {
	ADDRESS_MAX = 254, /* RFC 5321, section 4.5.3.1.3 */
	LOCAL_MAX = 64,
	DOMAIN_MAX = 253, /* RFC 1035, section 2.3.4, without the root */
};

#define DIGITS "0123456789"
#define ALNUM  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS

bool mail_is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > 0x7f)
			return false;
	return true;
}

/* A dot-separated run of such characters, no dot beside another or at an end. Bytes beyond ASCII
 * are looked at elsewhere. */
static bool is_dotted(const char *s, size_t len, const char *allowed)
{
	if (len == 0 || s[0] == '.' || s[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] > 0x7f)
			continue;
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

/* Whole characters of UTF-8 that can be seen: nothing has to be escaped. Full stops of other
 * scripts would be taken for the dot of a domain by some, and not by others. */
static bool is_shown(const char *s)
{
	static const char *const refused[] = { "\u00a0", "\u3000", "\u3002", "\uff0e", "\uff61",
		"\uff20", "\ufeff" };
	char shown[4 * ADDRESS_MAX + 1];
	size_t len = strlen(s);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (strstr(s, refused[i]))
			return false;
	return escape_text(shown, sizeof shown, s, len) == len;
}

bool mail_address_valid(const char *address)
{
	const char *at = strrchr(address, '@');
	if (!at || strlen(address) > ADDRESS_MAX || at - address > LOCAL_MAX)
		return false;
	if (address[0] == '-') /* looks like an option to whoever gets it on a command line */
		return false;
	if (!mail_is_ascii(address) && !is_shown(address))
		return false;
	return is_dotted(address, (size_t)(at - address), ALNUM "!#$%&'*+/=?^_`{|}~-") &&
	       is_domain(at + 1);
}

bool mail_list_id_valid(const char *list_id)
{
	size_t len = strlen(list_id);
	return len <= DOMAIN_MAX && mail_is_ascii(list_id) && is_dotted(list_id, len, ALNUM "-_");
}
