/* SPDX-License-Identifier: MIT */
/* Descriptors on disk. See descriptor_cache.h. The only user of SQLite. */
#define _GNU_SOURCE
#include "measure/descriptor_cache.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"

enum { PATIENCE_MS = 5000, DAY_S = 86400 };

struct sc_descriptor_cache {
    sqlite3 *base;
    int64_t max_bytes;
    sqlite3_stmt *find, *put, *used, *find_file, *put_file;
};

/* files: the hash of what lay at a path, and what told that it had not changed. */
static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
    "CREATE TABLE IF NOT EXISTS descriptors (key TEXT PRIMARY KEY, used INTEGER NOT NULL, value BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS by_use ON descriptors (used);"
    "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER, changed INTEGER, inode INTEGER, device "
    "INTEGER, sha256 TEXT, used INTEGER);";

void sc_descriptor_cache_close(sc_descriptor_cache *cache)
{
    if (!cache)
        return;
    sqlite3_stmt *statements[] = { cache->find, cache->put, cache->used, cache->find_file, cache->put_file };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        sqlite3_finalize(statements[i]);
    sqlite3_close(cache->base);
    free(cache);
}

static int open_base(sc_descriptor_cache *cache, const char *path)
{
    static const char find[] = "SELECT value, used FROM descriptors WHERE key = ?1";
    static const char put[] = "INSERT OR REPLACE INTO descriptors VALUES (?1, ?2, ?3)";
    static const char used[] = "UPDATE descriptors SET used = ?2 WHERE key = ?1";
    static const char find_file[] =
        "SELECT sha256 FROM files WHERE path = ?1 AND size = ?2 AND changed = ?3 AND inode = ?4 AND device = ?5";
    static const char put_file[] = "INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    int code =
        sqlite3_open_v2(path, &cache->base, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(cache->base, PATIENCE_MS);
    if (code == SQLITE_OK)
        code = sqlite3_exec(cache->base, schema, NULL, NULL, NULL);
    const struct {
        const char *text;
        sqlite3_stmt **statement;
    } statements[] = {
        { find, &cache->find },           { put, &cache->put },           { used, &cache->used },
        { find_file, &cache->find_file }, { put_file, &cache->put_file },
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements && code == SQLITE_OK; i++)
        code = sqlite3_prepare_v3(cache->base, statements[i].text, -1, SQLITE_PREPARE_PERSISTENT,
                                  statements[i].statement, NULL);
    return code;
}

static int make_folder(const char *path, sc_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash && slash > path ? strndup(path, (size_t)(slash - path)) : strdup(".");
    int code = folder ? sc_make_directories(folder, err) : sc_fail_memory(err, strlen(path));
    free(folder);
    return code;
}

int sc_descriptor_cache_open(sc_descriptor_cache **cache, const char *path, int64_t max_bytes, sc_error *err)
{
    *cache = NULL;
    int code = make_folder(path, err);
    for (int attempt = 0; attempt < 2 && !code; attempt++) {
        sc_descriptor_cache *own = calloc(1, sizeof *own);
        if (!own)
            return sc_fail_memory(err, sizeof *own);
        own->max_bytes = max_bytes;
        int status = open_base(own, path);
        if (status == SQLITE_OK) {
            *cache = own;
            return SCUMBLE_OK;
        }
        code =
            status == SQLITE_NOTADB || status == SQLITE_CORRUPT || status == SQLITE_ERROR ? SCUMBLE_OK : SCUMBLE_ERR_IO;
        sc_fail(err, SCUMBLE_ERR_IO, "the cache '%s' cannot be used: %s", path,
                own->base ? sqlite3_errmsg(own->base) : sqlite3_errstr(status));
        sc_descriptor_cache_close(own);
        if (!code)
            unlink(path); /* damaged, or of another program */
    }
    return SCUMBLE_ERR_IO;
}

/* ---- files ---- */

static bool bind_file(sqlite3_stmt *statement, const char *path, const struct stat *status)
{
    return sqlite3_bind_text(statement, 1, path, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
           sqlite3_bind_int64(statement, 2, status->st_size) == SQLITE_OK &&
           sqlite3_bind_int64(statement, 3, status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec) ==
               SQLITE_OK &&
           sqlite3_bind_int64(statement, 4, (sqlite3_int64)status->st_ino) == SQLITE_OK &&
           sqlite3_bind_int64(statement, 5, (sqlite3_int64)status->st_dev) == SQLITE_OK;
}

int sc_descriptor_cache_hash(const sc_threads *threads, sc_descriptor_cache *cache, const char *path, char hex[65],
                             sc_error *err)
{
    struct stat status;
    char *full = realpath(path, NULL);
    bool known = full && !stat(full, &status), found = false;
    if (known && bind_file(cache->find_file, full, &status) && sqlite3_step(cache->find_file) == SQLITE_ROW) {
        const unsigned char *text = sqlite3_column_text(cache->find_file, 0);
        found = text && strlen((const char *)text) == 64;
        if (found)
            memcpy(hex, text, 65);
    }
    sqlite3_reset(cache->find_file);
    int code = found ? SCUMBLE_OK : sc_file_sha256(threads, path, hex, err);
    /* A file that changed just now may change again within the clock's resolution. */
    if (!code && !found && known && status.st_mtim.tv_sec + 2 < time(NULL) &&
        bind_file(cache->put_file, full, &status)) {
        sqlite3_bind_text(cache->put_file, 6, hex, 64, SQLITE_TRANSIENT);
        sqlite3_bind_int64(cache->put_file, 7, time(NULL));
        sqlite3_step(cache->put_file);
        sqlite3_reset(cache->put_file);
    }
    free(full);
    return code;
}

/* ---- descriptors ---- */

static void note_use(sc_descriptor_cache *cache, const char *key)
{
    sqlite3_bind_text(cache->used, 1, key, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(cache->used, 2, time(NULL));
    sqlite3_step(cache->used);
    sqlite3_reset(cache->used);
}

bool sc_descriptor_cache_find(sc_descriptor_cache *cache, const char *key, sc_descriptor *descriptor)
{
    int64_t used = 0;
    sqlite3_bind_text(cache->find, 1, key, -1, SQLITE_TRANSIENT);
    bool found =
        sqlite3_step(cache->find) == SQLITE_ROW && sqlite3_column_bytes(cache->find, 0) == (int)sizeof *descriptor;
    if (found) {
        memcpy(descriptor, sqlite3_column_blob(cache->find, 0), sizeof *descriptor);
        used = sqlite3_column_int64(cache->find, 1);
    }
    sqlite3_reset(cache->find);
    if (found && time(NULL) - used > DAY_S) /* not at every use: reading should not wait for writers */
        note_use(cache, key);
    return found;
}

/* Throws away the oldest quarter when there are too many; and as many names of files as were kept for long. */
static void keep_bound(sc_descriptor_cache *cache)
{
    int64_t most = cache->max_bytes / (int64_t)sizeof(sc_descriptor);
    char text[400];
    sqlite3_snprintf((int)sizeof text, text,
                     "DELETE FROM descriptors WHERE (SELECT count(*) FROM descriptors) > %lld AND key IN (SELECT key "
                     "FROM descriptors ORDER BY used "
                     "LIMIT (SELECT count(*) FROM descriptors) - %lld);"
                     "DELETE FROM files WHERE (SELECT count(*) FROM files) > %lld AND path IN (SELECT path FROM files "
                     "ORDER BY used LIMIT %lld);",
                     (long long)most, (long long)(most * 3 / 4), (long long)(4 * most + 1000), (long long)most);
    sqlite3_exec(cache->base, text, NULL, NULL, NULL);
}

void sc_descriptor_cache_put(sc_descriptor_cache *cache, const char *key, const sc_descriptor *descriptor)
{
    sqlite3_bind_text(cache->put, 1, key, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(cache->put, 2, time(NULL));
    sqlite3_bind_blob(cache->put, 3, descriptor, (int)sizeof *descriptor, SQLITE_TRANSIENT);
    sqlite3_step(cache->put);
    sqlite3_reset(cache->put);
    keep_bound(cache);
}
