/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs that use the network, for the command line (program=ping) and the shell.
 *
 * Options are words "name=value" in argv, else on the kernel's command line; a first word without "=" is
 * the target.  Return: 0, or 1 after a line that says why not.  In a kernel built without lwIP each says so.
 */
#ifndef NET_PROGRAMS_H
#define NET_PROGRAMS_H

/* ping [target=]A.B.C.D count=4 interval=MS size=N - echo requests and how long their answers took */
int ping_main(int argc, char **argv);

/*
 * The servers go on in the background when argc is not 0 (the shell's way); called with none, as the command
 * line's programs are, they return once served: sink and source after times=1 connections, httpd after
 * requests=N, which by default never happens.
 *
 * httpd port=80 - one page of this guest's counters at /, the same as JSON at /stats.json
 * sink port=5001 check=0 - take what comes by TCP, tell how much and how fast, with check=1 its CRC-32, too
 * source port=5002 bytes=64M check=0 - give so much to whoever connects
 * source target=A.B.C.D port=5001 - connect there and give it to them
 */
int httpd_main(int argc, char **argv);
int sink_main(int argc, char **argv);
int source_main(int argc, char **argv);

/* fetch [target=]A.B.C.D port=80 path=/ - what an HTTP server answers, on the console */
int fetch_main(int argc, char **argv);

/* net - the devices, addresses and counters, a line each */
int net_main(int argc, char **argv);

/* mirror - the stack alone against a device that sends everything back: its test, see net/programs/mirror.c */
int mirror_main(int argc, char **argv);

#endif
