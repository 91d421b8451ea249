#include "lib/storage/statements.h"

#include <stddef.h>

/* clang-format off */
#define IDS_8 "?,?,?,?,?,?,?,?"
#define IDS_64 IDS_8 "," IDS_8 "," IDS_8 "," IDS_8 "," IDS_8 "," IDS_8 "," IDS_8 "," IDS_8

#define SAMPLE_COLUMNS                                                                      \
	"s.id, s.cycle_id, c.id, c.name, c.series_turn, s.taken_at, s.outcome, s.first_outcome," \
	" s.stage, s.error"
#define SAMPLE_TYPES "iiisitssss"

#define EVENT_COLUMNS                                                                       \
	"e.id, e.alert_id, e.kind, e.at, coalesce(c.name, ''), e.rule, e.instance, e.severity," \
	" e.value, e.threshold, e.since, e.last_good_at, e.opened_event, e.text, e.recipients," \
	" e.held"
#define EVENT_TYPES "iistssssddttisss"

/* Of an alert that is held nobody is told, so it does not count. */
#define STATUS_OF                                                                           \
	"SELECT c.id, c.name, s.id, s.outcome, s.error, s.taken_at, c.last_good_at,"        \
	" (SELECT count(*) FROM alert a WHERE a.client_id = c.id AND a.state = 'firing'"    \
	" AND a.held = '') FROM client c LEFT JOIN sample s ON s.id = c.newest_id"
#define STATUS_READINGS_OF(join)                                                            \
	"c.id, m.name, e.instance, r.value FROM client c"                                   \
	join " reading r ON r.sample_id = c.newest_ok_id"                                   \
	join " series e ON e.id = r.series_id" join " metric m ON m.id = e.metric_id"
/* Those in one state, since each has an index of its own. */
#define OLD_NOTIFICATIONS(state)                                                               \
	"SELECT n.id FROM notification n WHERE n.state = '" state "' AND n.done_at < ?"        \
	" AND NOT EXISTS (SELECT 1 FROM notification_event m JOIN event e ON e.id = m.event_id" \
	" JOIN alert a ON a.opened_event = e.opened_event"                                     \
	" WHERE m.notification_id = n.id AND a.opened_event <> 0) ORDER BY n.done_at LIMIT ?"
/* clang-format on */

const struct statement_text statement_texts[STATEMENT_COUNT] = {
#define X(name, columns, sql, mariadb) [STATEMENT_##name] = { #name, columns, sql, mariadb },
#include "lib/storage/statements.def"
#undef X
};
