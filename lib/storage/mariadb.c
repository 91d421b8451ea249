/*
 * MariaDB and MySQL: connections and transactions. With mariadb_statement.c the only user of
 * the client library.
 *
 * Connector/C's defaults are not ours: no timeout, LOCAL INFILE on, TLS that is only asked
 * for. All are set here before anything is sent.
 */
#include "lib/storage/mariadb.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LOCK_WAIT_S = 2,    /* for a row; storage.c has the patience. A deadlock is found at once */
	TABLE_WAIT_S = 1,   /* for a table, and for partitions to be changed */
	TIMEOUT_MS = 30000, /* when the configuration says nothing */
	PACKET_MIN = 1 << 16,	    /* in case the server does not say */
	PACKET_HEAD = 1024,	    /* of a packet with one large value: all that is beside it */
	COLUMN_MAX = (1 << 24) - 1, /* of a MEDIUMBLOB */
};

#define SYSTEM_CAS "/etc/ssl/certs" /* a folder as openssl-rehash(1) makes it */

/* Numbers that the client library's header does not know by name: MariaDB's own, or newer. */
enum {
	RECORD_CHANGED = 1020, /* by another transaction since the snapshot */
	NOT_IN_CLUSTER = 1047, /* Galera: the node does not take commands now */
	PARTITION_GONE = 1507,
	CONNECTION_KILLED = 1927, /* MariaDB */
};

enum db_fault mariadb_classify(unsigned code)
{
	static const struct {
		unsigned code;
		enum db_fault fault;
	} rows[] = {
		{ ER_LOCK_DEADLOCK, DB_RETRY },
		{ ER_LOCK_WAIT_TIMEOUT, DB_RETRY },
		{ RECORD_CHANGED, DB_RETRY },
		{ ER_DUP_ENTRY, DB_RETRY },	/* somebody was faster: seen when looked up again */
		{ ER_DUP_FIELDNAME, DB_RETRY }, /* the same with the schema */
		{ ER_DUP_KEYNAME, DB_RETRY },
		{ ER_ERROR_DURING_COMMIT, DB_RETRY },
		{ ER_QUERY_INTERRUPTED, DB_RETRY },
		{ ER_TABLE_DEF_CHANGED, DB_RETRY }, /* partitions were */
		{ ER_NEED_REPREPARE, DB_RETRY },
		{ ER_SAME_NAME_PARTITION, DB_RETRY },
		{ ER_RANGE_NOT_INCREASING_ERROR, DB_RETRY },
		{ PARTITION_GONE, DB_RETRY },
		{ ER_CON_COUNT_ERROR, DB_LOST },
		{ ER_SERVER_SHUTDOWN, DB_LOST },
		{ NOT_IN_CLUSTER, DB_LOST },
		{ CONNECTION_KILLED, DB_LOST },
		{ CR_CONNECTION_ERROR, DB_LOST },
		{ CR_CONN_HOST_ERROR, DB_LOST },
		{ CR_SERVER_GONE_ERROR, DB_LOST },
		{ CR_SERVER_LOST, DB_LOST },
		{ CR_SERVER_LOST_EXTENDED, DB_LOST },
		{ CR_COMMANDS_OUT_OF_SYNC, DB_LOST },
		{ CR_MALFORMED_PACKET, DB_LOST },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].code == code)
			return rows[i].fault;
	return DB_FATAL;
}

static struct mariadb *mariadb_of(struct db *db)
{
	return (struct mariadb *)db;
}

static int fail(struct mariadb *m, const char *what, struct error *err)
{
	m->base.fault = mariadb_classify(mysql_errno(m->handle));
	return error_set(err, "%s: %s", what, mysql_error(m->handle));
}

static int run_text(
	struct mariadb *m, const char *sql, size_t len, const char *what, struct error *err)
{
	return mysql_real_query(m->handle, sql, len) ? fail(m, what, err) : 0;
}

static void mariadb_close(struct db *db)
{
	struct mariadb *m = mariadb_of(db);
	mariadb_close_statements(m);
	if (m->handle)
		mysql_close(m->handle);
	free(m);
}

