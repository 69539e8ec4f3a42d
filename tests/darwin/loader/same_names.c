/* Functions that macOS and glibc have under one name, with the same types, numbers and meaning as
 * far as this program uses them. What takes a flag, an address, a struct of the system or an error
 * number seldom belongs here. */
#include "loader.h"

/* clang-format off */
const char *const same_names[] = {
    /* memory */
    "malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc", "munmap", "mprotect",
    "memcpy", "memmove", "memset", "memcmp", "memchr", "memmem", "bcmp", "__memcpy_chk",
    "__memmove_chk", "__memset_chk", "qsort", "bsearch",
    /* texts */
    "strlen", "strnlen", "strcmp", "strncmp", "strcasecmp", "strncasecmp", "strchr", "strrchr",
    "strstr", "strcasestr", "strspn", "strcspn", "strpbrk", "strcpy", "strncpy", "strcat", "strncat",
    "stpcpy", "stpncpy", "strdup", "strndup", "strsep", "strtok_r", "strcoll",
    "__strcpy_chk", "__strncpy_chk", "__strcat_chk", "__strncat_chk", "__stpcpy_chk",
    "strtol", "strtoul", "strtoll", "strtoull", "strtoumax", "strtoimax", "strtod", "strtof",
    "atoi", "atol", "atoll", "atof", "abs", "labs", "ffs",
    /* stdio */
    "printf", "fprintf", "snprintf", "sprintf", "vprintf", "vfprintf", "vsnprintf", "asprintf",
    "vasprintf", "dprintf", "__snprintf_chk", "__vsnprintf_chk", "__sprintf_chk", "__vsprintf_chk",
    "sscanf", "fscanf", "puts", "fputs", "putchar", "putc", "fputc", "getc", "fgetc", "fgets",
    "getline", "getdelim", "ungetc", "fopen", "fdopen", "freopen", "fclose", "fread", "fwrite",
    "fflush", "feof", "ferror", "clearerr", "fileno", "fseek", "fseeko", "ftell", "ftello", "rewind",
    "setvbuf", "setlinebuf", "open_memstream", "fmemopen", "popen", "pclose", "tmpfile", "remove",
    "rename", "flockfile", "funlockfile",
    /* files and processes */
    "write", "pread", "pwrite", "readv", "writev", "lseek", "dup", "dup2", "pipe", "fsync",
    "ftruncate", "access", "unlink", "mkdir", "rmdir", "chdir", "fchdir", "getcwd", "realpath",
    "readlink", "symlink", "chmod", "fchmod", "umask", "mkstemp", "mkdtemp", "isatty", "opendir",
    "fdopendir", "closedir", "rewinddir", "dirfd", "poll", "shutdown", "listen", "gethostname",
    "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "setsid", "fork", "execv",
    "execve", "execvp", "waitpid", "_exit", "exit", "__cxa_atexit", "abort", "getenv",
    "setenv", "unsetenv", "alarm",
    /* time */
    "time", "nanosleep", "usleep", "sleep", "gettimeofday", "localtime_r", "gmtime_r", "localtime",
    "gmtime", "mktime", "timegm", "strftime", "strptime", "tzset", "difftime",
    /* threads */
    "pthread_self", "pthread_equal", "pthread_exit", "pthread_attr_init", "pthread_attr_destroy",
    "pthread_attr_setstacksize",
    /* chance */
    "arc4random", "arc4random_buf", "arc4random_uniform", "getentropy", "rand", "srand", "random",
    "srandom",
    /* numbers */
    "fabs", "floor", "ceil", "round", "lround", "llround", "trunc", "rint", "lrint", "nearbyint",
    "sqrt", "cbrt", "pow", "exp", "exp2", "log", "log2", "log10", "fmod", "fmin", "fmax", "ldexp",
    "frexp", "modf", "hypot", "nan", "__fpclassify", "__isnan", "__isinf", "strtold",
    /* options, locale, libraries */
    "getopt", "getopt_long", "setlocale", "localeconv", "inet_addr",
    "inet_ntoa",
    NULL,
};
/* clang-format on */
