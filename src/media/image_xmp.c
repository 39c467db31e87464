/* SPDX-License-Identifier: MIT */
/* XMP packets, which PNG, JPEG, WebP, TIFF, HEIC, AVIF and JPEG XL all can carry: written for the pictures that are
 * made here, with their recipe and where they come from, and read from any. XMP is XML (RDF); Expat parses it, and here
 * it becomes the few properties that are known. Expat does not recurse, and a document type ends the reading, so there
 * are no entities. */
#include "media/image_internal.h"

#include <expat.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECIPE_MAX = 1 << 20, PACKET_MAX = 1 << 23 };

#define RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define DC "http://purl.org/dc/elements/1.1/"
#define XMP_RIGHTS "http://ns.adobe.com/xap/1.0/rights/"
#define PHOTOSHOP "http://ns.adobe.com/photoshop/1.0/"
#define IPTC_EXTENSION "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
#define SCUMBLE "urn:scumble:xmp:1.0#"

/* ---- writing --------------------------------------------------------------------------------------------------- */

static const char packet_head[] = "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                                  "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"" RDF "\">";
static const char description_head[] = "<rdf:Description rdf:about=\"\" xmlns:scumble=\"" SCUMBLE "\"";
static const char provenance_spaces[] =
    " xmlns:dc=\"" DC "\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:xmpRights=\"" XMP_RIGHTS
    "\" xmlns:photoshop=\"" PHOTOSHOP "\""
    " xmlns:xmpMM=\"http://ns.adobe.com/xap/1.0/mm/\" xmlns:stRef=\"http://ns.adobe.com/xap/1.0/sType/ResourceRef#\""
    " xmlns:Iptc4xmpExt=\"" IPTC_EXTENSION "\"";
static const char packet_tail[] = "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>";

/* The escape of a byte that may not stand in XML text as it is; NULL for the others. Line ends are escaped so that no
 * reader normalises them; control characters that XML cannot express become '?'. */
static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: return c < 0x20 || c == 0x7f ? "?" : NULL;
    }
}

static void put_text(FILE *out, const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    for (const char *p = valid; *p; p++) {
        const char *escape = escape_of((unsigned char)*p);
        if (!strncmp(p, "\xef\xbf\xbe", 3) ||
            !strncmp(p, "\xef\xbf\xbf", 3)) { /* U+FFFE and U+FFFF are not allowed in XML */
            putc('?', out);
            p += 2;
        } else if (escape)
            fputs(escape, out);
        else
            putc(*p, out);
    }
    g_free(valid);
}

/* <name>text</name>, or <name><before>text<after></name>; nothing for no text. */
static void put_within(FILE *out, const char *name, const char *before, const char *text, const char *after)
{
    if (!text || !*text)
        return;
    fprintf(out, "<%s>%s", name, before);
    put_text(out, text);
    fprintf(out, "%s</%s>\n", after, name);
}

static void image_xmp_put(FILE *out, const char *name, const char *text)
{
    put_within(out, name, "", text, "");
}

static void put_alternative(FILE *out, const char *name, const char *text)
{
    put_within(out, name, "<rdf:Alt><rdf:li xml:lang=\"x-default\">", text, "</rdf:li></rdf:Alt>");
}

/* What sc_rights_add or sc_details_add joined by "; " becomes a list again; kind: "Seq" or "Bag". */
static void put_list(FILE *out, const char *name, const char *kind, const char *joined)
{
    char *all = g_strdup(joined), *next = all;
    fprintf(out, "<%s><rdf:%s>", name, kind);
    while (next) {
        char *item = next;
        next = strstr(item, "; ");
        if (next) {
            *next = 0;
            next += 2;
        }
        image_xmp_put(out, "rdf:li", item);
    }
    fprintf(out, "</rdf:%s></%s>\n", kind, name);
    g_free(all);
}

