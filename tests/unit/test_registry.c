/* SPDX-License-Identifier: MIT */
/* The catalogue and the data directory: opening by name and by path, importing, pulling from a mirror and through npm.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/file.h"
#include "nets/store/registry.h"
#include "server.h"

static server web;
static char folder[] = "/tmp/scumble-registry-XXXXXX";
static char data_dir[64], mirror[64];
static sc_error err;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

static int remove_item(const char *name, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind, (void)where;
    return remove(name);
}

static int start(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(data_dir, sizeof data_dir, "%s/data", folder);
    snprintf(mirror, sizeof mirror, "%s/mirror", folder);
    char *command = sc_format("mkdir %s && python3 %s %s/vgg19-dcbb9e9d.pth", mirror, MAKE_PTH, mirror);
    int failed = system(command) || !server_start(&web, mirror);
    free(command);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/models", web.port);
    setenv("SCUMBLE_MODELS_URL", url, 1);
    return failed;
}

static int stop(void **state)
{
    (void)state;
    server_stop(&web);
    nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    nftw(data_dir, remove_item, 16, FTW_DEPTH | FTW_PHYS);
    unsetenv("SCUMBLE_NPM");
    err = (sc_error){ 0 };
    return 0;
}

/* ---- helpers ---- */

static void assert_says(int code, int wanted, const char *words)
{
    if (code != wanted)
        fail_msg("code %d, not %d: %s", code, wanted, err.text);
    if (!strstr(err.text, words))
        fail_msg("'%s' is not in: %s", words, err.text);
}

static void refuse_open(const char *name, int wanted, const char *words)
{
    sc_encoder *encoder = NULL;
    assert_says(sc_encoder_open(NULL, &encoder, name, data_dir, &err), wanted, words);
    assert_null(encoder);
}

static const sc_model_entry *entry(const sc_model_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (!strcmp(list->entries[i].name, name))
            return &list->entries[i];
    fail_msg("%s is not listed", name);
    return NULL;
}

/* A shared model's path, or a visible skip. */
static char *shared(const char *name)
{
    const char *root = getenv("SCUMBLE_SHARED");
    char *path = sc_format("%s/models/%s", root ? root : SOURCE_ROOT "/../shared", name);
    if (access(path, R_OK)) {
        print_message("[  SKIPPED ] %s is not here (set SCUMBLE_SHARED)\n", path);
        free(path);
        skip();
    }
    return path;
}

static bool is_empty(const char *name)
{
    char *path = sc_format("%s/%s", data_dir, name);
    int failed = rmdir(path); /* only an empty folder goes */
    free(path);
    return !failed;
}

static int count_or_stop(int64_t done, int64_t total, void *user)
{
    (void)total;
    int *calls = user;
    if (*calls < 0) /* asked to stop */
        return 1;
    *calls += done >= 0;
    return 0;
}

/* ---- names ---- */

static void lists_the_catalogue(void **state)
{
    (void)state;
    sc_model_list list;
    MUST(sc_models_list(data_dir, &list, &err));
    assert_int_equal(list.count, sc_catalogue_count);
    assert_string_equal(entry(&list, "lite")->path, "(embedded)");
    assert_null(entry(&list, "vgg19")->path);
    assert_int_equal(entry(&list, "vgg19")->size_bytes, 574673361);
    sc_model_list_free(&list);
    MUST(sc_models_list(NULL, &list, &err));
    assert_int_equal(list.count, sc_catalogue_count);
    sc_model_list_free(&list);
}

static void opens_lite(void **state)
{
    (void)state;
    sc_encoder *encoder;
    MUST(sc_encoder_open(NULL, &encoder, "lite", NULL, &err));
    assert_string_equal(sc_encoder_name(encoder), "lite");
    assert_int_equal(sc_encoder_layer_count(encoder), 8);
    assert_string_equal(sc_encoder_default_style_layers(encoder), "relu1_1,relu2_1,relu3_1,relu4_1,relu5_1");
    assert_string_equal(sc_encoder_default_content_layers(encoder), "relu3_4");
    assert_int_equal(sc_encoder_find_layer(encoder, "CONV4_1", &err), 6);
    assert_says(sc_encoder_find_layer(encoder, "relu4_4", &err), SCUMBLE_ERR_NOT_FOUND, "did you mean 'relu");
    sc_encoder_free(encoder);
}

