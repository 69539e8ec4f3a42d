#include "model.h"

#include "json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

void model_init(struct model *model, const struct model_limits *limits)
{
    *model = (struct model){.limits = *limits};
    for (int i = 0; i < TOPICS; i++)
        model->tables[i].topic = (enum topic)i;
    model->tables[TABLE_CLOSED].topic = TOPIC_EVENTS;
}

static const struct record_type *table_record(const struct model_table *table)
{
    return topic_info[table->topic].record;
}

/* A list inside a record, whatever its items are: all are laid out alike. */
static struct network_name_list *list_of(const struct field *field, const void *record)
{
    return (struct network_name_list *)((char *)record + field->offset);
}

static void record_free(const struct record_type *type, struct record *record)
{
    if (!record)
        return;
    for (unsigned i = 0; i < type->field_count; i++) {
        if (value_item_size(type->fields[i].type))
            free(list_of(&type->fields[i], record->value)->items);
    }
    free(record->name);
    free(record);
}

static void drop_oldest_tombstone(struct model_table *table)
{
    struct tombstone *tombstone = &table->tombstones[table->tombstone_first];

    table->forgotten = tombstone->removed;
    free(tombstone->name);
    table->tombstone_first = (table->tombstone_first + 1) % table->tombstone_capacity;
    table->tombstone_count--;
}

void model_fini(struct model *model)
{
    for (int i = 0; i < TABLES; i++) {
        struct model_table *table = &model->tables[i];

        while (table->tombstone_count > 0)
            drop_oldest_tombstone(table);
        for (struct record *record = table->first, *next; record; record = next) {
            next = record->next;
            record_free(table_record(table), record);
        }
        map_fini(&table->by_key);
        free(table->tombstones);
    }
    *model = (struct model){0};
}

/* --- the two lists --- */

static void unlink_change(struct model_table *table, struct record *record)
{
    *(record->newer ? &record->newer->older : &table->newest) = record->older;
    *(record->older ? &record->older->newer : &table->oldest) = record->newer;
}

static void link_newest(struct model_table *table, struct record *record)
{
    record->newer = NULL;
    record->older = table->newest;
    *(table->newest ? &table->newest->newer : &table->oldest) = record;
    table->newest = record;
}

static void link_last(struct model_table *table, struct record *record)
{
    record->next = NULL;
    record->previous = table->last;
    *(table->last ? &table->last->next : &table->first) = record;
    table->last = record;
}

static void unlink_entry(struct model_table *table, struct record *record)
{
    *(record->previous ? &record->previous->next : &table->first) = record->next;
    *(record->next ? &record->next->previous : &table->last) = record->previous;
}

/* --- comparing and copying one field --- */

static bool list_equal(const struct field *field, const void *a, const void *b)
{
    const struct network_name_list *one = list_of(field, a), *other = list_of(field, b);

    return one->count == other->count &&
           (one->count == 0 ||
               memcmp(one->items, other->items, one->count * value_item_size(field->type)) == 0);
}

bool record_knows(const struct field *field, const void *record)
{
    if (field_status(field, record) != NETWORK_KNOWN)
        return false;
    return field->type != VALUE_REAL ||
           isfinite(*(const double *)((const char *)record + field->offset));
}

static bool same_bytes(const char *one, const char *other, size_t size)
{
    switch (size) {
    case 1:
        return *one == *other;
    case 4:
        return memcmp(one, other, 4) == 0;
    case 8:
        return memcmp(one, other, 8) == 0;
    default:
        return memcmp(one, other, size) == 0;
    }
}

/* Whether the field reads the same in both, to whoever reads the stream. Nearly always it is the
 * same to the byte, so that is looked at first, without a call. */
