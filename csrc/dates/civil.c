// Based on: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013,
// https://howardhinnant.github.io/date_algorithms.html, civil_from_days; here with cycles that
// begin in January of a year 1.
#include "dates/civil.h"

void sl_civil(uint32_t index, int32_t *year, uint32_t *month, uint32_t *day) {
  // From March 1 of the year 0, so that the leap day is the last of its year.
  uint32_t shifted = index + 306, era = shifted / SL_CYCLE_DAYS, of_era = shifted % SL_CYCLE_DAYS;
  uint32_t of_years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  uint32_t of_year = of_era - (365 * of_years + of_years / 4 - of_years / 100);
  uint32_t from_march = (5 * of_year + 2) / 153;
  *day = of_year - (153 * from_march + 2) / 5 + 1;
  *month = from_march < 10 ? from_march + 3 : from_march - 9;
  *year = (int32_t)(era * SL_CYCLE_YEARS + of_years + (*month <= 2));
}
