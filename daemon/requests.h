// The requests that publishers sent, and what each frame of them is answered: taken in together,
// handled in one transaction, and answered together once that is on disk.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/base/attributes.h"
#include "common/base/error.h"
#include "common/desk/desk.h"
#include "daemon/intake/intake.h"

struct requests;

struct requests *requests_create(void);
void requests_destroy(struct requests *requests);

// Takes what waits, up to so many events and to the bounds of a turn. Negative: as
// intake_receive().
must_check int requests_receive(struct requests *requests, struct intake *intake, size_t events);
size_t requests_count(const struct requests *requests);
size_t requests_frames(const struct requests *requests); // of all of them together
// Handles the events of one, inside the open transaction. Negative: the ledger failed.
must_check int requests_handle(struct requests *requests, size_t index, struct desk *desk,
                               int64_t now_ms, struct error *err);
// Whatever was to be answered: nothing of it is on disk, and each is told so, in these words.
void requests_refuse(struct requests *requests, int64_t now_ms, const char *message);
// Sends the answers, and forgets the requests.
void requests_answer(struct requests *requests, struct intake *intake);
