#include "paths.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum { UNUSED_MAX = 64 }; /* readings; then a path is forgotten when there is need for room */

void paths_fini(struct paths *paths)
{
    if (!paths)
        return;
    free(paths->items);
    map_fini(&paths->by_ends);
    *paths = (struct paths){0};
}

static bool is_equal(const struct network_address *one, const struct network_address *other)
{
    return one->family == other->family &&
           memcmp(one->bytes, other->bytes, sizeof(one->bytes)) == 0;
}

/* IPv4's two addresses are the key. IPv6's are mixed into it; two pairs may share one, which costs
 * both of them their place. */
static struct map_key key_of(const struct network_address *from, const struct network_address *to)
{
    struct map_key a, b;
    memcpy(&a, from->bytes, sizeof(a));
    memcpy(&b, to->bytes, sizeof(b));
    return (struct map_key){
        .high = a.high ^ b.low * 0x9e3779b97f4a7c15u, .low = b.high ^ a.low * 0xd1342543de82ef95u};
}

static int index_all(struct paths *paths)
{
    int result = 0;
    map_clear(&paths->by_ends);
    for (size_t i = 0; result == 0 && i < paths->count; i++)
        result = map_insert_index(
            &paths->by_ends, key_of(&paths->items[i].from, &paths->items[i].to), i);
    return result;
}

static int forget_unused(struct paths *paths)
{
    size_t kept = 0;
    for (size_t i = 0; i < paths->count; i++)
        if (paths->reading - paths->items[i].used < UNUSED_MAX)
            paths->items[kept++] = paths->items[i];
    paths->count = kept;
    return index_all(paths);
}

static void forget_all(struct paths *paths)
{
    paths->count = 0;
    map_clear(&paths->by_ends);
}

/* A new age begins when the last was complete, so that where changes are frequent the last ones of
 * a reading get their turn too. */
void paths_begin(struct paths *paths)
{
    if (paths->looked > 0)
        paths->is_behind = paths->asked == PATHS_ASKED;
    if (paths->is_stale && !paths->is_behind) {
        paths->is_stale = false;
        paths->age++;
    }
    paths->reading++;
    paths->cursor = 0;
    paths->looked = paths->asked = 0;
    if (paths->count == PATHS_MAX && forget_unused(paths) < 0)
        forget_all(paths);
}

void paths_forget(struct paths *paths)
{
    paths->is_stale = true;
}

/* --- the question --- */

struct finding {
    uint32_t interface_index;
};

static int take_attribute(const struct nlattr *attribute, void *context)
{
    struct finding *finding = context;
    if (mnl_attr_get_type(attribute) == RTA_OIF)
        netlink_copy_payload(
            attribute, &finding->interface_index, sizeof(finding->interface_index));
    return MNL_CB_OK;
}

bool path_decode(const struct nlmsghdr *message, uint32_t *ret_interface_index)
{
    struct finding finding = {0};
    if (message->nlmsg_type != RTM_NEWROUTE ||
        mnl_nlmsg_get_payload_len(message) < sizeof(struct rtmsg))
        return false;
    netlink_parse(message, sizeof(struct rtmsg), take_attribute, &finding);
    if (finding.interface_index == 0)
        return false;
    *ret_interface_index = finding.interface_index;
    return true;
}

static int take_answer(const struct nlmsghdr *message, void *context)
{
    (void)path_decode(message, context);
    return 0;
}

/* Where it fails no interface is known to lead there, which is what it mostly means. */
static uint32_t ask(struct netlink_socket *route, const struct path *path)
{
    _Alignas(struct nlmsghdr) char buffer[NETLINK_REQUEST_BYTES];
    struct nlmsghdr *request = netlink_request(buffer, RTM_GETROUTE);
    struct rtmsg *query = mnl_nlmsg_put_extra_header(request, sizeof(*query));
    size_t size = path->to.family == AF_INET ? 4 : 16;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    query->rtm_family = path->to.family;
    query->rtm_dst_len = query->rtm_src_len = (uint8_t)(8 * size);
    mnl_attr_put(request, RTA_DST, size, path->to.bytes);
    mnl_attr_put(request, RTA_SRC, size, path->from.bytes);
    uint32_t interface_index = 0;
    struct netlink_sink sink = {take_answer, &interface_index};
    return netlink_dump(route, request, &sink) < 0 ? 0 : interface_index;
}

/* --- the answers --- */

static bool leads(
    const struct path *path, const struct network_address *from, const struct network_address *to)
{
    return is_equal(&path->to, to) && is_equal(&path->from, from);
}

/* Mostly it is the one behind the last, or the last again. */
static struct path *find(
    struct paths *paths, const struct network_address *from, const struct network_address *to)
{
    struct path *next = paths->items + paths->cursor;
    if (paths->cursor < paths->count && leads(next, from, to))
        return next;
    if (paths->cursor > 0 && leads(next - 1, from, to))
        return next - 1;
    size_t at = map_find_index(&paths->by_ends, key_of(from, to));
    return at == MAP_ABSENT ? NULL : &paths->items[at];
}

static struct path *append(
    struct paths *paths, const struct network_address *from, const struct network_address *to)
{
    if (paths->count == PATHS_MAX || !MAKE_ROOM(paths->items, paths->count, paths->capacity) ||
        map_insert_index(&paths->by_ends, key_of(from, to), paths->count) < 0)
        return NULL;
    struct path *path = &paths->items[paths->count++];
    *path = (struct path){.from = *from, .to = *to, .age = paths->age - 1};
    return path;
}

uint32_t paths_find(struct paths *paths, struct netlink_socket *route,
    const struct network_address *from, const struct network_address *to)
{
    struct path *path = find(paths, from, to);
    paths->looked++;
    if (!path)
        path = append(paths, from, to);
    if (!path)
        return 0;
    if (!leads(path, from, to))
        *path = (struct path){.from = *from, .to = *to, .age = paths->age - 1};
    if (path->age != paths->age && paths->asked < PATHS_ASKED) {
        paths->asked++;
        path->age = paths->age;
        path->interface_index = ask(route, path);
    }
    path->used = paths->reading;
    paths->cursor = (size_t)(path - paths->items) + 1;
    return path->interface_index;
}
