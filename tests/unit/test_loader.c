/* SPDX-License-Identifier: MIT */
/* What training is fed with: the list of photos, their order, where patches lie, what cannot be read, threads; and the
 * patches of paintings. */
#define _GNU_SOURCE
#include "image_fixture.h"

#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>

#include "train/crops.h"
#include "train/loader.h"

enum { EDGE = 16, VALUES = EDGE * EDGE * 3, MOST_PATHS = 4 };

static sc_error err;

#define MUST(call)                               \
    do {                                         \
        if (call)                                \
            fail_msg("%s: %s", #call, err.text); \
    } while (0)

/* ---- files ----------------------------------------------------------------------------------------------------- */

static int remove_item(const char *name, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind, (void)where;
    return remove(name);
}

static int stop(void **state)
{
    (void)state;
    return nftw(folder, remove_item, 16, FTW_DEPTH | FTW_PHYS);
}

static void make(const char *name)
{
    assert_int_equal(mkdir(in_folder(name), 0777), 0);
}

static void write_text(const char *name)
{
    write_bytes(in_folder(name), "no picture", 10);
}

/* The red of a picture is its number; green and blue are noise. */
static void write_picture(const char *name, int width, int height, int number)
{
    sc_image image = noise(width, height, false, 8, (uint64_t)number);
    for (int i = 0; i < width * height; i++)
        image.rgb[3 * i] = (float)number / 255;
    save(&image, in_folder(name), NULL);
    sc_image_free(&image);
}

static int number_of(const float *rgb)
{
    for (int i = 0; i < EDGE * EDGE; i++)
        assert_float_equal(rgb[3 * i], rgb[0], 1e-4);
    return (int)lrintf(255 * rgb[0]);
}

/* NAME/01.png and so on. */
static void write_pictures(const char *name, int count)
{
    make(name);
    for (int i = 1; i <= count; i++) {
        char own[64];
        snprintf(own, sizeof own, "%s/%02d.png", name, i);
        write_picture(own, 20 + i, 50 - i, i);
    }
}

/* Red and green are the position, in the middle of a pixel, as parts of the width and the height. */
static void write_positions(const char *name, int width, int height)
{
    sc_image image;
    MUST(sc_image_create(&image, width, height, false, &err));
    for (int i = 0; i < width * height; i++) {
        image.rgb[3 * i] = ((float)(i % width) + 0.5f) / (float)width;
        image.rgb[3 * i + 1] = ((float)(i / width) + 0.5f) / (float)height;
    }
    image.bits = 16;
    save(&image, in_folder(name), NULL);
    sc_image_free(&image);
}

/* ---- loaders --------------------------------------------------------------------------------------------------- */

typedef struct setting {
    const char *names[MOST_PATHS];
    uint64_t seed, first;
    int edge, held_out, threads;
} setting;

static int try_open(sc_loader **loader, const setting *s)
{
    const char *paths[MOST_PATHS];
    sc_loader_options options = { .paths = paths,
                                  .edge = s->edge ? s->edge : EDGE,
                                  .seed = s->seed,
                                  .first_sample = s->first,
                                  .held_out = s->held_out,
                                  .threads = s->threads };
    while (options.path_count < MOST_PATHS && s->names[options.path_count]) {
        paths[options.path_count] = in_folder(s->names[options.path_count]);
        options.path_count++;
    }
    return sc_loader_open(loader, &options, &err);
}

static sc_loader *open_loader(const setting *s)
{
    sc_loader *loader;
    MUST(try_open(&loader, s));
    return loader;
}

/* count samples one after the other; caller frees. */
static float *take_samples(const setting *s, int count)
{
    float *rgb = malloc((size_t)count * VALUES * sizeof *rgb);
    sc_loader *loader = open_loader(s);
    assert_non_null(rgb);
    for (int i = 0; i < count; i++)
        MUST(sc_loader_next(loader, rgb + i * VALUES, &err));
    sc_loader_close(loader);
    return rgb;
}

static void assert_samples(const setting *s, int count, const float *expected)
{
    float *own = take_samples(s, count);
    assert_memory_equal(own, expected, (size_t)count * VALUES * sizeof *own);
    free(own);
}

/* How often each number comes in the next `count` samples. */
static void tally(sc_loader *loader, int count, int times[256])
{
    float rgb[VALUES];
    memset(times, 0, 256 * sizeof *times);
    for (int i = 0; i < count; i++) {
        MUST(sc_loader_next(loader, rgb, &err));
        times[number_of(rgb)]++;
    }
}

static int take_complaints(sc_loader *loader, const char *with)
{
    int count = 0;
    for (char *sentence; sc_loader_take_complaint(loader, &sentence); count++) {
        const char *path = strstr(sentence, folder);
        assert_true(path && !strstr(path + 1, folder) && strlen(sentence) > strlen(folder) + 10);
        if (!strstr(sentence, with))
            fail_msg("'%s' is not about %s", sentence, with);
        free(sentence);
    }
    return count;
}

/* ---- the list -------------------------------------------------------------------------------------------------- */

static void folders_are_listed(void **state)
{
    (void)state;
    int times[256];
    make("list");
    make("list/a");
    make("list/a/.hidden");
    make("list/folder.png");
    write_picture("list/1.png", 20, 30, 1);
    write_picture("list/a/2.png", 20, 30, 2);
    write_picture("list/folder.png/3.ppm", 20, 30, 3);
    write_picture("list/.hidden.png", 20, 30, 4);
    write_picture("list/a/.hidden/x.png", 20, 30, 5);
    write_text("list/notes.txt");
    assert_int_equal(symlink("..", in_folder("list/a/round.png")), 0);
    assert_int_equal(symlink("../1.png", in_folder("list/a/link.png")), 0);
    assert_int_equal(symlink("a", in_folder("list/other")), 0);
    assert_int_equal(symlink("nowhere", in_folder("list/gone.png")), 0);
    assert_int_equal(symlink("itself.png", in_folder("list/itself.png")), 0);
    assert_int_equal(mkfifo(in_folder("list/pipe.png"), 0600), 0);
    sc_loader *loader = open_loader(&(setting){ .names = { "list" } });
    assert_int_equal(sc_loader_count(loader), 6); /* two of them lead nowhere */
    tally(loader, 60, times);
    assert_true(times[1] > 0 && times[2] > 0 && times[3] > 0 && times[1] + times[2] + times[3] == 60);
    assert_int_equal(take_complaints(loader, ".png'"), 2);
    sc_loader_close(loader);
}

static void paths_add_up(void **state)
{
    (void)state;
    write_pictures("one", 3);
    write_pictures("two", 2);
    const setting s = { .names = { "one", "two", "two/02.png" }, .seed = 4 };
    float *samples = take_samples(&s, 15);
    assert_samples(&(setting){ .names = { "two/02.png", "one/02.png", "two", "one/" }, .seed = 4 }, 15, samples);
    sc_loader *loader = open_loader(&s);
    assert_int_equal(sc_loader_count(loader), 5);
    sc_loader_close(loader);
    free(samples);
    int times[256];
    loader = open_loader(&(setting){ .names = { "one/03.png" } });
    tally(loader, 20, times);
    assert_int_equal(times[3], 20);
    sc_loader_close(loader);
}

static void there_is_nothing(void **state)
{
    (void)state;
    float rgb[VALUES];
    sc_loader *loader;
    make("empty");
    make("empty/below");
    make("none");
    write_text("empty/notes.txt");
    write_text("none/1.png");
    write_text("none/2.jpg");
    static const char *const names[] = { "empty", "nowhere", "none/1.png/below" };
    for (int i = 0; i < 3; i++) {
        assert_int_equal(try_open(&loader, &(setting){ .names = { names[i] } }), SCUMBLE_ERR_NOT_FOUND);
        assert_null(loader);
        assert_sentence(&err, SCUMBLE_ERR_NOT_FOUND);
        assert_non_null(strstr(err.text, names[i]));
    }
    assert_int_equal(try_open(&loader, &(setting){ .names = { "one", "nowhere" } }), SCUMBLE_ERR_NOT_FOUND);
    static const setting broken[] = { { .names = { "none/1.png" } },
                                      { .names = { "empty/notes.txt" } },
                                      { .names = { "none" }, .threads = 2 } };
    static const char *const words[] = { "1.png' is not a picture", "notes.txt' is not a picture",
                                         "none of the 2 pictures" };
    for (int i = 0; i < 3; i++) {
        loader = open_loader(&broken[i]);
        for (int k = 0; k < 3; k++) {
            assert_int_equal(k < 2 ? sc_loader_next(loader, rgb, &err) : sc_loader_held_out(loader, 0, rgb, &err),
                             SCUMBLE_ERR_FORMAT);
            assert_sentence(&err, SCUMBLE_ERR_FORMAT);
            assert_non_null(strstr(err.text, words[i]));
        }
        assert_int_equal(take_complaints(loader, folder), i < 2 ? 1 : 2);
        sc_loader_close(loader);
    }
}

/* A name with control characters, and one that is longer than a sentence. */
static void names_are_hostile(void **state)
{
    (void)state;
    float rgb[VALUES];
    char name[256] = "hostile/", *sentence;
    make("hostile");
    write_text("hostile/\033[31m\nred.png");
    for (int i = 0; i < 240; i++)
        strcat(name, "x");
    strcat(name, ".png");
    write_text(name);
    sc_loader *loader = open_loader(&(setting){ .names = { "hostile" } });
    assert_int_equal(sc_loader_next(loader, rgb, &err), SCUMBLE_ERR_FORMAT);
    for (int i = 0; i < 2; i++) {
        assert_true(sc_loader_take_complaint(loader, &sentence));
        for (const char *p = sentence; *p; p++)
            assert_true((unsigned char)*p >= 0x20);
        free(sentence);
    }
    sc_loader_close(loader);
}

static void many_names(void **state)
{
    (void)state;
    enum { COUNT = 10000, NEXT = 40 };
    make("many");
    for (int i = 1; i <= 4; i++) {
        char first[64], own[64];
        snprintf(first, sizeof first, "many/%05d.png", i);
        write_picture(first, 16, 20, i);
        for (int k = i + 4; k <= COUNT; k += 4) {
            snprintf(own, sizeof own, "many/%05d.png", k);
            assert_int_equal(link(in_folder(first), in_folder(own)), 0);
        }
    }
    int times[256];
    sc_loader *loader = open_loader(&(setting){ .names = { "many" }, .first = 3 * COUNT - NEXT / 2 });
    assert_int_equal(sc_loader_count(loader), COUNT);
    tally(loader, NEXT, times);
    for (int i = 1; i <= 4; i++)
        assert_true(times[i] > 0);
    sc_loader_close(loader);
}

/* ---- order ----------------------------------------------------------------------------------------------------- */

enum { PICTURES = 11, EPOCHS = 50 };

/* Each epoch has all pictures, and each picture comes in each place about equally often: chi squared, with 100 degrees
 * of freedom, is about 100 +- 14. */
static void epochs_are_permutations(void **state)
{
    (void)state;
    float rgb[VALUES];
    int places[PICTURES][PICTURES + 1] = { { 0 } };
    write_pictures("order", PICTURES);
    sc_loader *loader = open_loader(&(setting){ .names = { "order" }, .seed = 9 });
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        unsigned seen = 0;
        for (int place = 0; place < PICTURES; place++) {
            MUST(sc_loader_next(loader, rgb, &err));
            int number = number_of(rgb);
            assert_in_range(number, 1, PICTURES);
            seen |= 1u << number;
            places[place][number]++;
        }
        assert_int_equal(seen, (2u << PICTURES) - 2);
    }
    sc_loader_close(loader);
    double expected = (double)EPOCHS / PICTURES, chi_squared = 0;
    for (int place = 0; place < PICTURES; place++)
        for (int number = 1; number <= PICTURES; number++)
            chi_squared += (places[place][number] - expected) * (places[place][number] - expected) / expected;
    assert_true(chi_squared > 60 && chi_squared < 140);
}

