/* random_network - observations of a network in which anything may happen between two ticks. */
#ifndef RANDOM_NETWORK_H
#define RANDOM_NETWORK_H

#include "observation.h"
#include "platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NETWORK_NAMES = 12, NETWORK_SOCKETS = 60 };

struct random_network {
    unsigned seed;
    int64_t wall_ms;
    uint64_t last_socket, last_event;
    uint64_t sockets[NETWORK_SOCKETS]; /* identities; 0: none */
};

static unsigned pick(struct random_network *network, unsigned below)
{
    return (unsigned)rand_r(&network->seed) % below;
}

/* Knows, does not know, or knows why it does not know. */
static bool decide(struct random_network *network, uint8_t *status)
{
    *status = pick(network, 4) ? NETWORK_KNOWN : pick(network, NETWORK_STATUSES);
    return *status == NETWORK_KNOWN;
}

/* lists has room for three addresses. */
static void invent_interface(struct random_network *network, struct network_address *lists,
    struct network_interface *interface)
{
    PUT(interface, is_active, pick(network, 2));
    if (decide(network, &interface->status.mtu_bytes))
        interface->mtu_bytes = 1000 + pick(network, 3);
    if (decide(network, &interface->status.bytes_received))
        interface->bytes_received = (uint64_t)pick(network, 5) << 60;
    if (decide(network, &interface->status.download_bytes_per_s))
        interface->download_bytes_per_s = pick(network, 100000) / 7.0;
    if (decide(network, &interface->status.signal_dbm))
        interface->signal_dbm = -(int)pick(network, 90);
    interface->status.duplex = pick(network, 2) ? NETWORK_KNOWN : NETWORK_UNAVAILABLE;
    interface->duplex = NETWORK_FULL_DUPLEX;
    interface->status.addresses = NETWORK_KNOWN;
    interface->addresses.count = pick(network, 4);
    interface->addresses.items = lists;
    for (uint32_t i = 0; i < interface->addresses.count; i++)
        interface->addresses.items[i] =
            (struct network_address){.family = 2, .prefix_length = 24, .bytes = {10, 0, 0, i}};
}

static void invent_connection(struct random_network *network, struct network_connection *connection)
{
    PUT(connection, type, (enum network_connection_type)pick(network, 2));
    PUT(connection, state, (enum network_connection_state)pick(network, 3));
    PUT(connection, local_port, 80);
    if (decide(network, &connection->status.pid))
        connection->pid = pick(network, 3);
    if (decide(network, &connection->status.process_name))
        snprintf(connection->process_name, sizeof connection->process_name, "p%c\"%u",
            (char)(128 + pick(network, 100)), pick(network, 3));
    if (decide(network, &connection->status.rtt_ms))
        connection->rtt_ms = pick(network, 1000) / 100.0;
}

static void churn_sockets(struct random_network *network)
{
    for (unsigned i = 0; i < NETWORK_SOCKETS; i++) {
        if (pick(network, 10) == 0)
            network->sockets[i] = pick(network, 2) ? ++network->last_socket : 0;
    }
}

static void invent_owner(struct random_network *network, struct network_owner *owner, unsigned i)
{
    PUT(owner, kind, i % 2 ? NETWORK_OWNER_PROCESS : NETWORK_OWNER_UNIT);
    PUT(owner, uid, i);
    snprintf(owner->unit, sizeof owner->unit, "a-unit-with-a-long-name-%u.service", i);
    owner->status.unit = NETWORK_KNOWN;
    PUT_TEXT(owner, process_name, "p\xff:\"");
    if (decide(network, &owner->status.bytes_received))
        owner->bytes_received = pick(network, 5);
    owner->status.pids = NETWORK_KNOWN;
    owner->pids.count = pick(network, 3);
    owner->pids.items = calloc(owner->pids.count + 1, sizeof *owner->pids.items);
    for (uint32_t j = 0; j < owner->pids.count; j++)
        owner->pids.items[j] = pick(network, 100000);
}

static void invent_event(struct random_network *network, struct network_event *event)
{
    event->identity = ++network->last_event;
    PUT(event, event, pick(network, 2) ? NETWORK_EVENT_LINK_UP : NETWORK_EVENT_DROPS);
    PUT(event, time_ms, network->wall_ms);
    PUT_TEXT(event, message, "eth0: link is up");
}

static struct observation *random_observation(struct random_network *network)
{
    struct observation *observation = calloc(1, sizeof *observation);
    struct network_address *lists = calloc(NETWORK_NAMES, 3 * sizeof *lists);

    observation->lists = lists;
    observation->has_all_interfaces = true;
    observation->wall_ms = network->wall_ms += pick(network, 2000);
    observation->is_tick = true;
    observation->interfaces = calloc(NETWORK_NAMES, sizeof *observation->interfaces);
    observation->connections = calloc(NETWORK_SOCKETS, sizeof *observation->connections);
    observation->events = calloc(1, sizeof *observation->events);
    observation->closed = calloc(3, sizeof *observation->closed);
    observation->owners = calloc(NETWORK_NAMES, sizeof *observation->owners);
    for (unsigned i = 0; i < NETWORK_NAMES; i++) {
        struct network_interface *interface;

        if (pick(network, 4) == 0)
            continue;
        interface = &observation->interfaces[observation->interface_count++];
        snprintf(interface->name, sizeof interface->name, "if%u", i % (NETWORK_NAMES - 3));
        interface->status.name = NETWORK_KNOWN;
        if (i >= NETWORK_NAMES - 3)
            PUT_TEXT(interface, netns, "another namespace");
        invent_interface(network, &lists[3 * i], interface);
    }
    observation->has_connections = pick(network, 5) > 0;
    churn_sockets(network);
    for (unsigned i = 0; observation->has_connections && i < NETWORK_SOCKETS; i++) {
        struct network_connection *connection;

        if (!network->sockets[i])
            continue;
        connection = &observation->connections[observation->connection_count++];
        connection->identity = network->sockets[i];
        invent_connection(network, connection);
    }
    for (unsigned i = 0; observation->has_connections && i < NETWORK_NAMES; i++) {
        if (pick(network, 4))
            invent_owner(network, &observation->owners[observation->owner_count++], i);
    }
    if (pick(network, 3) == 0)
        invent_event(network, &observation->events[observation->event_count++]);
    for (unsigned i = pick(network, 4); i > 0; i--) {
        struct network_event *event = &observation->closed[observation->closed_count++];

        invent_event(network, event);
        PUT(event, event, NETWORK_EVENT_CONNECTION_CLOSED);
    }
    if (decide(network, &observation->totals.status.connections))
        observation->totals.connections = pick(network, 3);
    return observation;
}

#endif
