/* SPDX-License-Identifier: MIT */
/* Keeps oneDNN on the calling thread: OpenMP's number of threads is a setting of each thread. */
#ifndef SC_DEVICE_HOST_ONEDNN_THREAD_H
#define SC_DEVICE_HOST_ONEDNN_THREAD_H

/* From <omp.h>, which not every compiler brings along; both are part of the OpenMP standard. */
extern void omp_set_num_threads(int count);
extern int omp_get_max_threads(void);

/* Every call of oneDNN stands between these two. thread 0 is the application's own and gets its setting back. */
static inline int sc_onednn_enter(void)
{
    int before = omp_get_max_threads();
    if (before != 1)
        omp_set_num_threads(1);
    return before;
}
static inline void sc_onednn_leave(int before, int thread)
{
    if (before != 1 && thread == 0)
        omp_set_num_threads(before);
}

/* dnnl_status_t -> SCUMBLE_OK, _ERR_MEMORY or _ERR_INTERNAL. */
int sc_onednn_status(int status);

#endif
