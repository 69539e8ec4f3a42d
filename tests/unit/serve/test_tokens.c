#include "access.h"
#include "tokens.h"

#include <criterion/criterion.h>
#include <string.h>

static struct tokens tokens;
static char error[TOKENS_ERROR_BYTES];

Test(tokens, are_one_a_line_with_their_scope)
{
    static const char text[] =
        "# ours\r\n\n  first-first-first-first \r\nsecond-second-second\tall#x\n"
        "third-third-third  interfaces # the wall";

    cr_assert_eq(tokens_parse("f", text, &tokens, error), 0, "%s", error);
    cr_assert_eq(tokens.count, 3);
    cr_assert_eq(tokens_find(&tokens, "first-first-first-first")->scope, SCOPE_ALL);
    cr_assert_eq(tokens_find(&tokens, "second-second-second")->scope, SCOPE_ALL);
    cr_assert_eq(tokens_find(&tokens, "third-third-third")->scope, SCOPE_INTERFACES);
    cr_assert_null(tokens_find(&tokens, "third-third-thir"));
    cr_assert_null(tokens_find(&tokens, "third-third-third "));
    cr_assert_null(tokens_find(&tokens, "interfaces"));
    cr_assert_null(tokens_find(&tokens, ""));
    tokens_fini(&tokens);
}

Test(tokens, what_is_wrong_is_named_with_its_line_and_without_the_token)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "f: there is no token"},
        {"# only words\n\n", "f: there is no token"},
        {"secret\n", "f:1: the token has 6 characters; from 16"},
        {"\n\nsecret-secret-s", "f:3: the token has 15 characters"},
        {"secret-secret-secret secret", "f:1: what follows"},
        {"secret-secret-secret all all", "f:1: one token and its scope"},
        {"secret-secret-secret\nsecret-secret-secret interfaces", "f:2: this token is"},
        {"secret-\x01-secret-secret", "f:1: a token is of visible"},
        {"secret-\xc3\xa9-secret-secret", "f:1: a token is of visible"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cr_assert_eq(tokens_parse("f", rows[i].text, &tokens, error), TOKENS_WRONG);
        cr_assert_eq(strncmp(error, rows[i].says, strlen(rows[i].says)), 0, "%s", error);
        cr_assert_null(strstr(error, "secret"), "%s", error);
    }
}

Test(tokens, one_whose_scope_changed_is_another)
{
    struct token token;

    cr_assert_eq(tokens_parse("f", "first-first-first-first", &tokens, error), 0);
    token = *tokens_find(&tokens, "first-first-first-first");
    cr_assert(tokens_have(&tokens, &token));
    token.scope = SCOPE_INTERFACES;
    cr_assert_not(tokens_have(&tokens, &token));
    tokens_fini(&tokens);
}

Test(tokens, come_in_a_bearer_header_alone)
{
    cr_assert_str_eq(access_bearer("Bearer abc"), "abc");
    cr_assert_str_eq(access_bearer("bEARER   abc"), "abc");
    cr_assert_null(access_bearer(NULL));
    cr_assert_null(access_bearer("Bearer"));
    cr_assert_null(access_bearer("Bearer  "));
    cr_assert_null(access_bearer("Basic YTpi"));
    cr_assert_null(access_bearer("Bearerabc"));
}

Test(tokens, guard_all_but_the_page)
{
    static const char *const guarded[] = {
        "/api", "/api/", "/api/v1/health", "/api/x", "/metrics", "/metrics/"};
    static const char *const open[] = {"/", "/index.html", "/js/main.js", "/apix", "/metricsx", ""};

    for (size_t i = 0; i < ARRAY_LENGTH(guarded); i++)
        cr_assert(access_is_guarded(guarded[i]), "%s", guarded[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(open); i++)
        cr_assert_not(access_is_guarded(open[i]), "%s", open[i]);
}
