/* SPDX-License-Identifier: MIT */
/* Films written: values that are not lost, times, sound, chapters and what else a film has, parts that are joined,
 * cutting, animations, and what cannot be written. The programs ffmpeg and ffprobe are the judges. */
#include "film_fixture.h"

#include <sys/stat.h>
#include <time.h>

enum { FRAMES = 20 };

/* One film with all that films have, and some of other kinds. */
static int make_films(void **state)
{
    if (begin_films(state))
        return 1;
    FILE *file = fopen("words.srt", "w");
    fputs("1\n00:00:00,100 --> 00:00:00,450\nHello\n", file);
    fclose(file);
    file = fopen("facts.txt", "w");
    fputs(";FFMETADATA1\ntitle=A walk\ncomment=theirs\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=300\ntitle=one\n"
          "[CHAPTER]\nTIMEBASE=1/1000\nSTART=300\nEND=667\ntitle=two\n",
          file);
    fclose(file);
    run("ffmpeg -y -v error -f lavfi -i testsrc2=s=96x64:r=30000/1001:d=0.667 -f lavfi -i sine=d=0.667 -i words.srt -i "
        "facts.txt "
        "-map 0 -map 1 -map 2 -map_metadata 3 -map_chapters 3 -c:v libx264 -pix_fmt yuv420p -bf 3 "
        "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -c:a aac -c:s mov_text -timecode '01:00:00;10' "
        "all.mov -map 0 -vf \"select='not(eq(mod(n,5),3))'\" -fps_mode vfr -c:v mpeg4 vfr.mkv "
        "-map 0 -frames:v 3 -c:v prores_ks -profile:v 3 -pix_fmt yuv422p10le 422.mov "
        "-map 0 -frames:v 3 -vf format=rgba,colorchannelmixer=aa=0.5 -c:v prores_ks -profile:v 4444 4444.mov "
        "-map 0 -frames:v 3 -vf format=rgba,colorchannelmixer=aa=0.5 -c:v libvpx-vp9 -cpu-used 8 a.webm");
    turn_film("-map 0:v -map_chapters -1", "all.mov", "turned.mp4");
    return 0;
}

/* Every `every` frames (0: all) to a part, or straight into the file; returns how many frames there were. */
static int copy_film(const char *from, const char *to, scumble_film_output *output, int every, const char *first,
                     const char *end)
{
    static scumble_frame frames[100];
    static char names[100][64];
    const char *parts[100];
    int count = 0, part_count = 0;
    scumble_film *film = open_part(from, first, end);
    scumble_film_writer *writer = NULL;
    scumble_film_output one = *output;
    one.alpha = scumble_film_about(film)->alpha;
    for (;;) {
        scumble_image *image;
        GOOD(scumble_film_read(film, &image, &frames[count]));
        if (writer && (!image || (every && count % every == 0)))
            GOOD(scumble_film_finish(&writer));
        if (!image)
            break;
        if (!writer && every) {
            snprintf(names[part_count], sizeof names[0], "%s.%d", to, part_count);
            one.part = 1;
            one.as = to;
            parts[part_count] = names[part_count];
            GOOD(scumble_film_create(film, parts[part_count++], &one, &writer));
        } else if (!writer)
            GOOD(scumble_film_create(film, to, &one, &writer));
        GOOD(scumble_film_write(writer, image, &frames[count++]));
        scumble_image_free(&image);
    }
    if (every) {
        one.part = 0;
        GOOD(scumble_film_join(film, parts, part_count, frames, count, to, &one));
    }
    scumble_film_close(&film);
    return count;
}

