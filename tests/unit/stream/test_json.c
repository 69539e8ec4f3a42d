#include "json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const char *text_of(struct buffer *buffer)
{
    buffer_append_char(buffer, '\0');
    return buffer->bytes;
}

#define cr_assert_real(value, expected)                                                            \
    do {                                                                                           \
        struct buffer buffer = {0};                                                                \
        json_append_real(&buffer, value);                                                          \
        cr_assert_str_eq(text_of(&buffer), expected);                                              \
        buffer_fini(&buffer);                                                                      \
    } while (0)

Test(json, writes_reals_with_three_digits_and_no_exponent)
{
    cr_assert_real(0, "0");
    cr_assert_real(5, "5");
    cr_assert_real(12.5, "12.5");
    cr_assert_real(999.6, "1000");
    cr_assert_real(1234567, "1230000");
    cr_assert_real(0.01236, "0.0124");
    cr_assert_real(0.000123456, "0.000123");
    cr_assert_real(0.00001, "0.00001");
    cr_assert_real(1e-12, "0");
    cr_assert_real(-67.25, "-67.3");
    cr_assert_real(99.95, "100");
    cr_assert_real(1.25e11, "125000000000");
    cr_assert_real(100, "100");
    cr_assert_real(0.1, "0.1");
}

Test(json, reads_back_what_it_wrote_within_half_a_digit)
{
    srand(1);
    for (int i = 0; i < 20000; i++) {
        double value = ldexp(rand() / (double)RAND_MAX, rand() % 90 - 28), back;
        struct buffer buffer = {0};

        json_append_real(&buffer, value);
        back = strtod(text_of(&buffer), NULL);
        if (value >= 1e-8)
            cr_assert(fabs(back - value) <= value * 0.00501, "%.17g was written as %s", value,
                buffer.bytes);
        cr_assert(json_real_equal(value, back) || value < 1e-8, "%.17g reads the same as %s", value,
            buffer.bytes);
        buffer_fini(&buffer);
    }
}

Test(json, two_reals_are_equal_just_when_their_texts_are)
{
    srand(2);
    for (int i = 0; i < 20000; i++) {
        double one = (rand() % 100000) / 77.0, other = one * (1 + (rand() % 100 - 50) / 20000.0);
        struct buffer a = {0}, b = {0};

        json_append_real(&a, one);
        json_append_real(&b, other);
        cr_assert_eq(json_real_equal(one, other), strcmp(text_of(&a), text_of(&b)) == 0,
            "%.17g and %.17g", one, other);
        buffer_fini(&a);
        buffer_fini(&b);
    }
}

static void assert_name(const char *bytes, const char *expected)
{
    struct buffer buffer = {0};

    json_append_name(&buffer, bytes, strlen(bytes));
    cr_assert_str_eq(text_of(&buffer), expected);
    buffer_fini(&buffer);
}

Test(json, writes_any_bytes_of_a_name_as_utf8)
{
    assert_name("eth0", "\"eth0\"");
    assert_name("a\"b", "\"a\\\"b\"");
    assert_name("caf\xc3\xa9", "\"caf\xc3\xa9\"");
    assert_name("\xff\xfe", "\"\\\\xff\\\\xfe\"");
    assert_name("back\\slash", "\"back\\\\x5cslash\"");
    assert_name("\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\"");
    assert_name("\xc0\xaf", "\"\\\\xc0\\\\xaf\"");
    assert_name("cut\xe2\x82", "\"cut\\\\xe2\\\\x82\"");
    assert_name("\x01\x7f", "\"\\u0001\\u007f\"");
}

Test(json, never_writes_two_names_alike)
{
    assert_name("\\xff", "\"\\\\x5cxff\"");
    assert_name("\xff", "\"\\\\xff\"");
}

Test(json, writes_times_in_utc_with_milliseconds)
{
    struct buffer buffer = {0};

    json_append_time(&buffer, INT64_C(1795339450123));
    cr_assert_str_eq(text_of(&buffer), "\"2026-11-22T09:24:10.123Z\"");
    buffer_fini(&buffer);
}

Test(json, writes_whole_numbers_beyond_what_a_double_holds)
{
    struct buffer buffer = {0};

    json_append_u64(&buffer, UINT64_MAX);
    buffer_append_char(&buffer, ' ');
    json_append_i64(&buffer, INT64_MIN);
    cr_assert_str_eq(text_of(&buffer), "18446744073709551615 -9223372036854775808");
    buffer_fini(&buffer);
}
