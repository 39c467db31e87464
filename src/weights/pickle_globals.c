/* SPDX-License-Identifier: MIT */
/* The opcodes that would run code in Python: names and calls. The few names that PyTorch's files need are known by
 * heart and what they build is built here; any other is refused, and nothing is ever looked up or executed. */
#include "weights/pickle_machine.h"

#include <string.h>

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

static int refuse_global(sc_machine *m, sc_pickle_text module, sc_pickle_text name)
{
    const char *hint = "";
    if (module.length >= 5 && !memcmp(module.bytes, "torch", 5))
        hint = "; if this is a whole network saved by torch.save(model), save model.state_dict() instead";
    int module_shown = module.length < 200 ? (int)module.length : 200,
        name_shown = name.length < 200 ? (int)name.length : 200;
    return sc_fail(m->err, SCUMBLE_ERR_UNSUPPORTED,
                   "this file wants to run '%.*s.%.*s'; scumble executes nothing from a model file%s", module_shown,
                   module.bytes, name_shown, name.bytes, hint);
}

static int push_global(sc_machine *m, sc_pickle_text module, sc_pickle_text name)
{
    for (size_t i = 0; i < sizeof known_globals / sizeof *known_globals; i++) {
        const known_global *g = &known_globals[i];
        if (sc_pickle_same(module, g->module) && sc_pickle_same(name, g->name)) {
            sc_pickle_value v = { .kind = SC_PICKLE_GLOBAL };
            v.as.global.id = g->id;
            v.as.global.number = g->number;
            return sc_machine_push_value(m, v);
        }
    }
    return refuse_global(m, module, name);
}

int sc_machine_global_lines(sc_machine *m, bool refuse)
{
    sc_pickle_text module = { 0 }, name = { 0 };
    int code = sc_machine_take_line(m, &module);
    if (!code)
        code = sc_machine_take_line(m, &name);
    if (code)
        return code;
    return refuse ? refuse_global(m, module, name) : push_global(m, module, name);
}

int sc_machine_stack_global(sc_machine *m)
{
    sc_pickle_ref name = 0, module = 0;
    int code = sc_machine_pop(m, &name);
    if (!code)
        code = sc_machine_pop(m, &module);
    if (code)
        return code;
    if (!sc_machine_is_kind(m, name, SC_PICKLE_TEXT) || !sc_machine_is_kind(m, module, SC_PICKLE_TEXT))
        return sc_machine_damaged(m, "a name is not a text");
    return push_global(m, sc_machine_value_at(m, module)->as.text, sc_machine_value_at(m, name)->as.text);
}

/* ---- the calls that are known by heart ---- */

/* Item i of a tuple, or None. */
static sc_pickle_ref pickle_globals_item(sc_machine *m, sc_pickle_ref tuple, uint32_t i)
{
    const sc_pickle_value *v = sc_machine_value_at(m, tuple);
    return i < v->as.items.count ? v->as.items.refs[i] : 0;
}

/* (storage, offset, sizes, strides, ...) */
static int rebuild_tensor(sc_machine *m, sc_pickle_ref arguments)
{
    sc_pickle_ref storage = pickle_globals_item(m, arguments, 0), offset = pickle_globals_item(m, arguments, 1);
    sc_pickle_ref sizes = pickle_globals_item(m, arguments, 2), strides = pickle_globals_item(m, arguments, 3);
    if (!sc_machine_is_kind(m, storage, SC_PICKLE_STORAGE) || !sc_machine_is_kind(m, offset, SC_PICKLE_INTEGER) ||
        !sc_machine_is_kind(m, sizes, SC_PICKLE_TUPLE) || !sc_machine_is_kind(m, strides, SC_PICKLE_TUPLE))
        return sc_machine_damaged(m, "a tensor is not described by storage, offset, sizes and strides");
    sc_pickle_value v = { .kind = SC_PICKLE_TENSOR };
    v.as.tensor.storage = storage;
    v.as.tensor.sizes = sizes;
    v.as.tensor.strides = strides;
    v.as.tensor.offset = sc_machine_value_at(m, offset)->as.integer;
    return sc_machine_push_value(m, v);
}

/* OrderedDict() or OrderedDict([(key, value), ...]) */
static int ordered_dict(sc_machine *m, sc_pickle_ref arguments)
{
    sc_pickle_ref dictionary = 0, pairs = pickle_globals_item(m, arguments, 0);
    int code = sc_machine_new_value(m, (sc_pickle_value){ .kind = SC_PICKLE_DICTIONARY }, &dictionary);
    if (code)
        return code;
    bool has_pairs = sc_machine_is_kind(m, pairs, SC_PICKLE_LIST) || sc_machine_is_kind(m, pairs, SC_PICKLE_TUPLE);
    if (sc_machine_value_at(m, arguments)->as.items.count > (has_pairs ? 1u : 0u))
        return sc_machine_damaged(m, "an OrderedDict is made of something odd");
    /* Many calls may share one list: what they copy in all stays linear in the input. */
    uint32_t count = has_pairs ? sc_machine_value_at(m, pairs)->as.items.count : 0;
    m->copied += count;
    if (m->copied > m->size)
        return sc_machine_damaged(m, "an OrderedDict repeats too many items");
    for (uint32_t i = 0; i < count && !code; i++) {
        sc_pickle_ref pair = pickle_globals_item(m, pairs, i);
        if ((!sc_machine_is_kind(m, pair, SC_PICKLE_TUPLE) && !sc_machine_is_kind(m, pair, SC_PICKLE_LIST)) ||
            sc_machine_value_at(m, pair)->as.items.count != 2)
            return sc_machine_damaged(m, "an OrderedDict's item is not a pair");
        sc_pickle_ref both[2] = { pickle_globals_item(m, pair, 0), pickle_globals_item(m, pair, 1) };
        code = sc_machine_append(m, dictionary, both, 2);
    }
    return code ? code : sc_machine_push(m, dictionary);
}

