/* model - what is known now, and at which revision each piece of it last changed.
 *
 * Every observation that enters makes one revision, a number that only grows. Each field of each
 * record knows the revision of its last change, and each record that went leaves a tombstone. So
 * what has changed since revision R is a function of the model alone: the per-tick delta, the slow
 * client, the one that comes back and REST polling are all this one question.
 *
 * Reals are compared as they are written, with three significant digits: a quiet line makes no
 * delta. No clock and no system in here: time is in what is put in.
 */
#ifndef IFPULSE_MODEL_H
#define IFPULSE_MODEL_H

#include "base.h"
#include "map.h"
#include "observation.h"
#include "topic.h"

/* One object of one topic. Its value, a struct of network_types.h, and the revision of each of its
 * fields lie behind it. Records are lent by the model until its next change. */
struct record {
    struct record *newer, *older;   /* by last change */
    struct record *next, *previous; /* by entry */
    struct map_key key;
    char *name;          /* its id where ids are texts; else NULL */
    uint64_t id;         /* its id where they are numbers */
    uint64_t created;    /* revision of its entry */
    uint64_t changed;    /* revision of its last change, its entry included */
    uint64_t replaced;   /* revision at which an earlier record of this name went; 0: none known */
    uint64_t held_since; /* entry of the earliest record of this name that a client may hold */
    uint64_t seen;       /* revision of the last put */
    void *value;
    uint64_t field_changed[];
};

struct tombstone {
    struct map_key key;
    char *name; /* as in the record */
    uint64_t id;
    uint64_t created, removed; /* revisions */
    int64_t removed_ms;
};

struct model_table {
    enum topic topic;
    struct map by_key;
    struct record *newest, *oldest; /* by last change */
    struct record *first, *last;    /* by entry */
    size_t count;
    size_t seen; /* records put in this revision */
    struct record
        *cursor; /* the one likely to be put next: what came before comes again in order */
    uint64_t last_id;
    struct tombstone *tombstones; /* ring, in order of removal */
    size_t tombstone_first, tombstone_count, tombstone_capacity;
    uint64_t forgotten; /* the newest revision of which a tombstone was dropped */
    uint64_t observed;  /* revision at which this topic was last looked at */
};

struct model_limits {
    size_t tombstones;    /* kept per topic at most */
    int64_t tombstone_ms; /* and at most this long */
    size_t events;        /* kept at most, and as many connections that ended */
};

/* Connections that ended are events, but so many that they have a table of their own, lest they
 * push out the others. */
enum { TABLE_CLOSED = TOPICS, TABLES };

struct model {
    uint64_t revision; /* 0: nothing observed yet */
    int64_t wall_ms;   /* time of that revision */
    struct model_limits limits;
    struct model_table tables[TABLES]; /* by topic, and TABLE_CLOSED */
};

void model_init(struct model *model, const struct model_limits *limits);
void model_fini(struct model *model);

/* Makes one revision of an observation and of what the server says of itself. Connections keep
 * their last state where the observation has none, and so does an interface that it leaves out. On
 * -ENOMEM what did not fit is missing from the model and is taken in with the next observation; the
 * model stays true to what it says. */
MUST_CHECK int model_update(struct model *model, const struct observation *observation,
    const struct network_server *server);

/* Whether the field of this value is to be shown. A real that is no number is as good as unknown.
 */
bool record_knows(const struct field *field, const void *value);

/* Whether a delta since that revision can still be made; else only a snapshot tells the state. */
bool model_is_kept(const struct model *model, const struct model_table *table, uint64_t since);
/* Revision of the last change of the table. */
uint64_t model_changed(const struct model_table *table);

/* The tombstones from the newest (0) to the oldest. */
static inline const struct tombstone *model_tombstone(const struct model_table *table, size_t nth)
{
    size_t at = table->tombstone_first + table->tombstone_count - 1 - nth;

    return &table->tombstones[at % table->tombstone_capacity];
}

#endif
