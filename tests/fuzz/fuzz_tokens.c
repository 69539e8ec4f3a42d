/* A token file; the first byte cuts off an Authorization header to be let in by it, or not. */
#include "fuzz.h"

#include "access.h"
#include "tokens.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t length = fuzz_take_byte(&data, &size);
    size_t head = length < size ? length : size;
    CLEANUP(free_p) char *header = fuzz_text(data, head);
    CLEANUP(free_p) char *text = fuzz_text(data + head, size - head);
    const char *bearer = access_bearer(header);
    struct tokens tokens = {0};
    char error[TOKENS_ERROR_BYTES];
    fuzz_mark(error, sizeof(error));
    fuzz_mark(&tokens, sizeof(tokens));
    int result = tokens_parse("f", text, &tokens, error);
    FUZZ_CHECK(!bearer || (*bearer && bearer > header && bearer < header + strlen(header)));
    if (result == TOKENS_WRONG) {
        FUZZ_CHECK(fuzz_is_marked(&tokens, sizeof(tokens)));
        FUZZ_CHECK(fuzz_is_terminated(error, sizeof(error)) && error[0] == 'f');
        return 0;
    }
    FUZZ_CHECK(result == 0 && tokens.count > 0 && tokens.count <= TOKENS_MAX);
    FUZZ_CHECK(!bearer || !tokens_find(&tokens, bearer) || strstr(text, bearer));
    for (size_t i = 0; i < tokens.count; i++)
        FUZZ_CHECK(tokens.items[i].scope < SCOPES && tokens_have(&tokens, &tokens.items[i]));
    tokens_fini(&tokens);
    return 0;
}