static void samples_depend_on_nothing_else(void **state)
{
    (void)state;
    enum { SAMPLES = 3 * PICTURES };
    setting s = { .names = { "order" }, .seed = 2 };
    float *all = take_samples(&s, SAMPLES);
    for (int i = 0; i < SAMPLES; i++)
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(all + i * VALUES, all + k * VALUES, VALUES * sizeof *all);
    for (s.threads = 2; s.threads <= 20; s.threads += 6)
        assert_samples(&s, SAMPLES, all);
    for (s.first = 1; s.first < SAMPLES; s.first += 7) {
        s.threads = (int)s.first % 3;
        assert_samples(&s, SAMPLES - (int)s.first, all + s.first * VALUES);
    }
    s = (setting){ .names = { "order" }, .seed = 3 };
    float *other = take_samples(&s, 1);
    assert_memory_not_equal(other, all, VALUES * sizeof *all);
    free(other);
    s.first = UINT64_MAX - 3; /* and on from 0 */
    other = take_samples(&s, 8);
    s.first = 0;
    assert_samples(&s, 4, other + 4 * VALUES);
    free(other);
    free(all);
}

/* With 03 and 07 broken, samples of others stay what they were, and the turns of these two are taken by the next ones
 * of the epoch. */
static void broken_pictures_are_left_out(void **state)
{
    (void)state;
    enum { SAMPLES = 6 * PICTURES };
    write_pictures("broken", PICTURES);
    setting s = { .names = { "broken" }, .seed = 1 };
    float *whole = take_samples(&s, SAMPLES), held[VALUES];
    write_text("broken/03.png");
    write_text("broken/07.png");
    float *left = take_samples(&s, SAMPLES);
    int taken = 0;
    for (int i = 0; i < SAMPLES; i++) {
        int begin = i - i % PICTURES, next = i, number = number_of(whole + i * VALUES);
        if (number != 3 && number != 7) {
            assert_memory_equal(left + i * VALUES, whole + i * VALUES, VALUES * sizeof *left);
            continue;
        }
        for (taken++; number == 3 || number == 7; number = number_of(whole + next * VALUES))
            next = begin + (next + 1 - begin) % PICTURES;
        assert_int_equal(number_of(left + i * VALUES), number);
    }
    assert_int_equal(taken, 12);
    for (s.first = 0; s.first < 2 * PICTURES; s.first += 3) { /* wherever one begins, and is told what is broken */
        s.threads = (int)s.first % 4;
        assert_samples(&s, 4, left + s.first * VALUES);
    }
    s.first = 0;
    sc_loader *loader = open_loader(&s);
    for (uint64_t i = 0; i < PICTURES; i++) {
        err = (sc_error){ 0 };
        MUST(sc_loader_held_out(loader, i, held, &err));
        assert_int_equal(err.code, 0); /* what was left out is no error */
    }
    for (int i = 0; i < SAMPLES; i++) {
        MUST(sc_loader_next(loader, held, &err));
        assert_memory_equal(held, left + i * VALUES, sizeof held);
    }
    assert_int_equal(take_complaints(loader, "is not a picture"), 2);
    sc_loader_close(loader);
    free(whole);
    free(left);
}

