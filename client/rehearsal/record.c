#include "client/rehearsal/record.h"

#include <errno.h>
#include <string.h>

enum { TEXTS = 8, ABSENT = UINT16_MAX };

// What is of one size goes before the texts. Where it has no sums, they stay behind.
struct head {
    int64_t position, at_ms, due_ms, number, done;
    uint8_t kind, role, notice, fate, urgent;
    uint16_t sizes[TEXTS]; // ABSENT: there is none
};

static void texts_of(struct record *record, const char **ret[TEXTS])
{
    const char **const texts[TEXTS] = {&record->rep,     &record->rule, &record->source,
                                       &record->id,      &record->type, &record->issue,
                                       &record->account, &record->words};

    memcpy(ret, texts, sizeof texts);
}

void record_write(FILE *to, const struct record *record)
{
    struct record copy = *record;
    struct head head;
    const char **texts[TEXTS];

    memset(&head, 0, sizeof head); // its gaps too
    head.position = record->position;
    head.at_ms = record->at_ms;
    head.due_ms = record->due_ms;
    head.number = record->number;
    head.done = record->done;
    head.kind = (uint8_t)record->kind;
    head.role = (uint8_t)record->role;
    head.notice = (uint8_t)record->notice;
    head.fate = (uint8_t)record->fate;
    head.urgent = record->urgent;
    texts_of(&copy, texts);
    for (int i = 0; i < TEXTS; i++) {
        size_t size = *texts[i] ? strlen(*texts[i]) : ABSENT;

        head.sizes[i] = (uint16_t)(*texts[i] && size >= ABSENT ? ABSENT - 1 : size);
    }
    (void)fwrite(&head, sizeof head, 1, to);
    for (int i = 0; i < TEXTS; i++) {
        if (*texts[i]) {
            (void)fwrite(*texts[i], 1, head.sizes[i], to);
        }
    }
    if (record->kind == RECORD_END) {
        (void)fwrite(&record->sums, sizeof record->sums, 1, to);
    }
}

static bool read_texts(FILE *from, const struct head *head, struct arena *arena,
                       struct record *record)
{
    const char **texts[TEXTS];

    texts_of(record, texts);
    for (int i = 0; i < TEXTS; i++) {
        size_t size = head->sizes[i];
        char *text;

        if (size == ABSENT) {
            continue;
        }
        text = arena_get(arena, size + 1);
        if (fread(text, 1, size, from) != size) {
            return false;
        }
        *texts[i] = text;
    }
    return true;
}

int record_read(FILE *from, struct arena *arena, struct record *ret)
{
    struct head head;
    size_t got = fread(&head, 1, sizeof head, from);

    if (got == 0 && feof(from)) {
        return 0;
    }
    *ret = (struct record){.kind = (enum record_kind)head.kind,
                           .role = head.role,
                           .notice = head.notice,
                           .fate = head.fate,
                           .urgent = head.urgent,
                           .position = head.position,
                           .at_ms = head.at_ms,
                           .due_ms = head.due_ms,
                           .number = head.number,
                           .done = head.done};
    if (got != sizeof head || !read_texts(from, &head, arena, ret) ||
        (ret->kind == RECORD_END && fread(&ret->sums, sizeof ret->sums, 1, from) != 1)) {
        return -EPROTO;
    }
    return 1;
}
