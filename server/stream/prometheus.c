#include "prometheus.h"

#include "json.h"
#include "prometheus_self.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 128 };

/* --- names and units --- */

static const struct unit {
    const char *of_table, *base;
    const char *in_key; /* as keys end that name it */
    uint32_t factor, divisor;
} units[] = {
    {"", "", "", 1, 1},
    {"bytes", "bytes", "", 1, 1},
    {"packets", "packets", "", 1, 1},
    {"segments", "segments", "", 1, 1},
    {"dBm", "dbm", "", 1, 1},
    {"ms", "seconds", "_ms", 1, 1000},
    {"MHz", "hertz", "", 1000000, 1},
    {"bit/s", "bytes_per_second", "", 1, 8},
    {"% of a core", "ratio", "_percent", 1, 100},
};

static const struct unit *find_unit(const struct field *field)
{
    for (size_t i = 1; i < ARRAY_LENGTH(units); i++) {
        if (strcmp(units[i].of_table, field->unit) == 0)
            return &units[i];
    }
    return &units[0];
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t end_length = strlen(end);

    return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

/* bytes_received is receive_bytes here, because counters are grouped by direction. */
static const char *take_direction(const char *key, size_t *length)
{
    static const char *const words[][2] = {{"_received", "receive_"}, {"_sent", "send_"}};

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (ends_with(key, *length, words[i][0])) {
            *length -= strlen(words[i][0]);
            return words[i][1];
        }
    }
    return "";
}

static void write_name(
    const char *prefix, const struct field *field, const struct unit *unit, char *name)
{
    const char *key = field->key + (strncmp(field->key, "is_", 3) == 0 ? 3 : 0);
    size_t length = strlen(key);
    const char *direction = take_direction(key, &length);
    /* Counters are called after what they count: errors, not packets. */
    bool has_unit = field->kind == FIELD_COUNTER || ends_with(key, length, unit->base);

    if (ends_with(key, length, unit->in_key))
        length -= strlen(unit->in_key);
    snprintf(name, NAME_BYTES, "%s%s%.*s%s%s", prefix, direction, (int)length, key,
        has_unit ? "" : "_", has_unit ? "" : unit->base);
}

/* --- what is shown of a field --- */

static bool is_number(const struct field *field)
{
    return field->type == VALUE_U32 || field->type == VALUE_U64 || field->type == VALUE_I32 ||
           field->type == VALUE_REAL;
}

/* A whole number without a unit that is no count is a name. */
static bool is_measure(const struct field *field)
{
    switch (field->kind) {
    case FIELD_FACT:
        return field->type == VALUE_FLAG || (is_number(field) && *field->unit);
    case FIELD_COUNTER:
        return is_number(field);
    case FIELD_GAUGE:
        return is_number(field) || field->type == VALUE_CHOICE;
    case FIELD_RATE:
        break;
    }
    return false;
}

static void append_value(
    struct buffer *buffer, const struct field *field, const struct unit *unit, const void *record)
{
    const void *value = (const char *)record + field->offset;

    if (field->type == VALUE_FLAG)
        buffer_append_char(buffer, *(const bool *)value ? '1' : '0');
    else if (field->type == VALUE_I32)
        json_append_i64(buffer, *(const int32_t *)value);
    else if (field->type == VALUE_REAL)
        json_append_real(buffer, *(const double *)value * unit->factor / unit->divisor);
    else
        exposition_append_quotient(buffer,
            unit->factor *
                (field->type == VALUE_U32 ? *(const uint32_t *)value : *(const uint64_t *)value),
            unit->divisor);
}

/* --- records and their labels --- */

struct labelled {
    const void *value;
    size_t at, length; /* of its labels, in the text of all */
};

/* Records of one topic, the labels of each written once. */
struct group {
    const char *prefix;
    const struct record_type *type;
    struct labelled *items;
    size_t count, capacity;
    struct buffer labels;
};

static void group_fini(struct group *group)
{
    free(group->items);
    buffer_fini(&group->labels);
}

/* What is appended to the labels until end_item are the record's. */
static int begin_item(struct group *group, const void *value)
{
    if (!MAKE_ROOM(group->items, group->count, group->capacity))
        return -ENOMEM;
    group->items[group->count] = (struct labelled){value, group->labels.length, 0};
    return 0;
}

