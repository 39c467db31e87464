/* SPDX-License-Identifier: MIT */
/* Loads libvips; see vips_library.h. Any libvips 8 has this file name; which of them is new enough is for VIPS_INIT to
 * say. */
#define _GNU_SOURCE
#include "media/vips_library.h"

#include <dlfcn.h>
#include <gmodule.h>
#include <stdio.h>
#include <string.h>

sc_vips_library sc_vips;

static const struct {
    const char *name;
    void *pointer; /* to the function pointer in sc_vips */
} functions[] = {
#define X(name) { #name, &name },
    SC_VIPS_FUNCTIONS(X)
#undef X
};

bool sc_vips_load(bool *ours, char *why, size_t size)
{
    static const char name[] = "libvips.so.42";
    void *theirs = dlopen(name, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD),
         *library = theirs ? theirs : dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    *ours = !theirs;
    for (size_t i = 0; library && i < sizeof functions / sizeof *functions; i++) {
        void *symbol = dlsym(library, functions[i].name);
        memcpy(functions[i].pointer, &symbol,
               sizeof symbol); /* ISO C has no cast from an object's pointer to a function's */
        if (!symbol)
            library = NULL;
    }
    if (!library)
        snprintf(why, size, "%s", dlerror());
    return library;
}

/* The folder of libvips where it came with us (scripts/dist-archive.sh), and NULL where it is the system's. Owned by
 * the caller (free with g_free). */
static char *bundled_folder(void)
{
    Dl_info info;
    void *symbol;
    memcpy(&symbol, &vips_version, sizeof symbol);
    char *folder = dladdr(symbol, &info) ? g_path_get_dirname(info.dli_fname) : NULL;
    char *mark = folder ? g_build_filename(folder, "vips-modules", NULL) : NULL;
    if (!mark || !g_file_test(mark, G_FILE_TEST_IS_DIR)) {
        g_free(folder);
        folder = NULL;
    }
    g_free(mark);
    return folder;
}

/* Captions in a system without fonts and without Fontconfig's files, which would be said on stderr. Our only
 * Fontconfig: what libvips uses for text. */
static void use_fonts(const char *folder)
{
    static const char *const names[] = { "FcConfigCreate", "FcConfigParseAndLoad", "FcConfigSetCurrent" };
    struct {
        void *(*create)(void);
        int (*load)(void *config, const unsigned char *file, int complain);
        int (*set)(void *config);
    } fontconfig;
    void *symbols[3], *library = dlopen("libfontconfig.so.1", RTLD_LAZY | RTLD_LOCAL);
    for (int i = 0; i < 3; i++)
        symbols[i] = library ? dlsym(library, names[i]) : NULL;
    if (!symbols[0] || !symbols[1] || !symbols[2] || g_file_test("/etc/fonts/fonts.conf", G_FILE_TEST_EXISTS))
        return;
    memcpy(&fontconfig, symbols, sizeof fontconfig);
    char *file = g_build_filename(folder, "fonts", "fonts.conf", NULL);
    void *config = fontconfig.create();
    if (config && fontconfig.load(config, (const unsigned char *)file, 0))
        fontconfig.set(config);
    g_free(file);
}

void sc_vips_use_bundled(void)
{
    static const struct {
        const char *operation, *file;
    } modules[] = { { "heifload_source", "vips-heif.so" }, { "jxlload_source", "vips-jxl.so" } };
    char *folder = bundled_folder();
    for (size_t i = 0; folder && i < sizeof modules / sizeof *modules; i++) {
        char *path = g_build_filename(folder, "vips-modules", modules[i].file, NULL);
        GModule *module = vips_type_find("VipsOperation", modules[i].operation) ?
                              NULL :
                              g_module_open(path, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
        if (module)
            g_module_make_resident(module); /* it has added operations to libvips */
        g_free(path);
    }
    if (folder)
        use_fonts(folder);
    g_free(folder);
}
