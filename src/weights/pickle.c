/* SPDX-License-Identifier: MIT */
/* The pickle machine: protocols 0 to 4, as far as PyTorch's files use them. See pickle.h.
 * Opcodes: Python's Lib/pickletools.py. Each opcode takes at least one byte and makes at most one value, pushes at most one
 * stack entry and adds to containers only what it takes off the stack, so everything stays linear in the input. */
#include "weights/pickle.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PICKLE_BYTES = 64 << 20, MAX_VALUES = 4 << 20, MAX_LINE = 4096, MAX_NUMBER_TEXT = 64 };

typedef struct machine {
    sc_pickle *pickle;
    const uint8_t *data;
    size_t size, at;
    sc_pickle_ref *stack;
    uint32_t depth, stack_capacity;
    sc_pickle_ref *memo; /* UINT32_MAX: never put */
    uint32_t memo_count, memo_capacity, memo_next;
    size_t copied; /* items that OrderedDict calls have copied */
    bool stopped;
    sc_error *err;
} machine;

static int damaged(machine *m, const char *what)
{
    return sc_fail(m->err, SCUMBLE_ERR_FORMAT, "the pickle is damaged: %s at byte %zu of %zu", what, m->at, m->size);
}

/* ---- memory ---- */

static int reserve(machine *m, void **items, uint32_t *capacity, uint32_t count, size_t item_bytes)
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

static int new_value(machine *m, sc_pickle_value value, sc_pickle_ref *ref)
{
    sc_pickle *p = m->pickle;
    int code = reserve(m, (void **)&p->values, &p->value_capacity, p->value_count + 1, sizeof *p->values);
    if (code)
        return code;
    *ref = p->value_count++;
    p->values[*ref] = value;
    return SCUMBLE_OK;
}

static int push(machine *m, sc_pickle_ref ref)
{
    int code = reserve(m, (void **)&m->stack, &m->stack_capacity, m->depth + 1, sizeof *m->stack);
    if (!code)
        m->stack[m->depth++] = ref;
    return code;
}

static int push_value(machine *m, sc_pickle_value value)
{
    sc_pickle_ref ref = 0;
    int code = new_value(m, value, &ref);
    return code ? code : push(m, ref);
}

static sc_pickle_value *value_at(machine *m, sc_pickle_ref ref)
{
    return &m->pickle->values[ref];
}

static int pop(machine *m, sc_pickle_ref *ref)
{
    if (!m->depth || value_at(m, m->stack[m->depth - 1])->kind == SC_PICKLE_MARK)
        return damaged(m, "an operand is missing");
    *ref = m->stack[--m->depth];
    return SCUMBLE_OK;
}

/* The stack position after the topmost mark. */
static int find_mark(machine *m, uint32_t *first)
{
    *first = 0;
    for (uint32_t i = m->depth; i > 0; i--)
        if (value_at(m, m->stack[i - 1])->kind == SC_PICKLE_MARK) {
            *first = i;
            return SCUMBLE_OK;
        }
    return damaged(m, "a mark is missing");
}

static int append(machine *m, sc_pickle_ref container, const sc_pickle_ref *refs, uint32_t count)
{
    sc_pickle_value *v = value_at(m, container);
    if (count > MAX_VALUES - v->as.items.count)
        return sc_fail(m->err, SCUMBLE_ERR_LIMIT, "the pickle holds more than %d values", MAX_VALUES);
    int code = reserve(m, (void **)&v->as.items.refs, &v->as.items.capacity, v->as.items.count + count, sizeof *refs);
    if (code)
        return code;
    if (count)
        memcpy(v->as.items.refs + v->as.items.count, refs, count * sizeof *refs);
    v->as.items.count += count;
    return SCUMBLE_OK;
}

/* ---- input ---- */

static const uint8_t *take(machine *m, size_t count)
{
    if (count > m->size - m->at)
        return NULL;
    m->at += count;
    return m->data + m->at - count;
}

static int take_number(machine *m, size_t bytes, uint64_t *number)
{
    const uint8_t *p = take(m, bytes);
    *number = 0;
    if (!p)
        return damaged(m, "it ends within a number");
    for (size_t i = 0; i < bytes; i++)
        *number |= (uint64_t)p[i] << 8 * i;
    return SCUMBLE_OK;
}

