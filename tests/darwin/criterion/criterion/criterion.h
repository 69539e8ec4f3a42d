/* criterion - as much of the Criterion test library's face as the tests need that run as macOS
 * object code, for which the library itself is not there. Each test runs in a process of its own
 * and is one line of TAP. Compile criterion.c beside the test.
 */
#ifndef IFPULSE_CRITERION_H
#define IFPULSE_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct criterion_suite {
    const char *name;
    void (*init)(void), (*fini)(void);
    double timeout;
    struct criterion_suite *next;
};
struct criterion_test {
    const char *suite, *name;
    void (*run)(void);
    struct criterion_test *next;
};
void criterion_add_suite(struct criterion_suite *suite);
void criterion_add_test(struct criterion_test *test);
/* Ends the test's process. The message may be empty. */
void criterion_fail(const char *file, int line, const char *condition, const char *message, ...)
    __attribute__((format(printf, 4, 5), noreturn));

#define TestSuite(suite_, ...)                                                                     \
    static struct criterion_suite suite_##_suite = {.name = #suite_, __VA_ARGS__};                 \
    __attribute__((constructor)) static void suite_##_add_suite(void)                              \
    {                                                                                              \
        criterion_add_suite(&suite_##_suite);                                                      \
    }                                                                                              \
    _Static_assert(1, "")

#define Test(suite_, name_)                                                                        \
    static void suite_##_##name_(void);                                                            \
    static struct criterion_test suite_##_##name_##_test = {                                       \
        .suite = #suite_, .name = #name_, .run = suite_##_##name_};                                \
    __attribute__((constructor)) static void suite_##_##name_##_add(void)                          \
    {                                                                                              \
        criterion_add_test(&suite_##_##name_##_test);                                              \
    }                                                                                              \
    static void suite_##_##name_(void)

/* A message after the condition is a format and its arguments. */
#define CRITERION_CHECK_(condition, text, ...)                                                     \
    ((condition) ? (void)0 : criterion_fail(__FILE__, __LINE__, text, "" __VA_ARGS__))
#define cr_assert(condition, ...) CRITERION_CHECK_((condition), #condition, __VA_ARGS__)
#define cr_assert_not(condition, ...) CRITERION_CHECK_(!(condition), "not " #condition, __VA_ARGS__)
#define CRITERION_COMPARE_(a, operator, b, ...)                                                    \
    CRITERION_CHECK_((a) operator(b), #a " " #operator" " #b, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) CRITERION_COMPARE_(a, ==, b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) CRITERION_COMPARE_(a, !=, b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) CRITERION_COMPARE_(a, <, b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) CRITERION_COMPARE_(a, <=, b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) CRITERION_COMPARE_(a, >, b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) CRITERION_COMPARE_(a, >=, b, __VA_ARGS__)
#define cr_assert_null(a, ...) CRITERION_CHECK_((a) == NULL, #a " is NULL", __VA_ARGS__)
#define cr_assert_not_null(a, ...) CRITERION_CHECK_((a) != NULL, #a " is not NULL", __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...)                                                                \
    CRITERION_CHECK_(strcmp((a), (b)) == 0, #a " is " #b, __VA_ARGS__)

#endif
