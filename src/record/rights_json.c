/* SPDX-License-Identifier: MIT */
/* Rights as JSON. See rights_json.h. */
#include "record/rights_json.h"

#include <string.h>

json_t *sc_rights_to_json(const sc_rights *rights)
{
    if (sc_rights_empty(rights))
        return NULL;
    json_t *object = json_object();
    for (sc_right i = 0; i < SC_RIGHT_COUNT; i++)
        if (*rights->text[i])
            json_object_set_new(object, sc_right_name(i), json_string(rights->text[i]));
    return object;
}

void sc_rights_from_json(sc_rights *rights, const json_t *object)
{
    *rights = (sc_rights){ 0 };
    for (sc_right i = 0; i < SC_RIGHT_COUNT; i++) {
        const char *text = json_string_value(json_object_get(object, sc_right_name(i)));
        if (text)
            sc_rights_add(rights, i, 0, text, strlen(text));
    }
}