/* The rights of the photo stay those of the photo. */
static void put_rights(FILE *out, const sc_rights *rights)
{
    if (*rights->text[SC_RIGHT_CREATOR])
        put_list(out, "dc:creator", "Seq", rights->text[SC_RIGHT_CREATOR]);
    put_alternative(out, "dc:rights", rights->text[SC_RIGHT_NOTICE]);
    put_alternative(out, "xmpRights:UsageTerms", rights->text[SC_RIGHT_LICENCE]);
    image_xmp_put(out, "xmpRights:WebStatement", rights->text[SC_RIGHT_STATEMENT]);
    image_xmp_put(out, "xmpRights:Marked", rights->text[SC_RIGHT_MARKED]);
    image_xmp_put(out, "photoshop:Credit", rights->text[SC_RIGHT_CREDIT]);
}

static void put_ingredient(FILE *out, const sc_origin *origin)
{
    fputs("<rdf:li rdf:parseType=\"Resource\">", out);
    image_xmp_put(out, "stRef:filePath", origin->name);
    put_within(out, "stRef:documentID", "sha256:", origin->sha256, "");
    fputs("</rdf:li>", out);
}

static void put_origin(FILE *out, const sc_origin *origin)
{
    fputs("<rdf:li rdf:parseType=\"Resource\">", out);
    image_xmp_put(out, "scumble:role", origin->role);
    image_xmp_put(out, "scumble:name", origin->name);
    image_xmp_put(out, "scumble:sha256", origin->sha256);
    for (sc_right i = 0; i < SC_RIGHT_COUNT; i++) {
        char name[40];
        snprintf(name, sizeof name, "scumble:%s", sc_right_name(i));
        image_xmp_put(out, name, origin->rights.text[i]);
    }
    fputs("</rdf:li>", out);
}

static void put_network(FILE *out, const sc_provenance *p)
{
    const char *const parts[][2] = { { "", p->network },
                                     { "Licence", p->network_licence },
                                     { "Source", p->network_source },
                                     { "SHA256", p->network_sha256 } };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[64];
        snprintf(name, sizeof name, "scumble:%s%s", p->network_kind, parts[i][0]);
        image_xmp_put(out, name, parts[i][1]);
    }
}

static void put_provenance(FILE *out, const sc_provenance *p)
{
    image_xmp_put(out, "xmp:CreatorTool", p->tool);
    image_xmp_put(out, "Iptc4xmpExt:DigitalSourceType", SC_SOURCE_TYPE);
    for (int i = 0; i < p->origin_count; i++)
        if (!strcmp(p->origins[i].role, "content")) {
            image_xmp_put(out, "dc:source", p->origins[i].name);
            put_rights(out, &p->origins[i].rights);
            break;
        }
    fputs("<xmpMM:Ingredients><rdf:Bag>", out);
    for (int i = 0; i < p->origin_count; i++)
        put_ingredient(out, &p->origins[i]);
    fputs("</rdf:Bag></xmpMM:Ingredients>\n<scumble:Sources><rdf:Seq>", out);
    for (int i = 0; i < p->origin_count; i++)
        put_origin(out, &p->origins[i]);
    fputs("</rdf:Seq></scumble:Sources>\n", out);
    if (p->network_kind)
        put_network(out, p);
    image_xmp_put(out, "scumble:permission", p->permission);
}

/* A description of its own. */
static void put_details(FILE *out, const sc_details *details, bool keep_place)
{
    fprintf(out, "<rdf:Description rdf:about=\"\"%s>\n", sc_details_spaces);
    for (sc_detail i = 0; i < SC_DETAIL_COUNT; i++) {
        const sc_detail_info *row = sc_detail_row(i);
        char text[SC_DETAIL_BYTES];
        if ((sc_detail_is_place(i) && !keep_place) || !sc_details_xmp_text(details, i, text))
            continue;
        if (row->form == SC_XMP_ALTERNATIVE)
            put_alternative(out, row->xmp, text);
        else if (row->form == SC_XMP_SIMPLE)
            image_xmp_put(out, row->xmp, text);
        else
            put_list(out, row->xmp, row->form == SC_XMP_BAG ? "Bag" : "Seq", text);
    }
    fputs("</rdf:Description>", out);
}

