/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RUN_DAEMON_H
#define RUN_DAEMON_H

/*
 * Start the daemon named by $XENSTORED in a folder of its own, and point libxenstore at it.
 * spawn_stop() ends it; Return: its exit status.
 */
void spawn_daemon(void);
int spawn_stop(void);

#endif
