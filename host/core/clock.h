/* clock.h - time for measuring. */
#ifndef OCT_CORE_CLOCK_H
#define OCT_CORE_CLOCK_H

/* oct_now - seconds of a clock that only goes forward. Any thread. */
double oct_now(void);

#endif
