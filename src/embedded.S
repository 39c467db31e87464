/* SPDX-License-Identifier: MIT */
/* The bytes of a file (SC_FILE, from meson.build), read-only, between SC_NAME_data and SC_NAME_data_end. */
#define JOIN_AGAIN(a, b) a##b
#define JOIN(a, b) JOIN_AGAIN(a, b)
#define BEGIN JOIN(SC_NAME, _data)
#define END JOIN(SC_NAME, _data_end)
    .section .rodata
    .balign 64
    .global BEGIN
    .hidden BEGIN
    .type BEGIN, %object
BEGIN:
    .incbin SC_FILE
    .global END
    .hidden END
END:
    .size BEGIN, . - BEGIN
    .section .note.GNU-stack, "", %progbits
