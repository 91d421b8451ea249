/* What is asked of a configuration once it is there. */
#include "lib/config/config.h"

#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *client)
{
	return strcmp(name, (*(const struct client *const *)client)->name);
}

const struct client *config_client(const struct config *config, const char *name)
{
	const struct client *const *found = bsearch(
		name, config->clients_by_name, config->client_count, sizeof(void *), compare_name);
	return found ? *found : NULL;
}

const struct client *config_machine(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->jump_count; i++)
		if (strcmp(config->jumps[i].name, name) == 0)
			return &config->jumps[i];
	return config_client(config, name);
}

const struct rule *config_rule(const struct client *client, const char *key)
{
	for (const struct rule *const *rule = client->rules; *rule; rule++)
		if (strcmp((*rule)->key, key) == 0)
			return *rule;
	return NULL;
}

const struct rule_group *config_rule_group(
	const struct config *config, const char *key, const char *group)
{
	for (size_t i = 0; i < config->rule_group_count; i++) {
		const struct rule_group *g = config->rule_groups[i];
		if (strcmp(g->rule.key, key) == 0 && strcmp(g->group, group) == 0)
			return g;
	}
	return NULL;
}

const char *const *config_escalation(
	const struct client *client, const struct rule *rule, int64_t *ret_after_ms)
{
	*ret_after_ms = rule->escalate ? rule->escalate_after_ms : client->escalate_after_ms;
	return rule->escalate ? rule->escalate : client->escalate;
}

const char *const *config_recipients(const struct client *client, const struct rule *rule)
{
	return rule->mail ? rule->mail : client->mail;
}
