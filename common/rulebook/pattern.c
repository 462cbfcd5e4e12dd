#define PCRE2_CODE_UNIT_WIDTH 8

#include "common/rulebook/pattern.h"

#include <ctype.h>
#include <errno.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xalloc.h"

// Of one try at one place of the text: steps, depth of backtracking, KiB of memory. The worst text
// meets the first at every place just below the limit.
enum { STEPS_MOST = 20000, DEPTH_MOST = 10000, HEAP_KIB_MOST = 4096, BRACKETS_MOST = 50 };

struct matcher_pattern {
    pcre2_code *code;
    pcre2_match_data *found; // of the last match; kept so that a match allocates nothing
    pcre2_match_context *limits;
    int needs; // a byte that every match holds, in either case; -1: none is known
};

static pcre2_code *compile(const char *written, int *ret_code, size_t *ret_offset)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_code *code;

    if (!context) {
        *ret_code = PCRE2_ERROR_NOMEMORY;
        return NULL;
    }
    (void)pcre2_set_max_pattern_length(context, PATTERN_BYTES);
    (void)pcre2_set_parens_nest_limit(context, BRACKETS_MOST);
    code = pcre2_compile((PCRE2_SPTR)written, strlen(written), PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C,
                         ret_code, ret_offset, context);
    pcre2_compile_context_free(context);
    return code;
}

// The last literal of the pattern, as PCRE2 knows it; of characters beyond ASCII it knows but a
// part.
static int byte_needed(const pcre2_code *code)
{
    uint32_t type = 0, unit = 0;

    (void)pcre2_pattern_info(code, PCRE2_INFO_LASTCODETYPE, &type);
    (void)pcre2_pattern_info(code, PCRE2_INFO_LASTCODEUNIT, &unit);
    return type == 1 && unit > 0 && unit < 0x80 ? (int)unit : -1;
}

int pattern_create(const char *written, struct matcher_pattern **ret, struct error *err)
{
    struct matcher_pattern *pattern;
    PCRE2_UCHAR words[160] = "";
    int code = 0;
    size_t offset = 0;
    pcre2_code *compiled;

    if (strlen(written) > PATTERN_BYTES) {
        return error_set(err, -EINVAL, "the pattern is longer than %d bytes", PATTERN_BYTES);
    }
    compiled = compile(written, &code, &offset);
    if (!compiled) {
        (void)pcre2_get_error_message(code, words, sizeof words);
        return error_set(err, -EINVAL, "the pattern is wrong at its byte %zu: %s", offset,
                         (const char *)words);
    }
    pattern = xcalloc(1, sizeof *pattern);
    pattern->code = compiled;
    pattern->needs = byte_needed(compiled);
    pattern->found = pcre2_match_data_create(1, NULL);
    pattern->limits = pcre2_match_context_create(NULL);
    if (!pattern->found || !pattern->limits) {
        pattern_destroy(pattern);
        return error_set(err, -ENOMEM, "out of memory");
    }
    (void)pcre2_set_match_limit(pattern->limits, STEPS_MOST);
    (void)pcre2_set_depth_limit(pattern->limits, DEPTH_MOST);
    (void)pcre2_set_heap_limit(pattern->limits, HEAP_KIB_MOST);
    *ret = pattern;
    return 0;
}

void pattern_destroy(struct matcher_pattern *pattern)
{
    if (pattern) {
        pcre2_match_context_free(pattern->limits);
        pcre2_match_data_free(pattern->found);
        pcre2_code_free(pattern->code);
        free(pattern);
    }
}

enum answer pattern_found(const struct matcher_pattern *pattern, const char *text)
{
    size_t size = strlen(text);
    int code;

    if (size > PATTERN_SUBJECT_BYTES) {
        return ANSWER_CANNOT_TELL;
    }
    if (pattern->needs >= 0 && !strchr(text, tolower(pattern->needs)) &&
        !strchr(text, toupper(pattern->needs))) {
        return ANSWER_NO; // most patterns of a long rule book end here
    }
    code = pcre2_match(pattern->code, (PCRE2_SPTR)text, size, 0, PCRE2_NO_UTF_CHECK, pattern->found,
                       pattern->limits);
    if (code >= 0) {
        return ANSWER_YES;
    }
    return code == PCRE2_ERROR_NOMATCH ? ANSWER_NO : ANSWER_CANNOT_TELL;
}
