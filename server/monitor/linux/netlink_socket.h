/* netlink_socket - asks the kernel and takes its answer, message by message.
 *
 * One decision: what an interrupted dump means. A dump that the kernel marks NLM_F_DUMP_INTR met a
 * change half-way: objects may be missing from it or be in it twice. It is read to its end all the
 * same and then called NETLINK_INTERRUPTED; the caller tries again, and after NETLINK_TRIES takes
 * what the last one gave, because a machine that changes all the time must be shown too. Sockets
 * change all the time: there the first answer is taken.
 */
#ifndef IFPULSE_NETLINK_SOCKET_H
#define IFPULSE_NETLINK_SOCKET_H

#include "base.h"
#include <libmnl/libmnl.h>

enum { NETLINK_INTERRUPTED = 1 };
enum { NETLINK_TRIES = 3, NETLINK_REQUEST_BYTES = 256 };

struct netlink_socket {
    struct mnl_socket *socket;
    char *buffer;
    uint32_t sequence;
};

/* What is done with each message; a negative result ends the dump and is its result. */
struct netlink_sink {
    int (*take)(const struct nlmsghdr *message, void *context);
    void *context;
};

/* bus is NETLINK_ROUTE and the like. */
MUST_CHECK int netlink_open(struct netlink_socket *ret_socket, int bus);
void netlink_close(struct netlink_socket *socket);

/* Whether there is a message, with the bytes that are left, and all of it. To be asked instead of
 * mnl_nlmsg_ok, which in libmnl before 1.0.5 takes a length of 2 GiB and more for a negative one:
 * that always fits. */
bool netlink_is_whole(const struct nlmsghdr *message, int left);

/* How far an answer has come. */
struct netlink_progress {
    bool is_done, is_interrupted;
};

/* Pure: gives sink the messages of a datagram of that size in socket's buffer that answer its last
 * request. 0, or what was negative: a sink's result or the kernel's own error. */
MUST_CHECK int netlink_take_datagram(const struct netlink_socket *socket, size_t size,
    const struct netlink_sink *sink, struct netlink_progress *progress);

/* Starts a dump request in buffer (NETLINK_REQUEST_BYTES, aligned for struct nlmsghdr). */
struct nlmsghdr *netlink_request(void *buffer, uint16_t type);
/* Sends request and gives every message of the answer to sink. 0, -errno or NETLINK_INTERRUPTED.
 */
MUST_CHECK int netlink_dump(
    struct netlink_socket *socket, struct nlmsghdr *request, const struct netlink_sink *sink);

/* The same, with the kernel keeping to what the request's header and attributes select. */
MUST_CHECK int netlink_dump_strictly(
    struct netlink_socket *socket, struct nlmsghdr *request, const struct netlink_sink *sink);

/* Gives every attribute behind a header of that size to take, as mnl_attr_parse does, but reads no
 * padding behind the message's end, which a message in memory of its own does not have. */
void netlink_parse(const struct nlmsghdr *message, size_t header_size,
    int (*take)(const struct nlattr *attribute, void *context), void *context);

/* The attribute's bytes, at most size of them, into a zeroed value: kernels differ in how long
 * their structs are. Returns how many there were. */
size_t netlink_copy_payload(const struct nlattr *attribute, void *value, size_t size);

#endif
