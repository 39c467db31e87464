/* SPDX-License-Identifier: MIT */
/* Downloads over http and https with libcurl. See fetch.h.
 *
 * One download is a few attempts; each asks for what the part lacks. The answer is judged when its first byte arrives,
 * since only then all headers of the last redirect are known: 206 must start where the part ends, 200 means from the
 * beginning, anything else is not the file. */
#define _GNU_SOURCE
#include "fetch/fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "fetch/partial.h"
#include "scumble/version.h"

enum { DEFAULT_ATTEMPTS = 4, MOST_ATTEMPTS = 40, LOOK_MS = 20 };

typedef struct transfer {
    const sc_fetch *fetch;
    sc_partial part;
    CURL *curl;
    bool judged, senseless; /* the answer has been looked at and its body is wanted; it answers another question */
    bool resumed;           /* some of the bytes came with an earlier answer */
    char validator[256];    /* of this answer */
    int64_t range_start, range_total; /* Content-Range; -1 = none */
    sc_error failure;                 /* why a callback stopped the transfer; code 0 = it did not */
} transfer;

static int64_t fetch_limit_of(const sc_fetch *fetch)
{
    return fetch->max_bytes ? fetch->max_bytes : INT64_C(4) << 30;
}

/* ---- the answer's headers ---- */

/* The value when the line is the header called name (with its colon), else NULL. */
static const char *header_value(const char *line, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(line, name, length) ? NULL : line + length + strspn(line + length, " \t");
}

static void take_validator(transfer *t, const char *value, bool strong)
{
    if ((strong || !*t->validator) && strlen(value) < sizeof t->validator)
        strcpy(t->validator, value);
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    transfer *t = user;
    char line[512];
    size_t length = size * count < sizeof line ? size * count : sizeof line - 1;
    memcpy(line, data, length);
    line[length] = 0;
    line[strcspn(line, "\r\n")] = 0;
    const char *value;
    if (!strncmp(line, "HTTP/", 5)) { /* a new answer (after a redirect) */
        *t->validator = 0;
        t->range_start = t->range_total = -1;
    } else if ((value = header_value(line, "ETag:"))) {
        if (*value == '"')
            take_validator(t, value, true);
    } else if ((value = header_value(line, "Last-Modified:")))
        take_validator(t, value, false);
    else if ((value = header_value(line, "Content-Range:"))) {
        long long start = -1, end, total = -1;
        if (sscanf(value, "bytes %lld-%lld/%lld", &start, &end, &total) < 1)
            sscanf(value, "bytes */%lld", &total);
        t->range_start = start;
        t->range_total = total;
    }
    return size * count;
}

/* ---- its body ---- */

static int fetch_too_large(transfer *t)
{
    return sc_fail(&t->failure, SCUMBLE_ERR_LIMIT, "%s is larger than the %lld bytes that were expected at most",
                   t->fetch->url, (long long)fetch_limit_of(t->fetch));
}

static bool is_web_page(transfer *t, const char *data, size_t size)
{
    char *type = NULL;
    curl_easy_getinfo(t->curl, CURLINFO_CONTENT_TYPE, &type);
    if (type && !strncasecmp(type, "text/html", 9))
        return true;
    while (size && strchr(" \t\r\n", *data))
        data++, size--;
    return (size >= 14 && !strncasecmp(data, "<!doctype html", 14)) || (size >= 5 && !strncasecmp(data, "<html", 5));
}

