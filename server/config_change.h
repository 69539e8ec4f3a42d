/* config_change - what a configuration that was read again changes in a server that runs.
 *
 * Each key is one of two kinds: it is taken over at once, or it needs a restart and stays as it
 * was. Both are named, so that nobody believes in a setting that is not in effect.
 */
#ifndef IFPULSE_CONFIG_CHANGE_H
#define IFPULSE_CONFIG_CHANGE_H

#include "config.h"

enum { CONFIG_CHANGE_BYTES = 512 };

struct config_change {
    char taken[CONFIG_CHANGE_BYTES];   /* keys, with commas between them; "": none */
    char restart[CONFIG_CHANGE_BYTES]; /* those that differ and stayed */
};

/* Exchanges what can be taken over between the two; the rest of current stays. So what current had
 * before is in next, and ends with it. */
void config_change(struct config *current, struct config *next, struct config_change *ret_change);

#endif