static scumble_film_output usual(const char *codec)
{
    return (scumble_film_output){ .size = sizeof(scumble_film_output), .crf = -1, .codec = codec };
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static int noise(int t, int c, int x, int y)
{
    uint32_t n = (uint32_t)(t * 7919 + c * 104729 + x * 1299709 + y * 15485863);
    n = (n ^ (n >> 13)) * 0x9e3779b1u;
    n = (n ^ (n >> 16)) * 0x85ebca6bu;
    return c ? 118 + (int)(n >> 8) % 21 : 80 + (int)(n >> 8) % 81;
}

static int deep_noise(int t, int c, int x, int y)
{
    return noise(t, c, x, y) * 4 + noise(t, c, y, x) % 4;
}

/* Nothing is lost between a film and one without loss, whatever the size of its chroma. */
static void test_lossless(void **state)
{
    (void)state;
    static const char *const chroma[] = { "420mpeg2", "420jpeg", "444", "420p10", "444p10" };
    for (size_t i = 0; i < sizeof chroma / sizeof *chroma; i++) {
        int odd = (int)i % 2;
        write_y4m("noise.y4m", chroma[i], 48 + odd, 32 - odd, 3, strstr(chroma[i], "10") ? deep_noise : noise);
        scumble_film_output output = usual("ffv1");
        assert_int_equal(copy_film("noise.y4m", "noise.mkv", &output, 2, NULL, NULL), 3);
        output = usual(NULL);
        assert_int_equal(copy_film("noise.y4m", "noise2.y4m", &output, 0, NULL, NULL), 3);
        char sum[3][64];
        assert_int_equal(sscanf(said("ffmpeg -v error -i noise.y4m -i noise.mkv -i noise2.y4m -map 0 -f md5 - "
                                     "-map 1 -f md5 - -map 2 -f md5 -"),
                                "%63s %63s %63s", sum[0], sum[1], sum[2]),
                         3);
        assert_string_equal(sum[0], sum[1]);
        assert_string_equal(sum[0], sum[2]);
    }
}

/* The mean difference of two films' values. */
static double differ(const char *a, const char *b, double *alpha)
{
    double sum = 0, count = 0;
    *alpha = 0;
    scumble_film *films[2] = { open_part(a, NULL, NULL), open_part(b, NULL, NULL) };
    for (;;) {
        scumble_image *images[2];
        scumble_frame frame;
        for (int i = 0; i < 2; i++)
            GOOD(scumble_film_read(films[i], &images[i], &frame));
        assert_true(!images[0] == !images[1]);
        if (!images[0])
            break;
        int pixels = scumble_image_width(images[0]) * scumble_image_height(images[0]);
        for (int i = 0; i < 3 * pixels; i++, count++)
            sum += fabs(scumble_image_rgb(images[0])[i] - scumble_image_rgb(images[1])[i]);
        for (int i = 0; i < pixels && scumble_image_alpha(images[0]); i++)
            *alpha = fmax(*alpha, fabs(scumble_image_alpha(images[0])[i] - scumble_image_alpha(images[1])[i]));
        scumble_image_free(&images[0]);
        scumble_image_free(&images[1]);
    }
    scumble_film_close(&films[0]);
    scumble_film_close(&films[1]);
    return sum / count;
}

static int bands(int t, int c, int x, int y)
{
    return c == 0 ? 100 + x + y + t : c == 1 ? 118 + (x + t) / 3 : 134 - y / 4;
}

/* Odd sizes, exactly, with every codec. */
static void test_odd(void **state)
{
    (void)state;
    static const struct {
        const char *codec, *to;
    } kinds[] = { { "h264", "odd.mp4" }, { "hevc", "odd.mov" }, { "prores", "odd.mov" }, { "prores4444", "odd.mov" },
                  { "vp9", "odd.webm" }, { "av1", "odd.mkv" },  { "ffv1", "odd.mkv" } };
    write_y4m("odd.y4m", "444", 65, 67, 2, bands);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        scumble_film_output output = usual(kinds[i].codec);
        double alpha, mean;
        copy_film("odd.y4m", kinds[i].to, &output, 0, NULL, NULL);
        mean = differ("odd.y4m", kinds[i].to, &alpha);
        if (mean > 0.01)
            fail_msg("%s: %g", kinds[i].codec, mean);
    }
}

/* ---- a film and all it has ------------------------------------------------------------------------------------- */

/* Times of the frames, hashes of the other packets, chapters, as ffprobe says. (What a packet has beside its data makes
 * a line break in its row.) */
static const char *facts_of(const char *name)
{
    return said(
        "ffprobe -v error -show_data_hash MD5 -show_entries packet=codec_type,pts_time,data_hash:chapter=start_time,"
        "end_time:chapter_tags=title:stream_tags=timecode -of csv %s | "
        "awk -F, '$1 { kind = $2 } kind == \"video\" { if ($1) print \"frame\", $3; next } "
        "kind && kind != \"data\" && NF > 1' | sort",
        name);
}

