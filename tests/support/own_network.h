/* own_network - a network namespace for a test, which ends with it, and commands to change it. */
#ifndef OWN_NETWORK_H
#define OWN_NETWORK_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Runs a command line through the shell, quietly; its exit status. */
static int run(const char *line)
{
    pid_t pid;
    int status = -1;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    char *arguments[] = {(char *)"sh", (char *)"-c", (char *)line, NULL};
    if (posix_spawnp(&pid, "sh", &quiet, NULL, arguments, environ) == 0)
        waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&quiet);
    return status;
}

static void must(const char *line)
{
    cr_assert_eq(run(line), 0, "%s", line);
}

/* A kernel may lack a kind of device; then there is nothing to test. */
static void want(const char *line)
{
    if (run(line) != 0)
        cr_skip_test("this kernel or user cannot: %s", line);
}

static void enter_own_network(void)
{
    if (unshare(CLONE_NEWNET) < 0)
        cr_skip_test("needs root, to make a network namespace: %s", strerror(errno));
    must("ip link set lo up");
}

#endif
