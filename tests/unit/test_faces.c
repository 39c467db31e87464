/* SPDX-License-Identifier: MIT */
/* Faces: found where a person sees them, none where there are none, the mask over them; and what is said without a
 * detector. $EXPECT_DETECTOR (1 or 0; Meson sets it) is whether there must be one. Photographs are looked for in
 * $SCUMBLE_SHARED/images, or ../shared/images beside the source; tests without them skip. */
#define _GNU_SOURCE
#include "image_fixture.h"

#include <pthread.h>

#include "media/faces.h"

/* True faces, from the brows to the chin and from ear to ear, as measured by eye in the photographs. */
typedef struct photo {
    const char *name;
    int count;
    struct {
        float left, top, right, bottom;
    } faces[3];
} photo;
static const photo photos[] = {
    { "photos/189003.jpg", 2, { { 34, 135, 160, 256 }, { 295, 90, 424, 207 } } },
    { "photos/323016.jpg", 3, { { 98, 103, 143, 157 }, { 217, 46, 262, 90 }, { 333, 118, 379, 171 } } },
    { "content/kodak-15.png", 1, { { 370, 80, 710, 435 } } },
};
enum { PHOTOS = sizeof photos / sizeof *photos };
static const char *const empty_photos[] = { "content/kodak-23.png", "content/kodak-07.png", "photos/42044.jpg",
                                            "photos/254033.jpg" };
enum { EMPTY_PHOTOS = sizeof empty_photos / sizeof *empty_photos };

static void need_detector(bool detector)
{
    if (sc_faces_available() == detector)
        return;
    print_message("[  SKIPPED ] there is %s face detector\n", detector ? "no" : "a");
    skip();
}

static void test_detector_is_there(void **state)
{
    (void)state;
    const char *expected = getenv("EXPECT_DETECTOR");
    if (!expected)
        skip();
    assert_int_equal(sc_faces_available(), *expected == '1');
}

static sc_image load_shared(const char *name)
{
    const char *root = getenv("SCUMBLE_SHARED");
    char path[1024];
    snprintf(path, sizeof path, "%s/images/%s", root ? root : SCUMBLE_SOURCE_ROOT "/../shared", name);
    if (access(path, R_OK)) {
        print_message("[  SKIPPED ] %s is not here (set SCUMBLE_SHARED)\n", path);
        skip();
    }
    return load(path);
}

static int find(const sc_image *image, sc_face faces[SC_FACES_MAX])
{
    sc_error err = { 0 };
    int count = -1;
    if (sc_faces_find(file_threads, image, faces, SC_FACES_MAX, &count, &err))
        fail_msg("%s", err.text);
    assert_in_range(count, 0, SC_FACES_MAX);
    for (int i = 0; i < count; i++) {
        assert_true(faces[i].width > 0 && faces[i].height > 0 && faces[i].score > 0);
        assert_true(i == 0 || faces[i].score <= faces[i - 1].score);
    }
    return count;
}

/* Intersection over union of the i-th true face, enlarged, and a found one. */
static double overlap(const photo *p, int i, float scale, const sc_face *face)
{
    float left = scale * p->faces[i].left, right = scale * p->faces[i].right;
    float top = scale * p->faces[i].top, bottom = scale * p->faces[i].bottom;
    float w = fminf(right, face->x + face->width) - fmaxf(left, face->x);
    float h = fminf(bottom, face->y + face->height) - fmaxf(top, face->y);
    double both = fmaxf(w, 0) * fmaxf(h, 0);
    return both / ((right - left) * (bottom - top) + face->width * face->height - both);
}

/* Exactly the faces of the photo, each once. */
static void assert_found(const photo *p, float scale, const sc_face *faces, int count)
{
    assert_int_equal(count, p->count);
    for (int i = 0; i < count; i++) {
        int hits = 0;
        for (int k = 0; k < count; k++)
            hits += overlap(p, i, scale, &faces[k]) > 0.5;
        if (hits != 1)
            fail_msg("%s: face %d was found %d times", p->name, i, hits);
    }
}

static void test_finds_faces(void **state)
{
    (void)state;
    need_detector(true);
    for (int i = 0; i < PHOTOS; i++) {
        sc_image image = load_shared(photos[i].name);
        sc_face faces[SC_FACES_MAX];
        assert_found(&photos[i], 1, faces, find(&image, faces));
        sc_image_free(&image);
    }
}

