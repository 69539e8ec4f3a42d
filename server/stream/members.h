/* members - the records that a query shows, and the revision at which each of them came in or left.
 *
 * For queries that show a part of a topic: what a filter or a limit lets through changes also when
 * a record does not come or go. It is looked up when someone asks, not at each revision: all
 * between two looks is as if it had happened at the second, which is true for everyone who asks,
 * since who holds a revision of the query got it from a look.
 *
 * One that left stays known for a while, like a tombstone of the model, and is the same member when
 * it comes back: a client may still hold what it was.
 */
#ifndef IFPULSE_MEMBERS_H
#define IFPULSE_MEMBERS_H

#include "model.h"
#include "query.h"

struct member {
    struct member *newer, *older; /* by entry; of those that left, by that */
    struct map_key key;
    const struct record *record; /* NULL: it left */
    char *name;                  /* of one that left: its id, as in the record */
    uint64_t id;
    uint64_t entered, left;
    uint64_t held_since; /* the earliest entry that a client may still hold something of */
    uint64_t round;      /* of the last look that let it in */
    int64_t left_ms;
};

struct member_list {
    struct member *newest, *oldest;
    size_t count;
};

/* A zeroed one has never looked. */
struct members {
    struct map by_key;
    struct member_list present, gone;
    uint64_t looked;    /* revision of the last look; 0: none, or all was forgotten */
    uint64_t changed;   /* revision of the last look that found a change of what is shown */
    uint64_t forgotten; /* newest revision of which a member that left was forgotten */
};

void members_fini(struct members *members);

/* Looks who is in now. On -ENOMEM all is forgotten, and the next look begins anew. */
MUST_CHECK int members_update(
    struct members *members, const struct query *query, const struct model *model);

/* The member that this record is; NULL: it is none. */
const struct member *members_find(const struct members *members, const struct record *record);

/* Whether any of these fields (as bits) of the record changed after since. */
bool record_changed(const struct record *record, uint64_t fields, uint64_t since);

#endif
