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

/* The integral of a rate that swings between -1 and 1, differently in each period and from 0 to 0,
 * so that whole periods add up to nothing and only the last one has to be looked at. */
static double swing(uint64_t seed, double period, double time)
{
    double whole = floor(time / period), inside = time - whole * period;
    double slow = 2 * fake_fraction(seed, 20, (uint64_t)whole) - 1;
    double fast = (1 - fabs(slow)) * (2 * fake_fraction(seed, 21, (uint64_t)whole) - 1);
    return wave(slow, period, inside) + wave(fast, period / 2, inside);
}

/* The integral of bursts, one a period, each of the same area but when it likes and as long as it
 * likes. */
static double bursts(uint64_t seed, double area, double period, double time)
{
    double whole = floor(time / period), inside = time - whole * period;
    double length = period * (0.05 + 0.25 * fake_fraction(seed, 22, (uint64_t)whole));
    double start = (period - length) * fake_fraction(seed, 23, (uint64_t)whole);
    double part = inside <= start ? 0 : inside >= start + length ? 1 : (inside - start) / length;
    return area * (whole + part - sin(2 * M_PI * part) / (2 * M_PI));
}

/* Averages 1 a second: half of it even, half in bursts. */
static double traffic(uint64_t seed, double time)
{
    double even = time + wave(0.3, 86400, time) + 0.25 * swing(seed, 83, time) +
                  0.15 * swing(seed + 1, 19, time) + 0.15 * swing(seed + 2, 5.3, time);
    return even / 2 + bursts(seed + 3, 67 * 0.25, 67, time) +
           bursts(seed + 4, 241 * 0.25, 241, time);
}

/* Waves and swings add up to less than the even part, so the rate never comes near 0. */
double fake_traffic(double per_s, double elapsed_s, double phase)
{
    uint64_t seed = (uint64_t)(phase * 1e6);
    double from = phase * 3600;
    return per_s * (traffic(seed, from + elapsed_s) - traffic(seed, from));
}
