/* SPDX-License-Identifier: MIT */
/* Films read: values, times, cutting, jumps, shots, what FFmpeg's formats bring along, and what is wrong with files.
 * The films are made by the program ffmpeg, or by bytes. */
#include "film_fixture.h"

enum { FRAMES = 30 };

/* One call of ffmpeg for all. */
static int make_films(void **state)
{
    if (begin_films(state))
        return 1;
    run("ffmpeg -y -v error -f lavfi -i testsrc2=s=96x64:r=30000/1001:d=1 -f lavfi -i sine=d=1 "
        "-map 0 -map 1 -c:v libx264 -pix_fmt yuv420p -g 8 -bf 3 -x264-params open-gop=1 -c:a aac a.mp4 "
        "-map 0 -vf \"select='not(eq(mod(n,5),3))'\" -fps_mode vfr -c:v mpeg4 vfr.mkv "
        "-map 0 -frames:v 4 -c:v prores_ks -profile:v 3 -pix_fmt yuv422p10le -timecode 01:00:00:00 422.mov "
        "-map 0 -frames:v 2 -vf format=rgba,colorchannelmixer=aa=0.5 -c:v prores_ks -profile:v 4444 4444.mov "
        "-map 0 -frames:v 2 -vf format=rgba,colorchannelmixer=aa=0.5 -c:v libvpx-vp9 -cpu-used 8 a.webm "
        "-map 0 -frames:v 3 -vf format=gbrp,zscale=tin=bt709:pin=bt709:min=gbr:rin=full:t=smpte2084:p=bt2020:"
        "m=bt2020nc:r=limited:npl=203,format=yuv420p10le -c:v ffv1 hdr.mkv "
        "-map 0 -vf noise=alls=100:allf=t -c:v mpeg4 -q:v 1 -bf 2 noise.mkv "
        "-map 0 -frames:v 6 -vf interlace -c:v mpeg2video -flags +ildct+ilme fields.mpg "
        "-map 0 -frames:v 6 -c:v libx264 -pix_fmt yuv420p raw.264 -map 1 sound.mp3 "
        "-map 0 -frames:v 6 -c:v mpeg2video -g 3 titles.ts "
        "-map 0 -frames:v 9 -vf interlace -c:v mpeg2video -g 3 -flags +ildct+ilme -output_ts_offset 0.2002 rest.ts "
        "-map 0 -frames:v 9 -vf scale=64:48 -c:v mpeg2video -g 3 -output_ts_offset 0.2002 small.ts && "
        "cat titles.ts rest.ts | ffmpeg -y -v error -f mpegts -i - -c copy mixed.mkv && "
        "cat titles.ts small.ts | ffmpeg -y -v error -f mpegts -i - -c copy sizes.mkv && "
        "ffmpeg -y -v error -i a.mp4 -c copy -movflags faststart fast.mp4 -c copy og.ts");
    turn_film("", "a.mp4", "turned.mp4");
    run("ffmpeg -y -v error -i turned.mp4 -frames:v 1 upright.bmp");
    return 0;
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static int every_level(int t, int c, int x, int y)
{
    (void)t, (void)y;
    return c == 0 ? 16 + x % 220 : c == 1 ? 128 + (y % 3 - 1) * 20 : 128 + (x % 3 - 1) * 20;
}

/* BT.601 at this size, said aloud. */
static void test_values(void **state)
{
    (void)state;
    write_y4m("levels.y4m", "444", 220, 6, 1, every_level);
    scumble_film *film = open_part("levels.y4m", NULL, NULL);
    assert_non_null(strstr(scumble_film_about(film)->notes, "BT.601"));
    scumble_image *image;
    scumble_frame frame;
    GOOD(scumble_film_read(film, &image, &frame));
    for (int y = 0; y < 6; y++)
        for (int x = 0; x < 220; x++) {
            double luma = (every_level(0, 0, x, y) - 16) / 219.0, cb = (every_level(0, 1, x, y) - 128) / 224.0,
                   cr = (every_level(0, 2, x, y) - 128) / 224.0;
            double rgb[3] = { luma + 1.402 * cr, luma - 0.344136 * cb - 0.714136 * cr, luma + 1.772 * cb };
            for (int c = 0; c < 3; c++)
                assert_float_equal(scumble_image_rgb(image)[3 * (220 * y + x) + c], fmin(fmax(rgb[c], 0), 1), 2e-6);
        }
    scumble_image_free(&image);
    scumble_film_close(&film);
}

static int slope(int t, int c, int x, int y)
{
    (void)t, (void)c;
    return 400 + 6 * x + 4 * y;
}

/* Ten bits, chroma of half the size (on the left, between lines), odd sizes: what is linear stays linear. */
static void test_chroma(void **state)
{
    (void)state;
    write_y4m("slope.y4m", "420p10", 13, 9, 1, slope);
    scumble_film *film = open_part("slope.y4m", NULL, NULL);
    assert_int_equal(scumble_film_about(film)->bits, 10);
    scumble_image *image;
    scumble_frame frame;
    GOOD(scumble_film_read(film, &image, &frame));
    assert_int_equal(scumble_image_width(image), 13);
    assert_int_equal(scumble_image_height(image), 9);
    for (int y = 2; y < 7; y++)
        for (int x = 2; x < 11; x++) {
            double luma = (slope(0, 0, x, y) - 64) / 876.0, cr = (400 + 3.0 * x + 4 * (y / 2.0 - 0.25) - 512) / 896.0;
            assert_float_equal(scumble_image_rgb(image)[3 * (13 * y + x)], luma + 1.402 * cr, 3e-6);
        }
    scumble_image_free(&image);
    scumble_film_close(&film);
}

/* ---- times, cutting, jumps ------------------------------------------------------------------------------------- */

/* Marks of all frames, with their times checked against the rate; returns how many. */
static int read_all(scumble_film *film, double *marks, int64_t rate_num, int64_t rate_den)
{
    int count = 0;
    for (;; count++) {
        scumble_image *image;
        scumble_frame frame;
        GOOD(scumble_film_read(film, &image, &frame));
        if (!image)
            return count;
        assert_in_range(count, 0, FRAMES);
        assert_int_equal(frame.number, count);
        if (rate_num) /* time * num / den == count * rate_den / rate_num */
            assert_int_equal(frame.time * frame.time_num * rate_num, count * rate_den * frame.time_den);
        marks[count] = mark(image);
        scumble_image_free(&image);
    }
}

static void test_times(void **state)
{
    (void)state;
    double marks[FRAMES + 1];
    scumble_film *film = open_part("a.mp4", NULL, NULL);
    const scumble_film_info *info = scumble_film_about(film);
    assert_int_equal(info->frames, FRAMES);
    assert_int_equal(info->rate_num, 30000);
    assert_int_equal(info->rate_den, 1001);
    assert_true(info->sound && !info->variable_rate && !info->alpha && info->seekable);
    assert_int_equal(read_all(film, marks, 30000, 1001), FRAMES);
    scumble_film_close(&film);
    film = open_part("vfr.mkv", NULL, NULL);
    info = scumble_film_about(film);
    assert_true(info->variable_rate);
    for (int i = 0; i < 24; i++) { /* three of five, and one more */
        scumble_image *image;
        scumble_frame frame;
        GOOD(scumble_film_read(film, &image, &frame));
        int n = i / 4 * 5 + i % 4 + (i % 4 == 3);
        int64_t next = (int64_t)((i % 4 == 2 ? n + 2 : n + 1) * 1001 / 30.0 + 0.5);
        assert_int_equal(frame.time, (int64_t)(n * 1001 / 30.0 + 0.5));
        assert_true(frame.duration == next - frame.time || i == 23); /* until the next one */
        scumble_image_free(&image);
    }
    scumble_film_close(&film);
}

static void test_from_to(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        int first, end;
    } cuts[] = { { "7f", "12f", 7, 12 },         { "0.3", NULL, 9, FRAMES },    { "0.3003", "0.3004", 9, 10 },
                 { "0:00.5", "0:00.7", 15, 21 }, { "00:00:00:03", "4f", 3, 4 }, { NULL, "1", 0, FRAMES } };
    double all[FRAMES + 1], part[FRAMES + 1];
    scumble_film *film = open_part("a.mp4", NULL, NULL);
    read_all(film, all, 0, 0);
    scumble_film_close(&film);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        int count = cuts[i].end - cuts[i].first;
        film = open_part("a.mp4", cuts[i].from, cuts[i].to);
        assert_int_equal(scumble_film_about(film)->frames, count);
        assert_int_equal(read_all(film, part, 0, 0), count);
        assert_memory_equal(part, all + cuts[i].first, (size_t)count * sizeof *part);
        scumble_film_close(&film);
    }
    const char *path = in_folder("a.mp4");
    refuses(path, "12x", NULL, SCUMBLE_ERR_ARGUMENT, "`from`: '12x' is no moment");
    refuses(path, "1:2:3:4:5", NULL, SCUMBLE_ERR_ARGUMENT, "no moment");
    refuses(path, "5", NULL, SCUMBLE_ERR_ARGUMENT, "beyond the end");
    refuses(path, "5f", "5f", SCUMBLE_ERR_ARGUMENT, "no frame between");
    film = open_part("422.mov", "01:00:00:02", NULL); /* by its own clock */
    assert_int_equal(scumble_film_about(film)->frames, 2);
    assert_int_equal(scumble_film_about(film)->bits, 10);
    scumble_film_close(&film);
    refuses(in_folder("422.mov"), "00:00:00:02", NULL, SCUMBLE_ERR_ARGUMENT, "own timecode");
}

