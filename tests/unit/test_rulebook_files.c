// The files of a rule book: those that it includes, and the secrets and addresses of its webhooks.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/rulebook/endpoint.h"
#include "tests/unit/shelf.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET          "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3" // 24 bytes

#define CERTIFICATE "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
#define KEY         "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----"

#define DEFAULT "default: { service = \"pat\"; sales = \"rich\"; };\n"
#define RICH(more)                                                                                 \
    "{ id = \"rich\"; name = \"R\"; role = \"sales\";\nwebhook: { url = "                          \
    "\"https://h/TOKEN\"; " more "}; }"
#define PAT                                                                                        \
    "{ id = \"pat\"; name = \"P\"; role = \"service\"; webhook: { url = \"https://h/TOKEN\"; }; }"

static void good(struct shelf *shelf, bool with_secrets)
{
    if (load(shelf, "book.conf", with_secrets) < 0) {
        fail_msg("%s", text_string(&shelf->problems.errors));
    }
}

static void bad(struct shelf *shelf, bool with_secrets, const char *words)
{
    assert_int_equal(load(shelf, "book.conf", with_secrets), -EINVAL);
    if (!strstr(shelf->problems.errors.bytes, words)) {
        fail_msg("'%s' is not in\n%s", words, shelf->problems.errors.bytes);
    }
    assert_null(strstr(shelf->problems.errors.bytes, "TOKEN"));
    assert_null(strstr(shelf->problems.errors.bytes, "MDEy"));
}

static void files_include_files_beside_themselves(void **state)
{
    struct shelf *shelf = *state;
    struct text book = {0};
    const struct rule *rules;

    make_folder(shelf, "people");
    make_folder(shelf, "people/sales");
    make_folder(shelf, "rules");
    text_addf(
        &book,
        "// people and rules have files of their own\n"
        "reps: (\n  @include \"people/all.conf\" // and a comment behind it\n);\n" DEFAULT
        "\t@include   \"%s/rules/rules.conf\"\n/* @include \"none\" */\n// @include \"none\"\n"
        "currency =\n\"EUR\";\n",
        shelf->folder);
    write_file(shelf, "book.conf", book.bytes);
    write_file(shelf, "people/all.conf",
               "\xef\xbb\xbf\r\n@include \"sales/rich.conf\"\r\n,\r\n" PAT);
    write_file(shelf, "people/sales/rich.conf", "# Rich\n" RICH(""));
    write_file(shelf, "rules/rules.conf",
               "rules: (\n{ name = \"first\"; },\n@include \"last.conf\"\n);");
    write_file(shelf, "rules/last.conf", "\n\n\n{ name = \"last\"; match = [ \"amount > 5\"\n]; }");
    good(shelf, false);
    assert_string_equal(shelf->book->currency, "EUR");
    assert_int_equal(shelf->book->rep_count, 2);
    rules = shelf->book->rules;
    assert_string_equal(rules[0].file, path_of(shelf, "rules/rules.conf"));
    assert_int_equal(rules[0].line, 2);
    assert_string_equal(rules[1].name, "last");
    assert_string_equal(rules[1].file, path_of(shelf, "rules/last.conf"));
    assert_int_equal(rules[1].line, 4);

    // each file's own faults bear its own name, and what follows an include its own line
    write_file(shelf, "rules/last.conf", "\n{ name = \"last\"; match = [\n\"amuont > 5\"\n]; }");
    bad(shelf, false, "/rules/last.conf:3: rule 'last': 'amuont > 5': there is no field");
    write_file(shelf, "rules/last.conf", "\n{ name = \"last\"; match = [ /* }");
    bad(shelf, false, "/rules/last.conf:2: a comment begins here");
    write_file(shelf, "rules/last.conf", "{ name = \"last\"; nmae = 5; } x");
    bad(shelf, false, "/rules/last.conf:1: this cannot be read");
    write_file(shelf, "rules/last.conf", "{ name = \"last\"; }\n@include \"../none.conf\"\n");
    bad(shelf, false, "/rules/last.conf:2: the file cannot be read: ");
    write_file(shelf, "rules/last.conf", "{ name = \"last\"; }");
    text_add(&book, "min_free_mib = \"x\";");
    write_file(shelf, "book.conf", book.bytes);
    bad(shelf, false, "/book.conf:11: 'min_free_mib' must be a whole number");
    text_finish(&book);
}

static void an_include_in_a_text_is_a_text(void **state)
{
    struct shelf *shelf = *state;

    write_file(shelf, "book.conf",
               "reps: ( " RICH("") ",\n" PAT " );\n" DEFAULT
                                   "rules: ( { name = \"a // b /* c # d\"; body = \"\n@include "
                                   "\\\"none\\\"\n\"; } );\n");
    good(shelf, false);
    assert_string_equal(shelf->book->rules[0].name, "a // b /* c # d");
}