static void test_all_there(void **state)
{
    (void)state;
    scumble_film_output output = usual(NULL);
    output.recipe =
        "{\"recipe\":1,\"scumble\":\"0.2.0\",\"content\":{\"name\":\"all.mov\"},\"styles\":[{\"name\":\"b.jpg\"}]}";
    copy_film("all.mov", "new.mov", &output, 0, NULL, NULL);
    copy_film("all.mov", "joined.mov", &output, 7, NULL, NULL);
    copy_film("all.mov", "again.mov", &output, 0, NULL, NULL);
    run("cmp new.mov again.mov");
    char before[8192];
    snprintf(before, sizeof before, "%s", facts_of("all.mov"));
    assert_non_null(strstr(before, "timecode") || strstr(before, "01:00:00;10"));
    assert_string_equal(before, facts_of("new.mov"));
    assert_string_equal(before, facts_of("joined.mov"));
    const char *tags =
        said("ffprobe -v error -show_entries format_tags:stream=codec_name,color_space,pix_fmt -of csv new.mov");
    assert_non_null(strstr(tags, "A walk"));
    assert_non_null(strstr(tags, "compositeWithTrainedAlgorithmicMedia"));
    assert_non_null(strstr(tags, "style 'b.jpg'"));
    assert_non_null(strstr(tags, "theirs"));
    assert_non_null(strstr(tags, "h264,yuv420p,bt709"));
    assert_string_equal(said("cat new.mov.json"), output.recipe);
}

static void test_cut(void **state)
{
    (void)state;
    scumble_film_output output = usual(NULL);
    assert_int_equal(copy_film("all.mov", "cut.mov", &output, 0, "6f", "16f"), 10);
    const char *times =
        said("ffprobe -v error -select_streams v:0 -show_entries frame=pts -of csv=p=0 cut.mov | tr -d ', \\n'");
    assert_string_equal(times, "010012002300340045005600670078008900"
                               "9");
    assert_non_null(strstr(said("ffprobe -v error -show_entries stream_tags=timecode -of csv cut.mov"), "01:00:00;16"));
    const char *sound = said("ffprobe -v error -select_streams a -show_entries packet=pts_time -of csv=p=0 cut.mov");
    assert_true(atof(sound) >= 0 && atof(sound) < 0.024);
    assert_non_null(strstr(said("ffprobe -v error -show_chapters -of csv cut.mov"), "two"));
}

/* The start of most films is 0; of films that are slower than a frame a second each second is one; and what no clock
 * shows is none. */
static void test_timecodes(void **state)
{
    (void)state;
    static const struct {
        const char *from, *first, *timecode;
    } films[] = { { "zero.mov", NULL, "00:00:00:00" },
                  { "zero.mov", "5f", "00:00:00:05" },
                  { "slow.mkv", NULL, "01:00:12:00" },
                  { "slow.mkv", "1f", "01:00:13:00" },
                  { "absurd.mkv", NULL, NULL } };
    run("ffmpeg -y -v error -i all.mov -map 0:v -c copy -timecode 00:00:00:00 zero.mov "
        "-map 0:v -c copy -metadata:s:v timecode=999999999:00:00:00 absurd.mkv && "
        "ffmpeg -y -v error -f lavfi -i testsrc2=s=32x32:r=1/4 -frames:v 2 -c:v ffv1 "
        "-metadata:s:v timecode=01:00:00:12 slow.mkv");
    for (size_t i = 0; i < sizeof films / sizeof *films; i++) {
        scumble_film_output output = usual(NULL);
        copy_film(films[i].from, "timed.mkv", &output, 0, films[i].first, NULL);
        const char *tags = said("ffprobe -v error -show_entries stream_tags timed.mkv | grep -i timecode; true");
        if (films[i].timecode ? !strstr(tags, films[i].timecode) : *tags)
            fail_msg("%s: %s", films[i].from, tags);
    }
}

