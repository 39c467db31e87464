/* SPDX-License-Identifier: MIT */
/* Rights in metadata: what the readers of XMP, IPTC and EXIF find, in good, broken and hostile metadata; how texts are
 * cleaned; what counts as reserving rights; and what other programs' libraries make of the packet that is written. */
#define _GNU_SOURCE
#include "image_fixture.h"

#include <glib.h>
#include <vips/vips.h>

#include "media/image_internal.h"

#define SPACES                                                                                             \
    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/' " \
    "xmlns:r='http://ns.adobe.com/xap/1.0/rights/' xmlns:cc='http://creativecommons.org/ns#' "             \
    "xmlns:p='http://ns.adobe.com/photoshop/1.0/' "                                                        \
    "xmlns:plus='http://ns.useplus.org/ldf/xmp/1.0/' xmlns:mm='http://ns.adobe.com/xap/1.0/mm/'"
#define PACKET(inside)                                                                              \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF " SPACES "><rdf:Description rdf:about=''>" inside \
    "</rdf:Description></rdf:RDF></x:xmpmeta>"

/* What every reader promises, of any bytes. */
static void assert_clean(const sc_rights *rights)
{
    for (int i = 0; i < SC_RIGHT_COUNT; i++) {
        const char *text = rights->text[i];
        assert_true(strlen(text) < SC_RIGHT_BYTES);
        assert_true(g_utf8_validate(text, -1, NULL));
        for (const char *p = text; *p; p = g_utf8_next_char(p))
            assert_false(g_unichar_iscntrl(g_utf8_get_char(p)));
    }
    char line[SC_SUMMARY_BYTES];
    sc_rights_summary(rights, line);
    assert_true(strlen(line) < SC_SUMMARY_BYTES);
    assert_true(g_utf8_validate(line, -1, NULL));
}

static sc_rights xmp(const void *packet, size_t size)
{
    sc_rights rights = { 0 };
    void *copy = malloc(size + !size); /* exactly as long: a sanitizer sees any step beyond */
    memcpy(copy, packet, size);
    free(sc_xmp_read(copy, size, &rights, NULL));
    free(copy);
    assert_clean(&rights);
    return rights;
}

static void assert_xmp(const char *packet, sc_right right, const char *want)
{
    sc_rights rights = xmp(packet, strlen(packet));
    if (strcmp(rights.text[right], want))
        fail_msg("%s: %s is '%s', not '%s'", packet, sc_right_name(right), rights.text[right], want);
}

/* ---- XMP ---- */

static void test_properties(void **state)
{
    (void)state;
    assert_xmp(PACKET("<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>\xc2\xa9 A</rdf:li><rdf:li "
                      "xml:lang='de'>B</rdf:li></rdf:Alt></dc:rights>"),
               SC_RIGHT_NOTICE, "\xc2\xa9 A");
    assert_xmp(PACKET("<dc:rights> plain,\n two lines </dc:rights>"), SC_RIGHT_NOTICE, "plain, two lines");
    assert_xmp(PACKET("<dc:creator>\n<rdf:Seq>\n<rdf:li>A</rdf:li>\n<rdf:li>B &amp; C</rdf:li></rdf:Seq></dc:creator>"),
               SC_RIGHT_CREATOR, "A; B & C");
    assert_xmp(PACKET("<r:UsageTerms><rdf:Alt><rdf:li xml:lang='x-default'>CC BY</rdf:li></rdf:Alt></r:UsageTerms>"),
               SC_RIGHT_LICENCE, "CC BY");
    assert_xmp(PACKET("<cc:license rdf:resource='http://creativecommons.org/licenses/by/4.0/'/>"), SC_RIGHT_LICENCE,
               "http://creativecommons.org/licenses/by/4.0/");
    assert_xmp(PACKET("<r:WebStatement>http://a.example/</r:WebStatement>"), SC_RIGHT_STATEMENT, "http://a.example/");
    assert_xmp(PACKET("<p:Credit>Agency</p:Credit>"), SC_RIGHT_CREDIT, "Agency");
    assert_xmp(PACKET("<r:Marked>False</r:Marked><r:Marked>True</r:Marked>"), SC_RIGHT_MARKED, "True");
    assert_xmp(PACKET("<plus:DataMining>http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED</plus:DataMining>"),
               SC_RIGHT_DATA_MINING, "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED");
    assert_xmp("<rdf:RDF " SPACES "><rdf:Description r:Marked='True' dc:rights='attribute'/></rdf:RDF>",
               SC_RIGHT_NOTICE, "attribute");
    /* another picture's rights, within this one's ingredients */
    assert_xmp(PACKET("<mm:Pantry><rdf:Bag><rdf:li rdf:parseType='Resource'><dc:rights>not "
                      "mine</dc:rights></rdf:li></rdf:Bag></mm:Pantry>"),
               SC_RIGHT_NOTICE, "");
    assert_xmp(PACKET("<dc:rights><rdf:Alt><rdf:li></rdf:li><rdf:li>second</rdf:li></rdf:Alt></dc:rights>"),
               SC_RIGHT_NOTICE, "second");
}