static void test_seek(void **state)
{
    (void)state;
    static const char *const names[] = { "a.mp4", "og.ts", "fields.mpg", "raw.264", "vfr.mkv", "mixed.mkv" };
    static const int to[] = { 5, 2, 0, 29, 28, 9, 9, 1 };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double all[FRAMES + 1];
        scumble_film *film = open_part(names[i], NULL, NULL);
        int count = read_all(film, all, 0, 0);
        for (size_t k = 0; k < sizeof to / sizeof *to; k++) {
            scumble_image *image;
            scumble_frame frame;
            int number = to[k] % count;
            GOOD(scumble_film_seek(film, number));
            GOOD(scumble_film_read(film, &image, &frame));
            assert_int_equal(frame.number, number);
            assert_true(mark(image) == all[number]);
            scumble_image_free(&image);
        }
        if (scumble_film_about(film)->frames)
            assert_int_equal(scumble_film_seek(film, count), SCUMBLE_ERR_NOT_FOUND);
        scumble_film_close(&film);
    }
}

/* What a film is taken for does not depend on where reading begins. */
static void test_other_size(void **state)
{
    (void)state;
    scumble_image *image = NULL;
    scumble_frame frame;
    scumble_film *film = open_part("sizes.mkv", NULL, NULL);
    for (int i = 0; i < 2; i++) {
        int code = i ? scumble_film_seek(film, 12) : SCUMBLE_OK;
        while (!code && !(code = scumble_film_read(film, &image, &frame)) && image) {
            assert_int_equal(scumble_image_width(image), 96);
            scumble_image_free(&image);
        }
        assert_int_equal(code, SCUMBLE_ERR_UNSUPPORTED);
        assert_non_null(strstr(scumble_error_text(s), "change from 96 x 64 (yuv420p) to 64 x 48 (yuv420p)"));
    }
    scumble_film_close(&film);
}

