/* SPDX-License-Identifier: MIT */
/* The process belongs to its owner. Two threads, each with a context, load pictures a thousand times, one of them only
 * broken ones: each gets its own sentences, and what is good stays good, though libvips has one error text for all. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <scumble/scumble.h>

enum { TIMES = 1000, BROKEN = 5, GOOD = 3, EDGE = 24 };

static char folder[64];
static char broken[BROKEN][96], sentences[BROKEN][1024], good[GOOD][96];

static scumble *open_context(void)
{
    scumble *s;
    if (scumble_open(&s, &(scumble_config){ .size = sizeof(scumble_config), .threads = 1, .data_dir = folder }))
        fail_msg("%s", scumble_error_text(s));
    return s;
}

/* The first `share` of a file; cut_end: without its last two bytes. */
static void copy_part(const char *from, const char *to, double share, int cut_end)
{
    char bytes[65536];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_true(in && out);
    size_t size = fread(bytes, 1, sizeof bytes, in), kept = (size_t)((double)size * share) - (cut_end ? 2 : 0);
    assert_true(size < sizeof bytes);
    assert_int_equal(fwrite(bytes, 1, kept, out), kept);
    fclose(in);
    fclose(out);
}

static void make_files(scumble *s)
{
    static float rgb[EDGE * EDGE * 3];
    const char *names[GOOD] = { "a.png", "b.jpg", "c.tif" };
    scumble_image *image;
    for (int i = 0; i < EDGE * EDGE * 3; i++)
        rgb[i] = (float)(i * 37 % 256) / 255;
    assert_int_equal(scumble_image_create(s, EDGE, EDGE, rgb, NULL, &image), 0);
    for (int i = 0; i < GOOD; i++) {
        snprintf(good[i], sizeof good[i], "%.60s/%s", folder, names[i]);
        assert_int_equal(scumble_image_save(s, image, good[i], NULL), 0);
    }
    scumble_image_free(&image);
    for (int i = 0; i < BROKEN; i++)
        snprintf(broken[i], sizeof broken[i], "%.60s/broken%d", folder, i);
    copy_part(good[0], broken[0], 0.7, 0);
    copy_part(good[0], broken[1], 0.2, 0);
    copy_part(good[1], broken[2], 0.8, 0);
    copy_part(good[2], broken[3], 0.03, 0);
    copy_part(good[1], broken[4], 0.3, 0);
    char mended[96]; /* whole but for its end marker: told by libvips' text alone */
    snprintf(mended, sizeof mended, "%.60s/mended.jpg", folder);
    copy_part(good[1], mended, 1, 1);
    memcpy(good[1], mended, sizeof mended);
    for (int i = 0; i < BROKEN; i++) {
        int code = scumble_image_load(s, broken[i], &image);
        if (!code)
            fail_msg("%s can be read", broken[i]);
        snprintf(sentences[i], sizeof sentences[i], "%s", scumble_error_text(s));
        assert_non_null(strstr(sentences[i], broken[i]));
    }
}

typedef struct loading {
    scumble *s;
    atomic_int wrong;
    char text[1200];
} loading;

static void *load_broken(void *argument)
{
    loading *l = argument;
    for (int i = 0; i < TIMES && !atomic_load(&l->wrong); i++) {
        scumble_image *image;
        int code = scumble_image_load(l->s, broken[i % BROKEN], &image);
        if (code && !strcmp(scumble_error_text(l->s), sentences[i % BROKEN]))
            continue;
        snprintf(l->text, sizeof l->text, "'%s' and not '%s'", scumble_error_text(l->s), sentences[i % BROKEN]);
        atomic_store(&l->wrong, 1);
    }
    return NULL;
}

static void *load_good(void *argument)
{
    loading *l = argument;
    for (int i = 0; i < TIMES && !atomic_load(&l->wrong); i++) {
        scumble_image *image;
        int code = scumble_image_load(l->s, good[i % GOOD], &image);
        if (code || scumble_image_width(image) != EDGE || (i % GOOD == 1) != (scumble_image_note(image) != NULL)) {
            snprintf(l->text, sizeof l->text, "%s: '%s'", good[i % GOOD], scumble_error_text(l->s));
            atomic_store(&l->wrong, 1);
        }
        scumble_image_free(&image);
    }
    return NULL;
}

static void test_own_sentences(void **state)
{
    (void)state;
    loading a = { .s = open_context() }, b = { .s = open_context() }, c = { .s = open_context() };
    pthread_t threads[3];
    make_files(a.s);
    pthread_create(&threads[0], NULL, load_broken, &a);
    pthread_create(&threads[1], NULL, load_good, &b);
    pthread_create(&threads[2], NULL, load_broken, &c);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    const loading *all[] = { &a, &b, &c };
    for (int i = 0; i < 3; i++)
        if (atomic_load(&all[i]->wrong))
            fail_msg("%s", all[i]->text);
    scumble_close(&a.s);
    scumble_close(&b.s);
    scumble_close(&c.s);
}

static int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "test_owner-XXXXXX");
    return !mkdtemp(folder);
}

static int stop(void **state)
{
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_own_sentences) };
    return cmocka_run_group_tests(tests, start, stop);
}
