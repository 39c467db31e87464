/* SPDX-License-Identifier: MIT */
/* The model readers on files that are wrong, each in one way: all must be refused with a sentence that says in which.
 * Truncation and random changes: tests/fuzz/replay.c. */
#define _GNU_SOURCE
#include "weights_fixture.h"

#include <zip.h>

#include "weights/javascript.h"
#include "weights/tfjs.h"

/* ---- safetensors ---- */

static void test_safetensors(void **state)
{
    (void)state;
    /* Every header is followed by 16 bytes of data. */
    static const struct {
        const char *header, *part;
    } cases[] = {
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}", "not valid JSON" },
        { "[1,2,3,4,5,6]", "not an object" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},\"a\":{\"dtype\":\"F32\",\"shape\":[4],"
          "\"data_offsets\":[0,16]}}",
          "duplicate" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,32]}}",
          "ends at byte 32 of the data, but the file has 16" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
          "data of 1 tensors end at byte 8, but the file has 16" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,12]}}",
          "needs 16 bytes, but the header gives it 12" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],"
          "\"data_offsets\":[8,16]}}",
          "overlap" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],"
          "\"data_offsets\":[8,16]}}",
          "gap" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,0]}}", "from byte 16 to 0" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[-16,0]}}", "from byte -16" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0]}}", "data_offsets" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16.0]}}", "data_offsets" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[-4],\"data_offsets\":[0,16]}}", "dimension 0" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"4\"],\"data_offsets\":[0,16]}}", "dimension 0" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],\"data_offsets\":[0,16]}}", "too large" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,4],\"data_offsets\":[0,16]}}", "9 dimensions" },
        { "{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[16],\"data_offsets\":[0,16]}}", "F8_E4M3" },
        { "{\"a\":{\"shape\":[4],\"data_offsets\":[0,16]}}", "no dtype" },
        { "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,16]}}", "no shape" },
        { "{\"a\":7}", "no dtype" },
        { "{\"__metadata__\":[]}", "__metadata__" },
        { "{\"__metadata__\":{\"a\":1}}", "'a' is not a text" },
        { "{\"__metadata__\":{\"scumble.layout\":\"sideways\"}}", "sideways" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807],\"data_offsets\":[0,9223372036854775807]}}",
          "too large" },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775807],\"data_offsets\":[0,9223372036854775807]}}",
          "it is incomplete" },
        { "{\"\xff\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", "not valid JSON" },
        { "{}", "end at byte 0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = strlen(cases[i].header);
        uint8_t file[1024] = { (uint8_t)length, (uint8_t)(length >> 8) };
        memcpy(file + 8, cases[i].header, length);
        sc_error err = { 0 };
        sc_weights *w;
        int code = sc_safetensors_parse(NULL, &w, file, 8 + length + 16, &err);
        check_refusal(code, w, &err, cases[i].header, cases[i].part);
    }
    sc_error err = { 0 };
    sc_weights *w;
    int code = sc_safetensors_parse(NULL, &w, "short", 5, &err);
    check_refusal(code, w, &err, "5 bytes", "at least 10 bytes");
    code = sc_safetensors_parse(NULL, &w, BYTES("\xff\xff\xff\xff\xff\xff\xff\x7f{}"), &err);
    check_refusal(code, w, &err, "a wild header length", "said to be 9223372036854775807 bytes");
}

static void test_long_name(void **state)
{
    (void)state;
    char *header = malloc(20000), *name = malloc(9001);
    memset(name, 'x', 9000);
    name[9000] = 0;
    int length = sprintf(header + 8, "{\"%s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", name);
    memset(header, 0, 8);
    header[0] = (char)length;
    header[1] = (char)(length >> 8);
    memset(header + 8 + length, 0, 4);
    sc_error err = { 0 };
    sc_weights *w;
    int code = sc_safetensors_parse(NULL, &w, header, 8 + (size_t)length + 4, &err);
    check_refusal(code, w, &err, "a long name", "longer than 1024 bytes");
    free(header);
    free(name);
}

/* ---- pickles ---- */

#define MAGIC "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
#define HEAD                   \
    MAGIC "\x80\x02M\xe9\x03." \
          "\x80\x02}."
#define TEXT1(c) "X\x01\0\0\0" c
#define STORAGE_OF(type, key, count) \
    "(X\x07\0\0\0"                   \
    "storage" type key "X\x03\0\0\0" \
    "cpu" count