/* ---- patches of photos ----------------------------------------------------------------------------------------- */

/* What a patch of write_positions shows. */
typedef struct place {
    double edge, left, top;
    bool mirrored;
} place;

static place place_of(const float *rgb, int width, int height)
{
    enum { FROM = 4, TO = EDGE - 5 }; /* away from the patch's edges, where kernels are cut */
    const float *a = rgb + 3 * (FROM * EDGE + FROM), *b = rgb + 3 * (TO * EDGE + TO);
    double across = (double)(b[0] - a[0]) * width / (TO - FROM), down = (double)(b[1] - a[1]) * height / (TO - FROM);
    double x = 0.5 * (double)(a[0] + b[0]) * width, y = 0.5 * (double)(a[1] + b[1]) * height;
    assert_float_equal(fabs(across), down, 0.02); /* a square stays one */
    return (place){ EDGE * down, x - 0.5 * EDGE * down, y - 0.5 * EDGE * down, across < 0 };
}

static void patches_lie_anywhere(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int width, height;
        double least, most;
    } pictures[] = {
        { "wide.png", 200, 80, 40, 80 },
        { "high.png", 60, 90, 30, 60 },
        { "small.png", 12, 40, 8, 12 },
    };
    for (int p = 0; p < 3; p++) {
        const int width = pictures[p].width, height = pictures[p].height;
        const double least = pictures[p].least, most = pictures[p].most;
        double smallest = 1e9, largest = 0, leftmost = 1e9, rightmost = 0, highest = 1e9, lowest = 0;
        int mirrored = 0;
        write_positions(pictures[p].name, width, height);
        sc_loader *loader = open_loader(&(setting){ .names = { pictures[p].name }, .threads = 1 + p });
        for (int i = 0; i < 100; i++) {
            float rgb[VALUES];
            MUST(sc_loader_next(loader, rgb, &err));
            place at = place_of(rgb, width, height);
            assert_true(at.left > -0.5 && at.top > -0.5 && at.left + at.edge < width + 0.5 &&
                        at.top + at.edge < height + 0.5);
            smallest = fmin(smallest, at.edge);
            largest = fmax(largest, at.edge);
            leftmost = fmin(leftmost, at.left);
            rightmost = fmax(rightmost, at.left + at.edge);
            highest = fmin(highest, at.top);
            lowest = fmax(lowest, at.top + at.edge);
            mirrored += at.mirrored;
        }
        sc_loader_close(loader);
        assert_true(smallest > least - 0.5 && smallest < least + 0.1 * (most - least) + 0.5);
        assert_true(largest < most + 0.5 && largest > most - 0.1 * (most - least) - 0.5);
        assert_true(leftmost < 0.05 * width && rightmost > 0.95 * width && highest < 0.05 * height &&
                    lowest > 0.95 * height);
        assert_in_range(mirrored, 35, 65);
    }
}

