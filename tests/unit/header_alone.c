/* SPDX-License-Identifier: MIT */
/* A public header, HEADER, needs nothing before it. That this compiles is the test. */
#include HEADER

int main(void)
{
    return SCUMBLE_OK;
}