#define STORAGE STORAGE_OF("ctorch\nFloatStorage\n", TEXT1("0"), "K\x04") "tQ"
#define REBUILD "ctorch._utils\n_rebuild_tensor_v2\n("
#define TENSOR_OF(storage, offset, sizes, strides) REBUILD storage offset sizes strides "\x89NtR"
#define TENSOR TENSOR_OF(STORAGE, "K\x00", "K\x04\x85", "K\x01\x85")
#define MODEL_OF(tensor) "\x80\x02}" TEXT1("w") tensor "s."
#define KEYS "\x80\x02]" TEXT1("0") "a."
#define NUMBERS          \
    "\x04\0\0\0\0\0\0\0" \
    "\0\0\x80?"          \
    "\0\0\0@"            \
    "\0\0@@"             \
    "\0\0\x80@"
#define TAIL KEYS NUMBERS

typedef struct hostile {
    const char *what;
    const uint8_t *data;
    size_t size;
    const char *part;
} hostile;

static void refuse_all(const hostile *cases, size_t count,
                       int (*parse)(const sc_threads *, sc_weights **, const void *, size_t, sc_error *))
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *exact = malloc(cases[i].size ? cases[i].size : 1); /* so that a sanitizer sees the end */
        memcpy(exact, cases[i].data, cases[i].size);
        sc_error err = { 0 };
        sc_weights *w;
        int code = parse(NULL, &w, exact, cases[i].size, &err);
        check_refusal(code, w, &err, cases[i].what, cases[i].part);
        free(exact);
    }
}

static void test_legacy_accepted(void **state)
{
    (void)state;
    sc_error err = { 0 };
    sc_weights *w;
    if (sc_pytorch_parse(NULL, &w, BYTES(HEAD MODEL_OF(TENSOR) TAIL), &err))
        fail_msg("%s", err.text);
    check_tensor(w, "w", "4", 1, 4, 10);
    sc_weights_free(w);
}

static void test_pickle_calls(void **state)
{
    (void)state;
    static const hostile cases[] = {
        { "GLOBAL os.system",
          BYTES(HEAD "\x80\x02"
                     "cos\nsystem\nX\x02\0\0\0id\x85R." TAIL),
          "wants to run 'os.system'; scumble executes nothing" },
        { "GLOBAL in the magic number",
          BYTES("\x80\x02"
                "cposix\nsystem\n."),
          "'posix.system'" },
        { "STACK_GLOBAL",
          BYTES(HEAD "\x80\x04\x8c\x08"
                     "builtins\x8c\x04"
                     "eval\x93." TAIL),
          "'builtins.eval'" },
        { "INST", BYTES(HEAD "\x80\x02(X\x02\0\0\0idios\nsystem\n." TAIL), "'os.system'" },
        { "OBJ", BYTES(HEAD "\x80\x02(}o." TAIL), "0x6f" },
        { "EXT1", BYTES(HEAD "\x80\x02\x82\x01." TAIL), "0x82" },
        { "NEWOBJ_EX", BYTES(HEAD "\x80\x02}}}\x92." TAIL), "0x92" },
        { "NEWOBJ of a storage",
          BYTES(HEAD "\x80\x02"
                     "ctorch\nFloatStorage\n)\x81." TAIL),
          "odd class" },
        { "a network",
          BYTES(HEAD "\x80\x02"
                     "ctorch.nn.modules.conv\nConv2d\n)\x81." TAIL),
          "state_dict" },
        { "a storage made by a call",
          BYTES(HEAD "\x80\x02"
                     "ctorch\nFloatStorage\n)R." TAIL),
          "wants to make a storage" },
        { "a call of a dictionary", BYTES(HEAD "\x80\x02})R." TAIL), "not a function" },
        { "a name with control characters",
          BYTES(HEAD "\x80\x02"
                     "cos\x01\x1b[2J\nsystem\n." TAIL),
          "os??[2J" },
        { "numpy",
          BYTES(HEAD "\x80\x02"
                     "cnumpy.core.multiarray\n_reconstruct\n." TAIL),
          "numpy" },
        { "BUILD of a number", BYTES(HEAD "\x80\x02K\x01}b." TAIL), "attributes" },
    };
    refuse_all(cases, sizeof cases / sizeof *cases, sc_pytorch_parse);
}