static int end_item(struct group *group, struct buffer *labels)
{
    struct labelled *item = &group->items[group->count];

    buffer_append(&group->labels, labels->bytes, labels->length);
    item->length = labels->length;
    group->count++;
    return buffer_failed(&group->labels) || buffer_failed(labels) ? -ENOMEM : 0;
}

static const char *labels_of(const struct group *group, const struct labelled *item)
{
    return item->length ? group->labels.bytes + item->at : "";
}

struct page {
    const struct prometheus_source *source;
    enum exposition_format format;
    struct buffer text;
};

static struct family new_family(struct page *page, enum family_type type, const char *name)
{
    return (struct family){&page->text, page->format, type, name, "", "", false};
}

/* One sample for each word it may be, 1 at the one it is. */
static void append_choice(struct family *family, const struct field *field, const void *record)
{
    unsigned now = *(const unsigned *)((const char *)record + field->offset);

    for (unsigned i = 0; i < field->word_count; i++) {
        struct buffer labels CLEANUP(buffer_fini) = {0};

        exposition_add_label(&labels, field->key, field->words[i], strlen(field->words[i]));
        exposition_add_u64(family, &labels, i == now);
    }
}

static void append_field(struct page *page, const struct group *group, const struct field *field)
{
    const struct unit *unit = find_unit(field);
    char name[NAME_BYTES] = "";
    struct family family =
        new_family(page, field->kind == FIELD_COUNTER ? FAMILY_COUNTER : FAMILY_GAUGE, name);

    write_name(group->prefix, field, unit, name);
    family.help = field->help;
    family.unit = ends_with(name, strlen(name), unit->base) ? unit->base : "";
    for (size_t i = 0; i < group->count; i++) {
        const struct labelled *item = &group->items[i];

        if (!record_knows(field, item->value))
            continue;
        if (field->type == VALUE_CHOICE) {
            append_choice(&family, field, item->value);
            continue;
        }
        exposition_begin_sample(&family, labels_of(group, item), item->length);
        append_value(&page->text, field, unit, item->value);
        exposition_end_sample(&family);
    }
}

static bool has_key(const char *const *keys, const char *key)
{
    while (*keys && strcmp(*keys, key) != 0)
        keys++;
    return *keys;
}

/* Every field that is a measure, but those named. */
static void append_fields(struct page *page, const struct group *group, const char *const *except)
{
    for (unsigned i = 0; i < group->type->field_count; i++) {
        const struct field *field = &group->type->fields[i];

        if (is_measure(field) && !has_key(except, field->key))
            append_field(page, group, field);
    }
}

static void add_field_label(
    struct buffer *labels, const struct record_type *type, const char *key, const void *record)
{
    const struct field *field = record_field(type, key);
    const char *value = (const char *)record + field->offset;

    if (!record_knows(field, record))
        return;
    if (field->type == VALUE_CHOICE)
        value = field->words[*(const unsigned *)(const void *)value];
    exposition_add_label(labels, key, value,
        field->type == VALUE_CHOICE ? strlen(value) : strnlen(value, field->size));
}

/* The info metric: what the fields of these keys say, as labels beside the record's own. */
static void append_info(struct page *page, const struct group *group, const char *const *keys)
{
    char name[NAME_BYTES] = "";
    struct family family = new_family(page, FAMILY_INFO, name);

    /* The prefix but for its last "_", which the ending brings. */
    snprintf(name, sizeof name, "%.*s", (int)strlen(group->prefix) - 1, group->prefix);
    family.help = "what it is, in labels; always 1";
    for (size_t i = 0; i < group->count; i++) {
        struct buffer labels CLEANUP(buffer_fini) = {0};

        buffer_append(&labels, labels_of(group, &group->items[i]), group->items[i].length);
        for (const char *const *key = keys; *key; key++)
            add_field_label(&labels, group->type, *key, group->items[i].value);
        exposition_add_u64(&family, &labels, 1);
    }
}

/* --- the topics --- */

static const char *const none[] = {NULL};

static int append_interfaces(struct page *page)
{
    static const char *const facts[] = {"type", "kind", "duplex", "driver", NULL};
    struct group group CLEANUP(group_fini) = {
        .prefix = "ifpulse_interface_", .type = &interface_record};
    const struct record *record = page->source->model->tables[TOPIC_INTERFACES].first;

    for (; record; record = record->next) {
        const struct network_interface *iface = record->value;
        struct buffer labels CLEANUP(buffer_fini) = {0};

        exposition_add_label(
            &labels, "interface", iface->name, strnlen(iface->name, sizeof iface->name));
        add_field_label(&labels, group.type, "namespace", iface);
        if (begin_item(&group, iface) < 0 || end_item(&group, &labels) < 0)
            return -ENOMEM;
    }
    append_info(page, &group, facts);
    append_fields(page, &group, none);
    return 0;
}

