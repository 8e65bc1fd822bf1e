# Alkire-Foster figures from R's survey package (4.1.1, R 4.2.2) on survey_sample.csv, for tests/methods/test_deprivation.py.
#   Rscript deprivation.R      writes deprivation_figures.csv
# Deprived: y < 48 (weight 1/3), employed = 0 and x < 5 (1/6 each), group = 'odd' (1/3); poor from a count of 1/3, 1/2, 2/3.
suppressPackageStartupMessages(library(survey)); options(digits = 15, survey.lonely.psu = "fail")
d <- read.csv("survey_sample.csv")
d$a <- as.numeric(d$y < 48); d$b <- as.numeric(d$employed == 0); d$c <- as.numeric(d$x < 5); d$e <- as.numeric(d$group == "odd")
d$count <- d$a / 3 + d$b / 6 + d$c / 6 + d$e / 3
figures <- NULL
add <- function(indicator, wave, call, estimate, se) figures <<- rbind(figures, data.frame(indicator, wave, value = as.vector(estimate), se = as.vector(se), call))
for (wave in c("before", "after")) {
  s <- d[d$wave == wave, ]
  design <- svydesign(~psu, strata = ~stratum, weights = ~weight, data = s, nest = TRUE)
  told <- function(design, k) update(design, poor = as.numeric(count >= k - 1e-9), censored = ifelse(count >= k - 1e-9, count, 0))
  answered <- subset(design, !is.na(count))
  of <- told(answered, 1 / 3)
  for (k in list(c("headcount", 1 / 3), c("headcount-1-2", 1 / 2), c("headcount-2-3", 2 / 3))) {
    m <- svymean(~poor, told(answered, as.numeric(k[2]))); add(paste0("lack-", k[1]), wave, "svymean(~poor)", coef(m), SE(m))
  }
  m <- svymean(~censored, of); add("lack-adjusted-headcount", wave, "svymean(~censored)", coef(m), SE(m))
  m <- svyratio(~censored, ~poor, of); add("lack-intensity", wave, "svyratio(~censored, ~poor)", coef(m), SE(m))
  for (item in list(c("low-y", "a", 1 / 3), c("not-employed", "b", 1 / 6))) {
    with_item <- update(of, both = poor * get(item[2]), part = poor * get(item[2]) * as.numeric(item[3]))
    m <- svymean(~both, with_item); add(paste0("lack-", item[1]), wave, "svymean(~poor * deprived)", coef(m), SE(m))
    m <- svyratio(~part, ~censored, with_item); add(paste0("lack-", item[1], "-contribution"), wave, "svyratio(~part, ~censored)", coef(m), SE(m))
  }
}
write.csv(figures, "deprivation_figures.csv", row.names = FALSE)
