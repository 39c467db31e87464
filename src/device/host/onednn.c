/* SPDX-License-Identifier: MIT */
/* oneDNN on one thread: matrix products. See onednn.h; onednn_conv.c has the convolutions. */
#include "device/host/onednn.h"
#include "device/host/choices.h"

#include <dnnl.h>

#include "device/host/onednn_thread.h"

int sc_onednn_status(int status)
{
    return status == dnnl_success       ? SCUMBLE_OK :
           status == dnnl_out_of_memory ? SCUMBLE_ERR_MEMORY :
                                          SCUMBLE_ERR_INTERNAL;
}

int sc_cpu_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a, size_t lda,
                const float *b, size_t ldb, bool accumulate, float *c, size_t ldc, int thread)
{
    int before = sc_onednn_enter();
    dnnl_status_t status =
        dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', (dnnl_dim_t)m, (dnnl_dim_t)n, (dnnl_dim_t)k, 1.0f,
                   a, (dnnl_dim_t)lda, b, (dnnl_dim_t)ldb, accumulate ? 1.0f : 0.0f, c, (dnnl_dim_t)ldc);
    sc_onednn_leave(before, thread);
    return sc_onednn_status((int)status);
}

static const sc_products products = { sc_cpu_gemm };

int sc_host_choose_mapped_moment(const sc_node_info *node, const sc_cpu_isa *isa, sc_choice *choice, sc_error *err)
{
    (void)node, (void)isa, (void)err;
    *choice = (sc_choice){ .state = (void *)&products };
    return SCUMBLE_OK;
}