static uint64_t bytes_moved(const struct network_owner *owner)
{
    return (network_has(owner, bytes_received) ? owner->bytes_received : 0) +
           (network_has(owner, bytes_sent) ? owner->bytes_sent : 0);
}

static bool is_before(const struct record *a, const struct record *b)
{
    const struct network_owner *one = a->value, *other = b->value;

    if (bytes_moved(one) != bytes_moved(other))
        return bytes_moved(one) > bytes_moved(other);
    if (one->connections != other->connections)
        return one->connections > other->connections;
    return strcmp(a->name, b->name) < 0;
}

/* The first PROMETHEUS_OWNERS, in order; returns how many there are. */
static size_t choose_owners(const struct model_table *table, const struct record **chosen)
{
    size_t count = 0;

    for (const struct record *record = table->first; record; record = record->next) {
        size_t at;

        if (count == PROMETHEUS_OWNERS && !is_before(record, chosen[count - 1]))
            continue;
        count += count < PROMETHEUS_OWNERS;
        for (at = count - 1; at > 0 && is_before(record, chosen[at - 1]); at--)
            chosen[at] = chosen[at - 1];
        chosen[at] = record;
    }
    return count;
}

static int append_owners(struct page *page)
{
    static const char *const facts[] = {"kind", "process_name", "unit", "user", NULL};
    const struct model_table *table = &page->source->model->tables[TOPIC_OWNERS];
    struct group group CLEANUP(group_fini) = {.prefix = "ifpulse_owner_", .type = &owner_record};
    struct family family = new_family(page, FAMILY_GAUGE, "ifpulse_owners");
    const struct record *chosen[PROMETHEUS_OWNERS];
    size_t count = choose_owners(table, chosen);

    family.help = "owners of connections that are known, also those beyond the most active that "
                  "are shown one by one";
    exposition_add_u64(&family, &(struct buffer){0}, table->count);
    for (size_t i = 0; i < count; i++) {
        struct buffer labels CLEANUP(buffer_fini) = {0};

        exposition_add_label(&labels, "owner", chosen[i]->name, strlen(chosen[i]->name));
        if (begin_item(&group, chosen[i]->value) < 0 || end_item(&group, &labels) < 0)
            return -ENOMEM;
    }
    append_info(page, &group, facts);
    append_fields(page, &group, none);
    return 0;
}

/* A topic of one record, without labels. */
static int append_single(
    struct page *page, enum topic topic, const char *prefix, const char *const *except)
{
    const struct record *record = page->source->model->tables[topic].first;
    struct group group CLEANUP(group_fini) = {.prefix = prefix, .type = topic_info[topic].record};

    if (!record)
        return 0;
    if (begin_item(&group, record->value) < 0 || end_item(&group, &(struct buffer){0}) < 0)
        return -ENOMEM;
    append_fields(page, &group, except);
    return 0;
}

int prometheus_encode(const struct prometheus_source *source, enum exposition_format format,
    struct buffer *ret_buffer)
{
    /* The process tells these itself, the usual way. */
    static const char *const told_otherwise[] = {"cpu_percent", "rss_bytes", NULL};
    /* Sums over interfaces turn back when one of them goes. */
    static const char *const sums[] = {"bytes_received", "bytes_sent", NULL};
    struct page page = {.source = source, .format = format};
    int r = append_interfaces(&page);

    if (r == 0 && source->has_connections)
        r = append_owners(&page);
    if (r == 0 && source->has_connections)
        r = append_single(&page, TOPIC_TOTALS, "ifpulse_totals_", sums);
    if (r == 0)
        r = append_single(&page, TOPIC_SERVER, "ifpulse_", told_otherwise);
    if (r == 0)
        prometheus_append_self(source, format, &page.text);
    exposition_end(&page.text, format);
    if (r < 0 || buffer_failed(&page.text)) {
        buffer_fini(&page.text);
        return -ENOMEM;
    }
    *ret_buffer = page.text;
    return 0;
}