/* A jump stops the thread that reads ahead, wherever it is; what it was told then must not come back at the end. */
static void test_jumps(void **state)
{
    (void)state;
    double marks[FRAMES + 1];
    scumble_film *film = open_part("noise.mkv", NULL, NULL);
    for (int i = 0; i < 40; i++) {
        scumble_image *image = NULL;
        scumble_frame frame;
        GOOD(scumble_film_seek(film, i * 7 % FRAMES));
        GOOD(scumble_film_read(film, &image, &frame));
        scumble_image_free(&image);
        if (i % 2)
            continue;
        GOOD(scumble_film_seek(film, 0));
        assert_int_equal(read_all(film, marks, 0, 0), FRAMES);
    }
    scumble_film_close(&film);
}

/* ---- shots ----------------------------------------------------------------------------------------------------- */

static int three_shots(int t, int c, int x, int y)
{
    int shot = t < 7 ? 0 : t < 12 ? 1 : 2;
    return c ? 128 : 40 + 80 * (shot == 1) + (x * 3 + y * 5 + 4 * t + 90 * (shot == 2)) % 60;
}

static int count_events(const scumble_event *event, void *user)
{
    assert_string_equal(event->unit, "frames");
    assert_int_equal(event->of, 20);
    return ++*(int *)user > 25;
}

static void test_shots(void **state)
{
    (void)state;
    write_y4m("shots.y4m", "444", 64, 48, 20, three_shots);
    scumble_film *film = open_part("shots.y4m", NULL, NULL);
    const int64_t *firsts;
    int count, events = 24;
    assert_int_equal(scumble_film_shots(film, count_events, &events, &firsts, &count), SCUMBLE_ERR_CANCELLED);
    assert_null(firsts);
    events = 0;
    GOOD(scumble_film_shots(film, count_events, &events, &firsts, &count));
    assert_int_equal(events, 20);
    assert_int_equal(count, 3);
    static const int64_t expected[] = { 0, 7, 12, 20 };
    assert_memory_equal(firsts, expected, sizeof expected);
    double marks[FRAMES + 1];
    assert_int_equal(read_all(film, marks, 24, 1), 20); /* from its start */
    const int64_t *again;
    GOOD(scumble_film_shots(film, count_events, &events, &again, &count));
    assert_int_equal(events, 20);
    assert_int_equal(count, 3);
    assert_ptr_equal(again, firsts); /* which stays valid */
    assert_int_equal(read_all(film, marks, 24, 1), 20);
    scumble_film_close(&film);
}

