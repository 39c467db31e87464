/* SPDX-License-Identifier: MIT */
/* Fuzz target: sc_onnx_parse and sc_program_from_onnx, and what was read is written and read again. */
#include "fuzz.h"
#include "nets/onnx/onnx.h"

/* A program or a sentence. */
static sc_program *import(const uint8_t *data, size_t size)
{
    sc_error err = { 0 };
    sc_onnx_model *model = NULL;
    sc_program *program = NULL;
    double range = 0;
    int code = sc_onnx_parse(&model, data, size, &err);
    if (code ? model || err.code != code || !err.text[0] : !model)
        abort();
    if (!code) {
        code = sc_program_from_onnx(&program, &range, model, &err);
        if (code ? program || err.code != code || !err.text[0] : !program || program->operation_count < 1)
            abort();
    }
    sc_onnx_free(model);
    return program;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sc_error err = { 0 };
    void *written = NULL;
    size_t written_size = 0;
    sc_program *program = import(data, size);
    if (program && !sc_program_to_onnx(program, 255, &(sc_onnx_texts){ 0 }, &written, &written_size, &err)) {
        sc_program *again = import(written, written_size);
        fuzz_sink = again != NULL;
        sc_program_free(again);
    }
    free(written);
    sc_program_free(program);
    return 0;
}
