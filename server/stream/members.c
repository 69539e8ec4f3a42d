#include "members.h"

#include <errno.h>

/* Of those that left, no more are remembered than this and some for each that is there: a delta
 * that told of more would be longer than a snapshot. */
enum { GONE_AT_LEAST = 1024, GONE_PER_MEMBER = 8 };

/* --- the lists --- */

static void link_newest(struct member_list *list, struct member *member)
{
    member->newer = NULL;
    member->older = list->newest;
    *(list->newest ? &list->newest->newer : &list->oldest) = member;
    list->newest = member;
    list->count++;
}

static void unlink_member(struct member_list *list, struct member *member)
{
    *(member->newer ? &member->newer->older : &list->newest) = member->older;
    *(member->older ? &member->older->newer : &list->oldest) = member->newer;
    list->count--;
}

static void list_free(struct member_list *list)
{
    for (struct member *member = list->newest, *next; member; member = next) {
        next = member->older;
        free(member->name);
        free(member);
    }
    *list = (struct member_list){0};
}

void members_fini(struct members *members)
{
    list_free(&members->present);
    list_free(&members->gone);
    map_fini(&members->by_key);
    *members = (struct members){0};
}

static void forget_oldest(struct members *members)
{
    struct member *member = members->gone.oldest;

    members->forgotten = member->left;
    unlink_member(&members->gone, member);
    (void)map_remove(&members->by_key, member->key);
    free(member->name);
    free(member);
}

static void forget_old(struct members *members, const struct model *model)
{
    size_t most = GONE_AT_LEAST + GONE_PER_MEMBER * members->present.count;
    int64_t since_ms = model->wall_ms - model->limits.tombstone_ms;

    if (most > model->limits.tombstones)
        most = model->limits.tombstones;
    while (members->gone.count > 0 &&
           (members->gone.count > most || members->gone.oldest->left_ms < since_ms))
        forget_oldest(members);
}

/* --- one comes or goes --- */

/* One look: what it is for, and what it has found. */
struct look {
    struct members *members;
    const struct query *query;
    const struct model *model;
    const struct model_table *tables[2];
    unsigned table_count;
    uint64_t before; /* the look before this one; 0: none */
};

static int enter(struct look *look, const struct record *record)
{
    struct members *members = look->members;
    struct member *member = map_find(&members->by_key, record->key);
    bool is_new = !member;

    if (is_new) {
        member = calloc(1, sizeof *member);
        if (!member)
            return -ENOMEM;
        member->key = record->key;
        if (map_insert(&members->by_key, member->key, member) < 0) {
            free(member);
            return -ENOMEM;
        }
        member->held_since = look->model->revision;
    } else {
        unlink_member(&members->gone, member);
        free(HAND_OVER(member->name));
    }
    member->record = record;
    member->id = record->id;
    member->entered = members->changed = look->model->revision;
    link_newest(&members->present, member);
    return 0;
}

/* Its name is copied: the record may be gone when the client is told. */
static int leave(struct look *look, struct member *member, const char *name)
{
    struct members *members = look->members;

    if (name) {
        member->name = strdup(name);
        if (!member->name)
            return -ENOMEM;
    }
    unlink_member(&members->present, member);
    member->record = NULL;
    member->left = members->changed = look->model->revision;
    member->left_ms = look->model->wall_ms;
    link_newest(&members->gone, member);
    return 0;
}

/* --- what changed since the look before --- */

/* Every record that went since then has a tombstone: else all begins anew. */
static int take_out_removed(struct look *look, const struct model_table *table)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < table->tombstone_count; i++) {
        const struct tombstone *tombstone = model_tombstone(table, i);
        struct member *member;

        if (tombstone->removed <= look->before)
            break;
        member = map_find(&look->members->by_key, tombstone->key);
        if (member && member->record)
            r = leave(look, member, tombstone->name);
    }
    return r;
}

bool record_changed(const struct record *record, uint64_t fields, uint64_t since)
{
    for (uint64_t left = fields; left; left &= left - 1) {
        if (record->field_changed[__builtin_ctzll(left)] > since)
            return true;
    }
    return false;
}

/* A record that is to be in, or not. */
static int settle(struct look *look, const struct record *record, bool is_in)
{
    struct members *members = look->members;
    struct member *member = map_find(&members->by_key, record->key);
    bool was_in = member && member->record;

    if (is_in && !was_in)
        return enter(look, record);
    if (!is_in)
        return was_in ? leave(look, member, record->name) : 0;
    if (members->changed < look->model->revision && record->changed > look->before &&
        record_changed(record, query_fields(look->query), look->before))
        members->changed = look->model->revision;
    return 0;
}