char *sc_xmp_write(const char *recipe, const sc_provenance *provenance, const sc_details *details, bool keep_place)
{
    char *packet = NULL;
    size_t size;
    FILE *out = open_memstream(&packet, &size);
    if (!out)
        return NULL;
    fputs(packet_head, out);
    if (details)
        put_details(out, details, keep_place);
    fprintf(out, "%s%s>\n", description_head, provenance ? provenance_spaces : "");
    if (provenance)
        put_provenance(out, provenance);
    if (recipe) {
        fputs("<scumble:recipe>", out);
        put_text(out, recipe);
        fputs("</scumble:recipe>", out);
    }
    fputs(packet_tail, out);
    bool failed = ferror(out);
    if (fclose(out) || failed) {
        free(packet);
        packet = NULL;
    }
    return packet;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

enum { CREATOR_TOOL = SC_RIGHT_COUNT + 1, DETAIL }; /* DETAIL and the detail's number */

/* Names as Expat gives them: the namespace, a blank, the local name. Every property is an attribute of a description,
 * or an element in one that holds a text, an rdf:resource, or a list (rdf:Alt, rdf:Seq, rdf:Bag) of rdf:li. What is
 * nested deeper belongs to other things. */
static const struct {
    const char *name;
    int right;
} properties[] = {
    /* and those of details.h */
    { DC " creator", SC_RIGHT_CREATOR },
    { DC " rights", SC_RIGHT_NOTICE },
    { XMP_RIGHTS " UsageTerms", SC_RIGHT_LICENCE },
    { "http://creativecommons.org/ns# license", SC_RIGHT_LICENCE },
    { XMP_RIGHTS " WebStatement", SC_RIGHT_STATEMENT },
    { PHOTOSHOP " Credit", SC_RIGHT_CREDIT },
    { XMP_RIGHTS " Marked", SC_RIGHT_MARKED },
    { "http://ns.useplus.org/ldf/xmp/1.0/ DataMining", SC_RIGHT_DATA_MINING },
    { IPTC_EXTENSION " DigitalSourceType", SC_RIGHT_SOURCE_TYPE },
    { SCUMBLE " recipe", SC_RIGHT_COUNT }, /* these two are no rights, but what is looked for as well */
    { "http://ns.adobe.com/xap/1.0/ CreatorTool", CREATOR_TOOL },
};
enum { PROPERTIES = sizeof properties / sizeof *properties, NONE = -1 };

typedef struct packet_reader {
    XML_Parser parser;
    sc_rights *rights;
    sc_details *details; /* NULL = not asked for */
    char *recipe;
    int depth, rdf_depth; /* of the element in hand; of rdf:RDF, 0 = outside */
    int right;            /* of the property in hand, or NONE */
    bool list, skip;      /* it holds a list; this list has had its one text (of an rdf:Alt the first is the default) */
    bool alternatives;
    char *text; /* so far */
    size_t length, room;
    bool too_long;
} packet_reader;

static int find_right(const char *name)
{
    for (int i = 0; i < PROPERTIES; i++)
        if (!strcmp(name, properties[i].name))
            return properties[i].right;
    sc_detail detail = sc_detail_of_xmp(name);
    return detail < SC_DETAIL_COUNT ? DETAIL + (int)detail : NONE;
}

static void start_text(packet_reader *r)
{
    r->length = 0;
    r->too_long = false;
}

static void image_xmp_add_text(packet_reader *r, const char *text, size_t size)
{
    if (r->length + size + 1 > r->room) {
        size_t room = 2 * r->room + size + 256;
        char *larger = room <= 2 * (RECIPE_MAX + 256) ? realloc(r->text, room) : NULL;
        if (!larger) {
            r->too_long = true;
            return;
        }
        r->text = larger;
        r->room = room;
    }
    memcpy(r->text + r->length, text, size);
    r->length += size;
    r->text[r->length] = 0;
}

static void take_text(packet_reader *r, int right)
{
    if (right == CREATOR_TOOL)
        r->rights->made_here |= r->length > 8 && !strncmp(r->text, "scumble ", 8);
    else if (right >= DETAIL) {
        if (r->length && r->details)
            sc_details_add_xmp(r->details, (sc_detail)(right - DETAIL), r->text, r->length);
    } else if (right != SC_RIGHT_COUNT) {
        if (r->length)
            sc_rights_add(r->rights, (sc_right)right, SC_RIGHTS_XMP, r->text, r->length);
    } else if (!r->recipe && !r->too_long && r->length <= RECIPE_MAX)
        r->recipe = strndup(r->length ? r->text : "", r->length);
}

static void take_attribute(packet_reader *r, const char *name, const char *value)
{
    int right = find_right(name);
    if (right == NONE)
        return;
    start_text(r);
    image_xmp_add_text(r, value, strlen(value));
    take_text(r, right);
}

static void XMLCALL on_start(void *user, const char *name, const char **attributes)
{
    packet_reader *r = user;
    r->depth++;
    int level = r->rdf_depth ? r->depth - r->rdf_depth : 0;
    if (!r->rdf_depth && !strcmp(name, RDF " RDF"))
        r->rdf_depth = r->depth;
    else if (level == 1)
        for (; *attributes; attributes += 2)
            take_attribute(r, attributes[0], attributes[1]);
    else if (level == 2) {
        r->right = find_right(name);
        r->list = r->skip = false;
        start_text(r);
        for (; r->right != NONE && *attributes; attributes += 2)
            if (!strcmp(attributes[0], RDF " resource"))
                image_xmp_add_text(r, attributes[1], strlen(attributes[1]));
    } else if (level == 3) {
        r->alternatives = !strcmp(name, RDF " Alt");
        r->list = r->alternatives || !strcmp(name, RDF " Seq") || !strcmp(name, RDF " Bag");
    } else if (level == 4 && r->list)
        start_text(r);
}

static void XMLCALL on_text(void *user, const char *text, int length)
{
    packet_reader *r = user;
    int level = r->rdf_depth ? r->depth - r->rdf_depth : 0;
    if (r->right != NONE && (level == (r->list ? 4 : 2)))
        image_xmp_add_text(r, text, (size_t)length);
}

static void XMLCALL on_end(void *user, const char *name)
{
    (void)name;
    packet_reader *r = user;
    int level = r->rdf_depth ? r->depth - r->rdf_depth : -1;
    if (r->right != NONE && level == (r->list ? 4 : 2) && !r->skip) {
        take_text(r, r->right);
        r->skip = r->list && r->alternatives && r->length;
    }
    if (level == 2)
        r->right = NONE;
    if (level == 0)
        r->rdf_depth = 0;
    r->depth--;
}

static void XMLCALL on_doctype(void *user, const char *name, const char *system_id, const char *public_id, int internal)
{
    (void)name, (void)system_id, (void)public_id, (void)internal;
    packet_reader *r = user;
    XML_StopParser(r->parser, XML_FALSE);
}

/* What was read before an error counts: other programs' packets are often cut or padded. */
char *sc_xmp_read(const void *packet, size_t size, sc_rights *rights, sc_details *details)
{
    const uint8_t *first = packet;
    while (size && !first[size - 1])
        size--;
    if (!size || size > PACKET_MAX)
        return NULL;
    bool wide = first[0] == 0 || first[0] >= 0xfe; /* UTF-16, which Expat knows by itself */
    bool latin = !wide && !g_utf8_validate_len(packet, size, NULL);
    packet_reader r = { .parser = XML_ParserCreateNS(latin ? "ISO-8859-1" : NULL, ' '),
                        .rights = rights,
                        .details = details,
                        .right = NONE };
    if (!r.parser)
        return NULL;
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    XML_Parse(r.parser, packet, (int)size, XML_TRUE);
    XML_ParserFree(r.parser);
    free(r.text);
    return r.recipe;
}