static int take_line(machine *m, sc_pickle_text *line)
{
    const uint8_t *begin = m->data + m->at, *end = m->at < m->size ? memchr(begin, '\n', m->size - m->at) : NULL;
    if (!end)
        return damaged(m, "a line has no end");
    if (end - begin > MAX_LINE)
        return damaged(m, "a line is too long");
    *line = (sc_pickle_text){ .bytes = (const char *)begin, .length = (size_t)(end - begin) };
    m->at += line->length + 1;
    return SCUMBLE_OK;
}

static bool same(sc_pickle_text text, const char *known)
{
    return strlen(known) == text.length && !memcmp(text.bytes, known, text.length);
}

/* ---- scalars ---- */

static int push_text(machine *m, size_t length_bytes)
{
    uint64_t length = 0;
    int code = take_number(m, length_bytes, &length);
    if (code)
        return code;
    const uint8_t *bytes = length <= m->size ? take(m, (size_t)length) : NULL;
    if (!bytes)
        return damaged(m, "it ends within a text");
    sc_pickle_value v = { .kind = SC_PICKLE_TEXT };
    v.as.text = (sc_pickle_text){ .bytes = (const char *)bytes, .length = (size_t)length };
    return push_value(m, v);
}

/* Protocol 0 texts. Escapes are not resolved: names of tensors and storages have none. */
static int push_line(machine *m, bool quoted)
{
    sc_pickle_value v = { .kind = SC_PICKLE_TEXT };
    int code = take_line(m, &v.as.text);
    if (code)
        return code;
    if (quoted) {
        const char *line = v.as.text.bytes;
        size_t n = v.as.text.length;
        if (n < 2 || (line[0] != '\'' && line[0] != '"') || line[n - 1] != line[0])
            return damaged(m, "a text is not quoted");
        v.as.text.bytes++;
        v.as.text.length -= 2;
    }
    return push_value(m, v);
}

static int push_integer(machine *m, int64_t integer)
{
    sc_pickle_value v = { .kind = SC_PICKLE_INTEGER };
    v.as.integer = integer;
    return push_value(m, v);
}

static int push_boolean(machine *m, bool boolean)
{
    sc_pickle_value v = { .kind = SC_PICKLE_BOOL };
    v.as.boolean = boolean;
    return push_value(m, v);
}

static int push_fixed(machine *m, size_t bytes, bool is_signed)
{
    uint64_t number = 0;
    int code = take_number(m, bytes, &number);
    if (code)
        return code;
    return push_integer(m, is_signed ? (int32_t)(uint32_t)number : (int64_t)number);
}

