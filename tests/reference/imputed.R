# Means of our imputed draws by R's survey, pooled by mice, that tests/methods/test_imputed.py compares with.
#   Rscript imputed.R   (R 4.2.2, survey 4.1.1, mice 3.15.0)   reads survey_sample.csv and imputed_draws.csv (which
#   `completed` of the test makes), writes imputed_figures.csv
suppressPackageStartupMessages({ library(survey); library(mice) })
options(digits = 15, survey.lonely.psu = "fail")
d <- read.csv("survey_sample.csv")
d <- merge(d[d$wave == "after", ], read.csv("imputed_draws.csv"), by = "unit")
draws <- grep("^y[0-9]+$", names(d), value = TRUE)
designs <- list(
  stratified = "svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = d)",
  stratified_clustered = "svydesign(ids = ~psu, strata = ~stratum, nest = TRUE, weights = ~weight, data = d)",
  stratified_clustered_fpc = "svydesign(ids = ~psu + unit, strata = ~stratum, fpc = ~fpc + people, nest = TRUE, weights = ~weight, data = d)"
)
figures <- NULL
for (case in names(designs)) for (category in c("all", "even", "odd")) {
  design <- eval(parse(text = designs[[case]]))
  s <- subset(design, category == "all" | group == category)
  told <- sapply(draws, function(y) { m <- svymean(as.formula(paste0("~", y)), s); c(coef(m), SE(m)^2) })
  p <- pool.scalar(told[1, ], told[2, ], n = degf(s) + 1, k = 1)
  half <- qt(.975, p$df) * sqrt(p$t)
  numbers <- sprintf("%.15g", c(p$qbar, sqrt(p$t), p$qbar - half, p$qbar + half, p$df))
  figures <- rbind(figures, data.frame(case, category, value = numbers[1], se = numbers[2], low = numbers[3], high = numbers[4], df = numbers[5],
    call = "mice::pool.scalar(svymean of each draw, its variance, n = degf + 1, k = 1)"))
}
write.csv(figures, "imputed_figures.csv", row.names = FALSE)