static void small_pictures_are_left_out(void **state)
{
    (void)state;
    int times[256];
    make("small");
    write_picture("small/1.png", 7, 90, 1);
    write_picture("small/2.png", 8, 8, 2);
    sc_loader *loader = open_loader(&(setting){ .names = { "small" } });
    tally(loader, 10, times);
    assert_int_equal(times[2], 10);
    assert_int_equal(take_complaints(loader, "7 x 90 pixels, too few for patches of 16 x 16: at least 8"), 1);
    sc_loader_close(loader);
}

/* Black that can be seen a little, and white that cannot. */
static void what_is_transparent_is_filled(void **state)
{
    (void)state;
    float rgb[VALUES];
    sc_image image;
    MUST(sc_image_create(&image, 40, 40, true, &err)); /* black */
    for (int i = 0; i < 40 * 40; i++) {
        image.alpha[i] = i % 40 < 20 ? 51.0f / 255 : 0;
        for (int c = 0; c < 3; c++)
            image.rgb[3 * i + c] = i % 40 < 20 ? 0 : 1;
    }
    save(&image, in_folder("glass.png"), NULL);
    for (int i = 0; i < 40 * 40; i++)
        image.alpha[i] = 0;
    save(&image, in_folder("nothing.png"), NULL);
    sc_image_free(&image);
    sc_loader *loader = open_loader(&(setting){ .names = { "glass.png", "nothing.png" } });
    for (int k = 0; k < 4; k++) {
        MUST(sc_loader_next(loader, rgb, &err));
        for (int i = 0; i < VALUES; i++)
            assert_float_equal(rgb[i], 0, 1e-6);
    }
    assert_int_equal(take_complaints(loader, "nothing.png' is wholly transparent"), 1);
    sc_loader_close(loader);
}

