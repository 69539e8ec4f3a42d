/* scenarios - the Macs that tests run on. What the user must see of each is in
 * tests/darwin/snapshots.test.mjs. */
#ifndef IFPULSE_SCENARIOS_H
#define IFPULSE_SCENARIOS_H

#include "mac.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

void scenario_macbook(void);
void scenario_closing(void);
void scenario_macos14(void);
void scenario_hidden(void);
void scenario_growing(void);
void scenario_events(void);
void scenario_fallback(void);
void scenario_hostile(void);
void scenario_broken(void);
/* An interface that has got an address, which the kernel tells by one event alone. */
void scenario_told(uint32_t subclass, uint32_t code);

#endif