static int settle_changed(struct look *look, const struct model_table *table)
{
    const struct record *record = look->before ? table->newest : table->first;
    int r = 0;

    for (; r == 0 && record && record->changed > look->before;
         record = look->before ? record->older : record->next)
        r = settle(look, record, query_takes(look->query, record));
    return r;
}

/* --- the first ones of many --- */

/* A heap of at most limit records, the last of them in the order on top. */
struct first_ones {
    const struct query *query;
    const struct record **records;
    size_t count;
};

static bool is_after(const struct first_ones *ones, size_t one, size_t other)
{
    return query_compare(ones->query, ones->records[one], ones->records[other]) > 0;
}

static void swap(struct first_ones *ones, size_t one, size_t other)
{
    const struct record *kept = ones->records[one];

    ones->records[one] = ones->records[other];
    ones->records[other] = kept;
}

static void sift_up(struct first_ones *ones, size_t at)
{
    for (; at > 0 && is_after(ones, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(ones, at, (at - 1) / 2);
}

static void sift_down(struct first_ones *ones)
{
    size_t at = 0;

    for (;;) {
        size_t last = at, child = 2 * at + 1;

        for (size_t i = child; i < child + 2 && i < ones->count; i++)
            last = is_after(ones, i, last) ? i : last;
        if (last == at)
            return;
        swap(ones, at, last);
        at = last;
    }
}

static void offer(struct first_ones *ones, const struct record *record)
{
    if (ones->count < ones->query->limit) {
        ones->records[ones->count] = record;
        sift_up(ones, ones->count++);
    } else if (query_compare(ones->query, record, ones->records[0]) < 0) {
        ones->records[0] = record;
        sift_down(ones);
    }
}

static int find_first_ones(struct look *look, struct first_ones *ones)
{
    size_t most = 0;

    for (unsigned i = 0; i < look->table_count; i++)
        most += look->tables[i]->count;
    if (most > look->query->limit)
        most = look->query->limit;
    ones->records = malloc((most + 1) * sizeof(const struct record *));
    if (!ones->records)
        return -ENOMEM;
    for (unsigned i = 0; i < look->table_count; i++) {
        const struct record *record = look->tables[i]->first;

        for (; record; record = record->next) {
            if (query_takes(look->query, record))
                offer(ones, record);
        }
    }
    return 0;
}

static int settle_first_ones(struct look *look)
{
    struct first_ones ones = {.query = look->query};
    struct members *members = look->members;
    int r = find_first_ones(look, &ones);

    for (size_t i = 0; r == 0 && i < ones.count; i++) {
        r = settle(look, ones.records[i], true);
        if (r == 0)
            ((struct member *)map_find(&members->by_key, ones.records[i]->key))->round =
                look->model->revision;
    }
    for (struct member *member = members->present.newest, *next; r == 0 && member; member = next) {
        next = member->older;
        if (member->round != look->model->revision)
            r = leave(look, member, member->record->name);
    }
    free(ones.records);
    return r;
}

/* --- a look --- */

static void begin_anew(struct members *members, const struct model *model)
{
    members_fini(members);
    members->forgotten = members->changed = model->revision;
}

static int look_at_tables(struct look *look)
{
    int r = 0;

    for (unsigned i = 0; look->before && r == 0 && i < look->table_count; i++)
        r = take_out_removed(look, look->tables[i]);
    if (look->query->limit)
        return r == 0 ? settle_first_ones(look) : r;
    for (unsigned i = 0; r == 0 && i < look->table_count; i++)
        r = settle_changed(look, look->tables[i]);
    return r;
}

int members_update(struct members *members, const struct query *query, const struct model *model)
{
    struct look look = {.members = members, .query = query, .model = model};
    int r = 0;

    if (members->looked == model->revision)
        return 0;
    look.table_count = query_tables(query, model, look.tables);
    if (!query_is_kept(query, model, members->looked))
        begin_anew(members, model);
    look.before = members->looked;
    if (look.before == 0 || query_changed(query, model) > look.before)
        r = look_at_tables(&look);
    if (r < 0) {
        begin_anew(members, model);
        return r;
    }
    members->looked = model->revision;
    forget_old(members, model);
    return 0;
}

const struct member *members_find(const struct members *members, const struct record *record)
{
    const struct member *member = map_find(&members->by_key, record->key);

    return member && member->record ? member : NULL;
}
