/* SPDX-License-Identifier: MIT */
/* Two recipes are of one run when they differ in nothing but where it ended and what was computed with. See
 * unfinished.h. */
#include "unfinished.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "console.h"
#include "paths.h"

/* What stays the same over a run. resumed: it may have been given more iterations since. */
static json_t *identity_of(const char *recipe, bool resumed)
{
    static const char *const passing[] = { "stopped", "result", "computed_with", "scumble" };
    json_t *identity = json_loads(recipe, 0, NULL), *options = json_object_get(identity, "options");
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        json_object_del(identity, passing[i]);
    json_object_del(options, "stop-after");
    if (resumed)
        json_object_del(options, "iterations");
    return identity;
}

static bool is_of_this_run(const job *j, const char *path, const char *recipe)
{
    char *earlier = NULL;
    if (!paths_exists(path) || paths_is_special(path) || scumble_recipe_load(j->s, path, &earlier))
        return false;
    bool resumed = j->set.resume != NULL;
    json_t *before = identity_of(earlier, resumed), *now = identity_of(recipe, resumed),
           *stopped = json_loads(earlier, 0, NULL);
    bool same = before && now && json_equal(before, now) && json_object_get(stopped, "stopped");
    json_decref(stopped);
    json_decref(before);
    json_decref(now);
    scumble_text_free(&earlier);
    return same;
}

void unfinished_remove(const job *j, const task *t, const char *recipe)
{
    if (!is_of_this_run(j, t->unfinished, recipe))
        return;
    char *sidecar = text_format("%s.json", t->unfinished), *report = tasks_unfinished_report(t, 0);
    if (!scumble_image_keeps_metadata(t->unfinished))
        unlink(sidecar);
    if (report && is_of_this_run(j, report, recipe))
        unlink(report);
    if (!unlink(t->unfinished))
        console_info("removed %s, which is finished now", t->unfinished);
    free(sidecar);
    free(report);
}
