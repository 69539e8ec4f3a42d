/* scope - how far a token reaches.
 *
 * `interfaces` is for a screen on a wall: what the interfaces do and how much they move, and
 * nothing by which this machine, or whom it talks to, could be found: no connections, no owners, no
 * addresses.
 */
#ifndef IFPULSE_SCOPE_H
#define IFPULSE_SCOPE_H

#include "query.h"

enum scope { SCOPE_ALL, SCOPE_INTERFACES, SCOPES };

/* The word of a token file; false for any other. */
MUST_CHECK bool scope_parse(const char *word, enum scope *ret_scope);
const char *scope_name(enum scope scope);

/* The topics it reaches, as bits. */
unsigned scope_topics(enum scope scope);

/* Leaves out of the query, which is canonical, what the scope does not reach. Refuses one
 * (COMMAND_REFUSED) that asks for that by name, or would show it by its filter or order. */
MUST_CHECK int scope_narrow(enum scope scope, struct query *query, struct command_refusal *refusal);

#endif
