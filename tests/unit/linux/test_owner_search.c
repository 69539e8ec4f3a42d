/* The search of /proc for sockets that nobody holds: how often it is made. That it finds those that
 * somebody holds is in test_socket_owners.c. */
#include "owner_search.h"

#include <criterion/criterion.h>

enum { READINGS = 320, SOCKETS = 20, LAST = 128 };

/* Inodes beyond 32 bits, which no socket has. */
static const struct socket_owner_hint *hints(void)
{
    static struct socket_owner_hint all[SOCKETS];
    for (size_t i = 0; i < SOCKETS; i++)
        all[i].inode = (UINT64_C(1) << 40) + i;
    return all;
}

static bool has_searched(const struct owner_search *search)
{
    return map_count(&search->unplaced) > 0;
}

/* Each came at another reading. Were each looked for at readings of its own, there would be a
 * search at most readings. */
Test(owner_search, for_what_nobody_holds_becomes_rare_and_is_one_for_all)
{
    static struct owner_search search;
    unsigned searches = 0;
    for (unsigned reading = 1; reading <= READINGS; reading++) {
        size_t count = reading / 3 < SOCKETS ? reading / 3 : SOCKETS;
        cr_assert_eq(owner_search_update(&search, hints(), count), 0);
        for (size_t i = 0; i < count; i++)
            cr_assert_null(owner_search_find(&search, i));
        searches += reading > READINGS - LAST && has_searched(&search);
    }
    cr_assert_gt(searches, 0, "given up for ever");
    cr_assert_leq(searches, 2, "%u searches in %d readings", searches, LAST);
    owner_search_fini(&search);
}
