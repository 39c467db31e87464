/* SPDX-License-Identifier: MIT */
/* The opcodes of pickle, protocols 0 to 5, as far as PyTorch's files use them. See pickle.h.
 * Opcodes: Python's Lib/pickletools.py. Each opcode takes at least one byte and makes at most one value, pushes at most
 * one stack entry and adds to containers only what it takes off the stack, so everything stays linear in the input. */
#include "weights/pickle.h"

#include <stdlib.h>
#include <string.h>

#include "weights/pickle_machine.h"

enum { MAX_NUMBER_TEXT = 64 };

/* ---- scalars ---- */

static int push_text(sc_machine *m, size_t length_bytes)
{
    uint64_t length = 0;
    int code = sc_machine_take_number(m, length_bytes, &length);
    if (code)
        return code;
    const uint8_t *bytes = length <= m->size ? sc_machine_take(m, (size_t)length) : NULL;
    if (!bytes)
        return sc_machine_damaged(m, "it ends within a text");
    sc_pickle_value v = { .kind = SC_PICKLE_TEXT };
    v.as.text = (sc_pickle_text){ .bytes = (const char *)bytes, .length = (size_t)length };
    return sc_machine_push_value(m, v);
}

/* Protocol 0 texts. Escapes are not resolved: names of tensors and storages have none. */
static int push_line(sc_machine *m, bool quoted)
{
    sc_pickle_value v = { .kind = SC_PICKLE_TEXT };
    int code = sc_machine_take_line(m, &v.as.text);
    if (code)
        return code;
    if (quoted) {
        const char *line = v.as.text.bytes;
        size_t n = v.as.text.length;
        if (n < 2 || (line[0] != '\'' && line[0] != '"') || line[n - 1] != line[0])
            return sc_machine_damaged(m, "a text is not quoted");
        v.as.text.bytes++;
        v.as.text.length -= 2;
    }
    return sc_machine_push_value(m, v);
}

static int push_integer(sc_machine *m, int64_t integer)
{
    sc_pickle_value v = { .kind = SC_PICKLE_INTEGER };
    v.as.integer = integer;
    return sc_machine_push_value(m, v);
}

static int push_boolean(sc_machine *m, bool boolean)
{
    sc_pickle_value v = { .kind = SC_PICKLE_BOOL };
    v.as.boolean = boolean;
    return sc_machine_push_value(m, v);
}

static int push_fixed(sc_machine *m, size_t bytes, bool is_signed)
{
    uint64_t number = 0;
    int code = sc_machine_take_number(m, bytes, &number);
    if (code)
        return code;
    return push_integer(m, is_signed ? (int32_t)(uint32_t)number : (int64_t)number);
}

/* LONG1 and LONG4: two's complement, little-endian, of any length. */
static int push_long(sc_machine *m, size_t length_bytes)
{
    uint64_t length = 0, bits = 0;
    int code = sc_machine_take_number(m, length_bytes, &length);
    if (code)
        return code;
    const uint8_t *p = length <= m->size ? sc_machine_take(m, (size_t)length) : NULL;
    if (!p)
        return sc_machine_damaged(m, "it ends within a number");
    if (length > 8) {
        sc_pickle_value v = { .kind = SC_PICKLE_BIG_INTEGER };
        v.as.text = (sc_pickle_text){ .bytes = (const char *)p, .length = (size_t)length };
        return sc_machine_push_value(m, v);
    }
    for (size_t i = 0; i < length; i++)
        bits |= (uint64_t)p[i] << 8 * i;
    if (length && length < 8 && p[length - 1] & 0x80)
        bits |= UINT64_MAX << 8 * length;
    return push_integer(m, (int64_t)bits);
}