static void ten_files_deep_and_no_deeper(void **state)
{
    struct shelf *shelf = *state;
    char name[32], words[64];

    write_file(shelf, "book.conf", "@include \"f1.conf\"\n");
    for (int i = 1; i < 9; i++) {
        (void)snprintf(name, sizeof name, "f%d.conf", i);
        (void)snprintf(words, sizeof words, "\n@include \"f%d.conf\"\n", i + 1);
        write_file(shelf, name, words);
    }
    write_file(shelf, "f9.conf", "reps: ( " RICH("") ",\n" PAT " );\n" DEFAULT);
    good(shelf, false);
    write_file(shelf, "f9.conf", "@include \"f10.conf\"\n");
    bad(shelf, false, "/f9.conf:1: files include files too deeply");
}

static void secrets_are_read_and_never_told(void **state)
{
    struct shelf *shelf = *state;

    make_folder(shelf, "people");
    write_file(shelf, "book.conf",
               "reps: (\n@include \"people/rich.conf\"\n, " PAT " );\n" DEFAULT);
    write_file(shelf, "people/rich.conf", RICH("secret_file = \"rich.secret\"; "));
    good(shelf, false); // not asked for
    assert_null(shelf->book->reps[0].webhook.secret);
    assert_string_equal(shelf->book->reps[0].webhook.secret_file, "rich.secret");
    bad(shelf, true, "/people/rich.conf:2: rep 'rich', webhook: the secret file ");
    bad(shelf, true, "/people/rich.secret cannot be read: No such file");
    write_file(shelf, "people/rich.secret", SECRET "\n\n");
    good(shelf, true);
    assert_string_equal(shelf->book->reps[0].webhook.secret, SECRET);
    write_file(shelf, "people/rich.secret", SECRET "\n" SECRET "\n");
    good(shelf, true);
    assert_string_equal(shelf->book->reps[0].webhook.secret, SECRET "\n" SECRET);
    write_file(shelf, "people/rich.secret", SECRET "\r\n"); // as an editor on Windows leaves it
    good(shelf, true);
    assert_string_equal(shelf->book->reps[0].webhook.secret, SECRET);
    write_file(shelf, "people/rich.secret", SECRET "\r\n" SECRET "\r\n");
    good(shelf, true);
    assert_string_equal(shelf->book->reps[0].webhook.secret, SECRET "\n" SECRET);
    write_file(shelf, "people/rich.secret", SECRET "\r" SECRET);
    bad(shelf, true, "must hold whsec_");
    write_bytes(shelf, "people/rich.secret", SECRET, strlen(SECRET), 0640);
    bad(shelf, true, "/people/rich.secret can be read by others: do chmod 600 on it");
    write_file(shelf, "people/rich.secret", SECRET "!");
    bad(shelf, true, "must hold whsec_ and the base64 of 24 to 64 bytes");
    write_bytes(shelf, "people/rich.secret", SECRET "\0" SECRET, 2 * strlen(SECRET) + 1, 0600);
    bad(shelf, true, "must hold whsec_");
    write_file(shelf, "people/rich.secret", "");
    bad(shelf, true, "must hold whsec_");
    write_file(shelf, "people/rich.conf", RICH("secret_file = \".\"; "));
    bad(shelf, true, "secret file");
}

static void the_files_of_tls_are_checked(void **state)
{
    struct shelf *shelf = *state;

    make_folder(shelf, "people");
    write_file(shelf, "book.conf",
               "reps: (\n@include \"people/rich.conf\"\n, " PAT " );\n" DEFAULT);
    write_file(shelf, "people/rich.conf", RICH("ca_file = \"ca.pem\"; "));
    good(shelf, false);
    bad(shelf, true, "people/ca.pem cannot be read: No such file");
    write_bytes(shelf, "people/ca.pem", "rubbish", 7, 0644);
    bad(shelf, true, "people/ca.pem holds no certificate in PEM");
    // anybody may read that one
    write_bytes(shelf, "people/ca.pem", CERTIFICATE, strlen(CERTIFICATE), 0644);
    good(shelf, true);
    assert_string_equal(shelf->book->reps[0].webhook.ca, CERTIFICATE);
    write_file(shelf, "people/rich.conf", RICH("client_cert_file = \"ca.pem\"; "));
    bad(shelf, true, "belong together: one is missing");
    write_file(shelf, "people/rich.conf",
               RICH("client_cert_file = \"ca.pem\"; client_key_file = \"key.pem\"; "));
    write_bytes(shelf, "people/key.pem", KEY, strlen(KEY), 0644);
    bad(shelf, true, "the client key ");
    bad(shelf, true, "people/key.pem can be read by others: do chmod 600 on it");
    write_bytes(shelf, "people/key.pem", KEY, strlen(KEY), 0600);
    good(shelf, true);
    assert_string_equal(shelf->book->reps[0].webhook.client_key, KEY);
    write_bytes(shelf, "people/key.pem", "ENCRYPTED " KEY, strlen("ENCRYPTED " KEY), 0600);
    bad(shelf, true, "is locked by a passphrase");
    write_bytes(shelf, "people/key.pem", CERTIFICATE, strlen(CERTIFICATE), 0600);
    bad(shelf, true, "holds no private key in PEM");
}

