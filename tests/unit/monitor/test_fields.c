#include "fields.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/socket.h>

static const struct record_type *const types[] = {
    &interface_record, &connection_record, &totals_record, &event_record, &server_record};

Test(fields, lie_within_their_record_and_have_words_where_they_are_choices)
{
    for (size_t t = 0; t < ARRAY_LENGTH(types); t++) {
        for (unsigned i = 0; i < types[t]->field_count; i++) {
            const struct field *field = &types[t]->fields[i];
            cr_assert_leq((size_t)field->offset + field->size, types[t]->size, "%s", field->key);
            cr_assert_lt(field->status_offset, types[t]->size);
            cr_assert_eq(field->type == VALUE_CHOICE, field->word_count > 0, "%s", field->key);
            for (unsigned w = 0; w < field->word_count; w++)
                cr_assert(field->words[w] && field->words[w][0], "%s %u", field->key, w);
            cr_assert_eq(record_field(types[t], field->key), field, "%s twice", field->key);
            cr_assert_gt(strlen(field->key), 0);
        }
    }
    cr_assert_null(record_field(&interface_record, "no such field"));
}

Test(fields, find_each_datum_and_its_own_status)
{
    struct network_interface iface = {0};
    iface.mtu_bytes = 1400;
    iface.status.mtu_bytes = NETWORK_KNOWN;
    const struct field *mtu = record_field(&interface_record, "mtu");
    cr_assert_eq(field_status(mtu, &iface), NETWORK_KNOWN);
    cr_assert_eq(*(const uint32_t *)((const char *)&iface + mtu->offset), 1400);
    for (unsigned i = 0; i < interface_record.field_count; i++)
        if (&interface_record.fields[i] != mtu)
            cr_assert_eq(field_status(&interface_record.fields[i], &iface), NETWORK_UNAVAILABLE);
}

Test(fields, are_the_same_when_what_is_known_of_them_is)
{
    struct network_address a = {.family = AF_INET, .bytes = {1}}, b = a;
    struct network_interface left = {0}, right = {0};
    const struct field *addresses = record_field(&interface_record, "addresses");
    const struct field *kind = record_field(&interface_record, "kind");
    left.mtu_bytes = 7; /* unknown, so its value says nothing */
    cr_assert(field_is_same(record_field(&interface_record, "mtu"), &left, &right));
    left.addresses = (struct network_address_list){&a, 1};
    right.addresses = (struct network_address_list){&b, 1};
    left.status.addresses = right.status.addresses = NETWORK_KNOWN;
    cr_assert(field_is_same(addresses, &left, &right));
    b.bytes[0] = 2;
    cr_assert_not(field_is_same(addresses, &left, &right));
    right.addresses.count = 0;
    cr_assert_not(field_is_same(addresses, &left, &right));
    memcpy(left.kind, "ether\0left over", 16);
    memcpy(right.kind, "ether", 6);
    left.status.kind = right.status.kind = NETWORK_KNOWN;
    cr_assert(field_is_same(kind, &left, &right));
    right.status.kind = NETWORK_ERROR;
    cr_assert_not(field_is_same(kind, &left, &right));
}

Test(fields, know_the_items_of_lists)
{
    cr_assert_eq(value_item_size(VALUE_ADDRESSES), sizeof(struct network_address));
    cr_assert_eq(value_item_size(VALUE_NAMES), sizeof(struct network_name));
    cr_assert_eq(value_item_size(VALUE_CAPABILITIES), sizeof(struct network_capability));
    cr_assert_eq(value_item_size(VALUE_U64), 0);
}

static void check_address(uint8_t family, const char *bytes, uint8_t prefix, const char *text)
{
    struct network_address address = {.family = family, .prefix_length = prefix};
    memcpy(address.bytes, bytes, family == AF_INET ? 4 : 16);
    char written[NETWORK_ADDRESS_TEXT];
    cr_assert_eq(network_address_format(&address, written), strlen(text));
    cr_assert_str_eq(written, text);
}

Test(fields, addresses_are_written_as_people_write_them)
{
    static const char loopback[16] = {[15] = 1}, any[16] = {0};
    static const char link_local[16] = {'\xfe', '\x80', [15] = 1};
    static const char longest[16] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    check_address(AF_INET, "\x0a\0\0\x02", 24, "10.0.0.2/24");
    check_address(AF_INET, "\0\0\0\0", 0, "0.0.0.0");
    check_address(AF_INET6, any, 0, "::");
    check_address(AF_INET6, loopback, 128, "::1/128");
    check_address(AF_INET6, link_local, 0, "fe80::1");
    check_address(AF_INET6, longest, 128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00/128");
    char text[NETWORK_ADDRESS_TEXT] = "left over";
    cr_assert_eq(network_address_format(&(struct network_address){0}, text), 0);
    cr_assert_str_eq(text, "");
}