static void test_pickle_machine(void **state)
{
    (void)state;
    static const hostile cases[] = {
        { "an unknown instruction", BYTES(HEAD "\x80\x02\xff." TAIL), "0xff" },
        { "protocol 9", BYTES(HEAD "\x80\x09." TAIL), "protocol 9" },
        { "a wild memo number", BYTES(HEAD "\x80\x02}r\xff\xff\xff\x7f." TAIL), "memo number is too large" },
        { "an empty memo", BYTES(HEAD "\x80\x02h\x05." TAIL), "never remembered" },
        { "a negative memo number", BYTES(HEAD "\x80\x02}p-4\n." TAIL), "memo number" },
        { "nothing to remember", BYTES(HEAD "\x80\x02q\x00." TAIL), "nothing to remember" },
        { "REDUCE of nothing", BYTES(HEAD "\x80\x02R." TAIL), "operand is missing" },
        { "TUPLE3 of one", BYTES(HEAD "\x80\x02K\x01\x87." TAIL), "operand is missing" },
        { "TUPLE2 over a mark", BYTES(HEAD "\x80\x02(K\x01\x86." TAIL), "operand is missing" },
        { "TUPLE without a mark", BYTES(HEAD "\x80\x02t." TAIL), "mark is missing" },
        { "POP of nothing",
          BYTES(HEAD "\x80\x02"
                     "0." TAIL),
          "operand is missing" },
        { "APPEND to a number",
          BYTES(HEAD "\x80\x02K\x01K\x02"
                     "a." TAIL),
          "cannot hold them" },
        { "SETITEMS of three", BYTES(HEAD "\x80\x02}(K\x01K\x01K\x01u." TAIL), "key has no value" },
        { "DICT of one",
          BYTES(HEAD "\x80\x02(K\x01"
                     "d." TAIL),
          "key has no value" },
        { "a text beyond the end", BYTES(HEAD "\x80\x02X\xff\xff\xff\x7f" TAIL), "ends within a text" },
        { "a text of 2^64 bytes", BYTES(HEAD "\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xff" TAIL),
          "ends within a text" },
        { "a long number beyond the end", BYTES(HEAD "\x80\x02\x8b\xff\xff\xff\x7f" TAIL), "ends within a number" },
        { "a number that is none", BYTES(HEAD "\x80\x02I12x\n." TAIL), "number cannot be read" },
        { "a text without quotes", BYTES(HEAD "\x80\x02Sabc\n." TAIL), "not quoted" },
        { "no end of line", BYTES(HEAD "\x80\x02Vabc"), "no end" },
        { "no STOP", BYTES(HEAD "\x80\x02}"), "ends too early" },
        { "values left over", BYTES(HEAD "\x80\x02}}." TAIL), "left over" },
        { "STOP on a mark", BYTES(HEAD "\x80\x02(." TAIL), "operand is missing" },
        { "nothing", BYTES(HEAD "\x80\x02N." TAIL), "no tensors" },
        { "no tensors", BYTES(HEAD "\x80\x02}." TAIL), "no tensors" },
        { "a list in itself",
          BYTES(HEAD "\x80\x02]q\x00h\x00"
                     "a." TAIL),
          "nested more than" },
        { "a dictionary in itself", BYTES(HEAD "\x80\x02}q\x00" TEXT1("a") "h\x00s." TAIL), "nested more than" },
        { "2^25 tensors",
          BYTES(HEAD "\x80\x02" TENSOR "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "2\x86"
                     "." TAIL),
          "too often" },
        { "not the magic number", BYTES("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x18."), "magic number" },
        { "another version",
          BYTES(MAGIC "\x80\x02M\xea\x03."
                      "\x80\x02}."),
          "1001" },
        { "no system",
          BYTES(MAGIC "\x80\x02M\xe9\x03."
                      "\x80\x02K\x01."),
          "writing system" },
    };
    refuse_all(cases, sizeof cases / sizeof *cases, sc_pytorch_parse);
}

