/* SPDX-License-Identifier: MIT */
/* The bytes of models/lite/lite-encoder.safetensors (SC_LITE_FILE, from meson.build), read-only. */
    .section .rodata
    .balign 64
    .global sc_lite_data
    .hidden sc_lite_data
    .type sc_lite_data, %object
sc_lite_data:
    .incbin SC_LITE_FILE
    .global sc_lite_data_end
    .hidden sc_lite_data_end
sc_lite_data_end:
    .size sc_lite_data, . - sc_lite_data
    .section .note.GNU-stack, "", %progbits
