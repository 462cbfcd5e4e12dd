// What an outsider can grow, and how far. Outside text is held against these before anything is
// allocated for it. Those that an admin may set are the defaults of settings in the rule book.
#pragma once

enum {
    LIMIT_EVENT_BYTES = 256 * 1024, // one event; CloudEvents asks consumers to take at least 64 KiB
    LIMIT_EVENT_DEPTH = 64,         // nesting of JSON; jansson recurses
    LIMIT_BATCH_EVENTS = 1024,      // events of one JSON array
    LIMIT_ID_BYTES = 256,           // id, subject, account key, rep id and other keys
    LIMIT_SOURCE_BYTES = 1024,      // source (a URI reference)
    LIMIT_TYPE_BYTES = 128,         // type
    LIMIT_WORD_BYTES = 128,         // category, department, kind and other single words
    LIMIT_TEXT_BYTES = 8 * 1024,    // summary, note, demand and other running text
    LIMIT_ANSWER_BYTES = 4 * 1024,  // of a receiver's answer, kept for diagnosis
    LIMIT_RECEIPT_LIST_BYTES = 32 * 1024, // of the errors of a rule book, in a receipt
    LIMIT_RESPONSE_BYTES = 64 * 1024      // of a receiver's answer, read at most
};

#define LIMIT_MONEY_MINOR INT64_C(100000000000000) // a million million in major units
