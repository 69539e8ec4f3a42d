/* users - names of user ids, asked once each: the directory behind them may be slow. */
#ifndef IFPULSE_USERS_H
#define IFPULSE_USERS_H

#include "map.h"
#include "network_types.h"

struct user {
    uint32_t uid;
    char name[32]; /* empty: it has none */
};

struct users {
    struct map by_uid; /* to users of their own */
    struct user **items;
    size_t count, capacity;
};

void users_fini(struct users *users);
/* Lends the name; NULL when the user has none or there is no memory to know it. */
const char *users_find(struct users *users, uint32_t uid);

#endif