/* Variable rates, a turned film, ten bits, alpha. */
static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *codec;
        double most, alpha;
    } kinds[] = { { "vfr.mkv", "vfr.mp4", NULL, 0.02, 0 },
                  { "turned.mp4", "turned2.mp4", "hevc", 0.02, 0 },
                  { "422.mov", "4222.mov", "prores", 0.01, 0 },
                  { "4444.mov", "44442.mov", NULL, 0.004, 2 / 1023.0 },
                  { "a.webm", "a2.webm", NULL, 0.02, 0.02 } };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        scumble_film_output output = usual(kinds[i].codec);
        copy_film(kinds[i].from, kinds[i].to, &output, i % 2 ? 2 : 0, NULL, NULL);
        char before[8192];
        snprintf(before, sizeof before, "%s", facts_of(kinds[i].from));
        assert_string_equal(before, facts_of(kinds[i].to));
        double alpha, mean = differ(kinds[i].from, kinds[i].to, &alpha);
        if (mean > kinds[i].most || alpha > kinds[i].alpha)
            fail_msg("%s: %g, alpha %g", kinds[i].to, mean, alpha);
    }
    const char *tags =
        said("ffprobe -v error -show_entries stream_side_data=rotation:stream=codec_tag_string -of csv "
             "turned2.mp4 && ffprobe -v error -show_entries stream=pix_fmt -of csv 4222.mov 44442.mov 2>&1 || "
             "ffprobe -v error -show_entries stream=pix_fmt -of csv 4222.mov");
    assert_non_null(strstr(tags, "hvc1"));
    assert_non_null(strstr(tags, "90"));
    assert_non_null(strstr(tags, "yuv422p10le"));
}

/* What is painted from a grey film has colours. */
static void test_grey(void **state)
{
    (void)state;
    static const char *const formats[] = { "gray", "gray10le", "monow" }, *const names[] = { "coloured.nut",
                                                                                             "coloured.y4m" };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        run("ffmpeg -y -v error -i all.mov -map 0:v -frames:v 1 -pix_fmt %s -c:v %s grey.nut", formats[i],
            strcmp(formats[i], "monow") ? "ffv1" : "rawvideo");
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            scumble_film *grey = open_part("grey.nut", NULL, NULL), *film = open_part("all.mov", NULL, "1f");
            scumble_film_output output = usual(NULL);
            scumble_film_writer *writer;
            scumble_image *image;
            scumble_frame frame;
            GOOD(scumble_film_create(grey, names[k], &output, &writer));
            GOOD(scumble_film_read(film, &image, &frame));
            GOOD(scumble_film_write(writer, image, &frame));
            GOOD(scumble_film_finish(&writer));
            scumble_image_free(&image);
            scumble_film_close(&film);
            film = open_part(names[k], NULL, NULL);
            scumble_image *again;
            GOOD(scumble_film_read(film, &again, &frame));
            scumble_film_close(&film);
            scumble_film_close(&grey);
            film = open_part("all.mov", NULL, NULL);
            GOOD(scumble_film_read(film, &image, &frame));
            double sum = 0;
            for (int at = 0; at < 3 * 96 * 64; at++)
                sum += fabs(scumble_image_rgb(image)[at] - scumble_image_rgb(again)[at]);
            if (sum / (3 * 96 * 64) > 0.01)
                fail_msg("%s, %s: %g", formats[i], names[k], sum / (3 * 96 * 64));
            scumble_image_free(&image);
            scumble_image_free(&again);
            scumble_film_close(&film);
        }
    }
}

/* A rate that is as good as 24, of numbers that overflow: said by sanitizers. */
static void test_absurd_rate(void **state)
{
    (void)state;
    scumble_film_output output = usual("h264");
    write_y4m("usual.y4m", "444", 32, 32, 3, noise);
    run("sed '1s/F24:1/F1000000000:41666667/' usual.y4m >absurd.y4m");
    assert_int_equal(copy_film("absurd.y4m", "absurd.mkv", &output, 2, NULL, NULL), 3);
}

