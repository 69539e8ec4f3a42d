/* Macs that change while they are asked. */
#include "scenarios.h"

#include <string.h>

static struct mac_interface port(const char *name, uint16_t index, bool is_active)
{
    return (struct mac_interface){
        .name = name,
        .index = index,
        .flags = UP | RUNNING | PORT,
        .type = TYPE_ETHERNET,
        .mtu = 1500,
        .mac = "ac:87:a3:19:7f:84",
        .functional = IS_WIRED,
        .media_status = is_active ? MEDIA_VALID | MEDIA_ACTIVE : MEDIA_VALID,
        .media = MEDIA_ETHERNET | (is_active ? MEDIA_1000_T | MEDIA_FULL_DUPLEX : MEDIA_NONE),
        .counters = {{.received_packets = 10, .received_bytes = 1000}},
    };
}

static void answer_list_as(
    const char *key, unsigned nth, const struct mac_interface *interfaces, size_t count)
{
    struct bytes list = {.length = 0};
    for (size_t i = 0; i < count; i++)
        mac_add_interface(&list, &interfaces[i]);
    answer(nth, list.at, list.length, "%s", key);
}

static void answer_list(unsigned nth, const struct mac_interface *interfaces, size_t count)
{
    answer_list_as(MAC_LIST, nth, interfaces, count);
}

static void answer_no_routes(void)
{
    mac_answer_routes(false, NULL, 0);
    mac_answer_routes(true, NULL, 0);
}

/* --- there is more by the time it is read, and less by the time it is looked at --- */

void scenario_growing(void)
{
    static const struct mac_socket sockets[] = {
        {.local_port = 80, .state = TCP_LISTEN, .generation = 51, .pid = 1, .most_waiting = 128},
        {.local_port = 81, .state = TCP_LISTEN, .generation = 52, .pid = 1, .most_waiting = 128},
    };
    const struct mac_interface both[] = {port("en0", 4, true), port("en9", 9, true)};
    struct bytes table = {.length = 0};
    mac_answer_release("24.6.0", "15.6");
    answer_error(1, "ENOMEM", MAC_LIST);
    answer_size(160, MAC_LIST);
    answer_list(2, both, 2);
    answer_list(3, both, 1);
    mac_answer_count(1, 2);
    answer_no_routes();
    mac_answer_details(&both[0]);
    mac_answer_details(&both[1]);
    /* en9 is gone before its counters are asked for the second time, which nothing else tells. */
    answer_error(2, "ENOENT", "sysctl.4.18.0.2.9.1");
    /* One socket, too large for what was said to be there, then two. */
    mac_add_table(&table, &(struct mac_table){.is_tcp = true, .sockets = sockets, .count = 2});
    answer_error(1, "ENOMEM", MAC_TCP);
    answer(2, table.at, table.length, MAC_TCP);
    answer_size(48, MAC_TCP);
    mac_answer_table(&(struct mac_table){.count = 0});
    mac_answer_process(1, "/sbin/launchd", "launchd", 0);
}

/* --- what the event socket tells: a cable pulled, an adapter plugged in, and too much at once ---
 */

void scenario_events(void)
{
    struct mac_interface before[] = {port("en0", 4, true), port("en1", 5, true)};
    struct mac_interface after[] = {port("en0", 4, false), port("en8", 11, true)};
    before[1].addresses[0] = "192.0.2.5/24";
    after[0].addresses[0] = "192.0.2.4/24";
    mac_answer_release("24.6.0", "15.6");
    answer_list(1, before, 2);
    answer_list(2, after, 2);
    mac_answer_count(1, 2);
    answer_no_routes();
    mac_answer_details(&before[0]);
    mac_answer_details(&before[1]);
    mac_answer_details(&after[1]);
    answer_error(2, "ENOENT", "sysctl.4.18.0.2.5.1");
    mac_answer_second_media(&after[0]);
    mac_answer_event(1, EVENT_LINK, EVENT_LINK_OFF, "en", 0);
    mac_answer_event(2, EVENT_INET, EVENT_NEW_ADDRESS, "en", 0);
    mac_answer_event(3, EVENT_LINK, EVENT_DETACHED, "en", 1);
    mac_answer_event(4, EVENT_LINK, EVENT_ATTACHED, "en", 8);
    answer_error(5, "ENOBUFS", "event");
    mac_answer_event(6, EVENT_LINK, EVENT_LINK_ON, "en", 8);
    mac_answer_table(&(struct mac_table){.is_tcp = true});
    mac_answer_table(&(struct mac_table){.count = 0});
}

void scenario_told(uint32_t subclass, uint32_t code)
{
    struct mac_interface before = port("en0", 4, true), after = before;
    after.addresses[0] = "192.0.2.4/24";
    mac_answer_release("24.6.0", "15.6");
    answer_list(1, &before, 1);
    answer_list(2, &after, 1);
    mac_answer_count(1, 1);
    answer_no_routes();
    mac_answer_details(&before);
    mac_answer_event(1, subclass, code, "en", 0);
}

/* --- a kernel that has neither the list of interfaces nor the event socket any more --- */

void scenario_fallback(void)
{
    struct mac_interface before[] = {port("en0", 4, true), port("en1", 5, true)};
    struct mac_interface after[] = {port("en0", 4, true), port("en1", 5, false)};
    before[0].addresses[0] = "192.0.2.4/24";
    before[0].addresses[1] = "fe80::4/64";
    memcpy(after[0].addresses, before[0].addresses, sizeof(after[0].addresses));
    after[1].addresses[0] = "192.0.2.5/26";
    mac_answer_release("99.0.0", "88.0");
    answer_error(1, "EINVAL", MAC_LIST);
    answer_list_as(MAC_LIST_IN_PROCESS, 1, before, 2);
    answer_list_as(MAC_LIST_IN_PROCESS, 2, after, 2);
    mac_answer_count(1, 2);
    answer_no_routes();
    mac_answer_details(&before[0]);
    mac_answer_details(&before[1]);
    mac_answer_second_media(&after[1]);
    mac_answer_route_event(1, ROUTE_NEW_ADDRESS, 5);
    mac_answer_route_event(2, ROUTE_INTERFACE, 5);
    mac_answer_table(&(struct mac_table){.is_tcp = true});
    mac_answer_table(&(struct mac_table){.count = 0});
}