static void test_encodings(void **state)
{
    (void)state;
    const char packet[] = PACKET("<dc:rights>Z\xc3\xbcrich</dc:rights>");
    gsize size;
    char *wide = g_convert(packet, sizeof packet - 1, "UTF-16", "UTF-8", NULL, &size, NULL);
    if (wide) {
        sc_rights rights = xmp(wide, size);
        assert_string_equal(rights.text[SC_RIGHT_NOTICE], "Z\xc3\xbcrich");
        g_free(wide);
    }
    assert_xmp(PACKET("<dc:rights>Z\xfcrich</dc:rights>"), SC_RIGHT_NOTICE, "Z\xc3\xbcrich"); /* Latin-1 */
    assert_xmp("<?xml version='1.0' encoding='ISO-8859-1'?>" PACKET("<dc:rights>Z\xfcrich</dc:rights>"),
               SC_RIGHT_NOTICE, "Z\xc3\xbcrich");
    sc_rights padded = xmp(PACKET("<dc:rights>Z\xc3\xbcrich</dc:rights>") "\0\0\0", sizeof packet + 2);
    assert_string_equal(padded.text[SC_RIGHT_NOTICE], "Z\xc3\xbcrich");
    assert_xmp("<?xml version='1.0' encoding='klingon'?>" PACKET("<dc:rights>x</dc:rights>"), SC_RIGHT_NOTICE, "");
}

