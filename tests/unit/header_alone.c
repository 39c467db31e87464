/* SPDX-License-Identifier: MIT */
/* The public header needs nothing before it. That this compiles is the test. */
#include <scumble/scumble.h>

int main(void)
{
    return SCUMBLE_OK;
}
