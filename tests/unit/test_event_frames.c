#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/text.h"
#include "common/event/event.h"
#include "tests/unit/event_texts.h"

// An event whose member called x is a text of size bytes; to be freed.
static char *event_with(const char *attributes, const char *member, size_t size)
{
    char *filler = malloc(size + 1), *json = NULL;

    assert_non_null(filler);
    memset(filler, 'x', size);
    filler[size] = '\0';
    assert_true(asprintf(&json,
                         "{\"specversion\":\"1.0\",\"type\":\"headsup.issue.updated\",%s"
                         "\"data\":{\"%s\":\"%s\"}}",
                         attributes, member, filler) > 0);
    free(filler);
    return json;
}

#define KEYS "\"id\":\"e-1\",\"source\":\"/s\",\"subject\":\"k\","

static void holds_lengths(void **state)
{
    static const struct {
        const char *member;
        size_t most;
    } members[] = {
        {"note", LIMIT_TEXT_BYTES},  {"summary", LIMIT_TEXT_BYTES}, {"category", LIMIT_WORD_BYTES},
        {"account", LIMIT_ID_BYTES}, {"contact", LIMIT_TEXT_BYTES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        char *fits = event_with(KEYS, members[i].member, members[i].most);
        char *longer = event_with(KEYS, members[i].member, members[i].most + 1), path[64];

        (void)snprintf(path, sizeof path, "/data/%s", members[i].member);
        expect_good(fits);
        expect_bad(longer, "too_long", path, "are allowed");
        free(fits);
        free(longer);
    }
}

static void holds_lengths_of_attributes(void **state)
{
    static const struct {
        const char *name;
        size_t most;
    } names[] = {
        {"id", LIMIT_ID_BYTES}, {"source", LIMIT_SOURCE_BYTES}, {"subject", LIMIT_ID_BYTES}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t over = 0; over < 2; over++) {
            struct text json = {0};
            char path[16];

            text_add(&json, "{\"specversion\":\"1.0\",\"type\":\"headsup.issue.closed\"");
            for (size_t j = 0; j < 3; j++) {
                text_addf(&json, ",\"%s\":\"", names[j].name);
                for (size_t n = j == i ? names[j].most + over : 1; n > 0; n--) {
                    text_add_char(&json, 'x');
                }
                text_add_char(&json, '"');
            }
            text_add_char(&json, '}');
            (void)snprintf(path, sizeof path, "/%s", names[i].name);
            if (over) {
                expect_bad(text_string(&json), "too_long", path, "are allowed");
            } else {
                expect_good(text_string(&json));
            }
            text_finish(&json);
        }
    }
}

static void holds_size(void **state)
{
    char *small = event_with(KEYS, "x", LIMIT_EVENT_BYTES - 200);
    char *big = event_with(KEYS, "x", LIMIT_EVENT_BYTES);
    char *huge = event_with(KEYS, "x", 10 * 1024 * 1024);

    (void)state;
    expect_good(small);
    expect_bad(big, "too_big", "", "262144 are allowed");
    expect_bad(huge, "too_big", "", "262144 are allowed");
    free(small);
    free(big);
    free(huge);
}

// An event that nests depth levels in all; to be freed. brackets: "[]" or "{}" and so on.
static char *nested(size_t depth, const char *open, const char *close)
{
    struct text json = {0};

    text_add(&json,
             "{" HEAD ",\"type\":\"headsup.issue.closed\",\"subject\":\"k\",\"data\":{\"x\":");
    for (size_t i = 2; i < depth; i++) {
        text_add(&json, open);
    }
    text_add_char(&json, '1');
    for (size_t i = 2; i < depth; i++) {
        text_add(&json, close);
    }
    text_add(&json, "}}");
    return json.bytes;
}