/* Ten bits stay ten where that plays, and where not it is said. */
static void test_bits(void **state)
{
    (void)state;
    static const struct {
        const char *to, *codec;
        int bits;
        const char *format;
        bool noted;
    } outputs[] = { { "x.mp4", NULL, 0, "yuv420p\n", true },
                    { "x.webm", NULL, 0, "yuv420p\n", true },
                    { "x.mp4", NULL, 8, "yuv420p\n", false },
                    { "x.mp4", NULL, 10, "yuv420p10le\n", false },
                    { "x.mp4", "hevc", 0, "yuv420p10le\n", false } };
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        scumble_film_output output = usual(outputs[i].codec);
        output.bits = outputs[i].bits;
        scumble_film *film = open_part("422.mov", NULL, NULL);
        scumble_film_writer *writer;
        scumble_image *image;
        scumble_frame frame;
        GOOD(scumble_film_create(film, outputs[i].to, &output, &writer));
        assert_true(!strstr(scumble_film_writer_notes(writer), "10 bits a channel, and 8") == !outputs[i].noted);
        GOOD(scumble_film_read(film, &image, &frame));
        GOOD(scumble_film_write(writer, image, &frame));
        GOOD(scumble_film_finish(&writer));
        scumble_image_free(&image);
        scumble_film_close(&film);
        assert_string_equal(
            said("ffprobe -v error -show_entries stream=pix_fmt -of csv=p=0 %s | head -n 1", outputs[i].to),
            outputs[i].format);
    }
}

static void test_animations(void **state)
{
    (void)state;
    scumble_film_output output = usual(NULL);
    copy_film("all.mov", "a.gif", &output, 6, "0f", "12f");
    copy_film("all.mov", "b.gif", &output, 0, "0f", "12f");
    copy_film("all.mov", "a.webp", &output, 0, "0f", "4f");
    run("cmp a.gif b.gif");
    scumble_film *film = open_part("a.gif", NULL, NULL);
    assert_int_equal(scumble_film_about(film)->frames, 12);
    scumble_film_close(&film);
    scumble_image *first;
    GOOD(scumble_image_load(s, "a.webp", &first)); /* FFmpeg 5 reads no animated WebP */
    assert_int_equal(scumble_image_width(first), 96);
    scumble_image_free(&first);
}

/* ---- what is wrong --------------------------------------------------------------------------------------------- */

static void fails(scumble_film *film, const char *path, const scumble_film_output *output, int code, const char *words)
{
    scumble_film_writer *writer;
    assert_int_equal(scumble_film_create(film, path, output, &writer), code);
    assert_null(writer);
    if (!strstr(scumble_error_text(s), words))
        fail_msg("'%s' is not in '%s'", words, scumble_error_text(s));
}

static void test_refused(void **state)
{
    (void)state;
    scumble_film *film = open_part("all.mov", NULL, NULL);
    scumble_film_output output = usual(NULL);
    int files = count_files();
    fails(film, "x.avi", &output, SCUMBLE_ERR_UNSUPPORTED, "its name must end in .mp4");
    fails(film, "nowhere/x.mp4", &output, SCUMBLE_ERR_NOT_FOUND, "'nowhere/x.mp4'");
    output.codec = "prores";
    fails(film, "x.mp4", &output, SCUMBLE_ERR_UNSUPPORTED, "it can be h264, hevc");
    output.codec = "none";
    fails(film, "x.mp4", &output, SCUMBLE_ERR_ARGUMENT, "no such codec");
    output.codec = "vp9";
    output.crf = 64;
    fails(film, "x.webm", &output, SCUMBLE_ERR_ARGUMENT, "to 63");
    output = usual("gif");
    output.bits = 10;
    fails(film, "x.gif", &output, SCUMBLE_ERR_UNSUPPORTED, "8 bits");
    output = usual(NULL);
    output.part = 1;
    fails(film, "x.part", &output, SCUMBLE_ERR_ARGUMENT, "name of the whole");
    scumble_film_writer *writer;
    GOOD(scumble_film_create(film, "x.webm", &(scumble_film_output){ .size = sizeof output, .crf = -1 }, &writer));
    assert_non_null(strstr(scumble_film_writer_notes(writer), "sound (aac) is left out: webm"));
    assert_int_equal(scumble_film_finish(&writer), SCUMBLE_ERR_ARGUMENT); /* without a frame */
    assert_null(writer);
    scumble_film_close(&film);
    assert_int_equal(count_files(), files);
}

