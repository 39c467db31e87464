/* SPDX-License-Identifier: MIT */
/* <vips/vips.h>, with the library itself loaded when the first picture needs it. libvips brings some seventy libraries,
 * which take longer to link than help or an error message should take to appear, and which an error before the first
 * picture has no use for. The functions have their own names and types, but are called through pointers. A function
 * that is not in the list cannot be linked: add it to both lists. */
#ifndef SC_MEDIA_VIPS_LIBRARY_H
#define SC_MEDIA_VIPS_LIBRARY_H

#include <stdbool.h>
#include <vips/vips.h>

/* clang-format off */
#define SC_VIPS_FUNCTIONS(X) \
    X(vips_area_unref) X(vips_bandjoin) X(vips_bandjoin2) X(vips_blob_get) X(vips_cache_set_max) X(vips_call) \
    X(vips_cast) X(vips_colourspace) X(vips_concurrency_get) X(vips_concurrency_set) X(vips_copy) X(vips_error) \
    X(vips_error_buffer_copy) X(vips_error_clear) X(vips_extract_band) X(vips_format_sizeof_unsafe) \
    X(vips_image_decode) X(vips_image_generate) X(vips_image_get_blob) X(vips_image_get_int) \
    X(vips_image_get_orientation) X(vips_image_get_string) X(vips_image_get_typeof) X(vips_image_init_fields) \
    X(vips_image_map) X(vips_image_new) X(vips_image_new_from_memory) X(vips_image_pipelinev) \
    X(vips_image_set_blob_copy) X(vips_image_set_int) X(vips_image_set_string) X(vips_image_write_to_memory) X(vips_init) X(vips_linear1) \
    X(vips_object_get_type) X(vips_object_local_array) X(vips_pngsave_buffer) X(vips_profile_load) \
    X(vips_region_new) X(vips_region_prepare) X(vips_source_new_from_descriptor) X(vips_source_new_from_memory) \
    X(vips_target_custom_new) X(vips_target_get_type) X(vips_text) X(vips_type_find) X(vips_version)
/* clang-format on */

/* Filled in by sc_vips_load; called before it, a function is NULL. */
typedef struct sc_vips_library {
#define X(name) __typeof__(name) *name;
    SC_VIPS_FUNCTIONS(X)
#undef X
} sc_vips_library;
extern sc_vips_library sc_vips;

#define vips_area_unref sc_vips.vips_area_unref
#define vips_bandjoin sc_vips.vips_bandjoin
#define vips_bandjoin2 sc_vips.vips_bandjoin2
#define vips_blob_get sc_vips.vips_blob_get
#define vips_cache_set_max sc_vips.vips_cache_set_max
#define vips_call sc_vips.vips_call
#define vips_cast sc_vips.vips_cast
#define vips_colourspace sc_vips.vips_colourspace
#define vips_concurrency_get sc_vips.vips_concurrency_get
#define vips_concurrency_set sc_vips.vips_concurrency_set
#define vips_copy sc_vips.vips_copy
#define vips_error sc_vips.vips_error
#define vips_error_buffer_copy sc_vips.vips_error_buffer_copy
#define vips_error_clear sc_vips.vips_error_clear
#define vips_extract_band sc_vips.vips_extract_band
#define vips_format_sizeof_unsafe sc_vips.vips_format_sizeof_unsafe
#define vips_image_decode sc_vips.vips_image_decode
#define vips_image_generate sc_vips.vips_image_generate
#define vips_image_get_blob sc_vips.vips_image_get_blob
#define vips_image_get_int sc_vips.vips_image_get_int
#define vips_image_get_orientation sc_vips.vips_image_get_orientation
#define vips_image_get_string sc_vips.vips_image_get_string
#define vips_image_get_typeof sc_vips.vips_image_get_typeof
#define vips_image_init_fields sc_vips.vips_image_init_fields
#define vips_image_map sc_vips.vips_image_map
#define vips_image_new sc_vips.vips_image_new
#define vips_image_new_from_memory sc_vips.vips_image_new_from_memory
#define vips_image_pipelinev sc_vips.vips_image_pipelinev
#define vips_image_set_blob_copy sc_vips.vips_image_set_blob_copy
#define vips_image_set_int sc_vips.vips_image_set_int
#define vips_image_set_string sc_vips.vips_image_set_string
#define vips_image_write_to_memory sc_vips.vips_image_write_to_memory
#define vips_init sc_vips.vips_init
#define vips_linear1 sc_vips.vips_linear1
#define vips_object_get_type sc_vips.vips_object_get_type
#define vips_object_local_array sc_vips.vips_object_local_array
#define vips_pngsave_buffer sc_vips.vips_pngsave_buffer
#define vips_profile_load sc_vips.vips_profile_load
#define vips_region_new sc_vips.vips_region_new
#define vips_region_prepare sc_vips.vips_region_prepare
#define vips_source_new_from_descriptor sc_vips.vips_source_new_from_descriptor
#define vips_source_new_from_memory sc_vips.vips_source_new_from_memory
#define vips_target_custom_new sc_vips.vips_target_custom_new
#define vips_target_get_type sc_vips.vips_target_get_type
#define vips_text sc_vips.vips_text
#define vips_type_find sc_vips.vips_type_find
#define vips_version sc_vips.vips_version

/* Loads libvips for the rest of the process; not thread-safe. *ours: it was not there before, so that nobody else has a
 * say in how it is set. False when it is not there or lacks a function: then the
 * dynamic linker's words for it are in why (size bytes). */
bool sc_vips_load(bool *ours, char *why, size_t size);

/* libvips looks for its modules (AVIF, HEIC, JPEG XL) where it was installed. This loads those that lie in
 * vips-modules/ beside it, for a libvips that came along with us, and where the system has no fonts, those in fonts/.
 * After vips_init; does nothing with the system's libvips. */
void sc_vips_use_bundled(void);

#endif
