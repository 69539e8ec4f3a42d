#include "tokens.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 20 };

_Static_assert(TOKENS_DIGEST_BYTES == SHA256_DIGEST_LENGTH, "digests are of SHA-256");

struct place {
    const char *file;
    unsigned line; /* 0: the whole */
    char *error;
};

static int wrong(const struct place *place, const char *format, ...) PRINTF_LIKE(2, 3);
static int wrong(const struct place *place, const char *format, ...)
{
    char reason[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    if (place->line > 0)
        snprintf(
            place->error, TOKENS_ERROR_BYTES, "%.200s:%u: %s", place->file, place->line, reason);
    else
        snprintf(place->error, TOKENS_ERROR_BYTES, "%.200s: %s", place->file, reason);
    return TOKENS_WRONG;
}

void tokens_fini(struct tokens *tokens)
{
    free(tokens->items);
    *tokens = (struct tokens){0};
}

/* --- looking for one --- */

static void digest(const char *text, unsigned char *ret_digest)
{
    SHA256((const unsigned char *)text, strlen(text), ret_digest);
}

static const struct token *find_digest(const struct tokens *tokens, const unsigned char *wanted)
{
    const struct token *found = NULL;

    for (size_t i = 0; i < tokens->count; i++) {
        if (CRYPTO_memcmp(tokens->items[i].digest, wanted, TOKENS_DIGEST_BYTES) == 0)
            found = &tokens->items[i];
    }
    return found;
}

const struct token *tokens_find(const struct tokens *tokens, const char *text)
{
    unsigned char wanted[TOKENS_DIGEST_BYTES];

    digest(text, wanted);
    return find_digest(tokens, wanted);
}

bool tokens_have(const struct tokens *tokens, const struct token *token)
{
    const struct token *same = find_digest(tokens, token->digest);

    return same && same->scope == token->scope;
}

/* --- the file --- */

static int check_token(const struct place *place, const char *text)
{
    size_t length = strlen(text);

    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c > '~')
            return wrong(place, "a token is of visible ASCII characters, and this one has others");
    }
    if (length < TOKENS_LENGTH_MIN || length > TOKENS_LENGTH_MAX)
        return wrong(place,
            "the token has %zu characters; from %d to %d are right, such as the output of "
            "\"openssl rand -hex 24\"",
            length, TOKENS_LENGTH_MIN, TOKENS_LENGTH_MAX);
    return 0;
}

static int add_token(
    struct tokens *tokens, const struct place *place, const char *text, enum scope scope)
{
    struct token token = {.scope = scope};
    struct token *grown;

    digest(text, token.digest);
    if (find_digest(tokens, token.digest))
        return wrong(place, "this token is in the file already; take one of the two out");
    if (tokens->count == TOKENS_MAX)
        return wrong(place, "more than %d tokens; take some out", TOKENS_MAX);
    grown = realloc(tokens->items, (tokens->count + 1) * sizeof *grown);
    if (!grown)
        return wrong(place, "no memory");
    tokens->items = grown;
    tokens->items[tokens->count++] = token;
    return 0;
}

/* The second word is not shown in the error: it may be half of a token. */
static int read_line(struct tokens *tokens, const struct place *place, char *line)
{
    enum scope scope = SCOPE_ALL;
    char *rest = line, *token, *word;
    int r;

    line[strcspn(line, "#")] = '\0';
    token = strtok_r(rest, " \t\r", &rest);
    word = token ? strtok_r(NULL, " \t\r", &rest) : NULL;
    if (!token)
        return 0;
    r = check_token(place, token);
    if (r)
        return r;
    if (word && !scope_parse(word, &scope))
        return wrong(
            place, "what follows the token is no scope; \"all\" or \"interfaces\" is right");
    if (word && strtok_r(NULL, " \t\r", &rest))
        return wrong(place, "one token and its scope are all that a line holds");
    return add_token(tokens, place, token, scope);
}

int tokens_parse(const char *file, const char *text, struct tokens *ret_tokens, char *error)
{
    struct tokens tokens CLEANUP(tokens_fini) = {0};
    struct place place = {.file = file, .error = error};
    char *copy CLEANUP(free_p) = strdup(text);
    char *rest = copy;
    int r = copy ? 0 : wrong(&place, "no memory");

    for (char *line; r == 0 && (line = strsep(&rest, "\n"));) {
        place.line++;
        r = read_line(&tokens, &place, line);
    }
    if (copy)
        OPENSSL_cleanse(copy, strlen(text));
    place.line = 0;
    if (r == 0 && tokens.count == 0)
        r = wrong(&place, "there is no token in it; one a line is right");
    if (r)
        return r;
    *ret_tokens = tokens;
    tokens = (struct tokens){0};
    return 0;
}

static int check_file(const struct place *place, int fd, struct stat *ret_status)
{
    if (fstat(fd, ret_status) < 0)
        return wrong(place, "%s", strerror(errno));
    if (!S_ISREG(ret_status->st_mode))
        return wrong(place, "it is not a file");
    if (ret_status->st_mode & 077)
        return wrong(place,
            "its mode is %04o, so others may use its tokens; 0600 is right (chmod 600)",
            (unsigned)ret_status->st_mode & 07777);
    if (ret_status->st_size > FILE_BYTES_MAX)
        return wrong(place, "it is longer than %d bytes", FILE_BYTES_MAX);
    return 0;
}

static int read_whole(const struct place *place, int fd, char *text, size_t size)
{
    size_t done = 0;
    ssize_t n;

    while (done < size && (n = read(fd, text + done, size - done)) != 0) {
        if (n < 0 && errno != EINTR)
            return wrong(place, "%s", strerror(errno));
        done += n > 0 ? (size_t)n : 0;
    }
    if (memchr(text, '\0', done))
        return wrong(place, "there is a NUL byte in it");
    return 0;
}

int tokens_read(const char *file, struct tokens *ret_tokens, char *error)
{
    const struct place place = {.file = file, .error = error};
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text CLEANUP(free_p) = NULL;
    struct stat status;
    int r;

    if (fd < 0)
        return wrong(&place, "%s", strerror(errno));
    r = check_file(&place, fd, &status);
    if (r == 0)
        text = calloc(1, (size_t)status.st_size + 1);
    if (r == 0)
        r = text ? read_whole(&place, fd, text, (size_t)status.st_size)
                 : wrong(&place, "no memory");
    close(fd);
    if (r == 0)
        r = tokens_parse(file, text, ret_tokens, error);
    if (text)
        OPENSSL_cleanse(text, (size_t)status.st_size);
    return r;
}