/* Other pictures and data are named; timecode and chapters, which are written anew, are not. When it was made is kept.
 */
static void test_left_out(void **state)
{
    (void)state;
    run("ffmpeg -y -v error -i all.mov -f data -i words.srt -map 0:v -map 0:a -map 0:v -map 1 -c copy -bsf:v "
        "h264_mp4toannexb data.ts && ffmpeg -y -v error -i all.mov -map 0:v -map 0:a -map 0:s -c copy -metadata "
        "creation_time=2020-01-02T03:04:05Z made.mov");
    scumble_film_output output = usual(NULL);
    scumble_film_writer *writer;
    scumble_film *film = open_part("data.ts", NULL, NULL);
    GOOD(scumble_film_create(film, "data.mov", &output, &writer));
    const char *notes = scumble_film_writer_notes(writer);
    assert_non_null(strstr(notes, "Other pictures of the film (stream 2, h264) are left out"));
    assert_non_null(strstr(notes, "The film's data (stream 3"));
    assert_ptr_equal(strchr(notes, '\n'), strrchr(notes, '\n')); /* two lines */
    scumble_film_discard(&writer);
    scumble_film_close(&film);
    film = open_part("made.mov", NULL, NULL);
    GOOD(scumble_film_create(film, "again.mov", &output, &writer));
    assert_string_equal(scumble_film_writer_notes(writer), "");
    scumble_film_discard(&writer);
    scumble_film_close(&film);
    for (size_t i = 0; i < 2; i++) {
        const char *name = i ? "again.mkv" : "again.mov";
        copy_film("made.mov", name, &output, 0, NULL, "2f");
        assert_non_null(strstr(said("ffprobe -v error -show_entries format_tags=creation_time -of csv=p=0 %s", name),
                               "2020-01-02T03:04:05"));
    }
}

/* Frames that are out of order, of another size; given up; cancelled: no file, and an older one stays. */
static void test_given_up(void **state)
{
    (void)state;
    run("echo old >old.mp4");
    int files = count_files();
    scumble_film *film = open_part("all.mov", NULL, NULL);
    scumble_film_output output = usual(NULL);
    scumble_film_writer *writer;
    scumble_image *image, *small;
    scumble_frame frame;
    GOOD(scumble_film_read(film, &image, &frame));
    GOOD(scumble_image_resize(s, image, 20, 20, &small));
    GOOD(scumble_film_create(film, "old.mp4", &output, &writer));
    refused(scumble_film_write(writer, small, &frame), "96 x 64");
    GOOD(scumble_film_write(writer, image, &frame));
    refused(scumble_film_write(writer, image, &frame), "order of time");
    scumble_film_discard(&writer);
    GOOD(scumble_film_create(film, "old.mp4", &output, &writer));
    GOOD(scumble_film_write(writer, image, &frame));
    scumble_cancel(s);
    assert_int_equal(scumble_film_finish(&writer), SCUMBLE_ERR_CANCELLED);
    scumble_image_free(&image);
    scumble_image_free(&small);
    scumble_film_close(&film);
    assert_int_equal(count_files(), files);
    assert_string_equal(said("cat old.mp4"), "old\n");
}

/* What is cancelled while a film is written, and then let go on, leaves it whole. */
static void test_cancelled_beside(void **state)
{
    (void)state;
    scumble_film *film = open_part("all.mov", NULL, NULL);
    scumble_film_output output = usual("ffv1");
    scumble_film_writer *writer;
    scumble_image *image, *large;
    scumble_frame frame;
    GOOD(scumble_film_read(film, &image, &frame));
    GOOD(scumble_image_resize(s, image, 768, 512, &large));
    output.width = 768;
    output.height = 512;
    GOOD(scumble_film_create(film, "beside.mkv", &output, &writer));
    for (int i = 0; i < 12; i++) {
        frame.time = i * 1001;
        GOOD(scumble_film_write(writer, large, &frame));
    }
    scumble_cancel(s);
    nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
    scumble_cancel_clear(s);
    GOOD(scumble_film_finish(&writer));
    assert_string_equal(said("ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of "
                             "csv=p=0 beside.mkv"),
                        "12\n");
    scumble_image_free(&image);
    scumble_image_free(&large);
    scumble_film_close(&film);
    run("rm beside.mkv*");
}