static void test_pickle_tensors(void **state)
{
    (void)state;
#define TWO62 "\x8a\x08\0\0\0\0\0\0\0\x40"
    static const hostile cases[] = {
        { "a tensor beyond its storage",
          BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", "K\x05\x85", "K\x01\x85")) TAIL),
          "reaches to number 4 of a storage that holds 4" },
        { "an offset beyond the storage",
          BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x09", "K\x01\x85", "K\x01\x85")) TAIL), "reaches to" },
        { "a wild offset", BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, TWO62, "K\x04\x85", "K\x01\x85")) TAIL),
          "reaches to" },
        { "a negative offset",
          BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "J\xff\xff\xff\xff", "K\x04\x85", "K\x01\x85")) TAIL),
          "whole numbers" },
        { "a negative size",
          BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", "J\xff\xff\xff\xff\x85", "K\x01\x85")) TAIL),
          "whole numbers" },
        { "a negative stride",
          BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", "K\x04\x85", "J\xff\xff\xff\xff\x85")) TAIL),
          "whole numbers" },
        { "a wild stride", BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", "K\x04\x85", TWO62 "\x85")) TAIL),
          "reaches to" },
        { "sizes that overflow",
          BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", TWO62 TWO62 "\x86", "K\x00K\x00\x86")) TAIL), "too large" },
        { "a gigantic expansion",
          BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", "J\0\0\0\x40\x85", "K\x00\x85")) TAIL),
          "more than a file of this size" },
        { "9 dimensions",
          BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", "(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01t",
                                        "(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01t")) TAIL),
          "9 dimensions" },
        { "too few strides", BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", "K\x02K\x02\x86", "K\x01\x85")) TAIL),
          "whole numbers" },
        { "sizes that are texts",
          BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", TEXT1("4") "\x85", "K\x01\x85")) TAIL), "whole numbers" },
        { "sizes that are a list", BYTES(HEAD MODEL_OF(TENSOR_OF(STORAGE, "K\x00", "]", "K\x01\x85")) TAIL),
          "not described" },
        { "a storage that is none", BYTES(HEAD MODEL_OF(TENSOR_OF("K\x01", "K\x00", "K\x04\x85", "K\x01\x85")) TAIL),
          "not described" },
        { "no arguments", BYTES(HEAD MODEL_OF(REBUILD "tR") TAIL), "not described" },
        { "a parameter of a number", BYTES(HEAD MODEL_OF("ctorch._utils\n_rebuild_parameter\nK\x01\x85R") TAIL),
          "not made of a tensor" },
        { "a size of a number", BYTES(HEAD MODEL_OF("ctorch\nSize\nK\x01\x85R") TAIL), "torch.Size" },
        { "an OrderedDict of a number", BYTES(HEAD MODEL_OF("ccollections\nOrderedDict\nK\x01\x85R") TAIL),
          "OrderedDict" },
        { "an OrderedDict of no pairs",
          BYTES(HEAD MODEL_OF("ccollections\nOrderedDict\n]K\x01"
                              "a\x85R") TAIL),
          "not a pair" },
        { "an external thing", BYTES(HEAD MODEL_OF(TEXT1("x") "Q") TAIL), "storage is not described" },
        { "an external module",
          BYTES(HEAD MODEL_OF("(" TEXT1("m") "ctorch\nFloatStorage\n" TEXT1("0") TEXT1("c") "K\x04tQ") TAIL),
          "not a storage" },
        { "a storage without a type", BYTES(HEAD MODEL_OF(STORAGE_OF("N", TEXT1("0"), "K\x04") "tQ") TAIL), "no type" },
        { "a storage key that is a number",
          BYTES(HEAD MODEL_OF(STORAGE_OF("ctorch\nFloatStorage\n", "K\x00", "K\x04") "tQ") TAIL), "key or size" },
        { "a negative storage",
          BYTES(HEAD MODEL_OF(STORAGE_OF("ctorch\nFloatStorage\n", TEXT1("0"), "J\xff\xff\xff\xff") "tQ") TAIL),
          "key or size" },
        { "an impossible view",
          BYTES(HEAD MODEL_OF(
              TENSOR_OF(STORAGE_OF("ctorch\nFloatStorage\n", TEXT1("0"), "K\x04") "(" TEXT1("v") "K\x03K\x03ttQ",
                        "K\x00", "K\x01\x85", "K\x01\x85")) TAIL),
          "impossible part" },
        { "a storage of two types",
          BYTES(HEAD "\x80\x02}" TEXT1("a") TENSOR "s" TEXT1("b")
                    TENSOR_OF(STORAGE_OF("ctorch\nHalfStorage\n", TEXT1("0"), "K\x04") "tQ", "K\x00", "K\x04\x85",
                              "K\x01\x85") "s." TAIL),
          "two ways" },
        { "one name twice", BYTES(HEAD "\x80\x02}" TEXT1("a") TENSOR "s" TEXT1("a") TENSOR "s." TAIL),
          "two tensors are named 'a'" },
        { "a name with a NUL", BYTES(HEAD "\x80\x02}" TEXT1("\0") TENSOR "s." TAIL), "NUL" },
        { "another count of numbers",
          BYTES(HEAD MODEL_OF(TENSOR) KEYS "\x05\0\0\0\0\0\0\0"
                                           "0000"
                                           "0000"
                                           "0000"
                                           "0000"
                                           "0000"),
          "should hold 4 numbers, but says 5" },
        { "half of the numbers",
          BYTES(HEAD MODEL_OF(TENSOR) KEYS "\x04\0\0\0\0\0\0\0"
                                           "0000"
                                           "0000"),
          "incomplete" },
        { "no numbers", BYTES(HEAD MODEL_OF(TENSOR) KEYS), "ends before storage" },
        { "no list of storages", BYTES(HEAD MODEL_OF(TENSOR) "\x80\x02}."), "list of storages" },
        { "an empty list of storages", BYTES(HEAD MODEL_OF(TENSOR) "\x80\x02]."), "not in the file" },
        { "a storage twice", BYTES(HEAD MODEL_OF(TENSOR) "\x80\x02]" TEXT1("0") "a" TEXT1("0") "a." NUMBERS NUMBERS),
          "there twice" },
        { "an unknown storage", BYTES(HEAD MODEL_OF(TENSOR) "\x80\x02]" TEXT1("7") "a." NUMBERS),
          "no tensor describes" },
        { "a tiny file", BYTES("\x80\x02"), "more than" },
    };
    refuse_all(cases, sizeof cases / sizeof *cases, sc_pytorch_parse);
}

