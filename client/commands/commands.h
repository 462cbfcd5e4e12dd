// The commands there are; each is one file of this folder.
#pragma once

#include "client/command.h"

extern const struct command publish_command;
extern const struct command event_command;
extern const struct command check_command;
extern const struct command test_command;
extern const struct command explain_command;
extern const struct command rehearse_command;
extern const struct command accounts_command;
extern const struct command issues_command;
extern const struct command show_command;
extern const struct command notices_command;
extern const struct command retry_command;
extern const struct command reload_command;
extern const struct command lanes_command;
extern const struct command pause_command;
extern const struct command resume_command;
extern const struct command send_test_command;
extern const struct command silence_command;
extern const struct command silences_command;
extern const struct command why_command;
extern const struct command status_command;
