#include "fake_script.h"

#include <math.h>

uint64_t fake_random(uint64_t seed, uint64_t what, uint64_t which)
{
    uint64_t bits = seed + what * 0x9e3779b97f4a7c15u + which * 0xd1342543de82ef95u;
    for (int i = 0; i < 2; i++) {
        bits ^= bits >> 31;
        bits *= 0xbf58476d1ce4e5b9u;
        bits ^= bits >> 29;
        bits *= 0x94d049bb133111ebu;
    }
    return bits ^ (bits >> 32);
}

double fake_fraction(uint64_t seed, uint64_t what, uint64_t which)
{
    return (double)(fake_random(seed, what, which) >> 11) / 9007199254740992.0;
}

/* The integral of height * sin(2 pi t / period), from 0. */
static double wave(double height, double period, double time)
{
    return height * period / (2 * M_PI) * (1 - cos(2 * M_PI * time / period));
}

/* The integral of a burst of height sin^2 that comes every period and lasts length. */
static double bursts(double height, double period, double length, double time)
{
    double whole = floor(time / period), inside = time - whole * period;
    if (inside > length)
        inside = length;
    double part = inside / 2 - length / (4 * M_PI) * sin(2 * M_PI * inside / length);
    return height * (whole * length / 2 + part);
}

/* The waves' heights add up to less than the mean, so the rate never falls below a tenth of it. */
double fake_traffic(double per_s, double elapsed_s, double phase)
{
    double from = phase * 3600, to = from + elapsed_s;
    double relative = elapsed_s;
    relative += wave(0.4, 86400, to) - wave(0.4, 86400, from);
    relative += wave(0.3, 97, to) - wave(0.3, 97, from);
    relative += wave(0.2, 13, to) - wave(0.2, 13, from);
    relative += bursts(5, 47, 6, to) - bursts(5, 47, 6, from);
    return per_s * relative;
}