static bool field_equal(const struct field *field, const void *a, const void *b)
{
    const char *one = (const char *)a + field->offset, *other = (const char *)b + field->offset;
    bool is_list = value_is_list(field->type), known;

    if (field_status(field, a) == field_status(field, b) && !is_list &&
        same_bytes(one, other, field->size))
        return true;
    known = record_knows(field, a);
    if (known != record_knows(field, b))
        return false;
    if (!known)
        return true;
    if (is_list)
        return list_equal(field, a, b);
    if (field->type == VALUE_REAL)
        return json_real_equal(*(const double *)one, *(const double *)other);
    return field->type == VALUE_TEXT && strncmp(one, other, field->size) == 0;
}

static int copy_list(const struct field *field, void *to, const void *from)
{
    const struct network_name_list *source = list_of(field, from);
    struct network_name_list *target = list_of(field, to);
    void *items;
    int r = copy_items(source->items, source->count, value_item_size(field->type), &items);

    if (r < 0)
        return r;
    free(target->items);
    target->items = items;
    target->count = source->count;
    return 0;
}

static int copy_field(const struct field *field, void *to, const void *from)
{
    if (value_item_size(field->type)) {
        int r = copy_list(field, to, from);

        if (r < 0)
            return r;
    } else {
        memcpy((char *)to + field->offset, (const char *)from + field->offset, field->size);
    }
    ((uint8_t *)to)[field->status_offset] = (uint8_t)field_status(field, from);
    return 0;
}

/* --- tombstones --- */

static int grow_tombstones(struct model_table *table)
{
    size_t capacity = table->tombstone_capacity ? table->tombstone_capacity * 2 : 64;
    struct tombstone *grown = malloc(capacity * sizeof *grown);

    if (!grown)
        return -ENOMEM;
    for (size_t i = 0; i < table->tombstone_count; i++)
        grown[i] = table->tombstones[(table->tombstone_first + i) % table->tombstone_capacity];
    free(table->tombstones);
    table->tombstones = grown;
    table->tombstone_first = 0;
    table->tombstone_capacity = capacity;
    return 0;
}

/* Without memory for a tombstone the older ones cannot be trusted any more either: who stands
 * before this revision gets a snapshot. */
static void add_tombstone(struct model *model, struct model_table *table, struct record *record)
{
    struct tombstone *tombstone;

    if (table->tombstone_count == model->limits.tombstones && table->tombstone_count > 0)
        drop_oldest_tombstone(table);
    if (model->limits.tombstones == 0 ||
        (table->tombstone_count == table->tombstone_capacity && grow_tombstones(table) < 0)) {
        while (table->tombstone_count > 0)
            drop_oldest_tombstone(table);
        table->forgotten = model->revision;
        return;
    }
    tombstone = &table->tombstones[(table->tombstone_first + table->tombstone_count) %
                                   table->tombstone_capacity];
    table->tombstone_count++;
    *tombstone = (struct tombstone){
        .key = record->key,
        .name = HAND_OVER(record->name),
        .id = record->id,
        .created = record->held_since,
        .removed = model->revision,
        .removed_ms = model->wall_ms,
    };
}

static void forget_old_tombstones(const struct model *model, struct model_table *table)
{
    while (table->tombstone_count > 0 && table->tombstones[table->tombstone_first].removed_ms <
                                             model->wall_ms - model->limits.tombstone_ms)
        drop_oldest_tombstone(table);
}

/* A name is used again. Its tombstone stops counting (it reads as of a record that nobody can
 * hold), and the new record remembers what it stood for, because a client may still hold that. */
static void revive(struct model_table *table, struct record *record)
{
    for (size_t i = 0; i < table->tombstone_count; i++) {
        struct tombstone *tombstone = (struct tombstone *)model_tombstone(table, i);

        if (tombstone->key.high != record->key.high || tombstone->key.low != record->key.low ||
            tombstone->created > tombstone->removed)
            continue;
        record->replaced = tombstone->removed;
        record->held_since = tombstone->created;
        tombstone->created = UINT64_MAX;
        return;
    }
}

/* --- records --- */

static void touch(struct model *model, struct model_table *table, struct record *record)
{
    if (record->changed == model->revision)
        return;
    record->changed = model->revision;
    unlink_change(table, record);
    link_newest(table, record);
}

