/* building.h - a word for who waits: where opening a device or preparing an operator takes longer
 * than two seconds, which means that kernels are built, one line on standard error says so. */
#ifndef OCT_HARNESS_BUILDING_H
#define OCT_HARNESS_BUILDING_H

/* oct_building_begin - from here on kernels may be built for "device" (its name, for the line). The
 * line appears once in the life of a process. Main thread; uses SIGALRM. */
void oct_building_begin(const char *device);

/* oct_building_end - nothing is built any more. Without a begin it does nothing. */
void oct_building_end(void);

#endif
