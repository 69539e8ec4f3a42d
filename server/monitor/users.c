#include "users.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

void users_fini(struct users *users)
{
    if (!users)
        return;
    for (size_t i = 0; i < users->count; i++)
        free(users->items[i]);
    free(users->items);
    map_fini(&users->by_uid);
    *users = (struct users){0};
}

static bool has_room(struct users *users)
{
    if (users->count < users->capacity)
        return true;
    size_t larger = users->capacity ? users->capacity * 2 : 8;
    struct user **items = array_resize(users->items, larger, sizeof(struct user *));
    if (!items)
        return false;
    users->items = items;
    users->capacity = larger;
    return true;
}

/* Some directories answer with more than any fixed buffer holds; then the user has no name here. */
static void read_name(struct user *user)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(user->uid, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
        return;
    size_t length = strnlen(found->pw_name, sizeof(user->name) - 1);
    memcpy(user->name, found->pw_name, length);
}

const char *users_find(struct users *users, uint32_t uid)
{
    struct map_key key = {.low = uid};
    struct user *known = map_find(&users->by_uid, key);
    if (!known) {
        CLEANUP(free_p) struct user *user = calloc(1, sizeof(*user));
        if (!user || !has_room(users) || map_insert(&users->by_uid, key, user) < 0)
            return NULL;
        user->uid = uid;
        read_name(user);
        known = HAND_OVER(user);
        users->items[users->count++] = known;
    }
    return known->name[0] != '\0' ? known->name : NULL;
}
