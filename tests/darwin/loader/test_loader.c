/* The loader's own test: a macOS program that asks for what differs between the two systems, and
 * says whether it got what a Mac would give. Its kernel is the folder that the test names. */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libproc.h>
#include <math.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int constructed;
static const char *const moved[] = {"rebased", "too"}; /* pointers that move with the program */
static int (*const imported)(const char *, const char *) = strcmp;

__attribute__((constructor)) static void construct(void)
{
    constructed++;
}

Test(loader, initialisers_run_once_and_addresses_are_put_right)
{
    cr_assert_eq(constructed, 1);
    cr_assert_str_eq(moved[0], "rebased");
    cr_assert_str_eq(moved[1], "too");
    cr_assert_eq(imported("a", "a"), 0);
}

Test(loader, errors_have_the_numbers_of_macos)
{
    cr_assert_eq(EAGAIN, 35, "compiled for macOS");
    int fds[2];
    char byte;
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    cr_assert_eq(fcntl(fds[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    cr_assert_eq(read(fds[0], &byte, 1), -1);
    cr_assert_eq(errno, EAGAIN);
    errno = 0;
    cr_assert_eq(errno, 0, "what the program writes stays");
    cr_assert_eq(open("/no/such/file", O_RDONLY | O_CLOEXEC), -1);
    cr_assert_eq(errno, ENOENT);
    cr_assert_eq(rmdir("/"), -1);
    cr_assert(errno == EBUSY || errno == ENOTEMPTY);
    cr_assert_str_eq(strerror(EADDRINUSE), "Address already in use");
    char text[64];
    cr_assert_eq(strerror_r(ETIMEDOUT, text, sizeof(text)), 0);
    cr_assert_str_eq(text, "Connection timed out");
}

Test(loader, clocks_go)
{
    struct timespec a, b, span = {.tv_nsec = 2000000};
    uint64_t raw = clock_gettime_nsec_np(CLOCK_UPTIME_RAW);
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &a), 0);
    cr_assert_eq(nanosleep(&span, NULL), 0);
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &b), 0);
    cr_assert_gt((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec, 1999999);
    cr_assert_gt(clock_gettime_nsec_np(CLOCK_UPTIME_RAW), raw + 1999999);
    cr_assert_eq(clock_gettime(CLOCK_REALTIME, &a), 0);
    cr_assert_gt(a.tv_sec, 1600000000);
    cr_assert_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a), 0);
    cr_assert_lt(a.tv_sec, 60);
}

Test(loader, texts_and_numbers)
{
    char text[8] = "";
    cr_assert_eq(strlcpy(text, "much too long", sizeof(text)), 13);
    cr_assert_str_eq(text, "much to");
    cr_assert_eq(snprintf(text, sizeof(text), "%lld|%s", 77LL, "x"), 4);
    cr_assert_str_eq(text, "77|x");
    cr_assert_eq(fabs(nearbyint(2.6)), 3.0);
    for (int c = 0; c < 128; c++) {
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        cr_assert_eq(!!isalpha(c), is_letter, "%d", c);
        cr_assert_eq(!!isdigit(c), c >= '0' && c <= '9', "%d", c);
        cr_assert_eq(toupper(c), c >= 'a' && c <= 'z' ? c - 32 : c, "%d", c);
    }
    cr_assert(isspace('\t') && ispunct('-') && isxdigit('F') && !isxdigit('g') && isprint(' '));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int count, initialised;

static void initialise(void)
{
    initialised++;
}

static void *add(void *unused)
{
    pthread_once(&once, initialise);
    for (int i = 0; i < 10000; i++) {
        pthread_mutex_lock(&mutex);
        count++;
        pthread_mutex_unlock(&mutex);
    }
    pthread_mutex_lock(&mutex);
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&mutex);
    return unused;
}

Test(loader, threads_lock_wait_and_time_out)
{
    pthread_t threads[4];
    struct timespec until;
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, add, NULL), 0);
    pthread_mutex_lock(&mutex);
    while (count < 40000)
        cr_assert_eq(pthread_cond_wait(&cond, &mutex), 0);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    cr_assert_eq(initialised, 1);
    pthread_mutex_t own;
    cr_assert_eq(pthread_mutex_init(&own, NULL), 0);
    pthread_mutex_lock(&own);
    cr_assert_eq(pthread_mutex_trylock(&own), EBUSY);
    clock_gettime(CLOCK_REALTIME, &until);
    cr_assert_eq(pthread_cond_timedwait(&cond, &own, &until), ETIMEDOUT);
    pthread_mutex_unlock(&own);
    pthread_mutex_destroy(&own);
}

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