static struct record *record_new(const struct record_type *type)
{
    size_t head = sizeof(struct record) + type->field_count * sizeof(uint64_t);
    size_t value_at = (head + 15) & ~(size_t)15;
    struct record *record = calloc(1, value_at + type->size);

    if (record)
        record->value = (char *)record + value_at;
    return record;
}

static int fill_record(const struct record_type *type, struct record *record, const void *value)
{
    memcpy(record->value, value, type->size);
    for (unsigned i = 0; i < type->field_count; i++) {
        record->field_changed[i] = record->created;
        if (value_item_size(type->fields[i].type))
            *list_of(&type->fields[i], record->value) = (struct network_name_list){0};
    }
    for (unsigned i = 0; i < type->field_count; i++) {
        int r = copy_field(&type->fields[i], record->value, value);

        if (r < 0)
            return r;
    }
    return 0;
}

static int insert(
    struct model *model, struct model_table *table, struct map_key key, const void *value)
{
    const struct record_type *type = table_record(table);
    struct record *record = record_new(type);
    int r;

    if (!record)
        return -ENOMEM;
    record->key = key;
    if (topic_info[table->topic].write_id) {
        char text[NETWORK_ID_TEXT];

        topic_info[table->topic].write_id(value, text);
        record->name = strdup(text);
    }
    record->created = record->changed = record->seen = model->revision;
    r = topic_info[table->topic].write_id && !record->name ? -ENOMEM : 0;
    if (r == 0)
        r = fill_record(type, record, value);
    if (r == 0)
        r = map_insert(&table->by_key, key, record);
    if (r < 0) {
        record_free(type, record);
        return r;
    }
    record->id = table->topic == TOPIC_EVENTS ? key.low : ++table->last_id;
    record->held_since = record->created;
    if (record->name)
        revive(table, record);
    link_newest(table, record);
    link_last(table, record);
    table->count++;
    table->seen++;
    return 0;
}

static int update(
    struct model *model, struct model_table *table, struct record *record, const void *value)
{
    const struct record_type *type = table_record(table);

    if (record->seen != model->revision)
        table->seen++;
    record->seen = model->revision;
    /* Most connections are idle: nothing differs, not even a byte. */
    if (memcmp(record->value, value, type->size) == 0)
        return 0;
    for (unsigned i = 0; i < type->field_count; i++) {
        int r;

        if (field_equal(&type->fields[i], record->value, value))
            continue;
        r = copy_field(&type->fields[i], record->value, value);
        if (r < 0)
            return r;
        record->field_changed[i] = model->revision;
        touch(model, table, record);
    }
    return 0;
}

static bool has_key(const struct record *record, struct map_key key)
{
    return record->key.high == key.high && record->key.low == key.low;
}

static struct record *find(struct model_table *table, struct map_key key)
{
    struct record *record = table->cursor;

    if (!record || !has_key(record, key))
        record = map_find(&table->by_key, key);
    if (record)
        table->cursor = record->next;
    return record;
}

static int put(struct model *model, int table_index, struct map_key key, const void *value)
{
    struct model_table *table = &model->tables[table_index];
    struct record *record = find(table, key);

    return record ? update(model, table, record, value) : insert(model, table, key, value);
}

static void remove_record(struct model *model, struct model_table *table, struct record *record)
{
    if (table->cursor == record)
        table->cursor = record->next;
    map_remove(&table->by_key, record->key);
    unlink_change(table, record);
    unlink_entry(table, record);
    table->count--;
    add_tombstone(model, table, record);
    record_free(table_record(table), record);
}

/* Removes what was not put in this revision. */
static void sweep(struct model *model, enum topic topic)
{
    struct model_table *table = &model->tables[topic];

    table->observed = model->revision;
    for (struct record *record = table->seen < table->count ? table->first : NULL, *next; record;
         record = next) {
        next = record->next;
        if (record->seen != model->revision)
            remove_record(model, table, record);
    }
}

