// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile-suspend [-n TIMES] STATE: suspend this machine to STATE (a word of
 * /sys/power/state) and let it come back, TIMES times. It is woken by an alarm of the
 * kernel's, which is set into the clock of the machine while that goes to sleep: so however
 * slow it is, it does not sleep for ever. An alarm that comes too early, and whatever else
 * keeps it awake, is EBUSY, after which it is tried again, with more time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TRIES	6

/* @seconds from now on, again and again: what fires while nothing sleeps is lost */
static int set_alarm(int fd, int seconds)
{
	struct itimerspec t = { { seconds, 0 }, { seconds, 0 } };

	return timerfd_settime(fd, 0, &t, NULL);
}

static int write_state(const char *state)
{
	int fd = open("/sys/power/state", O_WRONLY), ret = -1;

	if (fd >= 0 && write(fd, state, strlen(state)) > 0)
		ret = 0;
	if (fd >= 0)
		close(fd);
	return ret;
}

static int once(int timer, const char *state)
{
	int try;

	for (try = 0; try < TRIES; try++) {
		if (set_alarm(timer, 4 << try))
			return -1;
		if (!write_state(state))
			return 0;
		if (errno != EBUSY && errno != EAGAIN)
			return -1;
		printf("# %s: %s, once more\n", state, strerror(errno));
	}
	return -1;
}

int main(int argc, char **argv)
{
	int timer, c, n = 1, i;

	while ((c = getopt(argc, argv, "n:")) != -1) {
		if (c != 'n')
			return 2;
		n = atoi(optarg);
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: %s [-n TIMES] STATE\n", argv[0]);
		return 2;
	}
	timer = timerfd_create(CLOCK_BOOTTIME_ALARM, TFD_CLOEXEC);
	if (timer < 0) {
		perror("an alarm");
		return 1;
	}
	for (i = 0; i < n; i++) {
		if (once(timer, argv[optind])) {
			printf("# %s: %s\n", argv[optind], strerror(errno));
			return 1;
		}
	}
	return 0;
}