static void holds_depth(void **state)
{
    char *fits = nested(LIMIT_EVENT_DEPTH, "[", "]");
    char *deep = nested(LIMIT_EVENT_DEPTH + 1, "{\"a\":", "}");
    char *deeper = nested(10000, "[", "]");
    char *open = nested(10000, "[", "");
    struct text behind = {0};

    (void)state;
    expect_good(fits);
    expect_bad(deep, "too_deep", "", "65 levels deep; 64 are allowed");
    expect_bad(deeper, "too_deep", "", "64 are allowed");
    expect_bad(open, "too_deep", "", "64 are allowed");
    // brackets in a text do not nest; what hides behind a first value does
    expect_good(OPENED_WITH("",
                            ",\"x\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
                            "[[[[[[[[[\\\"[[[[[[\\\\\""));
    text_add(&behind, "]},");
    for (int i = 0; i < 10000; i++) {
        text_add_char(&behind, '{');
    }
    expect_bad(text_string(&behind), "too_deep", "", "64 are allowed");
    text_finish(&behind);
    free(fits);
    free(deep);
    free(deeper);
    free(open);
}

static void slices_frames(void **state)
{
    static const struct {
        const char *frame;
        bool is_array;
        size_t count;
        const char *elements[4];
    } good[] = {
        {"{}", false, 1, {"{}"}},
        {" {\"a\":1}\n", false, 1, {"{\"a\":1}"}},
        {"null", false, 1, {"null"}},
        {"{\"a\":\"\xff\"}", false, 1, {"{\"a\":\"\xff\"}"}}, // refused on its own
        {"[]", true, 0, {0}},
        {" [ ] \n", true, 0, {0}},
        {"[{}]", true, 1, {"{}"}},
        {"[ {} , {\"a\":[1,2]}\t]", true, 2, {"{}", "{\"a\":[1,2]}"}},
        {"[{\"a\":\"],[\\\"}\"},{\"b\":\"\\\\\"},3]",
         true,
         3,
         {"{\"a\":\"],[\\\"}\"}", "{\"b\":\"\\\\\"}", "3"}},
        {"[{\"a\":[1}],x y]", true, 2, {"{\"a\":[1}]", "x y"}}, // refused each on its own
        {"[[],\"\xff\"]", true, 2, {"[]", "\"\xff\""}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct event_slices slices = {0};
        struct refusal why = {0};

        if (event_slices_read(good[i].frame, strlen(good[i].frame), &slices, &why) < 0) {
            fail_msg("%s: %s", good[i].frame, why.message);
        }
        assert_int_equal(slices.is_array, good[i].is_array);
        assert_int_equal(slices.count, good[i].count);
        for (size_t j = 0; j < slices.count; j++) {
            assert_int_equal(slices.slices[j].size, strlen(good[i].elements[j]));
            assert_memory_equal(slices.slices[j].bytes, good[i].elements[j], slices.slices[j].size);
        }
        event_slices_finish(&slices);
        assert_null(slices.slices);
        assert_int_equal(slices.count, 0);
    }
}

static void refuses_frames(void **state)
{
    static const struct {
        const char *frame, *code, *words;
    } bad[] = {
        {"", "malformed", "empty"},
        {" \r\n\t", "malformed", "empty"},
        {"[", "malformed", "does not end"},
        {"[{}", "malformed", "does not end"},
        {"[{},", "malformed", "does not end"},
        {"[{\"a\":\"]", "malformed", "does not end"},
        {"[{\"a\":\"\\", "malformed", "does not end"},
        {"[{},]", "malformed", "missing"},
        {"[,{}]", "malformed", "missing"},
        {"[{} , ,{}]", "malformed", "missing"},
        {"[{}]]", "malformed", "follows"},
        {"[{}]{}", "malformed", "follows"},
        {"[{}},{}]", "malformed", "'}' too many at byte 4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct event_slices slices = {.count = 77};
        struct refusal why = {0};

        assert_int_equal(event_slices_read(bad[i].frame, strlen(bad[i].frame), &slices, &why),
                         -EINVAL);
        assert_string_equal(why.code, bad[i].code);
        if (!strstr(why.message, bad[i].words)) {
            fail_msg("%s: %s", bad[i].frame, why.message);
        }
        assert_int_equal(slices.count, 77);
        assert_null(slices.slices);
    }
}

static void expect_frame(struct text *frame, int result, const char *code, size_t count)
{
    struct event_slices slices = {0};
    struct refusal why = {0};

    assert_int_equal(event_slices_read(frame->bytes, frame->size, &slices, &why), result);
    assert_string_equal(why.code, code);
    assert_int_equal(slices.count, count);
    event_slices_finish(&slices);
    text_finish(frame);
}

static void holds_frames(void **state)
{
    struct text frame = {0};

    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        text_add(&frame, "[{}");
        for (int i = 1; i < LIMIT_BATCH_EVENTS + extra; i++) {
            text_add(&frame, ",{}");
        }
        text_add(&frame, "]");
        expect_frame(&frame, extra ? -EINVAL : 0, extra ? "too_many" : "",
                     extra ? 0 : LIMIT_BATCH_EVENTS);
    }
    for (int i = 0; i < 10000; i++) {
        text_add(&frame, "[");
    }
    expect_frame(&frame, -EINVAL, "too_deep", 0);
}

// What one frame alone can be.
static void holds_values(void **state)
{
    struct text value = {0};

    (void)state;
    for (int i = 0; i < 10000; i++) {
        text_add(&value, "{\"a\":");
    }
    expect_bad(text_string(&value), "too_deep", "", "levels deep");
    text_clear(&value);
    text_add(&value, "{\"a\":\"");
    for (int i = 0; i < LIMIT_EVENT_BYTES; i++) {
        text_add_char(&value, 'x');
    }
    text_add(&value, "\"}");
    expect_bad(text_string(&value), "too_big", "", "are allowed");
    expect_bad("{\"a\":\"\xff\"}", "bad_utf8", "", "UTF-8");
    text_finish(&value);
}

// One bad element of an array costs only itself.
static void elements_are_independent(void **state)
{
    struct text frame = {0};
    struct event_slices slices = {0};
    struct refusal why = {0};
    static const char *const codes[] = {"", "too_deep", "too_big", "bad_utf8", "malformed", ""};
    char *deep = nested(10000, "[", "]"), *big = event_with(KEYS, "x", LIMIT_EVENT_BYTES);

    (void)state;
    text_addf(&frame, "[%s,%s,%s,", OPENED_WITH("", ""), deep, big);
    text_addf(&frame, "%s,{\"a\" 1},%s]", OPENED_WITH("", ",\"x\":\"\xff\""), OPENED_WITH("", ""));
    assert_int_equal(event_slices_read(frame.bytes, frame.size, &slices, &why), 0);
    assert_int_equal(slices.count, 6);
    for (size_t i = 0; i < slices.count; i++) {
        struct event event = {0};
        struct refusal each = {0};
        int r =
            event_parse(slices.slices[i].bytes, slices.slices[i].size, RECEIVED_MS, &event, &each);

        assert_int_equal(r, codes[i][0] ? -EINVAL : 0);
        assert_string_equal(each.code, codes[i]);
        event_finish(&event);
    }
    event_slices_finish(&slices);
    text_finish(&frame);
    free(deep);
    free(big);
}

static bool same(const char *one, const char *two)
{
    return event_same(one, strlen(one), two, strlen(two));
}

static void knows_the_same(void **state)
{
    (void)state;
    assert_true(same("{\"a\":1}", "{\"a\":1}"));
    assert_true(same("{\"a\":1,\"b\":[1,2]}", " { \"b\" : [ 1, 2 ] ,\"a\":1 }\n"));
    assert_true(same("{\"a\":\"\\u00fc\"}", "{\"a\":\"\xc3\xbc\"}"));
    assert_false(same("{\"a\":1}", "{\"a\":2}"));
    assert_false(same("{\"a\":1}", "{\"a\":1,\"b\":null}"));
    assert_false(same("{\"b\":[1,2]}", "{\"b\":[2,1]}"));
    assert_false(same("{\"a\":1}", "{\"a\":1} x"));
    assert_true(same("broken", "broken"));
    assert_false(same("broken", "broke"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_lengths),
        cmocka_unit_test(holds_lengths_of_attributes),
        cmocka_unit_test(holds_size),
        cmocka_unit_test(holds_depth),
        cmocka_unit_test(slices_frames),
        cmocka_unit_test(refuses_frames),
        cmocka_unit_test(holds_values),
        cmocka_unit_test(holds_frames),
        cmocka_unit_test(elements_are_independent),
        cmocka_unit_test(knows_the_same),
    };

    return cmocka_run_group_tests_name("event frames", tests, NULL, NULL);
}
