#include "criterion/criterion.h"

#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_S = 60 };

static struct criterion_suite *suites;
static struct criterion_test *tests, **last = &tests;

void criterion_add_suite(struct criterion_suite *suite)
{
    suite->next = suites;
    suites = suite;
}

void criterion_add_test(struct criterion_test *test)
{
    *last = test;
    last = &test->next;
}

void criterion_fail(const char *file, int line, const char *condition, const char *message, ...)
{
    va_list arguments;
    va_start(arguments, message);
    printf("# %s:%d: %s", file, line, condition);
    if (message[0] != '\0') {
        printf(": ");
        vprintf(message, arguments);
    }
    printf("\n");
    fflush(stdout);
    va_end(arguments);
    _exit(1);
}

static const struct criterion_suite *suite_of(const struct criterion_test *test)
{
    for (const struct criterion_suite *suite = suites; suite; suite = suite->next)
        if (strcmp(suite->name, test->suite) == 0)
            return suite;
    return NULL;
}

static void run_here(const struct criterion_test *test)
{
    const struct criterion_suite *suite = suite_of(test);
    alarm(TIMEOUT_S);
    if (suite && suite->init)
        suite->init();
    test->run();
    if (suite && suite->fini)
        suite->fini();
    fflush(stdout);
    _exit(0);
}

/* Whether it passed. */
static bool run(const struct criterion_test *test)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        run_here(test);
    while (child > 0 && waitpid(child, &status, 0) < 0)
        ;
    if (status != 0 && WIFSIGNALED(status))
        printf("# ended by signal %d\n", WTERMSIG(status));
    return status == 0;
}

static bool is_wanted(const struct criterion_test *test, int count, char **words)
{
    bool is_named = count < 2;
    for (int i = 1; i < count; i++)
        is_named |= strcmp(words[i], test->name) == 0;
    return is_named;
}

/* With words: only the tests of these names. */
int main(int count, char **words)
{
    int number = 0, failed = 0;
    for (const struct criterion_test *test = tests; test; test = test->next) {
        if (!is_wanted(test, count, words))
            continue;
        bool passed = run(test);
        failed += !passed;
        printf("%s %d - %s: %s\n", passed ? "ok" : "not ok", ++number, test->suite, test->name);
    }
    printf("1..%d\n", number);
    return failed > 0 || number == 0;
}