int sc_machine_reduce(sc_machine *m)
{
    sc_pickle_ref arguments = 0, function = 0;
    int code = sc_machine_pop(m, &arguments);
    if (!code)
        code = sc_machine_pop(m, &function);
    if (code)
        return code;
    if (!sc_machine_is_kind(m, function, SC_PICKLE_GLOBAL) || !sc_machine_is_kind(m, arguments, SC_PICKLE_TUPLE))
        return sc_machine_damaged(m, "something is called that is not a function");
    switch (sc_machine_value_at(m, function)->as.global.id) {
    case SC_GLOBAL_ORDERED_DICT: return ordered_dict(m, arguments);
    case SC_GLOBAL_REBUILD_TENSOR:
    case SC_GLOBAL_REBUILD_TENSOR_V2: return rebuild_tensor(m, arguments);
    case SC_GLOBAL_REBUILD_PARAMETER:
        if (!sc_machine_is_kind(m, pickle_globals_item(m, arguments, 0), SC_PICKLE_TENSOR))
            return sc_machine_damaged(m, "a parameter is not made of a tensor");
        return sc_machine_push(m, pickle_globals_item(m, arguments, 0));
    case SC_GLOBAL_SIZE:
        if (!sc_machine_is_kind(m, pickle_globals_item(m, arguments, 0), SC_PICKLE_TUPLE))
            return sc_machine_damaged(m, "a torch.Size is not made of a tuple");
        return sc_machine_push(m, pickle_globals_item(m, arguments, 0));
    case SC_GLOBAL_STORAGE_TYPE: break;
    }
    return sc_fail(m->err, SCUMBLE_ERR_UNSUPPORTED,
                   "this file wants to make a storage without its data; scumble executes nothing from a model file");
}

/* BUILD sets attributes; those of an OrderedDict (_metadata: version numbers) are of no use here. */
int sc_machine_build(sc_machine *m)
{
    sc_pickle_ref state = 0, object = 0;
    int code = sc_machine_pop(m, &state);
    if (!code)
        code = sc_machine_pop(m, &object);
    if (code)
        return code;
    if (!sc_machine_is_kind(m, object, SC_PICKLE_DICTIONARY))
        return sc_machine_damaged(m, "attributes are set on something that has none");
    return sc_machine_push(m, object);
}

/* ('storage', type, key, location, count) and, in legacy files, a view: None or (key, offset, count). */
int sc_machine_persistent(sc_machine *m)
{
    sc_pickle_ref id = 0;
    int code = sc_machine_pop(m, &id);
    if (code)
        return code;
    if (!sc_machine_is_kind(m, id, SC_PICKLE_TUPLE) || sc_machine_value_at(m, id)->as.items.count < 5)
        return sc_machine_damaged(m, "a storage is not described by type, key, place and size");
    sc_pickle_ref tag = pickle_globals_item(m, id, 0), type = pickle_globals_item(m, id, 1),
                  key = pickle_globals_item(m, id, 2), count = pickle_globals_item(m, id, 4);
    const sc_pickle_value *name = sc_machine_value_at(m, tag), *global = sc_machine_value_at(m, type);
    if (name->kind != SC_PICKLE_TEXT || !sc_pickle_same(name->as.text, "storage"))
        return sc_machine_damaged(m, "something is kept outside that is not a storage");
    if (global->kind != SC_PICKLE_GLOBAL || global->as.global.id != SC_GLOBAL_STORAGE_TYPE)
        return sc_machine_damaged(m, "a storage has no type");
    if (!sc_machine_is_kind(m, key, SC_PICKLE_TEXT) || !sc_machine_is_kind(m, count, SC_PICKLE_INTEGER) ||
        sc_machine_value_at(m, count)->as.integer < 0)
        return sc_machine_damaged(m, "a storage's key or size is wrong");
    sc_pickle_value v = { .kind = SC_PICKLE_STORAGE };
    v.as.storage.number = global->as.global.number;
    v.as.storage.key = key;
    v.as.storage.view = pickle_globals_item(m, id, 5);
    v.as.storage.count = sc_machine_value_at(m, count)->as.integer;
    return sc_machine_push_value(m, v);
}

/* NEWOBJ: cls.__new__(cls, *args); of the allowed names only OrderedDict is a class that is made so. */
int sc_machine_new_object(sc_machine *m)
{
    sc_pickle_ref arguments = 0, class = 0;
    int code = sc_machine_pop(m, &arguments);
    if (!code)
        code = sc_machine_pop(m, &class);
    if (code)
        return code;
    if (!sc_machine_is_kind(m, class, SC_PICKLE_GLOBAL) ||
        sc_machine_value_at(m, class)->as.global.id != SC_GLOBAL_ORDERED_DICT)
        return sc_machine_damaged(m, "an object of an odd class is made");
    return sc_machine_push_value(m, (sc_pickle_value){ .kind = SC_PICKLE_DICTIONARY });
}
