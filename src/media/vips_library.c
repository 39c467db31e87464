/* SPDX-License-Identifier: MIT */
/* Loads libvips; see vips_library.h. Any libvips 8 has this file name; which of them is new enough is for VIPS_INIT to say. */
#include "media/vips_library.h"

#include <dlfcn.h>
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

bool sc_vips_load(char *why, size_t size)
{
    void *library = dlopen("libvips.so.42", RTLD_LAZY | RTLD_LOCAL);
    for (size_t i = 0; library && i < sizeof functions / sizeof *functions; i++) {
        void *symbol = dlsym(library, functions[i].name);
        memcpy(functions[i].pointer, &symbol, sizeof symbol); /* ISO C has no cast from an object's pointer to a function's */
        if (!symbol)
            library = NULL;
    }
    if (!library)
        snprintf(why, size, "%s", dlerror());
    return library;
}
