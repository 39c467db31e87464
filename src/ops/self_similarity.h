/* SPDX-License-Identifier: MIT */
/* What all kernels of self_similarity agree on; formulas in self_similarity.c. */
#ifndef SC_OPS_SELF_SIMILARITY_H
#define SC_OPS_SELF_SIMILARITY_H

/* The mean cosine distance that is added to each column's: less than a hundredth of what real pictures have, and a
 * thousand times the rounding errors of single precision. */
#define SC_SELF_SIMILARITY_FLOOR 1e-4
/* The square of a feature up to which it counts as zero. */
#define SC_SELF_SIMILARITY_LEAST 1e-30

#endif