/* At the first byte: is this the file, and where do its bytes belong? 0, or a code when the body is to be stopped. */
static int judge_answer(transfer *t, long status, const char *data, size_t size)
{
    curl_off_t length = -1;
    curl_easy_getinfo(t->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (status == 206 && t->range_start != t->part.size_bytes) {
        t->senseless = true;
        return sc_fail(&t->failure, SCUMBLE_ERR_NETWORK,
                       "the server of %s sent another part of the file than was asked for", t->fetch->url);
    }
    int code = SCUMBLE_OK;
    if (status == 206)
        t->resumed |= t->part.size_bytes > 0;
    else if (t->part.size_bytes) { /* no ranges here, or the file has changed */
        t->resumed = false;
        code = sc_partial_restart(&t->part, &t->failure);
    }
    if (!code && length > 0 && t->part.size_bytes + length > fetch_limit_of(t->fetch))
        code = fetch_too_large(t);
    if (!code && !t->part.size_bytes && is_web_page(t, data, size))
        code = sc_fail(&t->failure, SCUMBLE_ERR_NETWORK,
                       "%s gave a web page in place of the file: a login page of the network, or the file has moved",
                       t->fetch->url);
    if (!code && !t->part.size_bytes)
        code = sc_partial_describe(&t->part, t->fetch->url, t->validator, &t->failure);
    return code;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    transfer *t = user;
    size_t bytes = size * count;
    long status = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206)
        return bytes; /* an error's page: not wanted */
    if (!bytes)
        return 0;
    if (!t->judged && judge_answer(t, status, data, bytes))
        return 0;
    t->judged = true;
    if (t->part.size_bytes + (int64_t)bytes > fetch_limit_of(t->fetch)) {
        fetch_too_large(t);
        return 0;
    }
    return sc_partial_append(&t->part, data, bytes, &t->failure) ? 0 : bytes;
}

/* ---- progress ---- */

static int report_progress(transfer *t, int64_t total)
{
    bool stop = sc_threads_cancelled(t->fetch->threads) ||
                (t->fetch->progress && t->fetch->progress(t->part.size_bytes, total, t->fetch->user));
    if (!stop)
        return 0;
    return sc_fail(&t->failure, SCUMBLE_ERR_CANCELLED, "the download was stopped; it goes on from here next time");
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    (void)up_total, (void)up_now;
    transfer *t = user;
    return report_progress(t, t->judged && total > 0 ? t->part.size_bytes - now + total : 0);
}

/* Waits before the next attempt; non-zero when the caller cancels. */
static int wait_ms(transfer *t, int64_t pause_ms)
{
    for (int64_t waited = 0; waited < pause_ms; waited += LOOK_MS) {
        nanosleep(&(struct timespec){ .tv_nsec = LOOK_MS * 1000000 }, NULL);
        if (report_progress(t, 0))
            return t->failure.code;
    }
    return 0;
}

/* ---- one attempt ---- */