/* LONG1 and LONG4: two's complement, little-endian, of any length. */
static int push_long(machine *m, size_t length_bytes)
{
    uint64_t length = 0, bits = 0;
    int code = take_number(m, length_bytes, &length);
    if (code)
        return code;
    const uint8_t *p = length <= m->size ? take(m, (size_t)length) : NULL;
    if (!p)
        return damaged(m, "it ends within a number");
    if (length > 8) {
        sc_pickle_value v = { .kind = SC_PICKLE_BIG_INTEGER };
        v.as.text = (sc_pickle_text){ .bytes = (const char *)p, .length = (size_t)length };
        return push_value(m, v);
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
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, c - '0', &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *integer = negative ? value : -value;
    return true;
}

static int push_decimal(machine *m, bool may_be_boolean)
{
    sc_pickle_text line = { 0 };
    int64_t integer = 0;
    int code = take_line(m, &line);
    if (code)
        return code;
    if (may_be_boolean && (same(line, "00") || same(line, "01")))
        return push_boolean(m, line.bytes[1] == '1');
    if (parse_integer(line, &integer))
        return push_integer(m, integer);
    if (line.length < 2 || strspn(line.bytes, "-0123456789L") != line.length) /* the line's end stops it */
        return damaged(m, "a number cannot be read");
    sc_pickle_value v = { .kind = SC_PICKLE_BIG_INTEGER };
    v.as.text = line;
    return push_value(m, v);
}

static int push_real_line(machine *m)
{
    sc_pickle_text line = { 0 };
    char text[MAX_NUMBER_TEXT];
    int code = take_line(m, &line);
    if (code)
        return code;
    if (line.length >= sizeof text)
        return damaged(m, "a number is too long");
    memcpy(text, line.bytes, line.length);
    text[line.length] = 0;
    sc_pickle_value v = { .kind = SC_PICKLE_REAL };
    v.as.real = strtod(text, NULL);
    return push_value(m, v);
}

static int push_real(machine *m)
{
    const uint8_t *p = take(m, 8);
    if (!p)
        return damaged(m, "it ends within a number");
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | p[i];
    sc_pickle_value v = { .kind = SC_PICKLE_REAL };
    memcpy(&v.as.real, &bits, sizeof bits);
    return push_value(m, v);
}

/* ---- containers ---- */

static int push_empty(machine *m, sc_pickle_kind kind)
{
    return push_value(m, (sc_pickle_value){ .kind = kind });
}

static bool is_kind(machine *m, sc_pickle_ref ref, sc_pickle_kind kind)
{
    return value_at(m, ref)->kind == kind;
}

/* Replaces the items from stack position first on, and the marks before it, by a container of them. */
static int collect(machine *m, sc_pickle_kind kind, uint32_t first, uint32_t marks)
{
    sc_pickle_ref container = 0;
    int code = new_value(m, (sc_pickle_value){ .kind = kind }, &container);
    if (!code && kind == SC_PICKLE_DICTIONARY && (m->depth - first) % 2)
        code = damaged(m, "a dictionary's key has no value");
    if (!code)
        code = append(m, container, m->stack + first, m->depth - first);
    if (code)
        return code;
    m->depth = first - marks;
    return push(m, container);
}

static int collect_marked(machine *m, sc_pickle_kind kind)
{
    uint32_t first = 0;
    int code = find_mark(m, &first);
    return code ? code : collect(m, kind, first, 1);
}

static int collect_top(machine *m, uint32_t count)
{
    if (m->depth < count)
        return damaged(m, "an operand is missing");
    for (uint32_t i = m->depth - count; i < m->depth; i++)
        if (is_kind(m, m->stack[i], SC_PICKLE_MARK))
            return damaged(m, "an operand is missing");
    return collect(m, SC_PICKLE_TUPLE, m->depth - count, 0);
}

/* APPENDS, SETITEMS (marked) and APPEND, SETITEM: moves stack items into the container below them. */
static int extend(machine *m, sc_pickle_kind kind, bool marked)
{
    uint32_t count = kind == SC_PICKLE_DICTIONARY ? 2 : 1, first = 0, below = 0;
    if (marked) {
        int code = find_mark(m, &first);
        if (code)
            return code;
        below = first - 1;
    } else {
        if (m->depth < count)
            return damaged(m, "an operand is missing");
        first = below = m->depth - count;
    }
    if (!below || !is_kind(m, m->stack[below - 1], kind))
        return damaged(m, "items are added to something that cannot hold them");
    if ((m->depth - first) % count)
        return damaged(m, "a dictionary's key has no value");
    for (uint32_t i = first; i < m->depth; i++)
        if (is_kind(m, m->stack[i], SC_PICKLE_MARK))
            return damaged(m, "an operand is missing");
    int code = append(m, m->stack[below - 1], m->stack + first, m->depth - first);
    m->depth = below;
    return code;
}

/* ---- memo ---- */

static int put(machine *m, uint64_t index)
{
    if (!m->depth || is_kind(m, m->stack[m->depth - 1], SC_PICKLE_MARK))
        return damaged(m, "there is nothing to remember");
    if (index >= m->size) /* picklers count up, and each PUT takes two bytes */
        return damaged(m, "a memo number is too large");
    if (index >= m->memo_count) {
        int code = reserve(m, (void **)&m->memo, &m->memo_capacity, (uint32_t)index + 1, sizeof *m->memo);
        if (code)
            return code;
        for (uint32_t i = m->memo_count; i <= index; i++)
            m->memo[i] = UINT32_MAX;
        m->memo_count = (uint32_t)index + 1;
    }
    m->memo[index] = m->stack[m->depth - 1];
    return SCUMBLE_OK;
}

static int get(machine *m, uint64_t index)
{
    if (index >= m->memo_count || m->memo[index] == UINT32_MAX)
        return damaged(m, "it recalls something that it never remembered");
    return push(m, m->memo[index]);
}

static int memo_line(machine *m, int (*use)(machine *, uint64_t))
{
    sc_pickle_text line = { 0 };
    int64_t index = 0;
    int code = take_line(m, &line);
    if (code)
        return code;
    if (!parse_integer(line, &index) || index < 0)
        return damaged(m, "a memo number cannot be read");
    return use(m, (uint64_t)index);
}

static int memo_fixed(machine *m, size_t bytes, int (*use)(machine *, uint64_t))
{
    uint64_t index = 0;
    int code = take_number(m, bytes, &index);
    return code ? code : use(m, index);
}

/* ---- names ---- */

typedef struct known_global {
    const char *module, *name;
    sc_pickle_global id;
    sc_number number;
} known_global;

static const known_global known_globals[] = {
    { "collections", "OrderedDict", SC_GLOBAL_ORDERED_DICT, 0 },
    { "torch._utils", "_rebuild_tensor", SC_GLOBAL_REBUILD_TENSOR, 0 },
    { "torch._utils", "_rebuild_tensor_v2", SC_GLOBAL_REBUILD_TENSOR_V2, 0 },
    { "torch._utils", "_rebuild_parameter", SC_GLOBAL_REBUILD_PARAMETER, 0 },
    { "torch", "Size", SC_GLOBAL_SIZE, 0 },
    { "torch", "FloatStorage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_F32 },
    { "torch", "HalfStorage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_F16 },
    { "torch", "BFloat16Storage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_BF16 },
    { "torch", "DoubleStorage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_F64 },
    { "torch", "LongStorage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_I64 },
    { "torch", "IntStorage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_I32 },
    { "torch", "ShortStorage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_I16 },
    { "torch", "CharStorage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_I8 },
    { "torch", "ByteStorage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_U8 },
    { "torch", "BoolStorage", SC_GLOBAL_STORAGE_TYPE, SC_NUMBER_BOOL },
};

static int refuse_global(machine *m, sc_pickle_text module, sc_pickle_text name)
{
    const char *hint = "";
    if (module.length >= 5 && !memcmp(module.bytes, "torch", 5))
        hint = "; if this is a whole network saved by torch.save(model), save model.state_dict() instead";
    int module_shown = module.length < 200 ? (int)module.length : 200, name_shown = name.length < 200 ? (int)name.length : 200;
    return sc_fail(m->err, SCUMBLE_ERR_UNSUPPORTED,
                   "this file wants to run '%.*s.%.*s'; scumble executes nothing from a model file%s", module_shown, module.bytes,
                   name_shown, name.bytes, hint);
}

static int push_global(machine *m, sc_pickle_text module, sc_pickle_text name)
{
    for (size_t i = 0; i < sizeof known_globals / sizeof *known_globals; i++) {
        const known_global *g = &known_globals[i];
        if (same(module, g->module) && same(name, g->name)) {
            sc_pickle_value v = { .kind = SC_PICKLE_GLOBAL };
            v.as.global.id = g->id;
            v.as.global.number = g->number;
            return push_value(m, v);
        }
    }
    return refuse_global(m, module, name);
}

static int global_lines(machine *m, bool refuse)
{
    sc_pickle_text module = { 0 }, name = { 0 };
    int code = take_line(m, &module);
    if (!code)
        code = take_line(m, &name);
    if (code)
        return code;
    return refuse ? refuse_global(m, module, name) : push_global(m, module, name);
}

static int stack_global(machine *m)
{
    sc_pickle_ref name = 0, module = 0;
    int code = pop(m, &name);
    if (!code)
        code = pop(m, &module);
    if (code)
        return code;
    if (!is_kind(m, name, SC_PICKLE_TEXT) || !is_kind(m, module, SC_PICKLE_TEXT))
        return damaged(m, "a name is not a text");
    return push_global(m, value_at(m, module)->as.text, value_at(m, name)->as.text);
}

/* ---- the calls that are known by heart ---- */

/* Item i of a tuple, or None. */
static sc_pickle_ref item(machine *m, sc_pickle_ref tuple, uint32_t i)
{
    const sc_pickle_value *v = value_at(m, tuple);
    return i < v->as.items.count ? v->as.items.refs[i] : 0;
}

/* (storage, offset, sizes, strides, ...) */
static int rebuild_tensor(machine *m, sc_pickle_ref arguments)
{
    sc_pickle_ref storage = item(m, arguments, 0), offset = item(m, arguments, 1);
    sc_pickle_ref sizes = item(m, arguments, 2), strides = item(m, arguments, 3);
    if (!is_kind(m, storage, SC_PICKLE_STORAGE) || !is_kind(m, offset, SC_PICKLE_INTEGER) ||
        !is_kind(m, sizes, SC_PICKLE_TUPLE) || !is_kind(m, strides, SC_PICKLE_TUPLE))
        return damaged(m, "a tensor is not described by storage, offset, sizes and strides");
    sc_pickle_value v = { .kind = SC_PICKLE_TENSOR };
    v.as.tensor.storage = storage;
    v.as.tensor.sizes = sizes;
    v.as.tensor.strides = strides;
    v.as.tensor.offset = value_at(m, offset)->as.integer;
    return push_value(m, v);
}

/* OrderedDict() or OrderedDict([(key, value), ...]) */
static int ordered_dict(machine *m, sc_pickle_ref arguments)
{
    sc_pickle_ref dictionary = 0, pairs = item(m, arguments, 0);
    int code = new_value(m, (sc_pickle_value){ .kind = SC_PICKLE_DICTIONARY }, &dictionary);
    if (code)
        return code;
    bool has_pairs = is_kind(m, pairs, SC_PICKLE_LIST) || is_kind(m, pairs, SC_PICKLE_TUPLE);
    if (value_at(m, arguments)->as.items.count > (has_pairs ? 1u : 0u))
        return damaged(m, "an OrderedDict is made of something odd");
    /* Many calls may share one list: what they copy in all stays linear in the input. */
    uint32_t count = has_pairs ? value_at(m, pairs)->as.items.count : 0;
    m->copied += count;
    if (m->copied > m->size)
        return damaged(m, "an OrderedDict repeats too many items");
    for (uint32_t i = 0; i < count && !code; i++) {
        sc_pickle_ref pair = item(m, pairs, i);
        if ((!is_kind(m, pair, SC_PICKLE_TUPLE) && !is_kind(m, pair, SC_PICKLE_LIST)) || value_at(m, pair)->as.items.count != 2)
            return damaged(m, "an OrderedDict's item is not a pair");
        sc_pickle_ref both[2] = { item(m, pair, 0), item(m, pair, 1) };
        code = append(m, dictionary, both, 2);
    }
    return code ? code : push(m, dictionary);
}

static int reduce(machine *m)
{
    sc_pickle_ref arguments = 0, function = 0;
    int code = pop(m, &arguments);
    if (!code)
        code = pop(m, &function);
    if (code)
        return code;
    if (!is_kind(m, function, SC_PICKLE_GLOBAL) || !is_kind(m, arguments, SC_PICKLE_TUPLE))
        return damaged(m, "something is called that is not a function");
    switch (value_at(m, function)->as.global.id) {
    case SC_GLOBAL_ORDERED_DICT: return ordered_dict(m, arguments);
    case SC_GLOBAL_REBUILD_TENSOR:
    case SC_GLOBAL_REBUILD_TENSOR_V2: return rebuild_tensor(m, arguments);
    case SC_GLOBAL_REBUILD_PARAMETER:
        if (!is_kind(m, item(m, arguments, 0), SC_PICKLE_TENSOR))
            return damaged(m, "a parameter is not made of a tensor");
        return push(m, item(m, arguments, 0));
    case SC_GLOBAL_SIZE:
        if (!is_kind(m, item(m, arguments, 0), SC_PICKLE_TUPLE))
            return damaged(m, "a torch.Size is not made of a tuple");
        return push(m, item(m, arguments, 0));
    case SC_GLOBAL_STORAGE_TYPE: break;
    }
    return sc_fail(m->err, SCUMBLE_ERR_UNSUPPORTED, "this file wants to make a storage without its data; scumble executes nothing from a model file");
}

/* BUILD sets attributes; those of an OrderedDict (_metadata: version numbers) are of no use here. */
static int build(machine *m)
{
    sc_pickle_ref state = 0, object = 0;
    int code = pop(m, &state);
    if (!code)
        code = pop(m, &object);
    if (code)
        return code;
    if (!is_kind(m, object, SC_PICKLE_DICTIONARY))
        return damaged(m, "attributes are set on something that has none");
    return push(m, object);
}

/* ('storage', type, key, location, count) and, in legacy files, a view: None or (key, offset, count). */
static int persistent(machine *m)
{
    sc_pickle_ref id = 0;
    int code = pop(m, &id);
    if (code)
        return code;
    if (!is_kind(m, id, SC_PICKLE_TUPLE) || value_at(m, id)->as.items.count < 5)
        return damaged(m, "a storage is not described by type, key, place and size");
    sc_pickle_ref tag = item(m, id, 0), type = item(m, id, 1), key = item(m, id, 2), count = item(m, id, 4);
    const sc_pickle_value *name = value_at(m, tag), *global = value_at(m, type);
    if (name->kind != SC_PICKLE_TEXT || !same(name->as.text, "storage"))
        return damaged(m, "something is kept outside that is not a storage");
    if (global->kind != SC_PICKLE_GLOBAL || global->as.global.id != SC_GLOBAL_STORAGE_TYPE)
        return damaged(m, "a storage has no type");
    if (!is_kind(m, key, SC_PICKLE_TEXT) || !is_kind(m, count, SC_PICKLE_INTEGER) || value_at(m, count)->as.integer < 0)
        return damaged(m, "a storage's key or size is wrong");
    sc_pickle_value v = { .kind = SC_PICKLE_STORAGE };
    v.as.storage.number = global->as.global.number;
    v.as.storage.key = key;
    v.as.storage.view = item(m, id, 5);
    v.as.storage.count = value_at(m, count)->as.integer;
    return push_value(m, v);
}

/* NEWOBJ: cls.__new__(cls, *args); of the allowed names only OrderedDict is a class that is made so. */
static int new_object(machine *m)
{
    sc_pickle_ref arguments = 0, class = 0;
    int code = pop(m, &arguments);
    if (!code)
        code = pop(m, &class);
    if (code)
        return code;
    if (!is_kind(m, class, SC_PICKLE_GLOBAL) || value_at(m, class)->as.global.id != SC_GLOBAL_ORDERED_DICT)
        return damaged(m, "an object of an odd class is made");
    return push_empty(m, SC_PICKLE_DICTIONARY);
}

/* ---- the machine ---- */

static int stop(machine *m)
{
    int code = pop(m, &m->pickle->root);
    if (!code && m->depth)
        code = damaged(m, "values are left over");
    m->stopped = true;
    return code;
}

static int drop(machine *m, bool to_mark)
{
    uint32_t first = m->depth;
    int code = to_mark ? find_mark(m, &first) : m->depth ? SCUMBLE_OK : damaged(m, "an operand is missing");
    if (!code)
        m->depth = first - 1;
    return code;
}

static int duplicate(machine *m)
{
    sc_pickle_ref top = 0;
    int code = pop(m, &top);
    if (!code)
        code = push(m, top);
    return code ? code : push(m, top);
}

static int protocol(machine *m)
{
    uint64_t version = 0;
    int code = take_number(m, 1, &version);
    if (!code && version > 5)
        code = sc_fail(m->err, SCUMBLE_ERR_UNSUPPORTED, "the pickle is of protocol %d; 0 to 5 are known", (int)version);
    return code;
}

static int step(machine *m, uint8_t opcode)
{
    uint64_t ignored = 0;
    switch (opcode) {
    case 0x80: return protocol(m);
    case 0x95: return take_number(m, 8, &ignored); /* FRAME: only a hint for buffered reading */
    case '.': return stop(m);
    case '0': return drop(m, false);
    case '1': return drop(m, true);
    case '2': return duplicate(m);
    case '(': return push_empty(m, SC_PICKLE_MARK);
    case 'N': return push(m, 0);
    case 0x88: return push_boolean(m, true);
    case 0x89: return push_boolean(m, false);
    case 'I': return push_decimal(m, true);
    case 'L': return push_decimal(m, false);
    case 'J': return push_fixed(m, 4, true);
    case 'K': return push_fixed(m, 1, false);
    case 'M': return push_fixed(m, 2, false);
    case 0x8a: return push_long(m, 1);
    case 0x8b: return push_long(m, 4);
    case 'F': return push_real_line(m);
    case 'G': return push_real(m);
    case 'S': return push_line(m, true);
    case 'V': return push_line(m, false);
    case 'U': /* SHORT_BINSTRING */
    case 'C': /* SHORT_BINBYTES */
    case 0x8c: return push_text(m, 1);
    case 'T': /* BINSTRING */
    case 'B': /* BINBYTES */
    case 'X': return push_text(m, 4);
    case 0x8d: /* BINUNICODE8 */
    case 0x8e: /* BINBYTES8 */
    case 0x96: return push_text(m, 8);
    case ']':
    case 0x8f: return push_empty(m, SC_PICKLE_LIST); /* EMPTY_LIST, EMPTY_SET */
    case ')': return push_empty(m, SC_PICKLE_TUPLE);
    case '}': return push_empty(m, SC_PICKLE_DICTIONARY);
    case 'l':
    case 0x91: return collect_marked(m, SC_PICKLE_LIST); /* LIST, FROZENSET */
    case 't': return collect_marked(m, SC_PICKLE_TUPLE);
    case 'd': return collect_marked(m, SC_PICKLE_DICTIONARY);
    case 0x85: return collect_top(m, 1);
    case 0x86: return collect_top(m, 2);
    case 0x87: return collect_top(m, 3);
    case 'a': return extend(m, SC_PICKLE_LIST, false);
    case 'e':
    case 0x90: return extend(m, SC_PICKLE_LIST, true); /* APPENDS, ADDITEMS */
    case 's': return extend(m, SC_PICKLE_DICTIONARY, false);
    case 'u': return extend(m, SC_PICKLE_DICTIONARY, true);
    case 'p': return memo_line(m, put);
    case 'q': return memo_fixed(m, 1, put);
    case 'r': return memo_fixed(m, 4, put);
    case 0x94: return put(m, m->memo_next++); /* MEMOIZE */
    case 'g': return memo_line(m, get);
    case 'h': return memo_fixed(m, 1, get);
    case 'j': return memo_fixed(m, 4, get);
    case 'c': return global_lines(m, false);
    case 'i': return global_lines(m, true); /* INST: calls by name */
    case 0x93: return stack_global(m);
    case 'R': return reduce(m);
    case 'b': return build(m);
    case 'Q': return persistent(m);
    case 0x81: return new_object(m);
    default:
        return sc_fail(m->err, SCUMBLE_ERR_FORMAT, "the pickle holds the instruction 0x%02x at byte %zu, which no PyTorch model needs",
                       opcode, m->at - 1);
    }
}

int sc_pickle_run(sc_pickle *pickle, const uint8_t *data, size_t size_bytes, sc_error *err)
{
    *pickle = (sc_pickle){ 0 };
    machine m = { .pickle = pickle, .data = data, .err = err };
    m.size = size_bytes < MAX_PICKLE_BYTES ? size_bytes : MAX_PICKLE_BYTES;
    sc_pickle_ref none = 0;
    int code = new_value(&m, (sc_pickle_value){ .kind = SC_PICKLE_NONE }, &none);
    while (!code && !m.stopped) {
        if (m.at >= m.size)
            code = damaged(&m, "it ends too early");
        else
            code = step(&m, m.data[m.at++]);
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