/* ---- kinds of films -------------------------------------------------------------------------------------------- */

/* One bit of either kind; and a matrix that is not known is said. */
static void test_white(void **state)
{
    (void)state;
    static const char *const formats[] = { "monow", "monob", "gray" };
    scumble_image *image;
    scumble_frame frame;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        run("ffmpeg -y -v error -f lavfi -i color=white:s=32x16 -frames:v 1 -pix_fmt %s -c:v rawvideo white.nut",
            formats[i]);
        scumble_film *film = open_part("white.nut", NULL, NULL);
        GOOD(scumble_film_read(film, &image, &frame));
        double sum = 0; /* ffmpeg dithers */
        for (int k = 0; k < 3 * 32 * 16; k++)
            sum += scumble_image_rgb(image)[k];
        if (sum < 0.9 * 3 * 32 * 16)
            fail_msg("%s: %g", formats[i], sum / (3 * 32 * 16));
        scumble_image_free(&image);
        scumble_film_close(&film);
    }
    run("ffmpeg -y -v error -f lavfi -i color=white:s=32x16 -frames:v 1 -vf format=yuv420p,setparams=colorspace=ictcp "
        "-colorspace ictcp -c:v ffv1 ictcp.mkv");
    scumble_film *film = open_part("ictcp.mkv", NULL, NULL);
    assert_non_null(strstr(scumble_film_about(film)->notes, "in a way that is not read (ICtCp)"));
    scumble_film_close(&film);
}

static void test_turned(void **state)
{
    (void)state;
    scumble_image *upright, *turned, *still;
    scumble_frame frame;
    scumble_film *film = open_part("turned.mp4", NULL, NULL);
    assert_int_equal(scumble_film_about(film)->width, 64);
    assert_int_equal(scumble_film_about(film)->height, 96);
    GOOD(scumble_film_read(film, &turned, &frame));
    scumble_film_close(&film);
    film = open_part("a.mp4", NULL, NULL);
    GOOD(scumble_film_read(film, &upright, &frame));
    scumble_film_close(&film);
    GOOD(scumble_image_load(s, in_folder("upright.bmp"), &still)); /* as ffmpeg turns it */
    double worst = 0;
    for (int i = 0; i < 64 * 96 * 3; i++)
        worst += fabs(scumble_image_rgb(still)[i] - scumble_image_rgb(turned)[i]) / (64 * 96 * 3);
    assert_true(worst < 0.05);
    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 96; x++) /* exactly, one way round or the other */
            assert_true(
                scumble_image_rgb(upright)[3 * (96 * y + x)] == scumble_image_rgb(turned)[3 * (64 * x + 63 - y)] ||
                scumble_image_rgb(upright)[3 * (96 * y + x)] == scumble_image_rgb(turned)[3 * (64 * (95 - x) + y)]);
    scumble_image_free(&upright);
    scumble_image_free(&turned);
    scumble_image_free(&still);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name, *notes;
        bool alpha;
    } kinds[] = {
        { "4444.mov", "", true }, { "a.webm", "", true }, { "hdr.mkv", "PQ", false }, { "fields.mpg", "bwdif", false }
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        scumble_film *film = open_part(kinds[i].name, NULL, NULL);
        const scumble_film_info *info = scumble_film_about(film);
        assert_non_null(strstr(info->notes, kinds[i].notes));
        assert_int_equal(info->alpha, kinds[i].alpha);
        scumble_image *image;
        scumble_frame frame;
        GOOD(scumble_film_read(film, &image, &frame));
        if (kinds[i].alpha)
            assert_float_equal(scumble_image_alpha(image)[500], 0.5, 0.02);
        else
            assert_null(scumble_image_alpha(image));
        scumble_image_free(&image);
        scumble_film_close(&film);
    }
}