static void advises(void **state)
{
    (void)state;
    refuse_open("vgg19", SCUMBLE_ERR_NOT_FOUND, "scumble models pull vgg19");
    refuse_open("vgg91", SCUMBLE_ERR_NOT_FOUND, "did you mean 'vgg19'");
    refuse_open("Lite", SCUMBLE_ERR_NOT_FOUND, "did you mean 'lite'");
    refuse_open("", SCUMBLE_ERR_ARGUMENT, "empty");
    refuse_open("./no-such-file.pth", SCUMBLE_ERR_NOT_FOUND, "no-such-file.pth");
    refuse_open(MAKE_PTH, SCUMBLE_ERR_FORMAT, MAKE_PTH);
}

static void finds_the_data_dir(void **state)
{
    (void)state;
    char *home = strdup(getenv("HOME") ? getenv("HOME") : "/root"), *dir;
    setenv("XDG_DATA_HOME", "/x", 1);
    assert_string_equal(dir = sc_default_data_dir(), "/x/scumble");
    free(dir);
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", "/h", 1);
    assert_string_equal(dir = sc_default_data_dir(), "/h/.local/share/scumble");
    free(dir);
    unsetenv("HOME");
    assert_null(sc_default_data_dir());
    setenv("HOME", home, 1);
    free(home);
}

/* ---- import ---- */

/* Of a PyTorch file, and of what came of it: nothing is left. */
static void a_cancel_ends_an_import(void **state)
{
    (void)state;
    sc_threads *pool;
    char *path = sc_format("%s/vgg19-dcbb9e9d.pth", mirror);
    MUST(sc_threads_create(&pool, 1, &err));
    sc_threads_cancel(pool);
    assert_says(sc_model_import(pool, path, "vgg19", NULL, NULL, data_dir, NULL, &err), SCUMBLE_ERR_CANCELLED,
                "stopped by the caller");
    refuse_open("vgg19", SCUMBLE_ERR_NOT_FOUND, "pull vgg19");
    sc_threads_revive(pool);
    MUST(sc_model_import(pool, path, "vgg19", NULL, NULL, data_dir, NULL, &err));
    sc_encoder *encoder;
    MUST(sc_encoder_open(pool, &encoder, "vgg19", data_dir, &err));
    sc_encoder_free(encoder);
    sc_threads_cancel(pool);
    assert_says(sc_encoder_open(pool, &encoder, "vgg19", data_dir, &err), SCUMBLE_ERR_CANCELLED,
                "stopped by the caller");
    sc_threads_destroy(pool);
    free(path);
}

static void imports_a_real_vgg19(void **state)
{
    (void)state;
    char *path = shared("vgg19-tfjs-conv1-to-conv3/model.json"), *report;
    MUST(sc_model_import(NULL, path, "vgg19", NULL, NULL, data_dir, &report, &err));
    assert_non_null(strstr(report, "8 of 16 convolutions"));
    assert_non_null(strstr(report, "relu3_1..relu3_4"));
    free(report);
    sc_encoder *native, *foreign;
    MUST(sc_encoder_open(NULL, &native, "vgg19", data_dir, &err));
    MUST(sc_encoder_open(NULL, &foreign, path, data_dir, &err));
    assert_string_equal(sc_encoder_sha256(native), sc_encoder_sha256(foreign));
    /* Nobody said whose they are. */
    assert_string_equal(sc_encoder_licence(native), "unknown");
    assert_string_equal(sc_encoder_licence(foreign), "unknown");
    assert_string_equal(sc_encoder_default_style_layers(native), "relu1_1,relu2_1,relu3_1");
    assert_string_equal(sc_encoder_default_content_layers(native), "relu3_3");
    assert_says(sc_encoder_find_layer(native, "relu4_2", &err), SCUMBLE_ERR_NOT_FOUND, "relu1_1, relu1_2, relu2_1");
    sc_encoder_free(native);
    sc_encoder_free(foreign);
    sc_model_list list;
    MUST(sc_models_list(data_dir, &list, &err));
    assert_int_equal(list.count, sc_catalogue_count);
    assert_non_null(strstr(entry(&list, "vgg19")->path, "/models/vgg19.safetensors"));
    assert_string_equal(entry(&list, "vgg19")->source, "model.json");
    sc_model_list_free(&list);
    assert_says(sc_model_import(NULL, path, "vgg16", NULL, NULL, data_dir, NULL, &err), SCUMBLE_ERR_ARGUMENT,
                "holds VGG-19, not VGG-16");
    assert_says(sc_model_import(NULL, path, "inception_v3", NULL, NULL, data_dir, NULL, &err), SCUMBLE_ERR_ARGUMENT,
                "holds VGG-19, not InceptionV3");
    assert_says(sc_model_import(NULL, path, "resnet", NULL, NULL, data_dir, NULL, &err), SCUMBLE_ERR_ARGUMENT,
                "vgg16, vgg19");
    assert_says(sc_model_import(NULL, path, "vgg19", "../x", NULL, data_dir, NULL, &err), SCUMBLE_ERR_ARGUMENT,
                "cannot be a model's name");
    assert_says(sc_model_import(NULL, path, "vgg19", "lite", NULL, data_dir, NULL, &err), SCUMBLE_ERR_ARGUMENT,
                "built-in");
    assert_says(sc_model_import(NULL, path, "vgg19", NULL, NULL, NULL, NULL, &err), SCUMBLE_ERR_ARGUMENT,
                "data directory");
    free(path);
}

