/* SPDX-License-Identifier: MIT */
/* How kernels are cut into parts: from shapes alone, so that results do not depend on the number of threads. See op.h.
 */
#include "ops/op.h"

enum { GRAIN = 32768, MAX_PARTS = 256 };

int sc_part_count(size_t count, size_t unit_cost)
{
    size_t cost, most = count < MAX_PARTS ? count : MAX_PARTS;
    if (!sc_mul_size(count, unit_cost, &cost) || cost / GRAIN >= most)
        return most ? (int)most : 1;
    return cost / GRAIN ? (int)(cost / GRAIN) : 1;
}

sc_range sc_part_range(size_t count, int parts, int part)
{
    size_t each = count / (size_t)parts, rest = count % (size_t)parts, p = (size_t)part;
    size_t begin = p * each + (p < rest ? p : rest);
    return (sc_range){ begin, begin + each + (p < rest) };
}
