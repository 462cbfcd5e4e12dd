// What libcurl allows: a bare multi loop of POSTs, so many at once, all with one body and the same
// headers. The sink's board has how long they took.
//   curl_bound URL REQUESTS AT_ONCE BODY HEADER…
#include <curl/curl.h>
#include <err.h>
#include <stdlib.h>

struct bound {
    CURLM *multi;
    long left, running;
};

static size_t swallow(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes;
    (void)user;
    return size * count;
}

static void send_again(struct bound *bound, CURL *easy)
{
    if (bound->left > 0 && curl_multi_add_handle(bound->multi, easy) == CURLM_OK) {
        bound->left--;
        bound->running++;
    } else {
        curl_easy_cleanup(easy);
    }
}

static void reap(struct bound *bound)
{
    const CURLMsg *message;
    int more;

    while ((message = curl_multi_info_read(bound->multi, &more)) != NULL) {
        CURL *easy = message->easy_handle;

        if (message->data.result != CURLE_OK) {
            errx(1, "%s", curl_easy_strerror(message->data.result));
        }
        (void)curl_multi_remove_handle(bound->multi, easy);
        bound->running--;
        send_again(bound, easy);
    }
}

int main(int argc, char **argv)
{
    struct bound bound = {0};
    struct curl_slist *headers = NULL;
    long at_once;
    int running;

    if (argc < 5 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        errx(2, "usage: curl_bound URL REQUESTS AT_ONCE BODY HEADER…");
    }
    bound.left = strtol(argv[2], NULL, 10);
    at_once = strtol(argv[3], NULL, 10);
    bound.multi = curl_multi_init();
    for (int i = 5; i < argc; i++) {
        headers = curl_slist_append(headers, argv[i]);
    }
    for (long i = 0; i < at_once; i++) {
        CURL *easy = curl_easy_init();

        (void)curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
        (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, argv[4]);
        (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
        send_again(&bound, easy);
    }
    while (bound.running > 0) {
        (void)curl_multi_poll(bound.multi, NULL, 0, 1000, NULL);
        (void)curl_multi_perform(bound.multi, &running);
        reap(&bound);
    }
    (void)curl_multi_cleanup(bound.multi);
    curl_slist_free_all(headers);
    return 0;
}