static void imports_lite_under_a_name(void **state)
{
    (void)state;
    const char *path = SOURCE_ROOT "/models/lite/lite-encoder.safetensors";
    assert_says(sc_model_import(NULL, path, "lite", NULL, NULL, data_dir, NULL, &err), SCUMBLE_ERR_ARGUMENT,
                "built-in");
    MUST(sc_model_import(NULL, path, "lite", "mine", NULL, data_dir, NULL, &err));
    sc_encoder *mine, *lite;
    MUST(sc_encoder_open(NULL, &mine, "mine", data_dir, &err));
    MUST(sc_encoder_open(NULL, &lite, "lite", data_dir, &err));
    assert_string_equal(sc_encoder_name(mine), "mine");
    assert_string_equal(sc_encoder_sha256(mine), sc_encoder_sha256(lite));
    sc_encoder_free(mine);
    sc_encoder_free(lite);
    sc_model_list list;
    MUST(sc_models_list(data_dir, &list, &err));
    assert_int_equal(list.count, sc_catalogue_count + 1);
    assert_string_equal(entry(&list, "mine")->architecture, "lite");
    sc_model_list_free(&list);
    refuse_open("mime", SCUMBLE_ERR_NOT_FOUND, "did you mean 'mine'");
}

static void refuses_other_networks(void **state)
{
    (void)state;
    char *compressed = shared("wct-se5-legacy.pth"), *candy = shared("candy.pth");
    assert_says(sc_model_import(NULL, compressed, "vgg19", NULL, NULL, data_dir, NULL, &err), SCUMBLE_ERR_UNSUPPORTED,
                "this is not VGG-19");
    refuse_open(candy, SCUMBLE_ERR_UNSUPPORTED, "not an encoder");
    free(compressed);
    free(candy);
}

/* ---- pull ---- */

static void pulls_from_a_mirror(void **state)
{
    (void)state;
    int calls = 0;
    MUST(sc_model_pull(NULL, "vgg19", data_dir, count_or_stop, &calls, &err));
    assert_true(calls > 0);
    assert_true(is_empty("downloads"));
    sc_encoder *encoder;
    MUST(sc_encoder_open(NULL, &encoder, "vgg19", data_dir, &err));
    assert_int_equal(sc_encoder_layer_count(encoder), 2);
    assert_int_equal(sc_encoder_bytes(encoder), 4 * (64 * 27 + 64 + 64 * 576 + 64));
    char *text = sc_encoder_describe(encoder);
    assert_non_null(strstr(text, "(0.485, 0.456, 0.406)"));
    assert_non_null(strstr(text, "torchvision vgg19-dcbb9e9d.pth"));
    assert_non_null(strstr(sc_encoder_licence(encoder), "CC BY 4.0"));
    free(text);
    sc_encoder_free(encoder);
}