/* ---- zip archives ---- */

typedef struct member {
    const char *name;
    const void *data;
    size_t size;
} member;

/* A zip archive in memory. Caller frees *bytes. */
static void make_zip(uint8_t **bytes, size_t *size, const member *members, size_t count, int method)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
    assert_non_null(archive);
    zip_source_keep(target);
    for (size_t i = 0; i < count; i++) {
        zip_int64_t index =
            zip_file_add(archive, members[i].name, zip_source_buffer(archive, members[i].data, members[i].size, 0), 0);
        assert_true(index >= 0);
        zip_set_file_compression(archive, (zip_uint64_t)index, method, 0);
    }
    assert_int_equal(zip_close(archive), 0);
    assert_int_equal(zip_source_open(target), 0);
    zip_source_seek(target, 0, SEEK_END);
    *size = (size_t)zip_source_tell(target);
    zip_source_seek(target, 0, SEEK_SET);
    *bytes = malloc(*size);
    assert_int_equal(zip_source_read(target, *bytes, *size), *size);
    zip_source_close(target);
    zip_source_free(target);
    zip_error_fini(&error);
}

static const char model_pickle[] = MODEL_OF(TENSOR), four_floats[16] = { 0 };
#define PICKLE                                              \
    {                                                       \
        "m/data.pkl", model_pickle, sizeof model_pickle - 1 \
    }
#define FLOATS                      \
    {                               \
        "m/data/0", four_floats, 16 \
    }

static void test_zip_accepted(void **state)
{
    (void)state;
    for (int method = 0; method < 2; method++) {
        uint8_t *bytes;
        size_t size;
        make_zip(&bytes, &size, (member[]){ PICKLE, FLOATS, { "m/byteorder", "little", 6 } }, 3,
                 method ? ZIP_CM_DEFLATE : ZIP_CM_STORE);
        sc_error err = { 0 };
        sc_weights *w;
        if (sc_pytorch_parse(NULL, &w, bytes, size, &err))
            fail_msg("%s", err.text);
        values_of(w, "w", "4");
        sc_weights_free(w);
        free(bytes);
    }
}

static void test_zip_big_endian(void **state)
{
    (void)state;
    uint8_t *bytes;
    size_t size;
    make_zip(
        &bytes, &size,
        (member[]){ PICKLE, { "m/data/0", "\x3f\x80\0\0@\0\0\0@@\0\0@\x80\0\0", 16 }, { "m/byteorder", "big", 3 } }, 3,
        ZIP_CM_STORE);
    sc_error err = { 0 };
    sc_weights *w;
    if (sc_pytorch_parse(NULL, &w, bytes, size, &err))
        fail_msg("%s", err.text);
    check_tensor(w, "w", "4", 1, 4, 10);
    sc_weights_free(w);
    free(bytes);
}

