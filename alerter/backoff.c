#include "alerter/backoff.h"

enum {
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	TRIES_MIN = 12, /* they take hours, whatever the clock says */
};

static int64_t doubled(uint32_t tries, int64_t most_ms)
{
	int64_t ms = MINUTE_MS;
	while (tries-- > 1 && ms < most_ms)
		ms *= 2;
	return ms < most_ms ? ms : most_ms;
}

int64_t backoff_message_ms(uint32_t tries)
{
	return doubled(tries, HOUR_MS);
}

int64_t backoff_channel_ms(uint32_t tries)
{
	return doubled(tries, HOUR_MS / 4);
}

bool backoff_gives_up(uint32_t tries, int64_t created_at, int64_t now)
{
	return tries >= TRIES_MIN && now - created_at >= INT64_C(5) * 24 * HOUR_MS;
}
