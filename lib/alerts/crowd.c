#include "lib/alerts/crowd.h"

#include <string.h>

#include "lib/alerts/pool.h"

enum { NAMES_MAX = 8 };

int crowd_choose(struct arena *pool, const struct config *config, crowd_chooser *choose,
	const void *arg, struct crowd *ret_crowd)
{
	size_t count = 0, at = 0;
	for (size_t i = 0; i < config->client_count; i++)
		count += choose(arg, i);
	const struct client **clients = arena_alloc(pool, (count + 1) * sizeof *clients);
	if (!clients)
		return -1;
	for (size_t i = 0; at < count; i++)
		if (choose(arg, i))
			clients[at++] = &config->clients[i];
	*ret_crowd = (struct crowd){ clients, count };
	return 0;
}

const char *crowd_names(struct arena *pool, const struct crowd *crowd)
{
	const char *names = "";
	for (size_t i = 0; names && i < crowd->count && i < NAMES_MAX; i++)
		names = pool_printf(
			pool, "%s%s%.60s", names, i ? ", " : "", crowd->clients[i]->name);
	if (!names || crowd->count <= NAMES_MAX)
		return names;
	return pool_printf(pool, "%s and %zu more", names, crowd->count - NAMES_MAX);
}

/* One of the lists of a client. */
typedef const char *const *client_list(const struct client *client);

static const char *const *get_mail(const struct client *client)
{
	return client->mail;
}

static const char *const *get_escalate(const struct client *client)
{
	return client->escalate;
}

/* Most clients share their list with the one before. */
static const char *const *list_of(const struct crowd *crowd, size_t i, client_list *get)
{
	const char *const *list = get(crowd->clients[i]);
	return i > 0 && list == get(crowd->clients[i - 1]) ? NULL : list;
}

static size_t count_names(const char *const *list)
{
	size_t count = 0;
	while (list && list[count])
		count++;
	return count;
}

static size_t add_new(const char **names, size_t count, const char *const *list)
{
	for (; list && *list; list++) {
		size_t i = 0;
		while (i < count && strcmp(names[i], *list) != 0)
			i++;
		if (i == count)
			names[count++] = *list;
	}
	return count;
}

static const char *const *gather(
	struct arena *pool, const struct crowd *crowd, client_list *get, const char *const *more)
{
	size_t most = count_names(more) + 1, count = 0;
	for (size_t i = 0; i < crowd->count; i++)
		most += count_names(list_of(crowd, i, get));
	const char **names = arena_alloc(pool, most * sizeof *names);
	if (!names)
		return NULL;
	for (size_t i = 0; i < crowd->count; i++)
		count = add_new(names, count, list_of(crowd, i, get));
	(void)add_new(names, count, more);
	return names;
}

const char *const *crowd_mail(
	struct arena *pool, const struct crowd *crowd, const char *const *more)
{
	return gather(pool, crowd, get_mail, more);
}

const char *const *crowd_escalation(
	struct arena *pool, const struct crowd *crowd, int64_t *ret_after_ms)
{
	int64_t shortest = 0;
	for (size_t i = 0; i < crowd->count; i++) {
		const struct client *c = crowd->clients[i];
		if (c->escalate && c->escalate[0] &&
			(shortest == 0 || c->escalate_after_ms < shortest))
			shortest = c->escalate_after_ms;
	}
	*ret_after_ms = shortest;
	return gather(pool, crowd, get_escalate, NULL);
}