static void test_zip(void **state)
{
    (void)state;
    char *zeros = calloc(1, 64 << 20);
    const struct {
        const char *what, *part;
        member members[3];
        size_t count;
        int method;
    } cases[] = {
        { "no data.pkl", "no data.pkl", { { "m/data.pk", "x", 1 }, FLOATS }, 2, ZIP_CM_STORE },
        { "no storage", "no member 'm/data/0'", { PICKLE }, 1, ZIP_CM_STORE },
        { "half a storage",
          "should hold 16 bytes, but has 8",
          { PICKLE, { "m/data/0", four_floats, 8 } },
          2,
          ZIP_CM_STORE },
        { "an odd byte order",
          "neither 'little' nor 'big'",
          { PICKLE, FLOATS, { "m/byteorder", "middle", 6 } },
          3,
          ZIP_CM_STORE },
        { "a bomb", "not plausible", { PICKLE, { "m/data/0", zeros, 64 << 20 } }, 2, ZIP_CM_DEFLATE },
        { "an empty pickle", "ends too early", { { "m/data.pkl", "", 0 }, FLOATS }, 2, ZIP_CM_STORE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *bytes;
        size_t size;
        make_zip(&bytes, &size, cases[i].members, cases[i].count, cases[i].method);
        sc_error err = { 0 };
        sc_weights *w;
        int code = sc_pytorch_parse(NULL, &w, bytes, size, &err);
        check_refusal(code, w, &err, cases[i].what, cases[i].part);
        free(bytes);
    }
    free(zeros);
}

/* One changed byte in the values shows in the checksum; a lost end, in the opening. */
static void test_zip_damaged(void **state)
{
    (void)state;
    static const char marked[16] = "0123456789abcdef";
    uint8_t *bytes;
    size_t size;
    make_zip(&bytes, &size, (member[]){ PICKLE, { "m/data/0", marked, 16 } }, 2, ZIP_CM_STORE);
    uint8_t *place = memmem(bytes, size, marked, 16);
    assert_non_null(place);
    place[3] ^= 1;
    sc_error err = { 0 };
    sc_weights *w;
    int code = sc_pytorch_parse(NULL, &w, bytes, size, &err);
    check_refusal(code, w, &err, "a changed value", "'m/data/0' cannot be unpacked");
    place[3] ^= 1;
    code = sc_pytorch_parse(NULL, &w, bytes, size - 10, &err);
    check_refusal(code, w, &err, "a lost end", "is it complete?");
    free(bytes);
}

/* ---- TensorFlow.js ---- */

static int open_sixteen(void *context, const char *name, sc_mapped_file *bytes, sc_error *err)
{
    (void)context;
    (void)name;
    (void)err;
    *bytes = (sc_mapped_file){ .data = (const uint8_t *)four_floats, .size_bytes = 16 };
    return SCUMBLE_OK;
}

#define GROUP(paths, weights) "{\"weightsManifest\":[{\"paths\":[" paths "],\"weights\":[" weights "]}]}"
#define WEIGHT "{\"name\":\"a\",\"shape\":[4],\"dtype\":\"float32\"}"

static void test_tfjs(void **state)
{
    (void)state;
    static const struct {
        const char *model, *part;
    } cases[] = {
        { "{\"weightsManifest\":", "not valid JSON" },
        { "{\"weightsManifest\":{}}", "no weightsManifest" },
        { "{\"weightsManifest\":[1]}", "no paths" },
        { "{\"weightsManifest\":[{\"paths\":[\"s\"]}]}", "no weights" },
        { GROUP("\"../s\"", WEIGHT), "plain file name" },
        { GROUP("\"/etc/passwd\"", WEIGHT), "plain file name" },
        { GROUP("\"a/b\"", WEIGHT), "plain file name" },
        { GROUP("\"a\\\\b\"", WEIGHT), "plain file name" },
        { GROUP("\"..\"", WEIGHT), "plain file name" },
        { GROUP("\".hidden\"", WEIGHT), "plain file name" },
        { GROUP("\"\"", WEIGHT), "plain file name" },
        { GROUP("7", WEIGHT), "plain file name" },
        { GROUP("\"s\",\"s\"", WEIGHT), "'s' twice" },
        { GROUP("\"s\",\"t\"", WEIGHT), "brings its group to 32 bytes, but the manifest describes 16" },
        { GROUP("", WEIGHT), "describes 16 bytes for a group of weights, but its shards have 0" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"shape\":[8],\"dtype\":\"float32\"}"), "describes 32 bytes" },
        { GROUP("\"s\"", "{\"shape\":[4],\"dtype\":\"float32\"}"), "no name" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"dtype\":\"float32\"}"), "no shape" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"shape\":[-4],\"dtype\":\"float32\"}"), "dimension 0" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"shape\":[4.5],\"dtype\":\"float32\"}"), "dimension 0" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"shape\":[1,1,1,1,1,1,1,1,4],\"dtype\":\"float32\"}"),
          "at most 8 dimensions" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"shape\":[4294967296,4294967296,2],\"dtype\":\"float32\"}"), "too large" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"shape\":[9223372036854775807],\"dtype\":\"float32\"}"), "too large" },
        { GROUP("\"s\"",
                "{\"name\":\"a\",\"shape\":[9223372036854775807],\"dtype\":\"bool\"},{\"name\":\"b\",\"shape\":["
                "9223372036854775807],\"dtype\":\"bool\"},{\"name\":\"c\",\"shape\":[2],\"dtype\":\"bool\"}"),
          "too large to add" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"shape\":[4],\"dtype\":\"string\"}"), "'string'" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"shape\":[16],\"dtype\":\"float32\",\"quantization\":{\"dtype\":\"int4\"}}"),
          "int4" },
        { GROUP(
              "\"s\"",
              "{\"name\":\"a\",\"shape\":[16],\"dtype\":\"float32\",\"quantization\":{\"dtype\":\"uint8\",\"min\":0}}"),
          "no scale" },
        { GROUP("\"s\"", "{\"name\":\"a\",\"shape\":[2],\"dtype\":\"float32\"},{\"name\":\"a\",\"shape\":[2],\"dtype\":"
                         "\"float32\"}"),
          "two tensors" },
        { "exports={weightsManifest:[{paths:[`s`]}]}", "a value expected" },
        { "exports={weightsManifest:require(\"fs\")}", "a value expected" },
        { "exports={a:{b:[1,2}", "closing bracket" },
        { "exports={a b:1}", "':' expected" },
        { "exports={a:1e}", "exponent" },
        { "exports={a:-}", "a number expected" },
        { "exports={a:\"x", "end of a string" },
        { "exports={a:\"\\q\"}", "known escape" },
        { "exports={a:\"\\u12g4\"}", "hexadecimal" },
        { "exports={:1}", "a key" },
        { "var weightsManifest=1;", "exports no literal" },
    };
    sc_tfjs_shards shards = { .open = open_sixteen };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_error err = { 0 };
        sc_weights *w;
        const char *model = cases[i].model;
        int code = sc_tfjs_parse(&w, model, strlen(model), model[0] != '{', &shards, &err);
        check_refusal(code, w, &err, model, cases[i].part);
    }
}

