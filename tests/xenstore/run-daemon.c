/* SPDX-License-Identifier: GPL-2.0-only */
#include "run-daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenstore.h>

#include "tap.h"

static char dir[] = "/tmp/xenstore-test.XXXXXX";
static pid_t pid;

void spawn_daemon(void)
{
	const char *binary = getenv("XENSTORED");
	struct xs_handle *h;

	if (!binary || !mkdtemp(dir))
		bail_out("no $XENSTORED or no temporary folder");
	setenv("XENSTORED_RUNDIR", dir, 1);
	unsetenv("XENSTORED_PATH");
	pid = fork();
	if (!pid) {
		execl(binary, binary, "-N", NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000; i++) {
		h = xs_open(0);
		if (h) {
			xs_close(h);
			return;
		}
		if (waitpid(pid, NULL, WNOHANG) == pid)
			break;
		usleep(10000);
	}
	bail_out("the daemon does not start");
}

int spawn_stop(void)
{
	char path[64];
	int status = -1;

	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	snprintf(path, sizeof(path), "%s/socket", dir);
	unlink(path);
	rmdir(dir);
	return status;
}