/* ---- what is held out ------------------------------------------------------------------------------------------ */

/* 02 and 06 of eight times two pictures are: a quarter and three quarters into the list. */
static void held_out_pictures_are_not_learnt_from(void **state)
{
    (void)state;
    float rgb[VALUES], again[VALUES];
    int times[256];
    write_pictures("held", 16);
    sc_loader *loader = open_loader(&(setting){ .names = { "held" }, .held_out = 4 });
    assert_int_equal(sc_loader_count(loader), 16);
    tally(loader, 5 * 14, times);
    for (int i = 1; i <= 16; i++)
        assert_int_equal(times[i], i == 5 || i == 13 ? 0 : 5);
    for (uint64_t i = 0; i < 6; i++) {
        MUST(sc_loader_held_out(loader, i, rgb, &err));
        assert_int_equal(number_of(rgb), i % 2 ? 13 : 5);
        MUST(sc_loader_held_out(loader, i, again, &err));
        assert_memory_equal(rgb, again, sizeof rgb);
    }
    sc_image image = load(in_folder("held/05.png")); /* 25 x 45 */
    MUST(sc_crop_cut(&image, &(sc_crop){ 0, 10, 25, false }, EDGE, again, &err));
    MUST(sc_loader_held_out(loader, 0, rgb, &err));
    assert_memory_equal(rgb, again, sizeof rgb);
    MUST(sc_loader_held_out(loader, 2, rgb, &err));
    assert_memory_not_equal(rgb, again, sizeof rgb);
    sc_image_free(&image);
    sc_loader_close(loader);
}

