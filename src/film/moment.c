/* SPDX-License-Identifier: MIT */
/* Moments as text. See moment.h. */
#include "film/moment.h"

#include <stdio.h>
#include <string.h>

enum { MOST_DIGITS = 9, MOST_SECONDS = 1000000000 };

static int moment_fail(const char *text, sc_error *err)
{
    return sc_fail(
        err, SCUMBLE_ERR_ARGUMENT,
        "'%.60s' is no moment of a film: give seconds (62.5), a clock (1:02.5), a timecode (00:01:02:12) or a "
        "number of frames (1500f)",
        text);
}

/* Up to nine digits at *text. False: there are none, or more. */
static bool read_digits(const char **text, int64_t *value, int *digits)
{
    *value = *digits = 0;
    while (**text >= '0' && **text <= '9' && *digits <= MOST_DIGITS) {
        *value = *value * 10 + (*(*text)++ - '0');
        ++*digits;
    }
    return *digits > 0 && *digits <= MOST_DIGITS;
}

int sc_moment_read(sc_moment *moment, const char *text, sc_error *err)
{
    int64_t part[4] = { 0 };
    int count = 0, digits;
    const char *at = text;
    *moment = (sc_moment){ .kind = SC_MOMENT_SECONDS, .den = 1 };
    for (;; at++) {
        if (count == 4 || !read_digits(&at, &part[count++], &digits))
            return moment_fail(text, err);
        if (*at == ';' && count == 3)
            moment->drop = true;
        else if (*at != ':')
            break;
    }
    if (count == 4 && !*at) {
        moment->kind = SC_MOMENT_TIMECODE;
        moment->num = (part[0] * 60 + part[1]) * 60 + part[2];
        moment->frames = part[3];
        return moment->num > MOST_SECONDS ? moment_fail(text, err) : SCUMBLE_OK;
    }
    if (count == 1 && !strcmp(at, "f")) {
        moment->kind = SC_MOMENT_FRAMES;
        moment->num = part[0];
        return SCUMBLE_OK;
    }
    for (int i = 0; i < count; i++)
        moment->num = moment->num * 60 + part[i];
    if (moment->num > MOST_SECONDS)
        return moment_fail(text, err);
    if (*at == '.') {
        int64_t rest;
        at++;
        if (!read_digits(&at, &rest, &digits))
            return moment_fail(text, err);
        for (int i = 0; i < digits; i++)
            moment->den *= 10;
        moment->num = moment->num * moment->den + rest;
    }
    return *at || count == 4 || moment->drop ? moment_fail(text, err) : SCUMBLE_OK;
}

/* Frames that a timecode counts in a second: of 29.97 it is 30, and of what is slower than one each second is one. */
static int64_t nominal_rate(int rate_num, int rate_den)
{
    int64_t nominal = ((int64_t)rate_num + rate_den / 2) / rate_den;
    return nominal < 1 ? 1 : nominal;
}

/* Drop-frame numbers leave 2 of 30 (4 of 60) out at the beginning of each minute, but each tenth one. */
int64_t sc_moment_frames(const sc_moment *timecode, int rate_num, int rate_den)
{
    int64_t nominal = nominal_rate(rate_num, rate_den), all = timecode->num * nominal + timecode->frames;
    int64_t minutes = timecode->num / 60;
    return timecode->drop ? all - nominal / 15 * (minutes - minutes / 10) : all;
}

void sc_timecode_text(char *text, int64_t frames, bool drop, int rate_num, int rate_den)
{
    int64_t nominal = nominal_rate(rate_num, rate_den), left_out = drop ? nominal / 15 : 0;
    int64_t minute = 60 * nominal - left_out, ten = 10 * minute + left_out;
    int64_t rest = frames % ten, minutes = rest < 60 * nominal ? 0 : 1 + (rest - 60 * nominal) / minute;
    frames += left_out * (9 * (frames / ten) + minutes);
    int64_t seconds = frames / nominal;
    snprintf(text, 24, "%02d:%02d:%02d%c%02d", (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60),
             (int)(seconds % 60), drop ? ';' : ':', (int)(frames % nominal));
}
