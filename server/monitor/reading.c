#include "reading.h"

#include "fields.h"
#include <string.h>

void reading_fini(struct reading *reading)
{
    if (!reading)
        return;
    interface_array_fini(&reading->interfaces);
    map_fini(&reading->by_id);
    map_fini(&reading->by_identity);
}

void reading_clear(struct reading *reading)
{
    interface_array_clear(&reading->interfaces);
    map_clear(&reading->by_id);
    map_clear(&reading->by_identity);
    reading->is_indexed = false;
}

bool reading_is_aligned(const struct reading *one, const struct reading *other)
{
    if (one->interfaces.count != other->interfaces.count)
        return false;
    for (size_t i = 0; i < one->interfaces.count; i++) {
        const struct network_interface *a = &one->interfaces.items[i];
        const struct network_interface *b = &other->interfaces.items[i];
        if (a->identity != b->identity || memcmp(a->name, b->name, sizeof(a->name)) != 0)
            return false;
    }
    return true;
}

static struct map_key key_of_identity(uint64_t identity)
{
    return (struct map_key){.low = identity};
}

static struct map_key key_of_id(const struct network_interface *iface)
{
    char id[NETWORK_ID_TEXT];
    network_interface_id(iface, id);
    return map_key_of_text(id);
}

int reading_index(struct reading *reading)
{
    if (reading->is_indexed)
        return 0;
    map_clear(&reading->by_id);
    map_clear(&reading->by_identity);
    for (size_t i = 0; i < reading->interfaces.count; i++) {
        const struct network_interface *iface = &reading->interfaces.items[i];
        struct map_key id = key_of_id(iface);
        int result = map_insert_index(&reading->by_identity, key_of_identity(iface->identity), i);
        if (result == 0 && map_find_index(&reading->by_id, id) == MAP_ABSENT)
            result = map_insert_index(&reading->by_id, id, i);
        if (result < 0)
            return result;
    }
    reading->is_indexed = true;
    return 0;
}

static const struct network_interface *item_at(const struct reading *reading, size_t index)
{
    return index == MAP_ABSENT ? NULL : &reading->interfaces.items[index];
}

const struct network_interface *reading_find_same(
    const struct reading *reading, const struct network_interface *iface)
{
    return item_at(reading, map_find_index(&reading->by_id, key_of_id(iface)));
}

const struct network_interface *reading_find_identity(
    const struct reading *reading, uint64_t identity)
{
    return item_at(reading, map_find_index(&reading->by_identity, key_of_identity(identity)));
}

#define TURNS_BACK_OF_(member)                                                                     \
    turned_back |= network_has(iface, member) & network_has(sample, member) &                      \
                   (sample->member < iface->member);
#define TURNS_BACK_(member, key, type, kind, unit, help) SAMPLE_##kind(TURNS_BACK_OF_, member, type)
#define PUT_SAMPLE_OF_(member)                                                                     \
    iface->member = sample->member;                                                                \
    iface->status.member = sample->status.member;
#define PUT_SAMPLE_(member, key, type, kind, unit, help) SAMPLE_##kind(PUT_SAMPLE_OF_, member, type)

static bool turns_back(const struct network_interface *iface, const struct interface_sample *sample)
{
    unsigned turned_back = 0;
    NETWORK_INTERFACE_METRICS(TURNS_BACK_)
    return turned_back;
}

bool reading_put_sample(struct network_interface *iface, const struct interface_sample *sample)
{
    bool turned_back = turns_back(iface, sample);
    NETWORK_INTERFACE_METRICS(PUT_SAMPLE_)
    if (sample->has_radio) {
        PUT_SAMPLE_OF_(signal_dbm)
        PUT_SAMPLE_OF_(link_bits_per_s)
    }
    return turned_back;
}

/* Counters and rates, which are not read with the facts, and what a radio hears. */
#define CARRY_OF_(member)                                                                          \
    to->member = from->member;                                                                     \
    to->status.member = from->status.member;
#define CARRY_FACT(member, type)
#define CARRY_GAUGE(member, type)
#define CARRY_COUNTER(member, type) SAMPLE_COUNTER_##type(CARRY_OF_, member)
#define CARRY_RATE(member, type) CARRY_OF_(member)
#define CARRY_(member, key, type, kind, unit, help) CARRY_##kind(member, type)

static void carry(struct network_interface *to, const struct network_interface *from)
{
    to->carrier_changes_told = from->carrier_changes_told;
    to->revision = from->revision;
    NETWORK_INTERFACE_METRICS(CARRY_)
    if (!to->is_wireless || !from->is_wireless)
        return;
    CARRY_OF_(signal_dbm)
    CARRY_OF_(link_bits_per_s)
}

void reading_carry_counters(struct reading *reading, const struct reading *earlier)
{
    bool is_aligned = reading_is_aligned(reading, earlier);
    for (size_t i = 0; i < reading->interfaces.count; i++) {
        struct network_interface *iface = &reading->interfaces.items[i];
        const struct network_interface *was = is_aligned
                                                  ? &earlier->interfaces.items[i]
                                                  : reading_find_identity(earlier, iface->identity);
        iface->carrier_changes_told = iface->carrier_changes;
        if (was)
            carry(iface, was);
    }
}

/* Nearly always all is the same to the byte, but for where the lists lie. */
static bool is_same(const struct network_interface *was, const struct network_interface *is)
{
    struct network_interface then = *was;
    then.addresses.items = is->addresses.items;
    then.lower.items = is->lower.items;
    bool is_certain = memcmp(&then, is, sizeof(then)) == 0;
    for (unsigned i = 0; i < interface_record.field_count; i++) {
        const struct field *field = &interface_record.fields[i];
        if ((!is_certain || value_is_list(field->type)) && !field_is_same(field, was, is))
            return false;
    }
    return was->identity == is->identity;
}

bool reading_mark_changes(struct reading *reading, const struct reading *earlier, uint64_t revision)
{
    bool is_aligned = reading_is_aligned(reading, earlier), has_changed = !is_aligned;
    for (size_t i = 0; i < reading->interfaces.count; i++) {
        struct network_interface *iface = &reading->interfaces.items[i];
        if (is_aligned && is_same(&earlier->interfaces.items[i], iface))
            continue;
        iface->revision = revision;
        has_changed = true;
    }
    return has_changed;
}