static void test_javascript(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        { "h.exports=\"AAEC", "no end" },
        { "h.exports=\"AAE\"", "multiple of 4" },
        { "h.exports=\"A===\"", "base64" },
        { "h.exports=\"AA!C\"", "byte 2 of the base64" },
        { "h.exports=\"AA=C\"", "byte 2 of the base64" },
        { "h.exports=atob(x)", "exports no literal" },
        { "", "exports no literal" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_error err = { 0 };
        uint8_t *bytes;
        size_t size;
        int code = sc_javascript_base64(&bytes, &size, cases[i].text, strlen(cases[i].text), &err);
        check_refusal(code, NULL, &err, cases[i].text, cases[i].part);
        assert_null(bytes);
    }
    char deep[4096] = "exports={a:";
    memset(deep + strlen(deep), '[', 3000);
    sc_error err = { 0 };
    char *json;
    size_t length;
    int code = sc_javascript_object(&json, &length, deep, strlen(deep), &err);
    check_refusal(code, NULL, &err, "3000 brackets", "nested more than");
}

static void test_keras_names(void **state)
{
    (void)state;
    static const struct {
        const char *layer, *weight, *name;
    } cases[] = {
        { "conv1", "conv1/kernel:0", "conv1/kernel" },
        { "conv1", "conv1/conv1/kernel:0", "conv1/kernel" },
        { "conv1", "conv1_W_1:0", "conv1/kernel" },
        { "conv1", "conv1_b:0", "conv1/bias" },
        { "bn", "bn_running_std:0", "bn/moving_variance" },
        { "bn", "bn_gamma_1:0", "bn/gamma" },
        { "vgg", "block1_conv1/kernel:0", "block1_conv1/kernel" },
        { "d", "kernel", "d/kernel" },
        { "d", "odd:x", "d/odd:x" },
        { NULL, "dense_3/bias", "dense_3/bias" },
        { NULL, "alone", "alone" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        assert_true(sc_keras_name(name, sizeof name, cases[i].layer, cases[i].weight));
        assert_string_equal(name, cases[i].name);
    }
    char small[8];
    assert_false(sc_keras_name(small, sizeof small, "layer", "kernel"));
    assert_false(sc_keras_name(small, sizeof small, NULL, "lay/kernel"));
}

/* ---- Keras ---- */

static void test_keras_files(void **state)
{
    (void)state;
    static const struct {
        const char *file, *part;
    } cases[] = {
        { "hostile-links.h5", "link to elsewhere" },
        { "hostile-soft.h5", "link to elsewhere" },
        { "hostile-external.h5", "outside the file" },
        { "hostile-loop.h5", "wrong kind" },
        { "hostile-huge.h5", "more than a file of this size" },
        { "hostile-compound.h5", "not stored as plain numbers" },
        { "hostile-missing.h5", "does not hold it" },
        { "hostile-plain.h5", "no layer_names" },
        { "hostile-keras3.h5", "no layer_names" },
        { "hostile-names.h5", "list of layers is damaged" },
        { "hostile-lzf.h5", "other filters" },
        { "../keras_endless/endless.h5",
          "takes too long" }, /* libhdf5 never returns; kept out of the replayed folder */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = sc_format("%s/tests/fuzz/corpus/keras/%s", SCUMBLE_SOURCE_ROOT, cases[i].file);
        sc_error err = { 0 };
        sc_weights *w;
        int code = sc_weights_load(NULL, &w, path, &err);
        check_refusal(code, w, &err, cases[i].file, cases[i].part);
        free(path);
    }
}

static void test_keras_superblock(void **state)
{
    (void)state;
    char *path = corpus_path("keras/weights.h5");
    sc_error err = { 0 };
    sc_mapped_file file;
    assert_int_equal(sc_file_map(&file, path, &err), 0);
    static const struct {
        size_t place;
        uint8_t value;
        const char *part;
    } cases[] = {
        { 0, 0, "not a complete HDF5 file" },
        { 8, 9, "version 9" },
        { 13, 4, "4-byte addresses" },
        { 14, 2, "supported" },
        { 24, 1, "supported" },
        { 40, 0xff, "it is incomplete or damaged" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *copy = malloc(file.size_bytes);
        memcpy(copy, file.data, file.size_bytes);
        copy[cases[i].place] = cases[i].value;
        sc_weights *w;
        int code = sc_keras_parse(&w, copy, file.size_bytes, &err);
        check_refusal(code, w, &err, cases[i].part, cases[i].part);
        free(copy);
    }
    sc_weights *w;
    int code = sc_keras_parse(&w, file.data, file.size_bytes / 2, &err);
    check_refusal(code, w, &err, "half a file", "incomplete");
    code = sc_keras_parse(&w, file.data, 20, &err);
    check_refusal(code, w, &err, "20 bytes", "not a complete HDF5 file");
    sc_file_unmap(&file);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_safetensors),
        cmocka_unit_test(test_long_name),
        cmocka_unit_test(test_legacy_accepted),
        cmocka_unit_test(test_pickle_calls),
        cmocka_unit_test(test_pickle_machine),
        cmocka_unit_test(test_pickle_tensors),
        cmocka_unit_test(test_zip_accepted),
        cmocka_unit_test(test_zip_big_endian),
        cmocka_unit_test(test_zip),
        cmocka_unit_test(test_zip_damaged),
        cmocka_unit_test(test_tfjs),
        cmocka_unit_test(test_javascript),
        cmocka_unit_test(test_keras_names),
        cmocka_unit_test(test_keras_files),
        cmocka_unit_test(test_keras_superblock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