static void configure(transfer *t, struct curl_slist **headers)
{
    const sc_fetch *fetch = t->fetch;
    bool secure = !strncasecmp(fetch->url, "https:", 6);
    curl_easy_setopt(t->curl, CURLOPT_URL, fetch->url);
    curl_easy_setopt(t->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
    curl_easy_setopt(t->curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(t->curl, CURLOPT_MAXREDIRS, 8L);
    curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->curl, CURLOPT_QUICK_EXIT, 1L); /* a name that is being looked up is not waited for */
    curl_easy_setopt(t->curl, CURLOPT_USERAGENT, "scumble/" SCUMBLE_VERSION);
    curl_easy_setopt(t->curl, CURLOPT_CONNECTTIMEOUT, fetch->stall_s ? (long)fetch->stall_s : 30L);
    curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_LIMIT, 64L);
    curl_easy_setopt(t->curl, CURLOPT_LOW_SPEED_TIME, fetch->stall_s ? (long)fetch->stall_s : 30L);
    curl_easy_setopt(t->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->curl, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(t->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(t->curl, CURLOPT_XFERINFODATA, t);
    if (!t->part.size_bytes)
        return;
    char text[300];
    snprintf(text, sizeof text, "%lld-", (long long)t->part.size_bytes);
    curl_easy_setopt(t->curl, CURLOPT_RANGE, text);
    if (*t->part.validator) {
        snprintf(text, sizeof text, "If-Range: %s", t->part.validator);
        *headers = curl_slist_append(NULL, text);
        curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, *headers);
    }
}

/* Maps curl's result; *again tells whether another attempt makes sense. */
static int map_result(const transfer *t, CURLcode result, const char *detail, bool *again, sc_error *err)
{
    const char *url = t->fetch->url;
    if (result == CURLE_UNSUPPORTED_PROTOCOL && strstr(detail, "HTTP/0.9"))
        result = CURLE_WEIRD_SERVER_REPLY; /* no headers at all: curl's name for it misleads */
    switch (result) {
    case CURLE_OK: return SCUMBLE_OK;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return sc_fail(err, SCUMBLE_ERR_ARGUMENT, "%s is not an http or https address that leads to http or https",
                       url);
    case CURLE_TOO_MANY_REDIRECTS: return sc_fail(err, SCUMBLE_ERR_NETWORK, "%s redirects in circles", url);
    case CURLE_OUT_OF_MEMORY: return sc_fail_memory(err, 65536);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return sc_fail(err, SCUMBLE_ERR_NETWORK, "cannot reach the server of %s (%s); check the network connection",
                       url, detail);
    case CURLE_PEER_FAILED_VERIFICATION:
        return sc_fail(err, SCUMBLE_ERR_NETWORK, "the certificate of the server of %s cannot be trusted (%s)", url,
                       detail);
    default: break;
    }
    *again = result == CURLE_PARTIAL_FILE || result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR ||
             result == CURLE_GOT_NOTHING || result == CURLE_OPERATION_TIMEDOUT || result == CURLE_HTTP2_STREAM ||
             result == CURLE_HTTP2 || result == CURLE_WEIRD_SERVER_REPLY;
    if (result == CURLE_OPERATION_TIMEDOUT)
        return sc_fail(err, SCUMBLE_ERR_NETWORK, "the server of %s stopped sending after %lld bytes", url,
                       (long long)t->part.size_bytes);
    return sc_fail(err, SCUMBLE_ERR_NETWORK, "the download of %s broke off after %lld bytes (%s)", url,
                   (long long)t->part.size_bytes, detail);
}

static int map_status(transfer *t, long status, bool *again, sc_error *err)
{
    const char *url = t->fetch->url;
    if (status == 200 || status == 206)
        return SCUMBLE_OK;
    if (status == 416 && t->part.size_bytes) {
        if (t->part.size_bytes == t->range_total)
            return SCUMBLE_OK; /* the part was whole already */
        *again = true;
        int code = sc_partial_restart(&t->part, err);
        return code ? code : sc_fail(err, SCUMBLE_ERR_NETWORK, "%s has changed since the download began", url);
    }
    *again = status >= 500 || status == 429 || status == 408;
    if (status == 404 || status == 410)
        return sc_fail(err, SCUMBLE_ERR_NOT_FOUND, "there is no file at %s (the server says %ld)", url, status);
    return sc_fail(err, SCUMBLE_ERR_NETWORK, "the server of %s answered with error %ld", url, status);
}

/* curl_easy_perform, but that a silent server keeps nobody waiting who cancels. */
static CURLcode perform(transfer *t)
{
    CURLM *multi = curl_multi_init();
    int running = 1, left;
    if (!multi)
        return CURLE_OUT_OF_MEMORY;
    CURLMcode failed = curl_multi_add_handle(multi, t->curl);
    while (running && !failed && !t->failure.code) {
        failed = curl_multi_perform(multi, &running);
        if (running && !failed)
            failed = curl_multi_poll(multi, NULL, 0, LOOK_MS, NULL);
        if (running && sc_threads_cancelled(t->fetch->threads))
            report_progress(t, 0);
    }
    const CURLMsg *told = curl_multi_info_read(multi, &left);
    CURLcode result = told ? told->data.result : CURLE_ABORTED_BY_CALLBACK;
    curl_multi_remove_handle(multi, t->curl);
    curl_multi_cleanup(multi);
    return failed ? CURLE_OUT_OF_MEMORY : result;
}

static int attempt(transfer *t, bool *again, sc_error *err)
{
    char detail[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = NULL;
    *again = false;
    t->judged = t->senseless = false;
    t->failure = (sc_error){ 0 };
    t->curl = curl_easy_init();
    if (!t->curl)
        return sc_fail_memory(err, 65536);
    configure(t, &headers);
    curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, detail);
    CURLcode result = perform(t);
    long status = 0;
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(t->curl);
    curl_slist_free_all(headers);
    t->curl = NULL;
    int code = sc_partial_flush(&t->part, err);
    if (code)
        return code;
    if (t->failure.code) {
        *again = t->senseless && !sc_partial_restart(&t->part, err);
        *err = t->failure;
        return err->code;
    }
    code = map_result(t, result, *detail ? detail : curl_easy_strerror(result), again, err);
    if (!code)
        code = map_status(t, status, again, err);
    if (!code && status != 416 && !t->judged) { /* an answer of no bytes, which on_body never saw */
        *again = true;
        code = sc_fail(err, SCUMBLE_ERR_NETWORK, "the server of %s sent nothing", t->fetch->url);
    }
    return code;
}

/* ---- the whole download ---- */

static int download(transfer *t, sc_error *err)
{
    int64_t pause_ms = t->fetch->pause_ms ? t->fetch->pause_ms : 1000;
    int fruitless = 0, most_fruitless = t->fetch->attempts ? t->fetch->attempts : DEFAULT_ATTEMPTS;
    for (int i = 0;; i++) {
        bool again;
        int64_t before = t->part.size_bytes;
        int code = attempt(t, &again, err);
        if (!code || !again)
            return code;
        bool grew = t->part.size_bytes > before;
        fruitless = grew ? 0 : fruitless + 1;
        if (fruitless >= most_fruitless || i + 1 >= MOST_ATTEMPTS)
            return code;
        if (wait_ms(t, pause_ms << fruitless)) {
            *err = t->failure;
            return err->code;
        }
    }
}

static int check_sum(const transfer *t, sc_error *err)
{
    const char *wanted = t->fetch->sha256_prefix;
    if (!wanted)
        return SCUMBLE_OK;
    char hex[65];
    int code = sc_file_sha256(t->fetch->threads, t->part.path, hex, err);
    if (code || !strncasecmp(hex, wanted, strlen(wanted)))
        return code;
    return sc_fail(err, SCUMBLE_ERR_FORMAT,
                   "the file from %s is not the right one: its SHA-256 starts with %.*s, not %s; it was deleted",
                   t->fetch->url, (int)strlen(wanted), hex, wanted);
}

static int download_checked(transfer *t, sc_error *err)
{
    int code = download(t, err);
    if (code)
        return code;
    code = check_sum(t, err);
    if (code != SCUMBLE_ERR_FORMAT || !t->resumed)
        return code;
    code = sc_partial_restart(&t->part, err); /* perhaps an old part was to blame: once more, all of it */
    t->resumed = false;
    if (!code)
        code = download(t, err);
    return code ? code : check_sum(t, err);
}

/* After these, what has come is of use next time. */
static bool keeps_part(int code)
{
    return code == SCUMBLE_ERR_NETWORK || code == SCUMBLE_ERR_CANCELLED || code == SCUMBLE_ERR_NO_SPACE ||
           code == SCUMBLE_ERR_IO || code == SCUMBLE_ERR_MEMORY;
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

int sc_fetch_file(const sc_fetch *fetch, sc_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    transfer t = { .fetch = fetch, .range_start = -1, .range_total = -1 };
    int code = sc_partial_open(&t.part, fetch->path, fetch->url, fetch->sha256_prefix != NULL, err);
    if (code)
        return code;
    t.resumed = t.part.size_bytes > 0;
    code = download_checked(&t, err);
    if (code) {
        sc_partial_close(&t.part, keeps_part(code));
        return code;
    }
    return sc_partial_commit(&t.part, fetch->path, err);
}
