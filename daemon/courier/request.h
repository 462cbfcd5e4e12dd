// A request as libcurl is told of it: what all have in common, where it goes, and one notice. A
// handle that goes where it went before is told the notice alone.
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/text.h"
#include "daemon/courier/transfer.h"

struct request { // zeroed is empty; to be set up before anything else
    CURL *easy;
    CURLU *url;     // of its target
    int64_t target; // the number of the one that it is set for; 0: none
    bool is_own;    // has settings of its lane alone: its handle is not used for another
    struct text head;
    struct curl_slist headers[2];
};

must_check bool request_init(struct request *request);
void request_finish(struct request *request);
// Sets the handle for all requests to this target.
must_check bool request_aim(struct request *request, const struct transfer_target *target);
// Sets what is of this one alone. Its target is the one that it was aimed at.
must_check bool request_fill(struct request *request, const struct transfer_target *target,
                             const struct transfer_content *content);
