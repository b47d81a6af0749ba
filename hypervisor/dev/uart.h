/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The serial line: a 16550, com1 or com2.  Not locked: dev/console.c's lock guards it.
 */
#ifndef HV_DEV_UART_H
#define HV_DEV_UART_H

#include "lib/types.h"

/*
 * Choose and set up the port: n is 1 or 2; options as com1= has them, "115200,8n1,0x3f8,4", each part
 * optional; NULL: none.  False when there is no UART at that place: output goes nowhere then.
 */
bool uart_init(unsigned int n, const char *options);
void uart_write(const char *s, size_t n);
void uart_flush(void);
/* A byte that came in, or -1. */
int uart_read(void);
u32 uart_irq(void);			/* ISA interrupt */
void uart_enable_input(void);		/* interrupts for received bytes */

#endif