/* A decimal integer, with an optional L at the end. */
static bool parse_integer(sc_pickle_text line, int64_t *integer)
{
    size_t length = line.length;
    bool negative = length && line.bytes[0] == '-';
    if (length && line.bytes[length - 1] == 'L')
        length--;
    if (length <= negative || length - negative > 19)
        return false;
    int64_t value = 0; /* grows downwards: there is one more negative number */
    for (size_t i = negative; i < length; i++) {
        char c = line.bytes[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, c - '0', &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *integer = negative ? value : -value;
    return true;
}

static int push_decimal(sc_machine *m, bool may_be_boolean)
{
    sc_pickle_text line = { 0 };
    int64_t integer = 0;
    int code = sc_machine_take_line(m, &line);
    if (code)
        return code;
    if (may_be_boolean && (sc_pickle_same(line, "00") || sc_pickle_same(line, "01")))
        return push_boolean(m, line.bytes[1] == '1');
    if (parse_integer(line, &integer))
        return push_integer(m, integer);
    if (line.length < 2 || strspn(line.bytes, "-0123456789L") != line.length) /* the line's end stops it */
        return sc_machine_damaged(m, "a number cannot be read");
    sc_pickle_value v = { .kind = SC_PICKLE_BIG_INTEGER };
    v.as.text = line;
    return sc_machine_push_value(m, v);
}

static int push_real_line(sc_machine *m)
{
    sc_pickle_text line = { 0 };
    char text[MAX_NUMBER_TEXT];
    int code = sc_machine_take_line(m, &line);
    if (code)
        return code;
    if (line.length >= sizeof text)
        return sc_machine_damaged(m, "a number is too long");
    memcpy(text, line.bytes, line.length);
    text[line.length] = 0;
    sc_pickle_value v = { .kind = SC_PICKLE_REAL };
    v.as.real = strtod(text, NULL);
    return sc_machine_push_value(m, v);
}

static int push_real(sc_machine *m)
{
    const uint8_t *p = sc_machine_take(m, 8);
    if (!p)
        return sc_machine_damaged(m, "it ends within a number");
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | p[i];
    sc_pickle_value v = { .kind = SC_PICKLE_REAL };
    memcpy(&v.as.real, &bits, sizeof bits);
    return sc_machine_push_value(m, v);
}

/* ---- containers ---- */

static int push_empty(sc_machine *m, sc_pickle_kind kind)
{
    return sc_machine_push_value(m, (sc_pickle_value){ .kind = kind });
}

/* Replaces the items from stack position first on, and the marks before it, by a container of them. */
static int pickle_collect(sc_machine *m, sc_pickle_kind kind, uint32_t first, uint32_t marks)
{
    sc_pickle_ref container = 0;
    int code = sc_machine_new_value(m, (sc_pickle_value){ .kind = kind }, &container);
    if (!code && kind == SC_PICKLE_DICTIONARY && (m->depth - first) % 2)
        code = sc_machine_damaged(m, "a dictionary's key has no value");
    if (!code)
        code = sc_machine_append(m, container, m->stack + first, m->depth - first);
    if (code)
        return code;
    m->depth = first - marks;
    return sc_machine_push(m, container);
}

static int collect_marked(sc_machine *m, sc_pickle_kind kind)
{
    uint32_t first = 0;
    int code = sc_machine_find_mark(m, &first);
    return code ? code : pickle_collect(m, kind, first, 1);
}

static int collect_top(sc_machine *m, uint32_t count)
{
    if (m->depth < count)
        return sc_machine_damaged(m, "an operand is missing");
    for (uint32_t i = m->depth - count; i < m->depth; i++)
        if (sc_machine_is_kind(m, m->stack[i], SC_PICKLE_MARK))
            return sc_machine_damaged(m, "an operand is missing");
    return pickle_collect(m, SC_PICKLE_TUPLE, m->depth - count, 0);
}

/* APPENDS, SETITEMS (marked) and APPEND, SETITEM: moves stack items into the container below them. */
static int pickle_extend(sc_machine *m, sc_pickle_kind kind, bool marked)
{
    uint32_t count = kind == SC_PICKLE_DICTIONARY ? 2 : 1, first = 0, below = 0;
    if (marked) {
        int code = sc_machine_find_mark(m, &first);
        if (code)
            return code;
        below = first - 1;
    } else {
        if (m->depth < count)
            return sc_machine_damaged(m, "an operand is missing");
        first = below = m->depth - count;
    }
    if (!below || !sc_machine_is_kind(m, m->stack[below - 1], kind))
        return sc_machine_damaged(m, "items are added to something that cannot hold them");
    if ((m->depth - first) % count)
        return sc_machine_damaged(m, "a dictionary's key has no value");
    for (uint32_t i = first; i < m->depth; i++)
        if (sc_machine_is_kind(m, m->stack[i], SC_PICKLE_MARK))
            return sc_machine_damaged(m, "an operand is missing");
    int code = sc_machine_append(m, m->stack[below - 1], m->stack + first, m->depth - first);
    m->depth = below;
    return code;
}

/* ---- memo ---- */

static int memo_line(sc_machine *m, int (*use)(sc_machine *, uint64_t))
{
    sc_pickle_text line = { 0 };
    int64_t index = 0;
    int code = sc_machine_take_line(m, &line);
    if (code)
        return code;
    if (!parse_integer(line, &index) || index < 0)
        return sc_machine_damaged(m, "a memo number cannot be read");
    return use(m, (uint64_t)index);
}

static int memo_fixed(sc_machine *m, size_t bytes, int (*use)(sc_machine *, uint64_t))
{
    uint64_t index = 0;
    int code = sc_machine_take_number(m, bytes, &index);
    return code ? code : use(m, index);
}

/* ---- the machine ---- */

static int stop(sc_machine *m)
{
    int code = sc_machine_pop(m, &m->pickle->root);
    if (!code && m->depth)
        code = sc_machine_damaged(m, "values are left over");
    m->stopped = true;
    return code;
}

static int drop(sc_machine *m, bool to_mark)
{
    uint32_t first = m->depth;
    int code = to_mark  ? sc_machine_find_mark(m, &first) :
               m->depth ? SCUMBLE_OK :
                          sc_machine_damaged(m, "an operand is missing");
    if (!code)
        m->depth = first - 1;
    return code;
}

static int duplicate(sc_machine *m)
{
    sc_pickle_ref top = 0;
    int code = sc_machine_pop(m, &top);
    if (!code)
        code = sc_machine_push(m, top);
    return code ? code : sc_machine_push(m, top);
}

static int protocol(sc_machine *m)
{
    uint64_t version = 0;
    int code = sc_machine_take_number(m, 1, &version);
    if (!code && version > 5)
        code = sc_fail(m->err, SCUMBLE_ERR_UNSUPPORTED, "the pickle is of protocol %d; 0 to 5 are known", (int)version);
    return code;
}

/* The table of opcodes, by their names in pickletools. A switch, not an array of handlers: they differ in what they
 * take, so the compiler checks each, and refuses an opcode that is there twice. */
static int pickle_step(sc_machine *m, uint8_t opcode)
{
    uint64_t ignored = 0;
    switch (opcode) {
    case 0x80: return protocol(m);                            /* PROTO */
    case 0x95: return sc_machine_take_number(m, 8, &ignored); /* FRAME: only a hint for buffered reading */
    case '.': return stop(m);                                 /* STOP */

    case '0': return drop(m, false);                /* POP */
    case '1': return drop(m, true);                 /* POP_MARK */
    case '2': return duplicate(m);                  /* DUP */
    case '(': return push_empty(m, SC_PICKLE_MARK); /* MARK */

    case 'N': return sc_machine_push(m, 0);   /* NONE */
    case 0x88: return push_boolean(m, true);  /* NEWTRUE */
    case 0x89: return push_boolean(m, false); /* NEWFALSE */
    case 'I': return push_decimal(m, true);   /* INT */
    case 'L': return push_decimal(m, false);  /* LONG */
    case 'J': return push_fixed(m, 4, true);  /* BININT */
    case 'K': return push_fixed(m, 1, false); /* BININT1 */
    case 'M': return push_fixed(m, 2, false); /* BININT2 */
    case 0x8a: return push_long(m, 1);        /* LONG1 */
    case 0x8b: return push_long(m, 4);        /* LONG4 */
    case 'F': return push_real_line(m);       /* FLOAT */
    case 'G': return push_real(m);            /* BINFLOAT */

    case 'S': return push_line(m, true);  /* STRING */
    case 'V': return push_line(m, false); /* UNICODE */
    case 'U':                             /* SHORT_BINSTRING */
    case 'C':                             /* SHORT_BINBYTES */
    case 0x8c: return push_text(m, 1);    /* SHORT_BINUNICODE */
    case 'T':                             /* BINSTRING */
    case 'B':                             /* BINBYTES */
    case 'X': return push_text(m, 4);     /* BINUNICODE */
    case 0x8d:                            /* BINUNICODE8 */
    case 0x8e:                            /* BINBYTES8 */
    case 0x96: return push_text(m, 8);    /* BYTEARRAY8 */

    case ']':                                                       /* EMPTY_LIST */
    case 0x8f: return push_empty(m, SC_PICKLE_LIST);                /* EMPTY_SET */
    case ')': return push_empty(m, SC_PICKLE_TUPLE);                /* EMPTY_TUPLE */
    case '}': return push_empty(m, SC_PICKLE_DICTIONARY);           /* EMPTY_DICT */
    case 'l':                                                       /* LIST */
    case 0x91: return collect_marked(m, SC_PICKLE_LIST);            /* FROZENSET */
    case 't': return collect_marked(m, SC_PICKLE_TUPLE);            /* TUPLE */
    case 'd': return collect_marked(m, SC_PICKLE_DICTIONARY);       /* DICT */
    case 0x85: return collect_top(m, 1);                            /* TUPLE1 */
    case 0x86: return collect_top(m, 2);                            /* TUPLE2 */
    case 0x87: return collect_top(m, 3);                            /* TUPLE3 */
    case 'a': return pickle_extend(m, SC_PICKLE_LIST, false);       /* APPEND */
    case 'e':                                                       /* APPENDS */
    case 0x90: return pickle_extend(m, SC_PICKLE_LIST, true);       /* ADDITEMS */
    case 's': return pickle_extend(m, SC_PICKLE_DICTIONARY, false); /* SETITEM */
    case 'u': return pickle_extend(m, SC_PICKLE_DICTIONARY, true);  /* SETITEMS */

    case 'p': return memo_line(m, sc_machine_put);       /* PUT */
    case 'q': return memo_fixed(m, 1, sc_machine_put);   /* BINPUT */
    case 'r': return memo_fixed(m, 4, sc_machine_put);   /* LONG_BINPUT */
    case 0x94: return sc_machine_put(m, m->memo_next++); /* MEMOIZE */
    case 'g': return memo_line(m, sc_machine_get);       /* GET */
    case 'h': return memo_fixed(m, 1, sc_machine_get);   /* BINGET */
    case 'j': return memo_fixed(m, 4, sc_machine_get);   /* LONG_BINGET */

    case 'c': return sc_machine_global_lines(m, false); /* GLOBAL */
    case 'i': return sc_machine_global_lines(m, true);  /* INST: calls by name */
    case 0x93: return sc_machine_stack_global(m);       /* STACK_GLOBAL */
    case 'R': return sc_machine_reduce(m);              /* REDUCE */
    case 'b': return sc_machine_build(m);               /* BUILD */
    case 'Q': return sc_machine_persistent(m);          /* BINPERSID */
    case 0x81: return sc_machine_new_object(m);         /* NEWOBJ */

    default:
        return sc_fail(m->err, SCUMBLE_ERR_FORMAT,
                       "the pickle holds the instruction 0x%02x at byte %zu, which no PyTorch model needs", opcode,
                       m->at - 1);
    }
}

int sc_pickle_run(sc_pickle *pickle, const uint8_t *data, size_t size_bytes, sc_error *err)
{
    *pickle = (sc_pickle){ 0 };
    sc_machine m = { .pickle = pickle, .data = data, .err = err };
    m.size = size_bytes < SC_PICKLE_MAX_BYTES ? size_bytes : SC_PICKLE_MAX_BYTES;
    sc_pickle_ref none = 0;
    int code = sc_machine_new_value(&m, (sc_pickle_value){ .kind = SC_PICKLE_NONE }, &none);
    while (!code && !m.stopped) {
        if (m.at >= m.size)
            code = sc_machine_damaged(&m, "it ends too early");
        else
            code = pickle_step(&m, m.data[m.at++]);
    }
    pickle->consumed = m.at;
    free(m.stack);
    free(m.memo);
    return code;
}

void sc_pickle_free(sc_pickle *pickle)
{
    for (uint32_t i = 0; i < pickle->value_count; i++) {
        sc_pickle_kind kind = pickle->values[i].kind;
        if (kind == SC_PICKLE_TUPLE || kind == SC_PICKLE_LIST || kind == SC_PICKLE_DICTIONARY)
            free(pickle->values[i].as.items.refs);
    }
    free(pickle->values);
    *pickle = (sc_pickle){ 0 };
}