static void set_options(MYSQL *h, const struct storage_config *c)
{
	int64_t ms = c->timeout_ms > 0 ? c->timeout_ms : TIMEOUT_MS;
	unsigned seconds = (unsigned)((ms + 999) / 1000), no = 0;
	my_bool off = 0;
	(void)mysql_options(h, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	(void)mysql_options(h, MYSQL_OPT_READ_TIMEOUT, &seconds);
	(void)mysql_options(h, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
	(void)mysql_options(h, MYSQL_OPT_LOCAL_INFILE, &no);
	(void)mysql_options(h, MYSQL_OPT_RECONNECT, &off);
	(void)mysql_options(h, MYSQL_SET_CHARSET_NAME, "utf8mb4");
}

/* All three are needed: ENFORCE refuses a server without TLS before the password is sent,
 * VERIFY checks its certificate and name, and when no CA is named the system's are: left to
 * itself, 3.4 would log in to a server whose certificate nobody but itself vouches for. At
 * 127.0.0.1 and ::1 it checks no name (3.3 does); the CA's signature has to be there all the
 * same. Without TLS, a server on the network is never given a password in the clear, however
 * it asks. */
static void set_security(MYSQL *h, const struct storage_config *c)
{
	my_bool on = c->tls;
	(void)mysql_optionsv(h, MYSQL_OPT_SSL_ENFORCE, &on);
	(void)mysql_optionsv(h, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
	if (c->tls && c->tls_ca[0])
		(void)mysql_optionsv(h, MYSQL_OPT_SSL_CA, c->tls_ca);
	else if (c->tls)
		(void)mysql_optionsv(h, MYSQL_OPT_SSL_CAPATH, SYSTEM_CAS);
	if (!c->tls && c->host[0] && !c->socket[0])
		(void)mysql_optionsv(h, MARIADB_OPT_RESTRICTED_AUTH,
			"mysql_native_password,client_ed25519,caching_sha2_password");
}

static const char *or_null(const char *text)
{
	return text && text[0] ? text : NULL;
}

static int connect_server(struct mariadb *m, const struct storage_config *c, struct error *err)
{
	bool is_local = c->socket[0] || !c->host[0];
	unsigned protocol = is_local ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
	set_options(m->handle, c);
	set_security(m->handle, c);
	(void)mysql_options(m->handle, MYSQL_OPT_PROTOCOL, &protocol);
	if (!mysql_real_connect(m->handle, is_local ? NULL : c->host, or_null(c->user),
		    or_null(c->password), or_null(c->database), c->port, or_null(c->socket),
		    CLIENT_FOUND_ROWS))
		return fail(m, "connect", err);
	if (m->handle->passwd) /* the library's copy is not needed any more */
		explicit_bzero(m->handle->passwd, strlen(m->handle->passwd));
	if (c->tls && !mysql_get_ssl_cipher(m->handle))
		return error_set(err, "connect: the connection is not encrypted");
	return 0;
}

static void describe(struct mariadb *m, const struct storage_config *c)
{
	char where[300];
	if (c->socket[0] || !c->host[0])
		(void)snprintf(
			where, sizeof where, "%s", c->socket[0] ? c->socket : "local socket");
	else
		(void)snprintf(where, sizeof where, "%s:%u", c->host, c->port ? c->port : 3306U);
	const char *version = m->handle->server_version;
	(void)snprintf(m->base.description, sizeof m->base.description, "%s%s%s, %s at %s%s",
		version && !mariadb_connection(m->handle) ? "MySQL" : "MariaDB", version ? " " : "",
		version ? version : "", c->database, where, c->tls ? " over TLS" : "");
}

static int read_packet_max(struct mariadb *m, struct error *err)
{
	static const char sql[] = "SELECT @@max_allowed_packet";
	if (run_text(m, sql, sizeof sql - 1, "connect", err))
		return -1;
	MYSQL_RES *result = mysql_store_result(m->handle);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
	m->packet_max = row && row[0] ? strtoul(row[0], NULL, 10) : 0;
	if (m->packet_max < PACKET_MIN)
		m->packet_max = PACKET_MIN;
	size_t room = m->packet_max - PACKET_HEAD;
	m->base.value_max = room < COLUMN_MAX ? room : COLUMN_MAX;
	mysql_free_result(result);
	return 0;
}

static int set_up(struct mariadb *m, struct error *err)
{
	char sql[200];
	int len = snprintf(sql, sizeof sql,
		"SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
		" time_zone = '+00:00', innodb_lock_wait_timeout = %d, lock_wait_timeout = %d",
		LOCK_WAIT_S, TABLE_WAIT_S);
	static const char level[] = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
	if (run_text(m, sql, (size_t)len, "connect", err) ||
		run_text(m, level, sizeof level - 1, "connect", err))
		return -1;
	m->has_bulk = mariadb_connection(m->handle);
	return read_packet_max(m, err);
}

static int mariadb_open(const struct storage_config *config, bool create, struct db **ret_db,
	enum db_fault *ret_fault, struct error *err)
{
	(void)create; /* the database is its administrator's to make */
	*ret_fault = DB_FATAL;
	struct mariadb *m = calloc(1, sizeof *m);
	if (!m)
		return error_no_memory(err);
	m->base.driver = &mariadb_driver;
	m->handle = mysql_init(NULL);
	if (!m->handle) {
		free(m);
		return error_no_memory(err);
	}
	int rc = connect_server(m, config, err);
	describe(m, config);
	if (rc || set_up(m, err)) {
		(void)error_context(err, "%s", m->base.description);
		*ret_fault = m->base.fault;
		mariadb_close(&m->base);
		return -1;
	}
	*ret_db = &m->base;
	return 0;
}

static int mariadb_begin(struct db *db, bool write, struct error *err)
{
	static const char reading[] = "START TRANSACTION READ ONLY";
	static const char writing[] = "START TRANSACTION";
	return write ? run_text(mariadb_of(db), writing, sizeof writing - 1, "begin", err)
		     : run_text(mariadb_of(db), reading, sizeof reading - 1, "begin", err);
}

/* An error here, or no answer in time, leaves open whether it was done. */
static int mariadb_commit(struct db *db, struct error *err)
{
	return run_text(mariadb_of(db), "COMMIT", 6, "commit", err);
}

static void mariadb_rollback(struct db *db)
{
	(void)mysql_real_query(mariadb_of(db)->handle, "ROLLBACK", 8);
}

/* One statement after the other; each ends with a semicolon at the end of its line. */
static int mariadb_script(struct db *db, const char *sql, struct error *err)
{
	for (const char *end; *(sql += strspn(sql, " \t\n")); sql = end) {
		end = strstr(sql, ";\n");
		size_t len = end ? (size_t)(end - sql) : strlen(sql);
		end = end ? end + 2 : sql + len;
		if (run_text(mariadb_of(db), sql, len, "schema", err))
			return -1;
	}
	return 0;
}

const struct driver mariadb_driver = {
	.engine = STORAGE_MARIADB,
	.open = mariadb_open,
	.close = mariadb_close,
	.begin = mariadb_begin,
	.commit = mariadb_commit,
	.rollback = mariadb_rollback,
	.execute = mariadb_execute,
	.query = mariadb_query,
	.next = mariadb_next,
	.last_id = mariadb_last_id,
	.script = mariadb_script,
};
