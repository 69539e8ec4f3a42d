/* fake_script - the scripted network: what it is at a moment is a pure function of the seed and of
 * the time since the start. So it can be read as often or as seldom as one likes: counters never
 * turn back, and the rates between any two readings are those of the same story.
 */
#ifndef IFPULSE_FAKE_SCRIPT_H
#define IFPULSE_FAKE_SCRIPT_H

#include "platform.h"

struct fake_script {
    uint64_t seed;
    uint32_t connections; /* how many sockets there are, listeners too */
    uint64_t bytes_before; /* counted by every interface, in each direction, before the story begins */
};

/* A number that looks like chance, the same for the same three. */
uint64_t fake_random(uint64_t seed, uint64_t what, uint64_t which);
/* That as a fraction, 0 to just below 1. */
double fake_fraction(uint64_t seed, uint64_t what, uint64_t which);

/* What has been counted after elapsed_s of traffic that averages per_s: a day's tide, shorter waves
 * and a burst now and then. Grows with elapsed_s, smoothly. */
double fake_traffic(double per_s, double elapsed_s, double phase);

/* Appends the six interfaces. */
MUST_CHECK int fake_interfaces(double elapsed_s, struct interface_array *ret_interfaces);
/* Appends what they have counted. */
MUST_CHECK int fake_samples(
    const struct fake_script *script, double elapsed_s, struct sample_array *ret_samples);
/* Appends the sockets. */
MUST_CHECK int fake_connections(
    const struct fake_script *script, double elapsed_s, struct connection_array *ret_connections);

/* Of these the ones that wait for others, without their processes. */
MUST_CHECK int fake_listeners(
    const struct fake_script *script, double elapsed_s, struct connection_array *ret_listeners);
/* Appends the TCP connections that ended between the two times. */
MUST_CHECK int fake_closed(const struct fake_script *script, double from_s, double elapsed_s,
    struct connection_array *ret_closed);

/* The wireless link goes down now and then: when it next changes, after elapsed_s. */
double fake_next_flap(double elapsed_s);

#endif