static void pull_fails_cleanly(void **state)
{
    (void)state;
    int stop_now = -1;
    assert_says(sc_model_pull(NULL, "vgg16", data_dir, NULL, NULL, &err), SCUMBLE_ERR_NOT_FOUND, "vgg16-397923af.pth");
    assert_true(is_empty("downloads"));
    assert_says(sc_model_pull(NULL, "vgg19", data_dir, count_or_stop, &stop_now, &err), SCUMBLE_ERR_CANCELLED,
                "stopped");
    assert_says(sc_model_pull(NULL, "vg19", data_dir, NULL, NULL, &err), SCUMBLE_ERR_NOT_FOUND, "did you mean 'vgg19'");
    assert_says(sc_model_pull(NULL, "lite", data_dir, NULL, NULL, &err), SCUMBLE_ERR_ARGUMENT, "built in");
    refuse_open("vgg19", SCUMBLE_ERR_NOT_FOUND, "pull vgg19");
}

/* A program that stands in for npm. */
static void set_npm(const char *script)
{
    char *path = sc_format("%s/npm.sh", folder);
    MUST(sc_file_write(path, script, strlen(script), &err));
    assert_int_equal(chmod(path, 0755), 0);
    setenv("SCUMBLE_NPM", path, 1);
    free(path);
}

static void npm_fails_cleanly(void **state)
{
    (void)state;
    setenv("SCUMBLE_NPM", "/nonexistent/npm", 1);
    assert_says(sc_model_pull(NULL, "inception_v3", data_dir, NULL, NULL, &err), SCUMBLE_ERR_NOT_FOUND, "install npm");
    assert_true(is_empty("downloads"));
    set_npm("#!/bin/sh\necho 'npm ERR! the moon is wrong' >&2\nexit 7\n");
    assert_says(sc_model_pull(NULL, "inception_v3", data_dir, NULL, NULL, &err), SCUMBLE_ERR_NETWORK,
                "the moon is wrong");
    assert_true(is_empty("downloads"));
    set_npm("#!/bin/sh\nexit 0\n");
    assert_says(sc_model_pull(NULL, "inception_v3", data_dir, NULL, NULL, &err), SCUMBLE_ERR_NETWORK, "did not leave");
    set_npm("#!/bin/sh\necho rubbish >\"$4/nsfwjs-4.3.0.tgz\"\n");
    assert_says(sc_model_pull(NULL, "inception_v3", data_dir, NULL, NULL, &err), SCUMBLE_ERR_FORMAT, "SHA-256");
    assert_true(is_empty("downloads"));
    int stop_now = -1;
    time_t began = time(NULL);
    set_npm("#!/bin/sh\nsleep 30\n");
    assert_says(sc_model_pull(NULL, "inception_v3", data_dir, count_or_stop, &stop_now, &err), SCUMBLE_ERR_CANCELLED,
                "stopped");
    assert_true(time(NULL) - began < 10);
    assert_true(is_empty("downloads"));
}

static void pulls_inception_through_npm(void **state)
{
    (void)state;
    if (system("command -v npm >/dev/null")) {
        print_message("[  SKIPPED ] npm is not installed\n");
        skip();
    }
    int code = sc_model_pull(NULL, "inception_v3", data_dir, NULL, NULL, &err);
    if (code == SCUMBLE_ERR_NETWORK) {
        print_message("[  SKIPPED ] %s\n", err.text);
        skip();
    }
    MUST(code);
    assert_true(is_empty("downloads"));
    sc_encoder *encoder;
    MUST(sc_encoder_open(NULL, &encoder, "inception_v3", data_dir, &err));
    assert_int_equal(sc_encoder_layer_count(encoder), 94 + 11);
    assert_string_equal(sc_encoder_default_content_layers(encoder), "mixed0");
    assert_says(sc_encoder_find_layer(encoder, "mixed11", &err), SCUMBLE_ERR_NOT_FOUND,
                "activation_1..activation_94, mixed0..mixed10");
    sc_encoder_free(encoder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, clean)
    static const struct CMUnitTest tests[] = {
        TEST(lists_the_catalogue),
        TEST(opens_lite),
        TEST(advises),
        TEST(finds_the_data_dir),
        TEST(a_cancel_ends_an_import),
        TEST(imports_a_real_vgg19),
        TEST(imports_lite_under_a_name),
        TEST(refuses_other_networks),
        TEST(pulls_from_a_mirror),
        TEST(pull_fails_cleanly),
        TEST(npm_fails_cleanly),
        TEST(pulls_inception_through_npm),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
