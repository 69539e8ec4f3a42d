/* What the examples share: how often and how long, and how to say that something is unknown. */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include <network_monitor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct options {
    const char *name; /* of an interface or program; NULL where none was given */
    long count;       /* readings */
    double interval_s;
};

static inline void usage(const char *program, const char *name)
{
    fprintf(stderr, "usage: %s [--count N] [--interval SECONDS]%s%s\n", program, name ? " " : "",
        name ? name : "");
    exit(2);
}

/* A number above zero, or the end of the program with a reason. */
static inline double parse_positive(const char *option, const char *text)
{
    char *end = NULL;
    double number = text ? strtod(text, &end) : 0;
    if (!text || end == text || *end || !(number > 0 && number < 1e6)) {
        fprintf(stderr, "%s wants a number above 0, not \"%s\"\n", option, text ? text : "");
        exit(2);
    }
    return number;
}

/* name is what the bare argument is called in the usage line; NULL: there is none. */
static inline struct options parse_options(int argc, char **argv, const char *name)
{
    struct options options = {.count = 3, .interval_s = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--count") == 0) {
            options.count = (long)parse_positive(argv[i], argv[i + 1]);
            i++;
        } else if (strcmp(argv[i], "--interval") == 0) {
            options.interval_s = parse_positive(argv[i], argv[i + 1]);
            i++;
        } else if (argv[i][0] != '-' && name && !options.name) {
            options.name = argv[i];
        } else {
            usage(argv[0], name);
        }
    }
    return options;
}

/* Ends the program when the library says that something failed. */
static inline void check(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "cannot %s: %s error (%s)\n", what,
        network_error_text(network_error_of(result)), strerror(-result));
    exit(1);
}

static inline void wait_for(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left) != 0)
        continue;
}

#endif
