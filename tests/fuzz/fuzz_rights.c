/* SPDX-License-Identifier: MIT */
/* Fuzz target: the readers of metadata, each on the same bytes, and the bytes as a recipe: what is read is clean, and
 * what is written is read back. */
#include "fuzz.h"

#include <glib.h>
#include <string.h>

#include "record/provenance.h"
#include "media/image_internal.h"

static void check(const sc_rights *rights)
{
    char line[SC_SUMMARY_BYTES];
    for (int i = 0; i < SC_RIGHT_COUNT; i++) {
        const char *text = rights->text[i];
        if (strlen(text) >= SC_RIGHT_BYTES || !g_utf8_validate(text, -1, NULL))
            abort();
        for (const char *p = text; *p; p = g_utf8_next_char(p))
            if (g_unichar_iscntrl(g_utf8_get_char(p)))
                abort();
    }
    sc_rights_summary(rights, line);
    if (!g_utf8_validate(line, -1, NULL))
        abort();
    fuzz_sink = sc_rights_reserved(rights) != NULL;
}

static void write_recipe(const char *text)
{
    sc_said said = { 0 };
    if (!sc_said_read(&said, text))
        return;
    sc_rights rights = { 0 };
    char *packet = sc_xmp_write(text, &said.provenance, NULL, false),
         *again = packet ? sc_xmp_read(packet, strlen(packet), &rights, NULL) : NULL;
    if (packet && !again && strlen(text) < 1 << 18)
        abort();
    check(&rights);
    free(again);
    free(packet);
    sc_said_free(&said);
}

/* What was read comes back when it is written and read. */
static void check_details(const sc_details *details)
{
    sc_rights rights = { 0 };
    sc_details again = { 0 };
    char *packet = sc_xmp_write(NULL, NULL, details, true);
    if (!packet)
        abort();
    free(sc_xmp_read(packet, strlen(packet), &rights, &again));
    free(packet);
    for (sc_detail i = 0; i < SC_DETAIL_COUNT; i++)
        if (!g_utf8_validate(details->text[i], -1, NULL) ||
            (sc_detail_row(i)->kind == SC_DETAIL_TEXT && !*details->text[i] != !*again.text[i]))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sc_rights all = { 0 };
    sc_details details = { 0 };
    free(sc_xmp_read(data, size, &all, &details));
    free(sc_jxl_read(data, size, &all, &details));
    check(&all);
    sc_rights_from_iptc(&all, data, size);
    sc_rights_from_tiff(&all, data, size);
    check(&all);
    sc_details_from_iptc(&details, data, size);
    sc_details_from_tiff(&details, data, size);
    check_details(&details);
    char *text = strndup((const char *)data, size);
    if (!text)
        abort();
    write_recipe(text);
    free(text);
    return 0;
}