static int first_error(int one, int other)
{
    return one < 0 ? one : other;
}

static int update_events(
    struct model *model, int table_index, const struct network_event *events, size_t count)
{
    struct model_table *table = &model->tables[table_index];
    int r = 0;

    table->observed = model->revision;
    for (size_t i = 0; i < count; i++) {
        struct map_key key = {0, events[i].identity};

        r = first_error(r, put(model, table_index, key, &events[i]));
    }
    return r;
}

/* Those of this revision stay, however many: whoever keeps up misses none. */
static void forget_old_events(struct model *model, struct model_table *table)
{
    while (table->count > model->limits.events && table->first->seen != model->revision)
        remove_record(model, table, table->first);
}

static int update_interfaces(struct model *model, const struct observation *observation)
{
    int r = 0;

    for (size_t i = 0; i < observation->interface_count; i++) {
        const struct network_interface *interface = &observation->interfaces[i];
        char id[NETWORK_ID_TEXT];
        struct map_key key = map_key_of_name(interface->name);

        if (network_has(interface, netns)) {
            network_interface_id(interface, id);
            key = map_key_of_text(id);
        }
        r = first_error(r, put(model, TOPIC_INTERFACES, key, interface));
    }
    if (observation->has_all_interfaces)
        sweep(model, TOPIC_INTERFACES);
    else
        model->tables[TOPIC_INTERFACES].observed = model->revision;
    return r;
}

static int update_connections(struct model *model, const struct observation *observation)
{
    int r = 0;

    for (size_t i = 0; i < observation->connection_count; i++) {
        struct map_key key = {0, observation->connections[i].identity};

        r = first_error(r, put(model, TOPIC_CONNECTIONS, key, &observation->connections[i]));
    }
    for (size_t i = 0; i < observation->owner_count; i++) {
        char id[NETWORK_ID_TEXT];

        network_owner_id(&observation->owners[i], id);
        r = first_error(r, put(model, TOPIC_OWNERS, map_key_of_text(id), &observation->owners[i]));
    }
    sweep(model, TOPIC_CONNECTIONS);
    sweep(model, TOPIC_OWNERS);
    return r;
}

int model_update(
    struct model *model, const struct observation *observation, const struct network_server *server)
{
    struct map_key single = {0, 0};
    int r;

    model->revision++;
    model->wall_ms = observation->wall_ms;
    for (int i = 0; i < TABLES; i++) {
        model->tables[i].seen = 0;
        model->tables[i].cursor = model->tables[i].first;
    }
    r = put(model, TOPIC_TOTALS, single, &observation->totals);
    r = first_error(r, put(model, TOPIC_SERVER, single, server));
    model->tables[TOPIC_TOTALS].observed = model->tables[TOPIC_SERVER].observed = model->revision;
    r = first_error(r, update_interfaces(model, observation));
    if (observation->has_connections)
        r = first_error(r, update_connections(model, observation));
    r = first_error(
        r, update_events(model, TOPIC_EVENTS, observation->events, observation->event_count));
    r = first_error(
        r, update_events(model, TABLE_CLOSED, observation->closed, observation->closed_count));
    forget_old_events(model, &model->tables[TOPIC_EVENTS]);
    /* They are sent with ticks, and must not go before because of a change in between. */
    if (observation->is_tick)
        forget_old_events(model, &model->tables[TABLE_CLOSED]);
    for (int i = 0; i < TABLES; i++)
        forget_old_tombstones(model, &model->tables[i]);
    return r;
}

bool model_is_kept(const struct model *model, const struct model_table *table, uint64_t since)
{
    return since > 0 && since <= model->revision && since >= table->forgotten;
}

uint64_t model_changed(const struct model_table *table)
{
    uint64_t changed = table->newest ? table->newest->changed : 0;

    if (table->tombstone_count > 0 && model_tombstone(table, 0)->removed > changed)
        changed = model_tombstone(table, 0)->removed;
    return changed;
}
