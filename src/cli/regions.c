/* SPDX-License-Identifier: MIT */
/* --mask, --style-mask, --protect, --faces: from the command line or a recipe to the run. What can be checked
 * without decoding a picture is checked before anything is computed; the rest the library says. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "events.h"
#include "paths.h"
#include "progress.h"
#include "stylize.h"

bool regions_means_none(const char *path)
{
    return !strcmp(path, "-") || !strcmp(path, "none");
}

/* ---- the command line, after a recipe ---- */

/* --style-mask: one for each painting, where any is given; they replace those of a recipe. */
static int place_style_masks(job *j)
{
    int given = j->style_masks.count;
    if (!given)
        return 0;
    if (given != j->styles.count)
        return console_usage("--style-mask is given %d time%s for %d painting%s; give one for each, and none for a "
                             "painting that has none",
                             given, given == 1 ? "" : "s", j->styles.count, j->styles.count == 1 ? "" : "s");
    for (int i = 0; i < given; i++) {
        free(j->styles.items[i].mask);
        j->styles.items[i].mask =
            regions_means_none(j->style_masks.items[i]) ? NULL : text_copy(j->style_masks.items[i]);
    }
    return 0;
}

static bool regions_any_style_mask(const job *j)
{
    for (int i = 0; i < j->styles.count; i++)
        if (j->styles.items[i].mask)
            return true;
    return false;
}

/* One mask for each painting, none, or one with labels, which takes style masks. */
static int check_count(job *j)
{
    int count = j->masks.count;
    for (int i = 0; i < count; i++)
        if (regions_means_none(j->masks.items[i])) {
            if (count > 1)
                return console_usage("--mask %s says that there are no masks, but there are %d; a black picture is a "
                                     "mask for a painting that goes nowhere",
                                     j->masks.items[i], count);
            text_list_free(&j->masks);
            j->masks = (text_list){ 0 };
            return 0;
        }
    if (!count || count == j->styles.count || (count == 1 && regions_any_style_mask(j)))
        return 0;
    return console_usage("--mask is given %d time%s for %d style%s; give one mask for each style, or a single one "
                         "whose colours are in a --style-mask of each",
                         count, count == 1 ? "" : "s", j->styles.count, j->styles.count == 1 ? "" : "s");
}

static int check_readable(const char *flag, const char *path)
{
    if (!path)
        return 0;
    if (paths_is_folder(path))
        console_error("%s is '%s', which is a folder; give a picture", flag, path);
    else if (access(path, R_OK))
        console_error("cannot read the mask '%s' that %s names: %s", path, flag, strerror(errno));
    else
        return 0;
    return EXIT_FAILED;
}

int regions_prepare(job *j)
{
    int status = place_style_masks(j);
    if (j->protect && regions_means_none(j->protect)) {
        free(j->protect);
        j->protect = NULL;
    }
    if (!status)
        status = check_count(j);
    for (int i = 0; !status && i < j->styles.count; i++)
        status = check_readable("--style-mask", j->styles.items[i].mask);
    for (int i = 0; !status && i < j->masks.count; i++)
        status = check_readable("--mask", j->masks.items[i]);
    return status ? status : check_readable("--protect", j->protect);
}

/* ---- sizes ---- */

/* Every photo whose size its header tells; what does not open fails when its turn comes. */
static int regions_check_photos(const job *j, const char *flag, const char *mask)
{
    int width, height, photo_width, photo_height;
    int code = mask ? scumble_image_probe(j->s, mask, &width, &height) : 0;
    if (code)
        return console_failure(j->s, code, flag);
    for (int i = 0; mask && i < j->task_count; i++) {
        const task *t = &j->tasks[i];
        if (t->failed || scumble_image_probe(j->s, t->photo, &photo_width, &photo_height) ||
            scumble_mask_fits(width, height, photo_width, photo_height))
            continue;
        console_error("%s '%s' is %d x %d pixels, but the photo '%s' is %d x %d; a mask must have the photo's shape%s",
                      flag, mask, width, height, t->photo, photo_width, photo_height,
                      j->set.from ? " (to do without the recipe's: --mask none, --protect none)" : "");
        return EXIT_FAILED;
    }
    return 0;
}

int regions_check_sizes(const job *j)
{
    int status = 0;
    for (int i = 0; !status && i < j->masks.count; i++)
        status = regions_check_photos(j, "--mask", j->masks.items[i]);
    return status ? status : regions_check_photos(j, "--protect", j->protect);
}

/* ---- the run ---- */

int regions_apply(const job *j, int first, int style_count)
{
    bool by_style = j->masks.count == j->styles.count; /* not labels */
    int count = by_style ? style_count : j->masks.count, code = 0;
    if (!count && !j->protect && !j->faces)
        return 0;
    scumble_image **masks = must(calloc((size_t)count + 1, sizeof *masks)), *protect = NULL;
    for (int i = 0; !code && i < count; i++)
        code = console_picture(j->s, j->masks.items[by_style ? first + i : i], &masks[i]);
    if (!code && j->protect)
        code = console_picture(j->s, j->protect, &protect);
    scumble_guides guides = { sizeof guides, (const scumble_image *const *)masks, count, protect, j->faces };
    if (!code)
        code = scumble_run_guide(j->run, &guides);
    for (int i = 0; i < count; i++)
        scumble_image_free(&masks[i]);
    free(masks);
    scumble_image_free(&protect);
    return code;
}

void regions_look_for_faces(const job *j, const char *path, const scumble_image *photo)
{
    int count;
    if (!j->faces || scumble_faces_mask(j->s, photo, NULL, &count) || count)
        return;
    char *text = text_format("no face was found in '%s'; --faces protects nothing there", path);
    console_warning("%s", text);
    free(text);
}
