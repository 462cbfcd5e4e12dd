#include "common/verdict/silence.h"

const struct silence *silence_over(const struct silences *silences, const struct fact_source *facts)
{
    for (size_t i = 0; silences && i < silences->count; i++) {
        const struct silence *silence = &silences->list[i];

        if (silence->until_ms > facts->now_ms &&
            facts_hold(facts, silence->matchers, silence->matcher_count)) {
            return silence;
        }
    }
    return NULL;
}