/* `count` times the text. */
static char *repeat(const char *text, size_t count)
{
    size_t length = strlen(text);
    char *all = malloc(length * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(all + i * length, text, length);
    all[length * count] = 0;
    return all;
}

static void test_hostile_xmp(void **state)
{
    (void)state;
    assert_xmp("<!DOCTYPE x [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c "
               "'&b;&b;&b;&b;&b;&b;&b;&b;'>]>" PACKET("<dc:rights>&c;</dc:rights>"),
               SC_RIGHT_NOTICE, "");
    assert_xmp("<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" PACKET("<dc:rights>&a;</dc:rights>"),
               SC_RIGHT_NOTICE, "");
    assert_xmp("<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'>" PACKET("<dc:rights>x</dc:rights>"), SC_RIGHT_NOTICE,
               "");
    assert_xmp(PACKET("<dc:rights>&undefined;</dc:rights>"), SC_RIGHT_NOTICE, "");
    assert_xmp(PACKET("<dc:rights>read</dc:rights><dc:creator>cut"), SC_RIGHT_NOTICE, "read");
    assert_xmp(PACKET("<dc:rights>a\xe2\x80\xae"
                      "b&#9;&#13;c\xc2\x85"
                      "d</dc:rights>"),
               SC_RIGHT_NOTICE, "ab c d"); /* no turned writing, no controls */
    char *deep = repeat("<a>", 300000), *wide = repeat("<rdf:li>x</rdf:li>", 100000), *lengthy = repeat("r", 3 << 20),
         *attributes = repeat(" a='1'", 10000);
    const char *const inside[] = { deep, wide, lengthy, attributes };
    for (size_t i = 0; i < 4; i++) {
        char *packet = NULL;
        assert_true(asprintf(&packet,
                             PACKET("<dc:creator><rdf:Seq>%s</rdf:Seq></dc:creator><dc:rights>%s</dc:rights><z%s/>"),
                             i == 2 ? "" : inside[i], i == 2 ? lengthy : "", i == 3 ? attributes : "") > 0);
        xmp(packet, strlen(packet));
        free(packet);
    }
    assert_xmp(lengthy, SC_RIGHT_NOTICE, "");
    char *huge = calloc(1, 9 << 20); /* beyond the limit: not looked at */
    memset(huge, ' ', 9 << 20);
    memcpy(huge + (9 << 20) - 300, PACKET(""), 200);
    xmp(huge, 9 << 20);
    free(deep), free(wide), free(lengthy), free(attributes), free(huge);
}

/* ---- texts ---- */

static void test_texts(void **state)
{
    (void)state;
    sc_rights r = { 0 };
    assert_true(sc_rights_empty(&r));
    sc_rights_add(&r, SC_RIGHT_NOTICE, SC_RIGHTS_EXIF, "  \t ", 4);
    assert_true(sc_rights_empty(&r));
    sc_rights_add(&r, SC_RIGHT_NOTICE, SC_RIGHTS_EXIF, "one\0two", 7);
    sc_rights_add(&r, SC_RIGHT_NOTICE, SC_RIGHTS_XMP, "one", 3);
    sc_rights_add(&r, SC_RIGHT_NOTICE, SC_RIGHTS_XMP, "on", 2);
    assert_string_equal(r.text[SC_RIGHT_NOTICE], "one; on");
    assert_int_equal(r.places[SC_RIGHT_NOTICE], SC_RIGHTS_EXIF | SC_RIGHTS_XMP);
    char lengthy[3000];
    for (int i = 0; i < 3000; i += 2)
        memcpy(lengthy + i, "\xc3\xa9", 2);
    sc_rights_add(&r, SC_RIGHT_CREATOR, SC_RIGHTS_XMP, lengthy, sizeof lengthy);
    sc_rights_add(&r, SC_RIGHT_CREATOR, SC_RIGHTS_XMP, "more", 4);
    assert_clean(&r);
    assert_true(g_str_has_suffix(r.text[SC_RIGHT_CREATOR], "\xc3\xa9\xe2\x80\xa6"));
    for (int i = 0; i < 400; i++) { /* many parts */
        char part[16];
        snprintf(part, sizeof part, "part %d", i);
        sc_rights_add(&r, SC_RIGHT_CREDIT, SC_RIGHTS_XMP, part, strlen(part));
    }
    assert_clean(&r);
    assert_true(g_str_has_suffix(r.text[SC_RIGHT_CREDIT], "\xe2\x80\xa6"));
}

static const char *reserved(const char *notice, const char *licence, const char *marked)
{
    sc_rights r = { 0 };
    sc_rights_add(&r, SC_RIGHT_NOTICE, SC_RIGHTS_XMP, notice, strlen(notice));
    sc_rights_add(&r, SC_RIGHT_LICENCE, SC_RIGHTS_XMP, licence, strlen(licence));
    sc_rights_add(&r, SC_RIGHT_MARKED, SC_RIGHTS_XMP, marked, strlen(marked));
    return sc_rights_reserved(&r);
}

static void test_reserved(void **state)
{
    (void)state;
    const char *const open[] = { "",
                                 "Public domain",
                                 "public-domain",
                                 "CC0",
                                 "CC0 1.0 Universal",
                                 "http://creativecommons.org/publicdomain/zero/1.0/",
                                 "https://creativecommons.org/publicdomain/mark/1.0/",
                                 "No known copyright restrictions",
                                 "no rights reserved",
                                 "CC BY 4.0",
                                 "cc-by-sa-3.0",
                                 "\xc2\xa9 2020 A, licensed as CC BY-SA 4.0",
                                 "https://creativecommons.org/licenses/by/4.0/",
                                 "CC BY-NC 4.0",
                                 "Creative Commons Attribution-ShareAlike 4.0",
                                 "Gemeinfrei" };
    const char *const closed[] = { "\xc2\xa9 2020 A",
                                   "Copyright A",
                                   "All rights reserved",
                                   "all rights reserved; CC BY",
                                   "CC BY-ND 4.0",
                                   "CC BY-NC-ND 4.0",
                                   "https://creativecommons.org/licenses/by-nd/4.0/",
                                   "Creative Commons Attribution-NoDerivatives",
                                   "Creative Commons",
                                   "not in the public domain",
                                   "see the museum's terms",
                                   "MIT",
                                   "Alle Rechte vorbehalten",
                                   "cc byte" };
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (reserved(open[i], "", ""))
            fail_msg("'%s' %s", open[i], reserved(open[i], "", ""));
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (!reserved(closed[i], "", "") || !reserved("", closed[i], ""))
            fail_msg("'%s' does not reserve rights", closed[i]);
    assert_non_null(reserved("", "", "True"));
    assert_null(reserved("", "", "False"));
    assert_null(reserved("\xc2\xa9 2020 A", "CC BY 4.0", "True")); /* the licence says what it allows */
    assert_non_null(reserved("All rights reserved", "CC BY 4.0", "False"));
    assert_non_null(reserved("CC0", "CC BY-ND", ""));
    sc_rights r = { 0 };
    sc_rights_add(&r, SC_RIGHT_CREATOR, SC_RIGHTS_EXIF, "A", 1);
    sc_rights_add(&r, SC_RIGHT_CREDIT, SC_RIGHTS_IPTC, "B", 1);
    assert_null(sc_rights_reserved(&r));
    sc_rights_add(&r, SC_RIGHT_DATA_MINING, SC_RIGHTS_XMP, "http://ns.useplus.org/ldf/vocab/DMI-ALLOWED", 43);
    assert_null(sc_rights_reserved(&r));
    sc_rights_add(&r, SC_RIGHT_DATA_MINING, SC_RIGHTS_XMP,
                  "http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING", 59);
    assert_non_null(sc_rights_reserved(&r));
    char *filler = repeat("public domain ", 90); /* what comes behind is cut off, so it is not known */
    assert_non_null(reserved(filler, "", ""));
    free(filler);
    sc_rights nc = { 0 };
    char line[SC_SUMMARY_BYTES];
    sc_rights_add(&nc, SC_RIGHT_NOTICE, SC_RIGHTS_XMP, "CC-BY-NC", 8);
    assert_true(sc_rights_noncommercial(&nc));
    sc_rights_summary(&nc, line);
    assert_string_equal(line, "CC-BY-NC; not for commercial use");
}

/* ---- IPTC and EXIF ---- */

static const char records[] = "\x1c\x01\x5a\0\x03\x1b%G"
                              "\x1c\x02\x50\0\x04"
                              "Z\xc3\xbcr"
                              "\x1c\x02\x74\0\x05\xc2\xa9 AB"
                              "\x1c\x02\x6e\0\x03"
                              "C D"
                              "\x1c\x02\x74\x80\x04\0\0\0\x01"
                              "x";
static const char resources[] = "Photoshop 3.0\0"
                                "8BIM\x03\xed\0\0\0\0\0\x03xyz\0"
                                "8BIM\x04\x04\x01n\0\0\0\x09\x1c\x02\x74\0\x04"
                                "(c)A\0";
static const char exif_little[] = "Exif\0\0II*\0\x08\0\0\0\x03\0"
                                  "\x3b\x01\x02\0\x04\0\0\0Abc\0"
                                  "\x98\x82\x02\0\x0a\0\0\0\x32\0\0\0"
                                  "\x98\x82\x03\0\x01\0\0\0zzzz"
                                  "\0\0\0\0"
                                  "(c) B\0ed\0\0";
static const char exif_big[] = "MM\0*\0\0\0\x08\0\x01"
                               "\x82\x98\0\x02\0\0\0\x06\0\0\0\x1a"
                               "\0\0\0\0"
                               "\xa9 Old\0";

static void test_records(void **state)
{
    (void)state;
    sc_rights r = { 0 };
    sc_rights_from_iptc(&r, records, sizeof records - 1);
    assert_string_equal(r.text[SC_RIGHT_CREATOR], "Z\xc3\xbcr");
    assert_string_equal(r.text[SC_RIGHT_NOTICE], "\xc2\xa9 AB");
    assert_string_equal(r.text[SC_RIGHT_CREDIT], "C D");
    r = (sc_rights){ 0 };
    sc_rights_from_iptc(&r, resources, sizeof resources - 1);
    assert_string_equal(r.text[SC_RIGHT_NOTICE], "(c)A");
    r = (sc_rights){ 0 };
    sc_rights_from_tiff(&r, exif_little, sizeof exif_little - 1);
    assert_string_equal(r.text[SC_RIGHT_CREATOR], "Abc");
    assert_string_equal(r.text[SC_RIGHT_NOTICE], "(c) B; ed");
    r = (sc_rights){ 0 };
    sc_rights_from_tiff(&r, exif_big, sizeof exif_big - 1);
    assert_string_equal(r.text[SC_RIGHT_NOTICE], "\xc2\xa9 Old");
    assert_int_equal(r.places[SC_RIGHT_NOTICE], SC_RIGHTS_EXIF);
}

/* Every cut, and many changes, of good metadata; each in memory of exactly its size. */
static void test_damaged(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        void (*read)(sc_rights *, const void *, size_t);
    } kinds[] = {
        { records, sizeof records - 1, sc_rights_from_iptc },
        { resources, sizeof resources - 1, sc_rights_from_iptc },
        { exif_little, sizeof exif_little - 1, sc_rights_from_tiff },
        { exif_big, sizeof exif_big - 1, sc_rights_from_tiff },
    };
    for (size_t k = 0; k < 4; k++)
        for (uint64_t round = 0; round < 4000; round++) {
            size_t size = round < kinds[k].size ? (size_t)round : kinds[k].size;
            char *copy = malloc(size + !size);
            memcpy(copy, kinds[k].bytes, size);
            for (uint64_t i = 0; round >= kinds[k].size && i < 3; i++)
                copy[sc_random_bits(round, 2 * i) % size] =
                    (char)(sc_random_bits(round, 2 * i + 1) & 1 ? 0xff : sc_random_bits(round, 9 + i));
            sc_rights r = { 0 };
            kinds[k].read(&r, copy, size);
            assert_clean(&r);
            free(copy);
        }
}

