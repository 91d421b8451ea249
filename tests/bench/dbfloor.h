#ifndef FLEET_TESTS_BENCH_DBFLOOR_H
#define FLEET_TESTS_BENCH_DBFLOOR_H

#include <mysql.h>
#include <sqlite3.h>
#include <stdint.h>

/* Shared by the two halves of dbfloor: rows in (dbfloor.c), and out again (dbscan.c). */
_Noreturn void die(const char *what, const char *why);

/* The series of a sample's reading. */
uint32_t series(uint64_t sample, int reading);

void lite_run(sqlite3 *db, const char *sql);
sqlite3_stmt *lite_prepare(sqlite3 *db, const char *sql);
void lite_step(sqlite3_stmt *s); /* one without a result */

MYSQL *maria_connect(const char *socket);
void maria_run(MYSQL *db, const char *sql);

/* Read what a rule is on and mark the samples as processed; print what that cost. */
void lite_scan(const char *file);
void maria_scan(const char *socket);

#endif