static void held_out_pictures_may_be_broken(void **state)
{
    (void)state;
    float rgb[VALUES];
    int times[256];
    write_text("held/05.png");
    const setting s = { .names = { "held" }, .held_out = 2, .threads = 2 };
    sc_loader *loader = open_loader(&s);
    for (uint64_t i = 0; i < 4; i++) {
        MUST(sc_loader_held_out(loader, i, rgb, &err));
        assert_int_equal(number_of(rgb), 13);
    }
    assert_int_equal(take_complaints(loader, "05.png"), 1);
    sc_loader_close(loader);
    write_text("held/13.png");
    loader = open_loader(&s); /* now from the others */
    MUST(sc_loader_held_out(loader, 1, rgb, &err));
    assert_int_equal(number_of(rgb), 2);
    sc_loader_close(loader);
    make("pair");
    write_text("pair/1.png");
    write_picture("pair/2.png", 20, 20, 2); /* held out, but all there is */
    loader = open_loader(&(setting){ .names = { "pair" }, .held_out = 4 });
    tally(loader, 5, times);
    assert_int_equal(times[2], 5);
    sc_loader_close(loader);
    write_pictures("pair/few", 5); /* of seven one */
    loader = open_loader(&(setting){ .names = { "pair" }, .held_out = 4 });
    tally(loader, 12, times);
    assert_int_equal(times[1] + times[2] + times[3] + times[4] + times[5], 12);
    sc_loader_close(loader);
}

/* ---- threads --------------------------------------------------------------------------------------------------- */

/* The ids of this process's threads; returns how many. */
static int list_threads(int ids[256])
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    assert_non_null(tasks);
    for (struct dirent *entry; (entry = readdir(tasks)) && count < 256;)
        if (*entry->d_name != '.')
            ids[count++] = atoi(entry->d_name);
    closedir(tasks);
    return count;
}

/* Whether the thread blocks SIGINT; true as well when it has ended. */
static bool blocks_interrupt(int id)
{
    char path[64], line[256];
    unsigned long long blocked = ~0ull;
    snprintf(path, sizeof path, "/proc/self/task/%d/status", id);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status))
        sscanf(line, "SigBlk: %llx", &blocked);
    if (status)
        fclose(status);
    return blocked >> (SIGINT - 1) & 1;
}

static void threads_take_no_signals(void **state)
{
    (void)state;
    int before[256], now[256], had = list_threads(before), own = 0;
    float rgb[VALUES];
    sc_loader *loader = open_loader(&(setting){ .names = { "order" }, .threads = 3 });
    for (int i = 0; i < 9; i++) /* a thread that has not run yet blocks everything */
        MUST(sc_loader_next(loader, rgb, &err));
    int has = list_threads(now);
    for (int i = 0; i < has; i++) {
        bool is_new = true;
        for (int k = 0; k < had; k++)
            is_new = is_new && now[i] != before[k];
        own += is_new;
        assert_true(!is_new || blocks_interrupt(now[i]));
    }
    assert_true(own >= 3);
    assert_false(blocks_interrupt(getpid()));
    sc_loader_close(loader);
}

static void closing_stops_at_once(void **state)
{
    (void)state;
    float rgb[VALUES];
    make("large");
    write_picture("large/1.png", 700, 500, 1);
    write_picture("large/2.png", 600, 600, 2);
    for (int i = 0; i < 24; i++) {
        sc_loader *loader = open_loader(
            &(setting){ .names = { i % 2 ? "order" : "large" }, .seed = (uint64_t)i, .threads = 1 + i % 8 });
        for (int k = 0; k < i % 3; k++)
            MUST(sc_loader_next(loader, rgb, &err));
        sc_loader_close(loader);
    }
    sc_loader_close(NULL);
}

/* ---- paintings ------------------------------------------------------------------------------------------------- */

/* One colour to the right of, or below, what is learnt from, and another within. */
static sc_image two_parts(int width, int height, int left, int top, float within, float outside)
{
    sc_image image;
    MUST(sc_image_create(&image, width, height, false, &err));
    for (int i = 0; i < width * height * 3; i++)
        image.rgb[i] = i / 3 % width < left && i / 3 / width < top ? within : outside;
    return image;
}

static sc_crops *open_crops(const sc_image *paintings, const double *weights, int count)
{
    sc_crops *crops;
    MUST(sc_crops_create(&crops, paintings, weights, count, EDGE, 6, &err));
    return crops;
}

