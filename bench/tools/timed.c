// SPDX-License-Identifier: GPL-2.0-only
/* timed NAME OUTPUT COMMAND...: run it, its words to a file, and print `time NAME SECONDS`; its exit code is ours. */

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t files;
	int status = -1;
	double begin;
	pid_t pid;

	if (argc < 4)
		return 2;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 1, argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	begin = now();
	if (posix_spawnp(&pid, argv[3], &files, NULL, argv + 3, environ) || waitpid(pid, &status, 0) != pid)
		return 2;
	printf("time %s %.6f\n", argv[1], now() - begin);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