static void ways_are_checked(void **state)
{
    struct shelf *shelf = *state;

    make_folder(shelf, "people");
    write_file(shelf, "book.conf",
               "reps: (\n@include \"people/rich.conf\"\n, " PAT " );\n" DEFAULT);
    write_file(
        shelf, "people/rich.conf",
        RICH("allow = [ \"10.1.0.0/16\", \"fd00::/8\" ]; proxy = \"http://p.example:3128\"; "));
    good(shelf, false);
    assert_int_equal(shelf->book->reps[0].webhook.allow_count, 2);
    assert_string_equal(shelf->book->reps[0].webhook.proxy, "http://p.example:3128");
    write_file(shelf, "people/rich.conf", RICH("allow = [ \"10.1.2.3/16\" ]; "));
    bad(shelf, false, "'allow': '10.1.2.3/16' has more bits set than its prefix is long");
    write_file(shelf, "people/rich.conf", RICH("allow = [ \"inside\" ]; "));
    bad(shelf, false, "'allow': 'inside' is no network");
    write_file(shelf, "people/rich.conf", RICH("proxy = \"http://p.example\"; "));
    bad(shelf, false, "'proxy' must end with its port");
    write_file(shelf, "people/rich.conf", RICH("proxy = \"http://me:pass@p.example:3128\"; "));
    bad(shelf, false, "'proxy' must not hold a user or a password");
    write_file(shelf, "people/rich.conf", RICH("proxy = \"http://p.example:3128/path\"; "));
    bad(shelf, false, "'proxy' must end with its port");
}