/* ---- files ---- */

/* A JPEG with these bytes behind its start, as a segment. */
static void write_segment(const char *path, uint8_t marker, const void *bytes, size_t size)
{
    sc_image a = smooth(8, 8, false);
    save(&a, in_folder("plain.jpg"), NULL);
    sc_image_free(&a);
    size_t length;
    uint8_t *jpeg = read_bytes(in_folder("plain.jpg"), &length), *file = malloc(length + size + 4);
    const uint8_t head[4] = { 0xff, marker, (uint8_t)((size + 2) >> 8), (uint8_t)(size + 2) };
    memcpy(file, jpeg, 2);
    memcpy(file + 2, head, 4);
    memcpy(file + 6, bytes, size);
    memcpy(file + 6 + size, jpeg + 2, length - 2);
    write_bytes(path, file, length + size + 4);
    free(file);
    free(jpeg);
}

static void test_jpeg(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_rights r;
    write_segment(in_folder("iptc.jpg"), 0xed, resources, sizeof resources - 1);
    assert_int_equal(sc_image_read_rights(in_folder("iptc.jpg"), &r, NULL, &err), 0);
    assert_string_equal(r.text[SC_RIGHT_NOTICE], "(c)A");
    write_segment(in_folder("exif.jpg"), 0xe1, exif_little, sizeof exif_little - 1);
    assert_int_equal(sc_image_read_rights(in_folder("exif.jpg"), &r, NULL, &err), 0);
    assert_string_equal(r.text[SC_RIGHT_NOTICE], "(c) B; ed");
    sc_image image = load(in_folder("exif.jpg")), small;
    assert_string_equal(image.rights->text[SC_RIGHT_CREATOR], "Abc");
    assert_int_equal(sc_image_resize(NULL, &image, 4, 4, &small, &err), 0);
    assert_string_equal(small.rights->text[SC_RIGHT_CREATOR], "Abc");
    sc_image_free(&small);
    sc_image_free(&image);
    char *junk = repeat("http://ns.adobe.com/xap/1.0/", 2000); /* 56 kB of a packet that is none */
    junk[28] = 0;
    write_segment(in_folder("junk.jpg"), 0xe1, junk, 56000);
    assert_int_equal(sc_image_read_rights(in_folder("junk.jpg"), &r, NULL, &err), 0);
    assert_true(sc_rights_empty(&r));
    free(junk);
    image = load(in_folder("junk.jpg"));
    assert_null(image.rights);
    sc_image_free(&image);
    assert_int_equal(sc_image_read_rights(in_folder("none.jpg"), &r, NULL, &err), SCUMBLE_ERR_NOT_FOUND);
    assert_sentence(&err, SCUMBLE_ERR_NOT_FOUND);
}

