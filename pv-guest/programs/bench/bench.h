/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_H
#define BENCH_H

#include "kernel/types.h"

/* One line: "bench NAME ns=12.3 port=pv cpus=2", or ins= where the clock counts instructions. */
void bench_line(const char *name, u64 thousandths);

/* What only this port has; in bench/PORT.c. */
void bench_port(void);

#endif