static void a_credential_of_systemd_comes_first(void **state)
{
    struct shelf *shelf = *state;
    static const char other[] = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4";

    make_folder(shelf, "credentials");
    write_file(shelf, "rich.secret", SECRET);
    write_file(shelf, "book.conf",
               "reps: ( " RICH("secret_file = \"rich.secret\"; ") ", " PAT " );\n" DEFAULT);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", path_of(shelf, "credentials"), 1), 0);
    good(shelf, true); // no such credential: the file
    assert_string_equal(shelf->book->reps[0].webhook.secret, SECRET);
    write_bytes(shelf, "credentials/rich.secret", other, strlen(other), 0440);
    good(shelf, true);
    assert_string_equal(shelf->book->reps[0].webhook.secret, other);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void which_secrets_are_good(void **state)
{
    static const char bytes65[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                  "AAAAAAAAAAAAAAAAAAAAAAA=";
    char secret[128];

    (void)state;
    assert_true(secrets_good(SECRET));
    assert_true(secrets_good(SECRET "\nwhsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="));
    assert_false(secrets_good(SECRET "\n"));
    assert_false(secrets_good(SECRET "\n\n" SECRET));
    assert_false(secrets_good(SECRET "\n" SECRET "\n" SECRET));               // two at most
    assert_true(secrets_good("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="));  // 25 bytes
    assert_true(secrets_good("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));  // 26
    assert_false(secrets_good("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));     // 23
    assert_false(secrets_good("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB==")); // bits left over
    assert_false(secrets_good("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="));
    assert_false(secrets_good("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")); // no padding
    assert_false(secrets_good("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==="));
    assert_false(secrets_good("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_"));
    assert_false(secrets_good("whsec_"));
    assert_false(secrets_good("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"));
    (void)snprintf(secret, sizeof secret, "whsec_%s", bytes65);
    assert_false(secrets_good(secret));
    secret[6 + 84] = '\0'; // 63
    assert_true(secrets_good(secret));
}

static void which_addresses_are_good(void **state)
{
    static const char *const table[][2] = {
        // an address, and its host or what is wrong
        {"https://Hooks.Example.com/a?b#c", "=hooks.example.com"},
        {"https://h", "=h"},
        {"https://h?x", "=h"},
        {"https://h:65535/", "=h"},
        {"https://[2001:DB8::1]:443/x", "=2001:db8::1"},
        {"http://127.0.0.1/", "=127.0.0.1"},
        {"https://h/a@b:c", "=h"},
        {"ftp://h/", "must begin with https://"},
        {"h/x", "must begin with https://"},
        {"https:/h", "must begin with https://"},
        {"https://", "has no host"},
        {"https:///x", "has no host"},
        {"https://:80/x", "has no host"},
        {"https://user:pass@h/", "must not hold a user or a password"},
        {"https://user@h/", "must not hold a user or a password"},
        {"https://h:0/", "has a port that is none"},
        {"https://h:65536/", "has a port that is none"},
        {"https://h:/", "has a port that is none"},
        {"https://h:8a/", "has a port that is none"},
        {"https://[::1/", "has a host with an opening bracket"},
        {"https://[::x]/", "no IPv6 address"},
        {"https://[::1]x/", "has a port that is none"},
        {"https://h x/", "holds a character that no address may have"},
        {"https://h/\n", "holds a character"},
        {"https://h/é", "holds a character"},
        {"https://h\\@x/", "holds a character"},
        {"https://h%2f/", "has a host that is no host's name"},
        {"https://a,b/", "has a host that is no host's name"},
    };
    char long_one[URL_BYTES + 2];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        char *host = NULL;
        const char *fault = url_fault(table[i][0], &host);

        if (table[i][1][0] == '=') {
            assert_null(fault);
            assert_string_equal(host, table[i][1] + 1);
        } else if (!fault || !strstr(fault, table[i][1])) {
            fail_msg("%s: %s", table[i][0], fault ? fault : "is taken");
        } else {
            assert_null(host);
        }
        free(host);
    }
    memset(long_one, 'a', sizeof long_one);
    memcpy(long_one, "https://h/", 10);
    long_one[URL_BYTES + 1] = '\0';
    assert_string_equal(url_fault(long_one, &(char *){NULL}), "is too long");
}

static void warns_of_an_address_to_which_nothing_will_go(void **state)
{
    static const struct {
        const char *settings, *words; // NULL: none
    } cases[] = {
        {"url = \"https://10.1.2.3/TOKEN\";",
         "10.1.2.3 is in a private range; name its network in"},
        {"url = \"https://169.254.169.254/\";", "is in the link-local range, where cloud"},
        {"url = \"https://[fd00::5]:8443/TOKEN\";", "address fd00::5 is in a private range"},
        {"url = \"https://[::ffff:10.1.2.3]/\";", "is in a private range"},
        {"url = \"https://0.0.0.0/TOKEN\"; private = true;", "is in the unspecified range"},
        {"url = \"https://10.1.2.3/TOKEN\"; allow = [ \"10.2.0.0/16\" ];", "is in a private range"},
        {"url = \"https://10.1.2.3/TOKEN\"; private = true;", NULL},
        {"url = \"https://10.1.2.3/TOKEN\"; allow = [ \"fd00::/8\", \"10.1.0.0/16\" ];", NULL},
        {"url = \"http://127.0.0.1:99/TOKEN\";", NULL},
        {"url = \"http://[::1]:99/TOKEN\";", NULL},
        {"url = \"https://inside.example.com/TOKEN\";", NULL},
        {"url = \"https://192.0.2.7/TOKEN\";", NULL},
    };
    struct shelf *shelf = *state;
    const char *found;
    char book[512];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        (void)snprintf(book, sizeof book,
                       DEFAULT "reps: ( " RICH("") ", " PAT " );\nadmin: { webhook: {\n%s }; };",
                       cases[i].settings);
        write_file(shelf, "book.conf", book);
        good(shelf, false);
        assert_int_equal(shelf->problems.warning_count, cases[i].words != NULL);
        if (cases[i].words) {
            found = text_string(&shelf->problems.warnings);
            assert_non_null(strstr(found, "book.conf:4: admin, webhook: 'url' is where nothing"));
            assert_non_null(strstr(found, cases[i].words));
            assert_null(strstr(found, "TOKEN"));
        }
    }
}

#define SHELF_TEST(test) cmocka_unit_test_setup_teardown(test, open_shelf, close_shelf)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHELF_TEST(files_include_files_beside_themselves),
        SHELF_TEST(an_include_in_a_text_is_a_text),
        SHELF_TEST(ten_files_deep_and_no_deeper),
        SHELF_TEST(secrets_are_read_and_never_told),
        SHELF_TEST(the_files_of_tls_are_checked),
        SHELF_TEST(ways_are_checked),
        SHELF_TEST(a_credential_of_systemd_comes_first),
        SHELF_TEST(warns_of_an_address_to_which_nothing_will_go),
        cmocka_unit_test(which_secrets_are_good),
        cmocka_unit_test(which_addresses_are_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
