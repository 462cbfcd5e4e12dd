// What systemd is told (sd_notify(3)): a datagram to the socket that $NOTIFY_SOCKET names. Without
// one, nothing.
#pragma once

#include <stdint.h>

// lines: "READY=1", "STATUS=…", several separated by '\n'.
void notify_send(const char *lines);
// "RELOADING=1", with the moment that systemd wants to know; "READY=1" ends it.
void notify_reloading(void);
// How often the watchdog wants to hear "WATCHDOG=1", half its limit; 0: it does not.
int64_t notify_watchdog_ms(void);
