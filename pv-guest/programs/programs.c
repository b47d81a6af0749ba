/* SPDX-License-Identifier: GPL-2.0-only */
#include "kernel/print.h"
#include "kernel/process.h"
#include "net/net-programs.h"
#include "programs/programs.h"

/**
 * hello_run - the shortest program: is everything there?
 */
void hello_run(void)
{
	printk("hello from the kernel\n");
	printk("hello: user program says %ld\n", process_run(USER_HELLO, 0));
}

/* Those that are commands of the shell, too, take their options from the kernel's command line here. */
#define RUN(name)                                                                                  \
	static void name##_run(void)                                                               \
	{                                                                                          \
		name##_main(0, NULL);                                                              \
	}

RUN(ping)
RUN(httpd)
RUN(sink)
RUN(source)
RUN(fetch)
RUN(net)
RUN(mirror)

const struct program programs[] = {
	{ "hello", "a line from the kernel and one from user mode", hello_run },
	{ "tour", "what the machine does for the kernel, chapter by chapter (default)", tour_run },
	{ "stress", "all CPUs busy with everything, seconds=N, every result checked", stress_run },
	{ "bench", "the cost of operations, the same ones on both ports", bench_run },
	{ "shell", "commands from the console; script=COMMAND;... at the end of the line runs these first", shell_run },
	{ "iotest", "disks and network cards as lines on the console ask for", iotest_run },
	{ "hostile", "a front end that breaks the rules; side=back: a back end that does", hostile_run },
	{ "ping", "echo requests: target=A.B.C.D count=4 interval=MS size=N", ping_run },
	{ "httpd", "a page of this guest's counters, port=80", httpd_run },
	{ "sink", "take what comes by TCP: port=5001 check=0 times=1", sink_run },
	{ "source", "give bytes=64M by TCP: port=5002, or target=A.B.C.D port=5001", source_run },
	{ "fetch", "print what a server answers: target=A.B.C.D port=80 path=/", fetch_run },
	{ "net", "the network devices, addresses and counters", net_run },
	{ "mirror", "the TCP/IP stack against itself", mirror_run },
	{ 0 },
};
