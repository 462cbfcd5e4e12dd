#include "common/rulebook/watched.h"

#include "common/base/limits.h"
#include "common/base/moment.h"
#include "common/rulebook/reader.h"

static void check_source(struct reader *reader, struct place place, void *group)
{
    const struct watched *watched = group;
    const struct name *first =
        watched->name ? names_add(reader->sources, watched->name, watched, place) : NULL;

    if (first) {
        reader_error(reader, place, "the source stands at %s:%d already", first->place.file,
                     first->place.line);
    }
}

static const struct setting source_settings[] = {
    {.name = "name",
     .type = SETTING_TEXT,
     .required = true,
     .max = LIMIT_SOURCE_BYTES,
     STORED_IN(struct watched, name),
     .help = "The source, as its events name it."},
    {.name = "silent_after",
     .type = SETTING_SPAN,
     .required = true,
     .min = SECOND_MS,
     STORED_IN(struct watched, silent_after_ms),
     .help = "How long it may be quiet before the admin is told."},
};

const struct setting_group source_group = {
    .title = "source",
    .named = "name",
    .settings = source_settings,
    .count = sizeof source_settings / sizeof source_settings[0],
    .size = sizeof(struct watched),
    .check = check_source,
};