static void test_no_space(void **state)
{
    (void)state;
    run("ln -s /dev/full full.y4m");
    scumble_film *film = open_part("all.mov", NULL, NULL);
    scumble_film_output output = usual(NULL);
    scumble_film_writer *writer;
    int code = scumble_film_create(film, "full.y4m", &output, &writer);
    if (!code) {
        scumble_image *image;
        scumble_frame frame;
        GOOD(scumble_film_read(film, &image, &frame));
        scumble_film_write(writer, image, &frame);
        scumble_image_free(&image);
        code = scumble_film_finish(&writer);
    }
    assert_int_equal(code, SCUMBLE_ERR_NO_SPACE);
    assert_non_null(strstr(scumble_error_text(s), "'full.y4m'"));
    scumble_film_close(&film);
}

static void test_bad_parts(void **state)
{
    (void)state;
    scumble_film_output output = usual("ffv1");
    scumble_frame frames[FRAMES];
    copy_film("all.mov", "j.mkv", &output, 9, NULL, NULL);
    copy_film("422.mov", "k.mkv", &output, 9, NULL, NULL);
    run("head -c 3000 j.mkv.1 >short.part; echo no >no.part");
    scumble_film *film = open_part("all.mov", NULL, NULL);
    for (int i = 0; i < FRAMES; i++)
        frames[i] =
            (scumble_frame){ .number = i, .time = 1001 * i, .duration = 1001, .time_num = 1, .time_den = 30000 };
    const char *mixed[] = { "j.mkv.0", "k.mkv.0" }, *none[] = { "j.mkv.0", "missing" }, *bad[] = { "no.part" },
               *few[] = { "j.mkv.0" };
    assert_int_equal(scumble_film_join(film, mixed, 2, frames, FRAMES, "x.mkv", &output), SCUMBLE_ERR_FORMAT);
    assert_non_null(strstr(scumble_error_text(s), "are not of one film"));
    assert_int_equal(scumble_film_join(film, none, 2, frames, FRAMES, "x.mkv", &output), SCUMBLE_ERR_NOT_FOUND);
    assert_int_equal(scumble_film_join(film, bad, 1, frames, FRAMES, "x.mkv", &output), SCUMBLE_ERR_FORMAT);
    assert_int_equal(scumble_film_join(film, few, 1, NULL, 0, "x.mkv", &output), SCUMBLE_ERR_FORMAT);
    assert_non_null(strstr(scumble_error_text(s), "the parts have 9 frames, and there are times for 20"));
    static const int64_t others[] = { 8, 10, 0, -1 }; /* 8: beyond them nothing is read */
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(scumble_film_join(film, few, 1, frames, others[i], "x.mkv", &output), SCUMBLE_ERR_FORMAT);
        assert_non_null(strstr(scumble_error_text(s), "the parts have 9 frames, and there are times for"));
    }
    frames[3].time = 0;
    assert_int_equal(scumble_film_join(film, few, 1, frames, 9, "x.mkv", &output), SCUMBLE_ERR_ARGUMENT);
    frames[3].time = 3003;
    frames[8].time = INT64_MAX - 1;
    assert_int_equal(scumble_film_join(film, few, 1, frames, 9, "x.mkv", &output), SCUMBLE_ERR_ARGUMENT);
    assert_non_null(strstr(scumble_error_text(s), "which no film can say"));
    scumble_film_close(&film);
    struct stat info;
    assert_int_equal(stat("x.mkv", &info), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lossless),    cmocka_unit_test(test_odd),
        cmocka_unit_test(test_all_there),   cmocka_unit_test(test_cut),
        cmocka_unit_test(test_timecodes),   cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_grey),        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_absurd_rate), cmocka_unit_test(test_animations),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_given_up),    cmocka_unit_test(test_bad_parts),
        cmocka_unit_test(test_no_space),    cmocka_unit_test(test_cancelled_beside),
    };
    return cmocka_run_group_tests(tests, make_films, end_films);
}
