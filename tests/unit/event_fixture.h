/* SPDX-License-Identifier: MIT */
/* What every event must be, whichever job it is of (scumble/event.h). Include after cmocka.h, math.h and string.h. */
#ifndef TESTS_EVENT_FIXTURE_H
#define TESTS_EVENT_FIXTURE_H

#include <scumble/event.h>

/* The loss of that name, which must be there. */
static inline double loss_in(const scumble_event *e, const char *name)
{
    for (int i = 0; i < e->loss_count; i++)
        if (!strcmp(e->losses[i].name, name))
            return e->losses[i].value;
    fail_msg("there is no loss '%s'", name);
    return 0;
}

static inline void check_event(const scumble_event *e, const char *job, const char *stage, const char *unit)
{
    assert_non_null(e);
    assert_string_equal(e->job, job);
    assert_string_equal(e->stage, stage);
    assert_string_equal(e->unit, unit);
    assert_true(e->stage_number >= 1 && e->stage_number <= e->stages && e->size_px >= 0);
    assert_true(e->done >= 0 && (!e->of || e->done <= e->of) && e->elapsed_s >= 0 && !isnan(e->eta_s));
    for (int i = 0; i < e->loss_count; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(e->losses[i].name, e->losses[k].name);
    if (e->loss_count)
        assert_string_equal(e->losses[e->loss_count - 1].name, "total");
}

#endif
