/* SPDX-License-Identifier: GPL-2.0-only */
#include "cpu/insn.h"
#include "dev/console.h"
#include "dev/uart.h"
#include "pv/pv.h"
#include "lib/string.h"

#define RBR		0		/* and transmit */
#define IER		1
#define IER_RX		BIT(0)
#define FCR		2		/* write; read: IIR */
#define FCR_ENABLE	0x07		/* FIFOs on and empty */
#define LCR		3
#define LCR_DLAB	BIT(7)
#define LCR_STOP2	BIT(2)
#define MCR		4
#define MCR_READY	0x0b		/* DTR, RTS, and OUT2, which lets interrupts through */
#define LSR		5
#define LSR_RX		BIT(0)
#define LSR_TX_EMPTY	BIT(5)
#define LSR_IDLE	BIT(6)
#define SCRATCH		7

#define CLOCK		115200
#define FIFO		16
#define WAIT_MAX	100000		/* polls before the line counts as stuck */

static struct {
	u16 port;			/* 0: none */
	u32 irq;
	bool stuck;
} uart;

/* "8n1": data bits, parity (n o e), stop bits; as the line control register has them. */
static u8 line_control(const char **s)
{
	u8 lcr = 3;

	if (**s >= '5' && **s <= '8')
		lcr = *(*s)++ - '5';
	if (**s == 'o' || **s == 'e')
		lcr |= **s == 'o' ? 0x08 : 0x18;
	if (**s == 'n' || **s == 'o' || **s == 'e')
		++*s;
	if (**s == '1' || **s == '2')
		lcr |= *(*s)++ == '2' ? LCR_STOP2 : 0;
	return lcr;
}

static bool is_there(u16 port)
{
	outb(port + SCRATCH, 0x5a);
	if (inb(port + SCRATCH) != 0x5a)
		return false;
	outb(port + SCRATCH, 0xa5);
	return inb(port + SCRATCH) == 0xa5;
}

bool uart_init(unsigned int n, const char *options)
{
	const char *s = options ?: "";
	u16 port = n == 2 ? 0x2f8 : 0x3f8;
	u64 baud = parse_number(&s) ?: CLOCK;
	u8 lcr = 3;

	uart.irq = n == 2 ? 3 : 4;
	if (!strncmp(s, "/", 1)) {			/* 115200/clock: the clock is as usual */
		s++;
		parse_number(&s);
	}
	if (*s == ',') {
		s++;
		lcr = line_control(&s);
	}
	if (*s == ',') {
		s++;
		port = parse_number(&s) ?: port;
	}
	if (*s == ',') {
		s++;
		uart.irq = parse_number(&s) & 15 ?: uart.irq;
	}
	if (!is_there(port))
		return false;

	outb(port + IER, 0);
	outb(port + LCR, lcr | LCR_DLAB);
	outb(port + RBR, MAX(CLOCK / baud, 1UL) & 0xff);
	outb(port + IER, MAX(CLOCK / baud, 1UL) >> 8);
	outb(port + LCR, lcr);
	outb(port + FCR, FCR_ENABLE);
	outb(port + MCR, MCR_READY);
	uart.port = port;
	io_ports_keep(port, port + 7);
	return true;
}

/* A line that does not take a byte for long is not waited for again. */
static bool wait_for(u8 bit)
{
	for (u32 i = 0; i < (uart.stuck ? 1 : WAIT_MAX); i++) {
		if (inb(uart.port + LSR) & bit) {
			uart.stuck = false;
			return true;
		}
		cpu_relax();
	}
	uart.stuck = true;
	return false;
}

void uart_write(const char *s, size_t n)
{
	if (!uart.port)
		return;
	for (size_t i = 0; i < n; i++) {
		if (i % FIFO == 0 && !wait_for(LSR_TX_EMPTY))
			return;
		outb(uart.port + RBR, s[i]);
	}
}

void uart_flush(void)
{
	if (uart.port)
		wait_for(LSR_IDLE);
}

int uart_read(void)
{
	if (!uart.port || !(inb(uart.port + LSR) & LSR_RX))
		return -1;
	return inb(uart.port + RBR);
}

u32 uart_irq(void)
{
	return uart.port ? uart.irq : 0;
}

void uart_enable_input(void)
{
	if (uart.port)
		outb(uart.port + IER, IER_RX);
}
