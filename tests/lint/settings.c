// Holds the example rule book and its manual page against the tables of settings: each setting has
// a sentence, stands in the example, and stands in its group's section of the manual with the
// sentence and the default that the table has; and the manual tells of no other.
//
//     settings_lint [--prove] HEADSUP.CONF HEADSUP.CONF.5.SCD
//
// The same for files of tests, whose example is the manual's own:
//
//     settings_lint [--prove] --tests HEADSUP-TEST.5.SCD
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/trial/script.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/rulebook/rulebook.h"
#include "common/rulebook/settings.h"

enum { TEXT_BYTES = 1024 * 1024 };

typedef void each_setting(void (*callback)(void *user, const struct setting_group *group,
                                           const struct setting *setting),
                          void *user);

struct lint {
    each_setting *each;
    const char *example; // NULL: there is none
    const char *manual;
    int found;
    bool quiet;
};

static void complain(struct lint *lint, const struct setting_group *group, const char *name,
                     const char *words)
{
    lint->found++;
    if (!lint->quiet) {
        (void)printf("%s: '%s' %s\n", group->title, name, words);
    }
}

static bool part_of_word(char byte)
{
    return isalnum((unsigned char)byte) || byte == '_';
}

// Where text gives name a value ("name =", "name:"), or NULL. With alone, where it stands at all.
static const char *find_setting(const char *text, const char *name, bool alone)
{
    size_t size = strlen(name);

    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
        const char *after = at + size + strspn(at + size, " ");

        if ((at == text || !part_of_word(at[-1])) && !part_of_word(at[size]) &&
            (alone || *after == '=' || *after == ':')) {
            return at;
        }
    }
    return NULL;
}

// The group's section of the manual, copied into section.
static void find_section(const char *manual, const char *title, struct text *section)
{
    struct text heading = {0};
    const char *start, *end;

    text_addf(&heading, "\n## %s\n", title);
    start = strstr(manual, heading.bytes);
    if (start) {
        start += heading.size - 1;
        end = strstr(start, "\n#");
        text_add_bytes(section, start, end ? (size_t)(end - start) + 1 : strlen(start));
    }
    text_finish(&heading);
}

static void check_manual(struct lint *lint, const struct setting_group *group,
                         const struct setting *setting)
{
    const char *def = setting->def_told ? setting->def_told : setting->def, *line;
    struct text section = {0}, entry = {0}, told = {0};

    find_section(lint->manual, group->title, &section);
    text_addf(&entry, "\n*%s*: ", setting->name);
    line = strstr(text_string(&section), entry.bytes);
    if (!line) {
        complain(lint, group, setting->name, "is missing in its section of the manual");
    } else {
        text_add_bytes(&told, line + 1, strcspn(line + 1, "\n"));
        if (def && !strstr(told.bytes, def)) {
            complain(lint, group, setting->name, "has another default in the manual");
        }
        line += 2 + strcspn(line + 1, "\n");
        if (*line != '\t' || strncmp(line + 1, setting->help, strlen(setting->help)) != 0) {
            complain(lint, group, setting->name, "is told of in other words in the manual");
        }
    }
    text_finish(&told);
    text_finish(&entry);
    text_finish(&section);
}

static void check_setting(void *user, const struct setting_group *group,
                          const struct setting *setting)
{
    struct lint *lint = user;
    size_t size = setting->help ? strlen(setting->help) : 0;

    if (size < 10 || setting->help[size - 1] != '.' || !isupper((unsigned char)setting->help[0])) {
        complain(lint, group, setting->name, "has no sentence that explains it");
        return;
    }
    if (lint->example &&
        !find_setting(lint->example, setting->name, setting->type == SETTING_ABSENT)) {
        complain(lint, group, setting->name, "is missing in the example");
    }
    check_manual(lint, group, setting);
}

struct search {
    const char *title;
    char name[64];
    bool known;
};

static void compare(void *user, const struct setting_group *group, const struct setting *setting)
{
    struct search *search = user;
    size_t size = strlen(group->title);

    search->known |= strncmp(search->title, group->title, size) == 0 &&
                     search->title[size] == '\n' && strcmp(search->name, setting->name) == 0;
}

// What the manual tells of and no table has.
static void check_strangers(struct lint *lint)
{
    const char *settings = strstr(lint->manual, "\n# SETTINGS\n");
    const char *end = settings ? strstr(settings + 2, "\n# ") : NULL;

    for (const char *at = settings ? strstr(settings, "\n*") : NULL; at && at < end;
         at = strstr(at + 1, "\n*")) {
        struct search search = {.title = "\n"};

        for (const char *title = strstr(settings, "\n## "); title && title < at;
             title = strstr(title + 1, "\n## ")) {
            search.title = title + 4;
        }
        (void)snprintf(search.name, sizeof search.name, "%.*s", (int)strcspn(at + 2, "*"), at + 2);
        lint->each(compare, &search);
        if (!search.known) {
            lint->found++;
            if (!lint->quiet) {
                (void)printf("manual: '%s' is no setting of '%.*s'\n", search.name,
                             (int)strcspn(search.title, "\n"), search.title);
            }
        }
    }
}