static void a_part_of_each_painting_is_held_out(void **state)
{
    (void)state;
    const double weight = 1;
    static const struct {
        int width, height, left, top;
    } sizes[] = {
        { 200, 100, 160, 100 },
        { 100, 200, 100, 160 },
        { 64, 64, 52, 64 },
        { 33, 35, 33, 28 }, /* a patch is larger than the part */
    };
    for (int s = 0; s < 4; s++) {
        sc_image painting = two_parts(sizes[s].width, sizes[s].height, sizes[s].left, sizes[s].top, 0.2f, 0.9f);
        sc_crops *crops = open_crops(&painting, &weight, 1);
        float rgb[VALUES];
        for (uint64_t k = 0; k < 200; k++) {
            MUST(sc_crops_take(crops, k, rgb, &err));
            for (int i = 0; i < VALUES; i++)
                assert_true(rgb[i] > 0.1f && rgb[i] < 0.3f);
            MUST(sc_crops_take_held_out(crops, k, rgb, &err));
            for (int i = 0; i < VALUES; i++)
                assert_float_equal(rgb[i], 0.9, 1e-5);
        }
        sc_crops_free(crops);
        sc_image_free(&painting);
    }
}

/* By a ratio of differences of channels, which brightness and contrast do not change: (0.2 + 0.02 number) / 0.2. */
static int painting_of(const float *rgb)
{
    int number = (int)lrintf(((rgb[0] - rgb[1]) / (rgb[2] - rgb[1]) - 1) * 10);
    assert_in_range(number, 0, 10);
    return number;
}

/* Of eleven, the fifth and the tenth are; the others come as often as they weigh. */
static void whole_paintings_are_held_out(void **state)
{
    (void)state;
    enum { COUNT = 11, SAMPLES = 2000 };
    sc_image paintings[COUNT];
    double weights[COUNT], sum = 0;
    int times[COUNT] = { 0 };
    float rgb[VALUES];
    for (int i = 0; i < COUNT; i++) {
        paintings[i] = two_parts(40 + i, 50, 100, 100, 0.5f, 0);
        for (int k = 0; k < (40 + i) * 50; k++) {
            paintings[i].rgb[3 * k] += 0.02f * (float)i;
            paintings[i].rgb[3 * k + 1] -= 0.2f;
        }
        weights[i] = 1 + i % 3;
        sum += i % 5 == 4 ? 0 : weights[i];
    }
    sc_crops *crops = open_crops(paintings, weights, COUNT);
    for (uint64_t k = 0; k < SAMPLES; k++) {
        MUST(sc_crops_take(crops, k, rgb, &err));
        times[painting_of(rgb)]++;
        MUST(sc_crops_take_held_out(crops, k, rgb, &err));
        assert_int_equal(painting_of(rgb) % 5, 4);
    }
    for (int i = 0; i < COUNT; i++) {
        double share = i % 5 == 4 ? 0 : weights[i] / sum;
        assert_float_equal(times[i], SAMPLES * share, 4 * sqrt(SAMPLES * share * (1 - share)));
    }
    sc_crops_free(crops);
    for (int i = 0; i < COUNT; i++)
        sc_image_free(&paintings[i]);
}

/* Red tells how the colours change, green's slope the scale and whether it is mirrored: one value where neither kernels
 * nor edges matter. */
