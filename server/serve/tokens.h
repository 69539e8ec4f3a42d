/* tokens - the words that let a client in, and how far each reaches.
 *
 * Of a token only its SHA-256 is kept, so none can leave by a log, a core or a slip; and comparing
 * digests, all of them always, takes the same time whatever was offered.
 */
#ifndef IFPULSE_TOKENS_H
#define IFPULSE_TOKENS_H

#include "scope.h"

enum {
    TOKENS_LENGTH_MIN = 16,
    TOKENS_LENGTH_MAX = 1024,
    TOKENS_MAX = 1000,
    TOKENS_ERROR_BYTES = 512,
    TOKENS_DIGEST_BYTES = 32,
};

struct token {
    unsigned char digest[TOKENS_DIGEST_BYTES];
    enum scope scope;
};

struct tokens {
    struct token *items;
    size_t count;
};

enum { TOKENS_WRONG = 1 };

/* Reads a file of them: one a line, then optionally its scope; '#' begins a comment. TOKENS_WRONG:
 * it is not to be used, and error (of TOKENS_ERROR_BYTES) says why, with file and line and never
 * with a token. */
MUST_CHECK int tokens_read(const char *file, struct tokens *ret_tokens, char *error);
/* The same of a text; file is its name. */
MUST_CHECK int tokens_parse(
    const char *file, const char *text, struct tokens *ret_tokens, char *error);
void tokens_fini(struct tokens *tokens);

/* Lends the token that the text is; NULL: it is none of them. */
const struct token *tokens_find(const struct tokens *tokens, const char *text);
/* Whether that token is still one of them, with the same scope. */
bool tokens_have(const struct tokens *tokens, const struct token *token);

#endif
