/* SPDX-License-Identifier: MIT */
/* Shared by tests that see what an application sees: a context, and what is expected of calls with it. Include after
 * cmocka.h and string.h. */
#ifndef TESTS_PUBLIC_FIXTURE_H
#define TESTS_PUBLIC_FIXTURE_H

#include <scumble/scumble.h>

static scumble *s;

#define GOOD(call)                                 \
    do {                                           \
        if (call)                                  \
            fail_msg("%s", scumble_error_text(s)); \
    } while (0)

/* The call failed as misuse, and the sentence holds `words`. */
__attribute__((unused)) static void refused(int code, const char *words)
{
    assert_int_equal(code, SCUMBLE_ERR_ARGUMENT);
    if (!strstr(scumble_error_text(s), words))
        fail_msg("'%s' is not in '%s'", words, scumble_error_text(s));
}

#endif