/* What is written is read back, in every format that has metadata. */
static void test_written(void **state)
{
    (void)state;
    static const char *const names[] = { "w.png", "w.jpg", "w.webp", "w.tif", "w.avif", "w.jxl" };
    sc_origin origins[2] = { { .role = "content", .name = "photo \xff & <co>.jpg", .sha256 = "00" },
                             { .role = "style", .name = "s.jpg", .sha256 = "11" } };
    sc_rights_add(&origins[0].rights, SC_RIGHT_NOTICE, SC_RIGHTS_EXIF, "\xc2\xa9 \"P\" & <Q>", 14);
    sc_rights_add(&origins[1].rights, SC_RIGHT_NOTICE, SC_RIGHTS_EXIF, "\xc2\xa9 S", 4);
    sc_provenance said = { .tool = "scumble 1",
                           .network_kind = "encoder",
                           .network = "lite",
                           .permission = "yes]]>",
                           .origins = origins,
                           .origin_count = 2 };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sc_image a = smooth(16, 16, false);
        if (!sc_image_writable(names[i]))
            continue;
        save(&a, in_folder(names[i]), &(sc_image_save_options){ .recipe = "{ \"a\": 1 }\n", .provenance = &said });
        sc_image b = load(in_folder(names[i]));
        assert_string_equal(b.recipe, "{ \"a\": 1 }\n");
        assert_string_equal(b.rights->text[SC_RIGHT_NOTICE], "\xc2\xa9 \"P\" & <Q>");
        assert_non_null(strstr(b.rights->text[SC_RIGHT_SOURCE_TYPE], "/compositeWithTrainedAlgorithmicMedia"));
        sc_image_free(&a);
        sc_image_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_properties), cmocka_unit_test(test_encodings), cmocka_unit_test(test_hostile_xmp),
        cmocka_unit_test(test_texts),      cmocka_unit_test(test_reserved),  cmocka_unit_test(test_records),
        cmocka_unit_test(test_damaged),    cmocka_unit_test(test_jpeg),      cmocka_unit_test(test_written),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
