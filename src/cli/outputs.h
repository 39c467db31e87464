/* SPDX-License-Identifier: MIT */
/* What will be written, checked before anything is computed: formats known, folders there and writable, no input and no
 * other output overwritten. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "text.h"
#include "scumble/provenance.h"

/* What -o names is a folder: there, or with a slash at its end. */
bool outputs_is_folder(const char *output);
/* The photo's extension where scumble can write it, else "png"; caller frees. */
char *outputs_extension(const char *photo);

/* What the option bits says, by its index in 8|16|32: bits of a channel; -1, not given: 0. */
int outputs_bits(int choice);
/* As few bits as the format holds: for what is only looked at. format: as in scumble_save_options, or NULL. */
int outputs_small_bits(const char *output, const char *format);
/* Says what of the photo an OpenEXR file cannot keep. */
void outputs_say_note(const scumble_image *result, const char *output, const char *format);

/* The following return 0, or an exit code after a message. */
/* -o serves several photos: it is a folder, or has words in it. */
int outputs_check_pattern(const char *output, int photo_count);
/* The name's ending is that of a picture that can be written. */
int outputs_check_picture(const char *flag, const char *path);
/* Makes the folder that -o names with a slash at the end, when it is not there. */
int outputs_make_folder(const char *output);
/* There is an -o, or the photo has a name to call the result after. */
int outputs_check_named(const char *output, const char *photo);
/* The file can be written (paths_check_output), and so can the recipe that is written beside a picture whose format has
 * no metadata. */
int outputs_check_written(const char *flag, const char *picture);
/* The photo can be read. */
int outputs_check_photo(const char *path);

/* The files of a job, and the parts they play. Start from {0}. */
typedef struct file_roles {
    struct file_role {
        char *key, *own; /* own: the path, where it is not borrowed */
        const char *path, *flag;
    } * items;
    int count;
} file_roles;
/* flag: what names the file, for an output; NULL: it is an input. path NULL: there is none. Both are borrowed. */
void outputs_add(file_roles *roles, const char *path, const char *flag);
/* The same with a path that the list takes over. */
void outputs_add_own(file_roles *roles, char *path, const char *flag);
/* A picture, and the recipe beside it where its format has no metadata. */
void outputs_add_picture(file_roles *roles, const char *path, const char *flag);
/* No file is written twice, and no input is written at all. Frees the list. */
int outputs_check_clashes(file_roles *roles);

/* Writes a tiny picture beside each kind of output and removes it: finds out now what would fail after the work. */
int outputs_try_saving(scumble *s, const char *const *outputs, int count, const scumble_save_options *options);

#endif
