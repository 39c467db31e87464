/* SPDX-License-Identifier: MIT */
/* What the opcodes of pickle stand on: stack, marks, memo, containers, input, and the limits on each.
 * See pickle_machine.h. */
#include "weights/pickle_machine.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_VALUES = 4 << 20, MAX_LINE = 4096 };

int sc_machine_damaged(sc_machine *m, const char *what)
{
    return sc_fail(m->err, SCUMBLE_ERR_FORMAT, "the pickle is damaged: %s at byte %zu of %zu", what, m->at, m->size);
}

/* ---- values and the stack ---- */

static int pickle_machine_reserve(sc_machine *m, void **items, uint32_t *capacity, uint32_t count, size_t item_bytes)
{
    if (count <= *capacity)
        return SCUMBLE_OK;
    if (count > MAX_VALUES)
        return sc_fail(m->err, SCUMBLE_ERR_LIMIT, "the pickle holds more than %d values", MAX_VALUES);
    uint32_t larger = *capacity ? *capacity : 4;
    while (larger < count)
        larger *= 2;
    void *moved = realloc(*items, larger * item_bytes);
    if (!moved)
        return sc_fail_memory(m->err, larger * item_bytes);
    *items = moved;
    *capacity = larger;
    return SCUMBLE_OK;
}

int sc_machine_new_value(sc_machine *m, sc_pickle_value value, sc_pickle_ref *ref)
{
    sc_pickle *p = m->pickle;
    int code =
        pickle_machine_reserve(m, (void **)&p->values, &p->value_capacity, p->value_count + 1, sizeof *p->values);
    if (code)
        return code;
    *ref = p->value_count++;
    p->values[*ref] = value;
    return SCUMBLE_OK;
}

int sc_machine_push(sc_machine *m, sc_pickle_ref ref)
{
    int code = pickle_machine_reserve(m, (void **)&m->stack, &m->stack_capacity, m->depth + 1, sizeof *m->stack);
    if (!code)
        m->stack[m->depth++] = ref;
    return code;
}

int sc_machine_pop(sc_machine *m, sc_pickle_ref *ref)
{
    if (!m->depth || sc_machine_is_kind(m, m->stack[m->depth - 1], SC_PICKLE_MARK))
        return sc_machine_damaged(m, "an operand is missing");
    *ref = m->stack[--m->depth];
    return SCUMBLE_OK;
}

/* The stack position after the topmost mark. */
int sc_machine_find_mark(sc_machine *m, uint32_t *first)
{
    *first = 0;
    for (uint32_t i = m->depth; i > 0; i--)
        if (sc_machine_is_kind(m, m->stack[i - 1], SC_PICKLE_MARK)) {
            *first = i;
            return SCUMBLE_OK;
        }
    return sc_machine_damaged(m, "a mark is missing");
}

int sc_machine_append(sc_machine *m, sc_pickle_ref container, const sc_pickle_ref *refs, uint32_t count)
{
    sc_pickle_value *v = sc_machine_value_at(m, container);
    if (count > MAX_VALUES - v->as.items.count)
        return sc_fail(m->err, SCUMBLE_ERR_LIMIT, "the pickle holds more than %d values", MAX_VALUES);
    int code = pickle_machine_reserve(m, (void **)&v->as.items.refs, &v->as.items.capacity, v->as.items.count + count,
                                      sizeof *refs);
    if (code)
        return code;
    if (count)
        memcpy(v->as.items.refs + v->as.items.count, refs, count * sizeof *refs);
    v->as.items.count += count;
    return SCUMBLE_OK;
}

/* ---- input ---- */

const uint8_t *sc_machine_take(sc_machine *m, size_t count)
{
    if (count > m->size - m->at)
        return NULL;
    m->at += count;
    return m->data + m->at - count;
}

int sc_machine_take_number(sc_machine *m, size_t bytes, uint64_t *number)
{
    const uint8_t *p = sc_machine_take(m, bytes);
    *number = 0;
    if (!p)
        return sc_machine_damaged(m, "it ends within a number");
    for (size_t i = 0; i < bytes; i++)
        *number |= (uint64_t)p[i] << 8 * i;
    return SCUMBLE_OK;
}

int sc_machine_take_line(sc_machine *m, sc_pickle_text *line)
{
    const uint8_t *begin = m->data + m->at, *end = m->at < m->size ? memchr(begin, '\n', m->size - m->at) : NULL;
    if (!end)
        return sc_machine_damaged(m, "a line has no end");
    if (end - begin > MAX_LINE)
        return sc_machine_damaged(m, "a line is too long");
    *line = (sc_pickle_text){ .bytes = (const char *)begin, .length = (size_t)(end - begin) };
    m->at += line->length + 1;
    return SCUMBLE_OK;
}

/* ---- memo ---- */

int sc_machine_put(sc_machine *m, uint64_t index)
{
    if (!m->depth || sc_machine_is_kind(m, m->stack[m->depth - 1], SC_PICKLE_MARK))
        return sc_machine_damaged(m, "there is nothing to remember");
    if (index >= m->size) /* picklers count up, and each PUT takes two bytes */
        return sc_machine_damaged(m, "a memo number is too large");
    if (index >= m->memo_count) {
        int code =
            pickle_machine_reserve(m, (void **)&m->memo, &m->memo_capacity, (uint32_t)index + 1, sizeof *m->memo);
        if (code)
            return code;
        for (uint32_t i = m->memo_count; i <= index; i++)
            m->memo[i] = UINT32_MAX;
        m->memo_count = (uint32_t)index + 1;
    }
    m->memo[index] = m->stack[m->depth - 1];
    return SCUMBLE_OK;
}

int sc_machine_get(sc_machine *m, uint64_t index)
{
    if (index >= m->memo_count || m->memo[index] == UINT32_MAX)
        return sc_machine_damaged(m, "it recalls something that it never remembered");
    return sc_machine_push(m, m->memo[index]);
}
