#include "lib/storage/statements.h"

#include <stddef.h>

/* clang-format off */
#define IDS_8 "?,?,?,?,?,?,?,?"
#define IDS_64 IDS_8 "," IDS_8 "," IDS_8 "," IDS_8 "," IDS_8 "," IDS_8 "," IDS_8 "," IDS_8
/* clang-format on */

const struct statement_text statement_texts[STATEMENT_COUNT] = {
#define X(name, columns, sql, mariadb) [STATEMENT_##name] = { #name, columns, sql, mariadb },
#include "lib/storage/statements.def"
#undef X
};
