/* history_owners - which owners are remembered: those that move most.
 *
 * There can be ten thousands of them, which come and go; each has its place for as long as it moves
 * more, of late, than one that has none.
 */
#ifndef IFPULSE_HISTORY_OWNERS_H
#define IFPULSE_HISTORY_OWNERS_H

#include "history.h"

/* Takes in a reading of the connections, which the model has, at that tick. */
void history_take_owners(
    struct history *history, const struct model *model, int64_t tick, int64_t longest);

#endif
