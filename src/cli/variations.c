/* SPDX-License-Identifier: MIT */
/* Several candidates of each photo (--variations): by seed, by preset or by painting. And the sheet that shows them
 * together (--sheet). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "contact_sheet.h"
#include "interrupt.h"
#include "paths.h"
#include "stylize.h"

enum { MOST = 99, SHEET_HEIGHT = 384, SHEET_GAP = 8, ONE_ROW = 4 };

/* ---- the command line ------------------------------------------------------------------------------------------ */

typedef enum kind { ONE, SEEDS, PRESETS, STYLES, WRONG } kind;

/* *count: how many, where the word says so itself. */
static kind read_kind(const job *j, int *count)
{
    const char *text = j->set.variations;
    int64_t number;
    *count = 1;
    if (!text)
        return ONE;
    if (!j->texture && !strcmp(text, "presets")) {
        for (*count = 0; scumble_preset_at(*count);)
            ++*count;
        return PRESETS;
    }
    if (!j->texture && !strcmp(text, "styles"))
        return STYLES;
    if (!text_integer(text, &number) || number < 1 || number > MOST)
        return WRONG;
    *count = (int)number;
    return SEEDS;
}

int variations_check_flags(const job *j)
{
    int count;
    kind asked = read_kind(j, &count);
    if (asked == WRONG)
        return console_usage("--variations is '%s'; it must be a whole number from 1 to %d%s", j->set.variations, MOST,
                             j->texture ? "" : ", 'presets' or 'styles'");
    if (asked == PRESETS && j->set.preset)
        return console_usage("--variations presets tries every preset, and --preset %s names one; give one of the two",
                             j->set.preset);
    if (asked == PRESETS && j->set.automatic)
        return console_usage(
            "--variations presets tries every preset, and --auto finds settings for the photo; give one of the two");
    if (asked != ONE && j->set.resume)
        return console_usage("--resume goes on with one picture; leave out --variations");
    return 0;
}

/* ---- the candidates -------------------------------------------------------------------------------------------- */

/* A painting's name; with its number where an earlier one has the same. Caller frees. */
static char *style_label(const job *j, int index)
{
    char *label = paths_name(j->styles.items[index].path);
    bool taken = false;
    for (int i = 0; i < index && !taken; i++) {
        char *other = paths_name(j->styles.items[i].path);
        taken = !strcmp(other, label);
        free(other);
    }
    if (taken) {
        char *numbered = text_format("%s-%d", label, index + 1);
        free(label);
        label = numbered;
    }
    return label;
}

/* The preset, and over it what the command line says, whatever the order. */
static int set_options(const job *j, scumble_options *options, const char *preset)
{
    if (preset) {
        int code = scumble_options_preset(j->s, options, preset);
        if (code)
            return console_failure(j->s, code, "--preset");
    }
    return values_set(j->s, options, &j->options);
}

/* --resume with more iterations: the plan stays, and what is more is done at its end. */
static void go_on(scumble_options *options, double planned)
{
    double iterations = values_number(options, "iterations");
    if (iterations > planned && values_number(options, "stop-after") <= planned) {
        values_put(options, "stop-after", (uint64_t)iterations);
        values_put(options, "iterations", (uint64_t)planned);
    }
}

static int make_one(const job *j, kind asked, int index, variation *v)
{
    const char *preset = asked == PRESETS ? scumble_preset_at(index)->name : j->set.preset;
    v->options = must(scumble_options_copy(j->resolved));
    v->style = asked == STYLES ? index : -1;
    int status = set_options(j, v->options, preset);
    if (j->set.resume)
        go_on(v->options, values_number(j->resolved, "iterations"));
    if (asked == SEEDS) {
        uint64_t seed = values_seed(v->options, "seed") + (uint64_t)index;
        values_put(v->options, "seed", seed);
        v->label = text_format("%d", index + 1);
        v->caption = text_format("seed %llu", (unsigned long long)seed);
    } else if (asked == PRESETS) {
        v->label = text_copy(preset);
    } else if (asked == STYLES) {
        v->label = style_label(j, index);
    }
    return status;
}

int variations_make(job *j)
{
    int count, status = 0;
    kind asked = read_kind(j, &count);
    if (asked == STYLES && j->styles.count < 2)
        return console_usage(
            "--variations styles paints with each painting alone, but there is only one; give more with --style");
    if (asked == STYLES)
        count = j->styles.count;
    j->variations = must(calloc((size_t)count, sizeof *j->variations));
    for (int i = 0; i < count && !status; i++)
        status = make_one(j, asked, i, &j->variations[j->variation_count++]);
    scumble_options_free(&j->resolved);
    j->resolved = must(scumble_options_copy(j->variations[0].options));
    return status;
}

void variations_free(job *j)
{
    for (int i = 0; i < j->variation_count; i++) {
        free(j->variations[i].label);
        free(j->variations[i].caption);
        scumble_options_free(&j->variations[i].options);
    }
    free(j->variations);
}

char *variations_pattern(const job *j, const char *pattern)
{
    if (!j->set.variations || strstr(pattern, "{variation}") || paths_is_special(pattern))
        return text_copy(pattern);
    if (j->variations[0].style >= 0 && strstr(pattern, "{style}"))
        return text_copy(pattern);
    const char *extension = paths_extension(pattern);
    size_t length = strlen(pattern) - strlen(extension) - (*extension != 0);
    char *stem = text_part(pattern, length), *varied = text_format("%s-{variation}%s", stem, pattern + length);
    free(stem);
    return varied;
}

/* ---- the sheet ------------------------------------------------------------------------------------------------- */

/* Few in one row, more in a block that is about as many across as down. */
static int columns_for(int count)
{
    return count <= ONE_ROW ? count : (int)ceil(sqrt(count));
}

static const char *caption_of(const variation *v)
{
    return v->caption ? v->caption : v->label ? v->label : "result";
}

int variations_sheet(const job *j, int last)
{
    const task *t = &j->tasks[last];
    bool partial = interrupt_signal() && (!t->made || t->stopped);
    char *path = partial ? paths_unfinished(t->sheet) : text_copy(t->sheet); /* a whole one from before stays */
    int first = last, count = 0;
    while (first && j->tasks[first - 1].number == t->number)
        first--;
    sheet_picture *pictures = must(calloc((size_t)(last - first) + 2, sizeof *pictures));
    char *name = paths_name(t->photo);
    pictures[count++] = (sheet_picture){ t->photo, name };
    for (int i = first; i <= last; i++)
        if (j->tasks[i].made)
            pictures[count++] = (sheet_picture){ j->tasks[i].stopped ? j->tasks[i].unfinished : j->tasks[i].output,
                                                 caption_of(j->tasks[i].variation) };
    contact_sheet sheet = { path,      pictures,       count, SHEET_HEIGHT, columns_for(count),
                            SHEET_GAP, j->set.quality, false, NULL };
    int status = count > 1 ? contact_sheet_write(j->s, &sheet) : 0;
    free(path);
    free(name);
    free(pictures);
    return status;
}