/* The mean of a film's first frame. */
static double brightness(const char *name)
{
    scumble_film *film = open_part(name, NULL, NULL);
    scumble_image *image;
    scumble_frame frame;
    double sum = 0;
    GOOD(scumble_film_read(film, &image, &frame));
    for (int i = 0; i < 96 * 64 * 3; i++)
        sum += scumble_image_rgb(image)[i] / (96 * 64 * 3);
    scumble_image_free(&image);
    scumble_film_close(&film);
    return sum;
}

/* What was ordinary before it became HDR looks as it did. */
static void test_hdr(void **state)
{
    (void)state;
    assert_float_equal(brightness("hdr.mkv"), brightness("a.mp4"), 0.06);
}

/* ---- what is wrong --------------------------------------------------------------------------------------------- */

static void test_wrong(void **state)
{
    (void)state;
    run(": >empty.mp4; head -c 9000 a.mp4 >cut.mp4; head -c 9000 fast.mp4 >short.mp4; "
        "head -c 70000 /dev/zero >zero.mkv; echo hello >text.mp4; "
        "printf 'YUV4MPEG2 W16 H16 F24:1 C444\\n' >none.y4m; "
        "printf 'ffconcat version 1.0\\nfile a.mp4\\n' >list.ffconcat");
    refuses(in_folder("empty.mp4"), NULL, NULL, SCUMBLE_ERR_FORMAT, "is empty");
    refuses(in_folder("cut.mp4"), NULL, NULL, SCUMBLE_ERR_FORMAT, "no film");
    refuses(in_folder("zero.mkv"), NULL, NULL, SCUMBLE_ERR_FORMAT, "no film");
    refuses(in_folder("text.mp4"), NULL, NULL, SCUMBLE_ERR_FORMAT, "no film");
    refuses(in_folder("sound.mp3"), NULL, NULL, SCUMBLE_ERR_FORMAT, "has no moving pictures");
    refuses(in_folder("none.y4m"), NULL, NULL, SCUMBLE_ERR_FORMAT, "no frame");
    refuses(in_folder("missing.mp4"), NULL, NULL, SCUMBLE_ERR_NOT_FOUND, "cannot open");
    refuses(folder, NULL, NULL, SCUMBLE_ERR_ARGUMENT, "a picture without a number"); /* it is read as a sequence */
    refuses("/dev/zero", NULL, NULL, SCUMBLE_ERR_FORMAT, "no film");
    refuses(in_folder("list.ffconcat"), NULL, NULL, SCUMBLE_ERR_FORMAT, "no film"); /* no other file is opened */
    scumble_film *film = open_part("short.mp4", NULL, NULL);                        /* what is left of it is read */
    assert_non_null(strstr(scumble_film_about(film)->notes, "cut short"));
    double marks[FRAMES + 1];
    assert_in_range(read_all(film, marks, 0, 0), 1, FRAMES - 1);
    scumble_film_close(&film);
}

/* The limit of pixels is that of pictures. */
static void test_large(void **state)
{
    (void)state;
    scumble *all = s;
    scumble_config config = { .size = sizeof config, .max_pixels = 96 * 64 - 1 };
    GOOD(scumble_open(&s, &config));
    refuses(in_folder("a.mp4"), NULL, NULL, SCUMBLE_ERR_LIMIT, "96 x 64 pixels, more than the limit of 6143");
    scumble_close(&s);
    s = all;
}

static void test_cancelled(void **state)
{
    (void)state;
    double marks[FRAMES + 1];
    scumble_image *image;
    scumble_frame frame;
    scumble_film *film;
    scumble_cancel(s);
    refuses(in_folder("a.mp4"), NULL, NULL, SCUMBLE_ERR_CANCELLED, "stopped");
    film = open_part("a.mp4", NULL, NULL);
    scumble_cancel(s);
    int code = scumble_film_read(film, &image, &frame);
    assert_true(code == SCUMBLE_ERR_CANCELLED && !image);
    assert_int_equal(read_all(film, marks, 30000, 1001), FRAMES); /* nothing is lost */
    scumble_film_close(&film);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),    cmocka_unit_test(test_chroma),     cmocka_unit_test(test_times),
        cmocka_unit_test(test_from_to),   cmocka_unit_test(test_seek),       cmocka_unit_test(test_shots),
        cmocka_unit_test(test_white),     cmocka_unit_test(test_turned),     cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_hdr),       cmocka_unit_test(test_wrong),      cmocka_unit_test(test_large),
        cmocka_unit_test(test_cancelled), cmocka_unit_test(test_other_size), cmocka_unit_test(test_jumps),
    };
    return cmocka_run_group_tests(tests, make_films, end_films);
}