static void patches_of_paintings_vary(void **state)
{
    (void)state;
    const double weight = 1;
    sc_image painting;
    MUST(sc_image_create(&painting, 320, 200, false, &err));
    for (int i = 0; i < 320 * 200; i++) {
        painting.rgb[3 * i] = 0.5f;
        painting.rgb[3 * i + 1] = 0.2f + 0.6f * (float)(i % 320) / 320;
        painting.rgb[3 * i + 2] = 0.9f;
    }
    sc_crops *crops = open_crops(&painting, &weight, 1);
    double smallest = 9, largest = 0, darkest = 1, brightest = 0, flattest = 9, steepest = 0;
    int mirrored = 0;
    for (uint64_t k = 0; k < 300; k++) {
        float rgb[VALUES], again[VALUES];
        MUST(sc_crops_take(crops, k, rgb, &err));
        MUST(sc_crops_take(crops, k, again, &err));
        assert_memory_equal(rgb, again, sizeof rgb);
        const float *a = rgb + 3 * (8 * EDGE + 4), *b = rgb + 3 * (8 * EDGE + 11);
        double contrast = (double)(a[2] - a[0]) / 0.4, slope = (double)(b[1] - a[1]) / 7 * 320 / 0.6 / contrast;
        mirrored += slope < 0;
        smallest = fmin(smallest, fabs(slope));
        largest = fmax(largest, fabs(slope));
        darkest = fmin(darkest, (double)a[0]);
        brightest = fmax(brightest, (double)a[0]);
        flattest = fmin(flattest, contrast);
        steepest = fmax(steepest, contrast);
    }
    assert_true(smallest > 0.65 && smallest < 0.75 && largest > 1.3 && largest < 1.45);
    assert_true(darkest > 0.459 && darkest < 0.465 && brightest > 0.535 && brightest < 0.541);
    assert_true(flattest > 0.939 && flattest < 0.945 && steepest > 1.055 && steepest < 1.061);
    assert_in_range(mirrored, 110, 190);
    sc_crops_free(crops);
    sc_image_free(&painting);
}

static void paintings_are_continued_by_their_mirror_images(void **state)
{
    (void)state;
    sc_image image = noise(3, 2, false, 8, 5);
    float rgb[8 * 8 * 3], mirrored[8 * 8 * 3];
    static const int columns[] = { 1, 2, 1, 0, 1, 2, 1, 0 }, rows[] = { 1, 0, 1, 0, 1, 0, 1, 0 }; /* from -3 on */
    MUST(sc_crop_cut(&image, &(sc_crop){ -3, -3, 8, false }, 8, rgb, &err));
    MUST(sc_crop_cut(&image, &(sc_crop){ -3, -3, 8, true }, 8, mirrored, &err));
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++)
            for (int c = 0; c < 3; c++) {
                assert_true(rgb[(8 * y + x) * 3 + c] == image.rgb[(3 * rows[y] + columns[x]) * 3 + c]);
                assert_true(mirrored[(8 * y + 7 - x) * 3 + c] == rgb[(8 * y + x) * 3 + c]);
            }
    sc_image_free(&image);
}

static void tiny_paintings_are_refused(void **state)
{
    (void)state;
    const double weights[2] = { 0.5, 0.5 };
    static const int sizes[][2] = { { 1, 1 }, { 31, 400 }, { 400, 31 } };
    sc_crops *crops;
    for (int i = 0; i < 3; i++) {
        sc_image paintings[2] = { noise(32, 32, false, 8, 1), noise(sizes[i][0], sizes[i][1], false, 8, 1) };
        assert_int_equal(sc_crops_create(&crops, paintings, weights, 2, EDGE, 0, &err), SCUMBLE_ERR_UNSUPPORTED);
        assert_null(crops);
        assert_sentence(&err, SCUMBLE_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, "too small to learn from: at least 32 pixels"));
        MUST(sc_crops_create(&crops, paintings, weights, 1, EDGE, 0, &err));
        sc_crops_free(crops);
        sc_image_free(&paintings[0]);
        sc_image_free(&paintings[1]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_listed),
        cmocka_unit_test(paths_add_up),
        cmocka_unit_test(there_is_nothing),
        cmocka_unit_test(names_are_hostile),
        cmocka_unit_test(many_names),
        cmocka_unit_test(epochs_are_permutations),
        cmocka_unit_test(samples_depend_on_nothing_else),
        cmocka_unit_test(broken_pictures_are_left_out),
        cmocka_unit_test(patches_lie_anywhere),
        cmocka_unit_test(small_pictures_are_left_out),
        cmocka_unit_test(what_is_transparent_is_filled),
        cmocka_unit_test(held_out_pictures_are_not_learnt_from),
        cmocka_unit_test(held_out_pictures_may_be_broken),
        cmocka_unit_test(threads_take_no_signals),
        cmocka_unit_test(closing_stops_at_once),
        cmocka_unit_test(a_part_of_each_painting_is_held_out),
        cmocka_unit_test(whole_paintings_are_held_out),
        cmocka_unit_test(patches_of_paintings_vary),
        cmocka_unit_test(paintings_are_continued_by_their_mirror_images),
        cmocka_unit_test(tiny_paintings_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, stop);
}