Test(loader, signals_have_the_numbers_of_macos)
{
    sigset_t set, before;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    cr_assert_eq(SIGUSR1, 30);
    cr_assert_eq(sigaction(SIGUSR1, &action, NULL), 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    cr_assert_eq(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
    cr_assert_eq(raise(SIGUSR1), 0);
    cr_assert_eq(caught, 0);
    cr_assert_eq(pthread_sigmask(SIG_SETMASK, &before, &set), 0);
    cr_assert_eq(caught, SIGUSR1);
    cr_assert(sigismember(&set, SIGUSR1) && !sigismember(&set, SIGUSR2));
    sigfillset(&set);
    cr_assert_eq(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
}

Test(loader, options_are_read)
{
    static const struct option options[] = {
        {"topics", required_argument, NULL, 1000}, {"help", no_argument, NULL, 1001}, {0}};
    char program[] = "program", topics[] = "--topics=a,b", word[] = "word", help[] = "--help";
    char *words[] = {program, topics, word, help, NULL};
    int index;
    cr_assert_eq(getopt_long(4, words, ":", options, &index), 1000);
    cr_assert_str_eq(optarg, "a,b");
    cr_assert_eq(getopt_long(4, words, ":", options, &index), 1001);
    cr_assert_eq(index, 1);
    cr_assert_eq(getopt_long(4, words, ":", options, &index), -1);
    cr_assert_eq(optind, 3);
    cr_assert_str_eq(words[3], "word");
}

Test(loader, files_and_folders)
{
    char folder[] = "/tmp/ifpulse-loader-XXXXXX", path[128], line[16];
    struct stat found;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a-file", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    cr_assert_geq(fd, 0);
    cr_assert_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    cr_assert_eq(write(fd, "abc\n", 4), 4);
    cr_assert_eq(fstat(fd, &found), 0);
    cr_assert_eq(found.st_size, 4);
    cr_assert(S_ISREG(found.st_mode));
    cr_assert_eq(found.st_mode & 0777, 0640);
    cr_assert_eq(found.st_uid, getuid());
    close(fd);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    cr_assert_not_null(fgets(line, sizeof(line), file));
    cr_assert_str_eq(line, "abc\n");
    fclose(file);
    size_t entries = 0;
    DIR *open_folder = opendir(folder);
    for (struct dirent *entry; (entry = readdir(open_folder));)
        entries +=
            strcmp(entry->d_name, "a-file") == 0 && entry->d_namlen == 6 && entry->d_type == DT_REG;
    closedir(open_folder);
    cr_assert_eq(entries, 1);
    unlink(path);
    cr_assert_eq(rmdir(folder), 0);
}

Test(loader, the_machine_is_a_mac_of_this_user)
{
    struct utsname names;
    struct passwd user, *found = NULL;
    struct rlimit limit;
    struct rusage usage;
    char texts[4096];
    cr_assert_eq(uname(&names), 0);
    cr_assert_str_eq(names.sysname, "Darwin");
    cr_assert_str_eq(names.machine, "x86_64");
    cr_assert_eq(getpwuid_r(0, &user, texts, sizeof(texts), &found), 0);
    cr_assert_not_null(found);
    cr_assert_str_eq(found->pw_name, "root");
    cr_assert_str_eq(found->pw_dir, "/root");
    cr_assert_eq(sysconf(_SC_PAGESIZE), 4096);
    cr_assert_geq(sysconf(_SC_NPROCESSORS_ONLN), 1);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_gt(limit.rlim_cur, 10);
    cr_assert_eq(getrusage(RUSAGE_SELF, &usage), 0);
    cr_assert_gt(usage.ru_maxrss, 500000, "in bytes");
    cr_assert_null(dlopen("/System/Library/Frameworks/CoreWLAN.framework/CoreWLAN", RTLD_LAZY));
    cr_assert_not_null(getenv("PATH"));
}

Test(loader, addresses_are_those_of_macos)
{
    struct sockaddr_in address = {.sin_len = sizeof(address), .sin_family = AF_INET};
    struct sockaddr_in6 six;
    socklen_t size = sizeof(address);
    char text[64];
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    cr_assert_eq(address.sin_len, sizeof(address));
    cr_assert_eq(address.sin_family, AF_INET);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(AF_INET6, 30);
    cr_assert_eq(inet_pton(AF_INET6, "fe80::1", &six.sin6_addr), 1);
    cr_assert_not_null(inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof(text)));
    cr_assert_str_eq(text, "fe80::1");
    close(client);
    close(listener);
}

/* --- the scripted kernel --- */

static char folder[64];

static void answer(const char *key, const void *bytes, size_t size)
{
    char path[192];
    snprintf(path, sizeof(path), "%s/%s", folder, key);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void make_folder(void)
{
    strcpy(folder, "/tmp/ifpulse-loader-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    setenv("IFPULSE_KERNEL_SCRIPT", folder, 1);
}

static void remove_folder(void)
{
    char path[1400];
    DIR *open_folder = opendir(folder);
    for (struct dirent *entry; (entry = readdir(open_folder));) {
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(open_folder);
    rmdir(folder);
}

TestSuite(kernel, .init = make_folder, .fini = remove_folder);

Test(kernel, answers_sysctl_and_says_when_there_is_no_room)
{
    int mib[6] = {CTL_NET, PF_ROUTE, 0, 0, NET_RT_IFLIST2, 0};
    char bytes[8];
    size_t size = sizeof(bytes);
    answer("sysctl.4.17.0.0.6.0", "0123456789", 10);
    cr_assert_eq(sysctl(mib, 6, NULL, &size, NULL, 0), 0);
    cr_assert_eq(size, 10);
    size = sizeof(bytes);
    cr_assert_eq(sysctl(mib, 6, bytes, &size, NULL, 0), -1);
    cr_assert_eq(errno, ENOMEM);
    answer("sysctl.kern.osrelease", "24.6.0", 7);
    size = sizeof(bytes);
    cr_assert_eq(sysctlbyname("kern.osrelease", bytes, &size, NULL, 0), 0);
    cr_assert_str_eq(bytes, "24.6.0");
    cr_assert_eq(sysctlbyname("kern.nothing", bytes, &size, NULL, 0), -1);
    cr_assert_eq(errno, ENOENT);
}

Test(kernel, answers_of_interfaces)
{
    struct ifreq request = {.ifr_name = "en0"}, answered = request;
    struct ifmediareq media = {.ifm_name = "en0"};
    answered.ifr_ifru.ifru_functional_type = IFRTYPE_FUNCTIONAL_WIFI_INFRA;
    answer("interface.functional_type.en0", &answered, sizeof(answered));
    answer("interface.media.en0.error", "EOPNOTSUPP\n", 11);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    cr_assert_eq(ioctl(fd, SIOCGIFFUNCTIONALTYPE, &request), 0);
    cr_assert_eq(request.ifr_ifru.ifru_functional_type, IFRTYPE_FUNCTIONAL_WIFI_INFRA);
    cr_assert_eq(ioctl(fd, SIOCGIFXMEDIA, &media), -1);
    cr_assert_eq(errno, EOPNOTSUPP);
    close(fd);
}

Test(kernel, tells_events_until_there_are_no_more)
{
    uint32_t filter[3] = {1, 1, 0};
    char bytes[64];
    answer("event@1", "first", 5);
    answer("event@2.error", "ENOBUFS", 7);
    answer("event@3", "third", 5);
    int fd = socket(32 /* PF_SYSTEM */, SOCK_RAW, 1 /* SYSPROTO_EVENT */);
    cr_assert_geq(fd, 0);
    cr_assert_eq(ioctl(fd, _IOW('e', 2, uint32_t[3]), filter), 0);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    cr_assert_eq(poll(&poll_fd, 1, 0), 1);
    cr_assert_eq(recv(fd, bytes, sizeof(bytes), 0), 5);
    cr_assert_eq(recv(fd, bytes, sizeof(bytes), 0), -1);
    cr_assert_eq(errno, ENOBUFS);
    cr_assert_eq(poll(&poll_fd, 1, 0), 1);
    cr_assert_eq(recv(fd, bytes, sizeof(bytes), 0), 5);
    cr_assert_eq(memcmp(bytes, "third", 5), 0);
    cr_assert_eq(poll(&poll_fd, 1, 0), 0);
    cr_assert_eq(recv(fd, bytes, sizeof(bytes), 0), -1);
    cr_assert_eq(errno, EAGAIN);
    close(fd);
}

Test(kernel, tells_of_processes)
{
    pid_t pids[3] = {1, 77, 78}, found[8];
    char path[PROC_PIDPATHINFO_MAXSIZE];
    struct socket_fdinfo info;
    answer("process.pids", pids, sizeof(pids));
    answer("process.path.77", "/usr/sbin/x", 11);
    answer("process.files.78.error", "EPERM", 5);
    cr_assert_eq(proc_listallpids(NULL, 0), 3);
    cr_assert_eq(proc_listallpids(found, sizeof(found)), 3);
    cr_assert_eq(found[2], 78);
    cr_assert_eq(proc_listallpids(found, 8), 2, "cut at the room there is");
    cr_assert_eq(proc_pidpath(77, path, sizeof(path)), 11);
    cr_assert_str_eq(path, "/usr/sbin/x");
    cr_assert_eq(proc_pidpath(77, path, 100), 0);
    cr_assert_eq(errno, ENOMEM);
    cr_assert_eq(proc_pidinfo(78, PROC_PIDLISTFDS, 0, NULL, 0), 0);
    cr_assert_eq(errno, EPERM);
    cr_assert_eq(proc_pidfdinfo(77, 3, PROC_PIDFDSOCKETINFO, &info, sizeof(info)), 0);
    cr_assert_eq(errno, ENOENT);
}

Test(kernel, ends_a_program_that_asks_for_what_is_not_here)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        open("/dev/null", O_WRONLY);
        if_nametoindex("en0");
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 126);
}
