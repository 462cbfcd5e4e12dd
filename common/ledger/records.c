#include "common/ledger/records.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"

const char *fate_name(enum fate fate)
{
    static const char *const names[FATE_COUNT] = {"waiting", "delivered", "dead", "digest",
                                                  "unsent",  "dropped",   "held", "gathered"};

    return names[fate];
}

const char *lane_state_name(enum lane_state state)
{
    static const char *const names[LANE_STATE_COUNT] = {"open", "paused", "closed"};

    return names[state];
}

const char *notice_id_format(const char *prefix, int64_t num, char *buffer)
{
    size_t length = strnlen(prefix, NOTICE_PREFIX_BYTES - 1);

    memcpy(buffer, prefix, length);
    buffer[length] = '_';
    (void)int_format(num, buffer + length + 1);
    return buffer;
}

int64_t notice_id_num(const char *id)
{
    const char *digits = strrchr(id, '_');
    char *end;
    long long num;

    if (digits && strncmp(id, "hn_", 3) != 0) {
        return 0;
    }
    digits = digits ? digits + 1 : id;
    if (*digits < '1' || *digits > '9') {
        return 0;
    }
    num = strtoll(digits, &end, 10);
    return *end == '\0' ? (int64_t)num : 0;
}
