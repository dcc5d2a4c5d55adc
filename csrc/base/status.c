#include "base/status.h"

static _Thread_local sl_error last_error = {SL_OK, "", "", SL_NO_POSITION};

const char *sl_status_name(sl_status status) {
  switch (status) {
#define X(name, value, text)                                                                       \
  case SL_##name:                                                                                  \
    return #name;
    SL_STATUS_LIST(X)
#undef X
  }
  return "UNKNOWN";
}

const char *sl_status_text(sl_status status) {
  switch (status) {
#define X(name, value, text)                                                                       \
  case SL_##name:                                                                                  \
    return text;
    SL_STATUS_LIST(X)
#undef X
  }
  return "unknown status";
}

const char *sl_outcome_name(sl_outcome outcome) {
  switch (outcome) {
#define X(name, value, text)                                                                       \
  case SL_OUTCOME_##name:                                                                          \
    return text;
    SL_OUTCOME_LIST(X)
#undef X
  }
  return "unknown";
}

const sl_error *sl_last_error(void) { return &last_error; }

sl_status sl_fail(sl_status status, const char *argument, const char *expected, uint64_t position) {
  last_error = (sl_error){status, argument, expected, position};
  return status;
}
