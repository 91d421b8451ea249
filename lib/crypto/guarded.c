#include "lib/crypto/guarded.h"

#include <errno.h>
#include <sodium.h>

void *guarded_alloc(size_t size)
{
	return sodium_init() < 0 ? NULL : sodium_malloc(size);
}

void guarded_free(void *p)
{
	sodium_free(p);
}

uint8_t *guarded_from_base64(const char *text, size_t len, size_t *ret_len)
{
	uint8_t *data = guarded_alloc(len);
	const char *stop;
	if (!data) {
		errno = ENOMEM;
		return NULL;
	}
	if (sodium_base642bin(data, len, text, len, "\r\n", ret_len, &stop,
		    sodium_base64_VARIANT_ORIGINAL) == 0 &&
		stop == text + len)
		return data;
	sodium_free(data);
	errno = EBADMSG;
	return NULL;
}

void guarded_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}