static int check(struct lint *lint)
{
    lint->each(check_setting, lint);
    check_strangers(lint);
    return lint->found;
}

// The example with every setting switched on: "#name" becomes "name". Includes stay off.
static void switch_on(const char *example, struct text *out)
{
    for (const char *line = example, *end; *line; line = end) {
        size_t blanks = strspn(line, " ");
        bool off = line[blanks] == '#' && !strchr(" @#\n", line[blanks + 1]);

        end = line + strcspn(line, "\n");
        end += *end == '\n';
        text_add_bytes(out, line, blanks);
        blanks += off;
        text_add_bytes(out, line + blanks, (size_t)(end - line) - blanks);
    }
}

// How many errors, and where all is switched off warnings, the rule book has; told on the way.
static size_t load_book(const char *text, bool warnings_count)
{
    char path[] = "/tmp/settings_lint.XXXXXX";
    struct problems problems = {0};
    struct rulebook *book = NULL;
    int fd = mkstemp(path), r;
    size_t found;

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        (void)printf("%s cannot be written\n", path);
        return 1;
    }
    (void)close(fd);
    r = rulebook_load(path, false, &book, &problems);
    found = problems.error_count + (warnings_count ? problems.warning_count : 0);
    if (found) {
        (void)printf("the example does not load:\n%s%s", text_string(&problems.errors),
                     text_string(&problems.warnings));
    }
    (void)unlink(path);
    rulebook_destroy(book);
    problems_finish(&problems);
    return found || r < 0;
}

static size_t check_loads(const char *example)
{
    struct text all = {0};
    size_t found = load_book(example, true);

    switch_on(example, &all);
    found += load_book(text_string(&all), false);
    text_finish(&all);
    return found;
}

struct proof {
    each_setting *each;
    const char *example, *manual;
    int missed;
};

static void expect_found(struct proof *proof, const char *example, const char *manual,
                         const char *name, const char *fault)
{
    struct lint lint = {.each = proof->each, .example = example, .manual = manual, .quiet = true};

    if (check(&lint) == 0) {
        proof->missed++;
        (void)printf("not found: '%s' %s\n", name, fault);
    }
}

// Spoils every mention of one setting, in one of the two texts after the other.
static void spoil(void *user, const struct setting_group *group, const struct setting *setting)
{
    struct proof *proof = user;
    struct text example = {0}, manual = {0};
    const char *at;
    char *entry;

    text_add(&example, proof->example ? proof->example : "");
    while (proof->example && (at = find_setting(example.bytes, setting->name, true))) {
        example.bytes[at - example.bytes] = '~';
    }
    if (proof->example) {
        expect_found(proof, example.bytes, proof->manual, setting->name, "taken from the example");
    }
    text_add(&manual, proof->manual);
    entry = strstr(manual.bytes, group->title);
    entry = entry ? strstr(manual.bytes, setting->help) : NULL;
    if (entry) {
        *entry = '~';
    }
    expect_found(proof, proof->example, manual.bytes, setting->name, "changed in the manual");
    text_finish(&example);
    text_finish(&manual);
}

static int prove(struct proof *proof)
{
    struct text manual = {0};
    char *heading;

    proof->each(spoil, proof);
    text_add(&manual, proof->manual);
    heading = strstr(manual.bytes, "\n# SETTINGS\n");
    heading = heading ? strstr(heading, "\n*") : NULL;
    if (heading) {
        heading[2] = '_';
    }
    expect_found(proof, proof->example, manual.bytes, "a stranger", "put into the manual");
    text_finish(&manual);
    return proof->missed;
}

int main(int argc, char **argv)
{
    bool proving = argc > 1 && strcmp(argv[1], "--prove") == 0;
    bool of_tests = argc > 1 + proving && strcmp(argv[1 + proving], "--tests") == 0;
    each_setting *each = of_tests ? script_settings_each : settings_each;
    struct text example = {0}, manual = {0};
    struct error err = {0};
    int found = 1;

    if (argc != 3 + proving) {
        (void)fprintf(stderr, "usage: %s [--prove] EXAMPLE MANUAL | [--prove] --tests MANUAL\n",
                      argv[0]);
        return 2;
    }
    if ((!of_tests && file_read(argv[argc - 2], TEXT_BYTES, &example, &err) < 0) ||
        file_read(argv[argc - 1], TEXT_BYTES, &manual, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.message);
    } else if (proving) {
        found = prove(&(struct proof){.each = each,
                                      .example = of_tests ? NULL : text_string(&example),
                                      .manual = text_string(&manual)});
    } else {
        found = check(&(struct lint){.each = each,
                                     .example = of_tests ? NULL : text_string(&example),
                                     .manual = text_string(&manual)});
        found += of_tests ? 0 : (int)check_loads(text_string(&example));
    }
    text_finish(&example);
    text_finish(&manual);
    return found ? 1 : 0;
}