static void test_any_resolution(void **state)
{
    (void)state;
    need_detector(true);
    sc_image image = load_shared(photos[0].name);
    for (float scale = 0.5f; scale <= 6; scale += 5.5f) {
        sc_image other;
        sc_error err = { 0 };
        sc_face faces[SC_FACES_MAX];
        assert_int_equal(sc_image_resize(NULL, &image, (int)(481 * scale), (int)(321 * scale), &other, &err), 0);
        assert_found(&photos[0], scale, faces, find(&other, faces));
        sc_image_free(&other);
    }
    sc_image_free(&image);
}

static void test_finds_nothing_in_photos(void **state)
{
    (void)state;
    need_detector(true);
    for (int i = 0; i < EMPTY_PHOTOS; i++) {
        sc_image image = load_shared(empty_photos[i]);
        sc_face faces[SC_FACES_MAX];
        if (find(&image, faces))
            fail_msg("%s: a face at %g, %g", empty_photos[i], (double)faces[0].x, (double)faces[0].y);
        sc_image_free(&image);
    }
}

static void test_finds_nothing(void **state)
{
    (void)state;
    need_detector(true);
    static const int sizes[][2] = { { 1, 1 },   { 17, 31 }, { 1, 3000 },  { 9000, 30 },
                                    { 79, 80 }, { 80, 80 }, { 320, 240 }, { 4000, 320 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        sc_image pictures[2] = { smooth(sizes[i][0], sizes[i][1], i % 2),
                                 noise(sizes[i][0], sizes[i][1], i % 2, 8, i) };
        for (int k = 0; k < 2; k++) {
            sc_face faces[SC_FACES_MAX];
            assert_int_equal(find(&pictures[k], faces), 0);
            sc_image_free(&pictures[k]);
        }
    }
}

static void test_not_a_number(void **state)
{
    (void)state;
    need_detector(true);
    sc_image image = smooth(320, 240, false);
    for (size_t i = 0; i < 3 * 320 * 240; i++)
        image.rgb[i] = i % 3 ? NAN : INFINITY;
    sc_face faces[SC_FACES_MAX];
    assert_int_equal(find(&image, faces), 0);
    sc_image_free(&image);
}

static void test_capacity(void **state)
{
    (void)state;
    need_detector(true);
    sc_image image = load_shared(photos[1].name);
    sc_error err = { 0 };
    sc_face all[SC_FACES_MAX], some[3] = { { .x = -7 }, { .x = -7 }, { .x = -7 } };
    int count = 0;
    assert_int_equal(find(&image, all), 3);
    assert_int_equal(sc_faces_find(NULL, &image, some, 2, &count, &err), 0);
    assert_int_equal(count, 3);
    assert_memory_equal(some, all, 2 * sizeof *all);
    assert_true(some[2].x == -7);
    count = 0;
    assert_int_equal(sc_faces_find(NULL, &image, NULL, 0, &count, &err), 0);
    assert_int_equal(count, 3);
    sc_image_free(&image);
}

typedef struct search {
    const sc_image *image;
    sc_face faces[SC_FACES_MAX];
    int count;
} search;

static void *search_thread(void *argument)
{
    search *s = argument;
    sc_error err = { 0 };
    s->count = -1;
    sc_faces_find(NULL, s->image, s->faces, SC_FACES_MAX, &s->count, &err);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    need_detector(true);
    sc_image image = load_shared(photos[1].name);
    search *searches = calloc(4, sizeof *searches);
    assert_non_null(searches);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        searches[i].image = &image;
        assert_int_equal(pthread_create(&threads[i], NULL, search_thread, &searches[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int count = 1; count <= 4; count++) {
        sc_face faces[SC_FACES_MAX];
        use_threads(count);
        assert_int_equal(find(&image, faces), 3);
        assert_int_equal(searches[count - 1].count, 3);
        assert_memory_equal(faces, searches[0].faces, 3 * sizeof *faces);
        assert_memory_equal(faces, searches[count - 1].faces, 3 * sizeof *faces);
    }
    use_threads(0);
    free(searches);
    sc_image_free(&image);
}

static void test_prints_nothing(void **state)
{
    (void)state;
    need_detector(true);
    sc_image image = load_shared(photos[0].name);
    FILE *caught = tmpfile();
    assert_non_null(caught);
    fflush(NULL);
    int out = dup(1), err = dup(2);
    dup2(fileno(caught), 1);
    dup2(fileno(caught), 2);
    sc_face faces[SC_FACES_MAX];
    int count = -1;
    sc_error error = { 0 };
    sc_faces_find(NULL, &image, faces, SC_FACES_MAX, &count, &error);
    fflush(NULL);
    dup2(out, 1);
    dup2(err, 2);
    close(out);
    close(err);
    assert_int_equal(count, 2);
    assert_int_equal(lseek(fileno(caught), 0, SEEK_END), 0);
    fclose(caught);
    sc_image_free(&image);
}

static float *make_mask(const sc_image *image, int *count)
{
    size_t pixels = (size_t)image->width * (size_t)image->height;
    float *mask = malloc(pixels * sizeof *mask);
    assert_non_null(mask);
    for (size_t i = 0; i < pixels; i++)
        mask[i] = NAN;
    sc_error err = { 0 };
    if (sc_faces_mask(NULL, image, mask, count, &err))
        fail_msg("%s", err.text);
    return mask;
}

static void test_mask(void **state)
{
    (void)state;
    need_detector(true);
    for (int i = 0; i < PHOTOS; i++) {
        const photo *p = &photos[i];
        sc_image image = load_shared(p->name);
        int count = 0, w = image.width, smallest = w;
        float *mask = make_mask(&image, &count);
        assert_int_equal(count, p->count);
        for (int k = 0; k < count; k++) { /* the middle, the brows and the chin, nearly the ears */
            float middle = 0.5f * (p->faces[k].left + p->faces[k].right), width = p->faces[k].right - p->faces[k].left;
            float height = p->faces[k].bottom - p->faces[k].top;
            for (int part = 1; part < 8; part++) {
                assert_true(mask[(int)(p->faces[k].top + (float)part / 8 * height) * w + (int)middle] > 0.9f);
                assert_true(
                    mask[(int)(p->faces[k].top + height / 2) * w + (int)(p->faces[k].left + (float)part / 8 * width)] >
                    0.9f);
            }
            smallest = (int)fminf((float)smallest, width);
        }
        double sum = 0;
        for (int y = 0; y < image.height; y++)
            for (int x = 0; x < w; x++) {
                float value = mask[y * w + x];
                assert_true(value >= 0 && value <= 1);
                assert_true(x == 0 || fabsf(value - mask[y * w + x - 1]) < 8.0f / (float)smallest); /* no step */
                assert_true(y == 0 || fabsf(value - mask[(y - 1) * w + x]) < 8.0f / (float)smallest);
                sum += value;
            }
        assert_true(sum < 0.7 * w * image.height);
        assert_true(mask[0] == 0 && mask[(image.height - 1) * w] == 0);
        free(mask);
        sc_image_free(&image);
    }
}

static void test_mask_without_faces(void **state)
{
    (void)state;
    need_detector(true);
    static const int sizes[][2] = { { 1, 1 }, { 17, 31 }, { 320, 240 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        sc_image image = smooth(sizes[i][0], sizes[i][1], false);
        int count = -1;
        float *mask = make_mask(&image, i ? &count : NULL);
        assert_int_equal(count, i ? 0 : -1);
        for (int k = 0; k < sizes[i][0] * sizes[i][1]; k++)
            assert_true(mask[k] == 0);
        free(mask);
        sc_image_free(&image);
    }
}

static void test_no_detector(void **state)
{
    (void)state;
    need_detector(false);
    sc_image image = smooth(320, 240, false);
    sc_face face = { .x = -7 };
    float *mask = malloc(320 * 240 * sizeof *mask);
    assert_non_null(mask);
    mask[0] = -7;
    for (int i = 0; i < 2; i++) {
        sc_error err = { 0 };
        int count = -1;
        assert_int_equal(i ? sc_faces_mask(NULL, &image, mask, &count, &err) :
                             sc_faces_find(NULL, &image, &face, 1, &count, &err),
                         SCUMBLE_ERR_UNSUPPORTED);
        assert_sentence(&err, SCUMBLE_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, "no face detector"));
        assert_non_null(strstr(err.text, "'make faces'"));
        assert_int_equal(count, 0);
        assert_true(face.x == -7 && mask[0] == -7);
    }
    free(mask);
    sc_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detector_is_there),  cmocka_unit_test(test_finds_faces),
        cmocka_unit_test(test_any_resolution),     cmocka_unit_test(test_finds_nothing_in_photos),
        cmocka_unit_test(test_finds_nothing),      cmocka_unit_test(test_not_a_number),
        cmocka_unit_test(test_capacity),           cmocka_unit_test(test_threads),
        cmocka_unit_test(test_prints_nothing),     cmocka_unit_test(test_mask),
        cmocka_unit_test(test_mask_without_faces), cmocka_unit_test(test_no_detector),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
