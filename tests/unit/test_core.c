/* SPDX-License-Identifier: MIT */
/* src/core: error sentences, files, half precision, threads, random numbers. */
#include "image_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/half.h"
#include "core/threads.h"

static void test_error(void **state)
{
    (void)state;
    sc_error err = { 0 };
    assert_int_equal(sc_fail(&err, SCUMBLE_ERR_FORMAT, "bad '%s'", "a\nb\x1b[31m\x7f"), SCUMBLE_ERR_FORMAT);
    assert_string_equal(err.text, "bad 'a?b?[31m?'");
    assert_int_equal(sc_error_prefix(&err, "while reading %d\t", 3), SCUMBLE_ERR_FORMAT);
    assert_string_equal(err.text, "while reading 3?: bad 'a?b?[31m?'");
    char long_text[3000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = 0;
    sc_fail(&err, SCUMBLE_ERR_IO, "%s", long_text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    sc_error_prefix(&err, "p");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_memory_equal(err.text, "p: xxx", 6);
    sc_fail(&err, SCUMBLE_ERR_FORMAT, "it is damaged");
    assert_int_equal(sc_error_prefix_file(&err, "a.png"), SCUMBLE_ERR_FORMAT);
    assert_string_equal(err.text, "'a.png': it is damaged");
    assert_int_equal(sc_error_prefix_file(&err, "a.png"), SCUMBLE_ERR_FORMAT);
    assert_string_equal(err.text, "'a.png': it is damaged");
    sc_fail(&err, SCUMBLE_ERR_IO, "p: %s", long_text);
    sc_error_prefix(&err, "%s", long_text); /* no room: stays */
    assert_memory_equal(err.text, "p: xxx", 6);
    static const int codes[][2] = { { ENOENT, SCUMBLE_ERR_NOT_FOUND }, { ENOTDIR, SCUMBLE_ERR_NOT_FOUND },
                                    { EACCES, SCUMBLE_ERR_ACCESS },    { EROFS, SCUMBLE_ERR_ACCESS },
                                    { ENOSPC, SCUMBLE_ERR_NO_SPACE },  { EFBIG, SCUMBLE_ERR_NO_SPACE },
                                    { EIO, SCUMBLE_ERR_IO },           { 99999, SCUMBLE_ERR_IO } };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        assert_int_equal(sc_fail_errno(&err, codes[i][0], "open", "name"), codes[i][1]);
        assert_memory_equal(err.text, "cannot open 'name': ", 20);
        assert_sentence(&err, codes[i][1]);
    }
    assert_int_equal(sc_fail_memory(&err, (size_t)3 << 20), SCUMBLE_ERR_MEMORY);
    assert_non_null(strstr(err.text, "3.0 MiB"));
    size_t product;
    assert_true(sc_mul_size(1u << 20, 1u << 20, &product) && product == (size_t)1 << 40);
    assert_false(sc_mul_size(SIZE_MAX, 2, &product));
}

static void test_file_map(void **state)
{
    (void)state;
    clear_folder();
    sc_error err = { 0 };
    sc_mapped_file file;
    write_bytes(in_folder("data"), "hello", 5);
    assert_int_equal(sc_file_map(&file, in_folder("data"), &err), 0);
    assert_int_equal(file.size_bytes, 5);
    assert_memory_equal(file.data, "hello", 5);
    sc_file_unmap(&file);
    assert_null(file.data);
    sc_file_unmap(&file);
    write_bytes(in_folder("data"), "", 0);
    assert_int_equal(sc_file_map(&file, in_folder("data"), &err), 0);
    assert_null(file.data);
    assert_int_equal(file.size_bytes, 0);
    assert_int_equal(sc_file_map(&file, in_folder("missing"), &err), SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(sc_file_map(&file, folder, &err), SCUMBLE_ERR_IO);
    assert_sentence(&err, SCUMBLE_ERR_IO);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    assert_int_equal(sc_file_map(&file, in_folder("pipe"), &err), SCUMBLE_ERR_IO);
    clear_folder();
}

static void test_file_write(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_output output;
    const char *path = in_folder("out.txt");
    size_t size;
    assert_int_equal(sc_file_write(path, "old", 3, &err), 0);
    assert_int_equal(sc_output_open(&output, path, &err), 0);
    fputs("new", output.stream);
    assert_int_equal(count_files(), 2);
    sc_output_discard(&output);
    sc_output_discard(&output);
    assert_int_equal(count_files(), 1);
    uint8_t *data = read_bytes(path, &size);
    assert_true(size == 3 && !memcmp(data, "old", 3));
    free(data);
    assert_int_equal(sc_output_open(&output, path, &err), 0);
    fputs("newer", output.stream);
    assert_int_equal(sc_output_commit(&output, NULL, &err), 0);
    assert_null(output.stream);
    assert_int_equal(count_files(), 1);
    data = read_bytes(path, &size);
    assert_true(size == 5 && !memcmp(data, "newer", 5));
    free(data);
    assert_int_equal(sc_output_open(&output, folder, &err), SCUMBLE_ERR_IO);
    assert_int_equal(sc_output_open(&output, in_folder("no/out.txt"), &err), SCUMBLE_ERR_NOT_FOUND);
    assert_sentence(&err, SCUMBLE_ERR_NOT_FOUND);
    assert_null(output.stream);
    sc_output_discard(&output);
    /* a full device: every write fails with ENOSPC at the flush */
    assert_int_equal(sc_output_open(&output, in_folder("full"), &err), 0);
    FILE *full = fopen("/dev/full", "wb");
    if (full) {
        fclose(output.stream);
        output.stream = full;
        fputs("x", full);
        assert_int_equal(sc_output_commit(&output, NULL, &err), SCUMBLE_ERR_NO_SPACE);
        assert_sentence(&err, SCUMBLE_ERR_NO_SPACE);
    } else
        sc_output_discard(&output);
    assert_int_equal(count_files(), 1);
    write_bytes(in_folder("made"), "made", 4);
    assert_int_equal(sc_file_replace(NULL, in_folder("made"), path, &err), 0);
    assert_int_equal(count_files(), 1);
    assert_int_equal(sc_file_replace(NULL, in_folder("made"), path, &err), SCUMBLE_ERR_NOT_FOUND);
    write_bytes(in_folder("made"), "made", 4);
    assert_int_not_equal(sc_file_replace(NULL, in_folder("made"), in_folder("no/made"), &err), 0);
    assert_int_equal(count_files(), 1);

    struct stat info;
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    assert_int_equal(sc_output_open(&output, in_folder("pipe"), &err), SCUMBLE_ERR_IO);
    assert_non_null(strstr(err.text, "pipe': it is a device or pipe"));
    write_bytes(in_folder("made"), "made", 4);
    assert_int_equal(sc_file_replace(NULL, in_folder("made"), in_folder("pipe"), &err), SCUMBLE_ERR_IO);
    assert_int_equal(count_files(), 2);
    assert_true(!stat(in_folder("pipe"), &info) && S_ISFIFO(info.st_mode));
    char descriptor[32]; /* a name that leads to a file is no file to be replaced */
    int fd = open(in_folder("out.txt"), O_RDONLY);
    assert_true(fd >= 0);
    snprintf(descriptor, sizeof descriptor, "/dev/fd/%d", fd);
    assert_int_equal(sc_output_open(&output, descriptor, &err), SCUMBLE_ERR_IO);
    assert_non_null(strstr(err.text, "it is a device or pipe"));
    close(fd);
    clear_folder();
}

static void test_names(void **state)
{
    (void)state;
    char *a = sc_temporary_name("dir/name.png"), *b = sc_temporary_name("dir/name.png"),
         *c = sc_temporary_name("plain");
    assert_memory_equal(a, "dir/.name.png.", 14);
    assert_string_equal(a + strlen(a) - 8, ".tmp.png");
    assert_string_not_equal(a, b);
    assert_memory_equal(c, ".plain.", 7);
    free(a);
    free(b);
    free(c);
    char *text = sc_format("%d-%s", 7, "x");
    assert_string_equal(text, "7-x");
    free(text);
    sc_error err = { 0 };
    char deep[512];
    snprintf(deep, sizeof deep, "%s/a/b", folder);
    assert_int_equal(sc_make_directories(deep, &err), 0);
    assert_int_equal(sc_make_directories(deep, &err), 0);
    rmdir(deep);
    write_bytes(in_folder("file"), "x", 1);
    assert_int_not_equal(sc_make_directories(in_folder("file/x"), &err), 0);
    clear_folder();
}

static void test_sha256(void **state)
{
    (void)state;
    char hex[65];
    sc_error err = { 0 };
    sc_sha256(NULL, "", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sc_sha256(NULL, "abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    write_bytes(in_folder("abc"), "abc", 3);
    memset(hex, 0, sizeof hex);
    assert_int_equal(sc_file_sha256(NULL, in_folder("abc"), hex, &err), 0);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    clear_folder();
}

/* Every half survives; narrowing rounds to the nearest, ties to even. */
static void test_half(void **state)
{
    (void)state;
    for (unsigned h = 0; h < 65536; h++) {
        float f = sc_half_to_float((uint16_t)h);
        if (isnan(f))
            assert_true((h & 0x7c00) == 0x7c00 && (h & 0x3ff) && isnan(sc_half_to_float(sc_float_to_half(f))));
        else
            assert_int_equal(sc_float_to_half(f), h);
    }
    for (unsigned h = 0; h < 0x7bff; h++) {
        float a = sc_half_to_float((uint16_t)h), b = sc_half_to_float((uint16_t)(h + 1)),
              middle = (a + b) / 2; /* exact */
        assert_int_equal(sc_float_to_half(middle), h % 2 ? h + 1 : h);
        assert_int_equal(sc_float_to_half(nextafterf(middle, a)), h);
        assert_int_equal(sc_float_to_half(nextafterf(middle, b)), h + 1);
        assert_int_equal(sc_float_to_half(-nextafterf(middle, b)), (h + 1) | 0x8000);
    }
    assert_int_equal(sc_float_to_half(65519.996f), 0x7bff);
    assert_int_equal(sc_float_to_half(65520.0f), 0x7c00);
    assert_int_equal(sc_float_to_half(-INFINITY), 0xfc00);
    assert_int_equal(sc_float_to_half(1e-30f), 0);
    assert_true(sc_half_to_float(0x3c00) == 1 && sc_half_to_float(1) == 0x1p-24f && sc_half_to_float(0xc000) == -2);
    assert_true(sc_bfloat16_to_float(0x3f80) == 1 && sc_bfloat16_to_float(0xc040) == -3);
}

typedef struct thread_job {
    int *counts;
    int threads;
    int fail_from;
    int bad_thread;
} thread_job;

static int count_part(void *argument, int part, int thread)
{
    thread_job *job = argument;
    __atomic_fetch_add(&job->counts[part], 1, __ATOMIC_RELAXED);
    if (thread < 0 || thread >= job->threads)
        __atomic_store_n(&job->bad_thread, 1, __ATOMIC_RELAXED);
    return part >= job->fail_from ? -part : 0;
}

static void test_threads(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_threads *pool;
    assert_int_equal(sc_threads_create(&pool, -1, &err), SCUMBLE_ERR_ARGUMENT);
    assert_int_equal(sc_threads_create(&pool, 257, &err), SCUMBLE_ERR_ARGUMENT);
    assert_sentence(&err, SCUMBLE_ERR_ARGUMENT);
    assert_null(pool);
    sc_threads_destroy(NULL);
    assert_true(sc_threads_available() >= 1);
    const int sizes[] = { 1, 2, 3, 8, 0 };
    for (int s = 0; s < 5; s++) {
        assert_int_equal(sc_threads_create(&pool, sizes[s], &err), 0);
        int count = sc_threads_count(pool);
        assert_int_equal(count, sizes[s] ? sizes[s] : sc_threads_available());
        for (int round = 0; round < 300; round++) { /* short jobs in a row: a worker may still be leaving the last */
            int parts = round % 41, counts[41] = { 0 };
            thread_job job = { .counts = counts, .threads = count, .fail_from = round % 3 ? 1000 : 7 };
            int code = sc_threads_run(pool, parts, count_part, &job);
            assert_int_equal(code, round % 3 || parts <= 7 ? 0 : -7); /* the lowest, whoever came first */
            assert_int_equal(job.bad_thread, 0);
            for (int i = 0; i < parts; i++)
                assert_int_equal(counts[i], 1);
        }
        sc_threads_destroy(pool);
    }
}

static void test_random(void **state)
{
    (void)state;
    enum { N = 200000 };
    for (uint64_t seed = 0; seed < 3; seed++) {
        double sum = 0, squares = 0, normal = 0, normal_squares = 0, lag = 0;
        for (uint64_t i = 0; i < N; i++) {
            double u = sc_random_uniform(seed, i), g = sc_random_normal(seed, i);
            assert_true(u >= 0 && u < 1 && isfinite(g));
            sum += u;
            squares += u * u;
            normal += g;
            normal_squares += g * g;
            lag += (u - 0.5) * (sc_random_uniform(seed, i + 1) - 0.5);
        }
        assert_true(fabs(sum / N - 0.5) < 0.003);
        assert_true(fabs(squares / N - 1.0 / 3) < 0.003);
        assert_true(fabs(normal / N) < 0.01);
        assert_true(fabs(normal_squares / N - 1) < 0.02);
        assert_true(fabs(lag / N) < 0.001);
    }
    assert_true(sc_random_bits(1, 5) == sc_random_bits(1, 5));
    assert_true(sc_random_bits(1, 5) != sc_random_bits(2, 5) && sc_random_bits(1, 5) != sc_random_bits(1, 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error),   cmocka_unit_test(test_file_map), cmocka_unit_test(test_file_write),
        cmocka_unit_test(test_names),   cmocka_unit_test(test_sha256),   cmocka_unit_test(test_half),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
