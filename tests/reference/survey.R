# Figures of R's survey package that tests/methods compares with, on the made-up panel of survey_sample.csv.
#   Rscript survey.R     (R 4.2.2, survey 4.1.1)     writes survey_sample.csv and survey_figures.csv beside itself
# Each figure stands with the call that gave it. Waves of one design are drawn again each time (subset by wave first);
# a change uses one design over both waves, so that sampling units present in both carry their covariance.
suppressPackageStartupMessages(library(survey))
options(digits = 15, survey.lonely.psu = "fail")

set.seed(20260101)
frame <- do.call(rbind, lapply(c("a", "b", "c"), function(stratum) {
  psus <- c(a = 6, b = 5, c = 4)[[stratum]]
  do.call(rbind, lapply(seq_len(psus), function(p) data.frame(stratum, psu = p, person = seq_len(6 + (p %% 3)))))
}))
frame$unit <- sprintf("%s%d-%02d", frame$stratum, frame$psu, frame$person)
level <- rnorm(nrow(frame), 50, 12) + 4 * frame$psu
one_wave <- function(wave, kept, drift) {
  d <- frame[kept, ]
  d$wave <- wave
  d$y <- round(level[kept] + rnorm(nrow(d), drift, 6), 2)
  d$x <- round(runif(nrow(d), 1, 9), 1)
  d$employed <- as.integer(runif(nrow(d)) < plogis((d$y - 60) / 10))
  d$weight <- round(runif(nrow(d), 0.5, 3) * c(a = 10, b = 20, c = 35)[d$stratum], 3)
  d
}
sample_of <- function(share) sort(sample(nrow(frame), round(share * nrow(frame))))
panel <- rbind(one_wave("before", sample_of(0.85), 0), one_wave("after", sample_of(0.8), 5))
panel$group <- ifelse(panel$person %% 2 == 0 & !(panel$stratum == "a" & panel$psu == 1), "even", "odd")  # a1 has no even
panel$fpc <- c(a = 40, b = 24, c = 9)[panel$stratum]
panel$y[c(4, 31, 77, 120)] <- NA
panel$people <- 12 + 3 * panel$psu  # units in the population of the sampling unit
panel$population <- c(a = 900, b = 700, c = 500)[panel$stratum]
panel$lone <- ifelse(panel$stratum == "c" & panel$psu == 4, "d", panel$stratum)  # stratum d has one sampling unit
panel <- panel[, c("unit", "wave", "stratum", "lone", "psu", "weight", "fpc", "people", "population", "group", "y", "x", "employed")]
write.csv(panel, "survey_sample.csv", row.names = FALSE, quote = FALSE, na = "")

figures <- NULL
add <- function(case, indicator, wave, category, call, value, se, df, low = NA, high = NA, deff = NA) {
  value <- as.vector(value); se <- as.vector(se); deff <- as.vector(deff)
  if (is.na(low)) { low <- value - qt(.975, df) * se; high <- value + qt(.975, df) * se }
  figures <<- rbind(figures, data.frame(case, indicator, wave, category, value, se, df, low, high, deff, call))
}
designs <- list(
  srs = "svydesign(ids = ~1, weights = ~one, data = d)",
  stratified = "svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = d)",
  clustered = "svydesign(ids = ~cluster, weights = ~weight, data = d)",
  stratified_clustered = "svydesign(ids = ~psu, strata = ~stratum, nest = TRUE, weights = ~weight, data = d)",
  stratified_fpc = "svydesign(ids = ~1, strata = ~stratum, fpc = ~population, weights = ~weight, data = d)",
  stratified_clustered_fpc = "svydesign(ids = ~psu + unit, strata = ~stratum, fpc = ~fpc + people, nest = TRUE, weights = ~weight, data = d)",
  lonely_adjust = "svydesign(ids = ~psu, strata = ~lone, nest = TRUE, weights = ~weight, data = d)",
  lonely_certainty = "svydesign(ids = ~psu, strata = ~lone, nest = TRUE, weights = ~weight, data = d)"
)
panel$one <- 1
panel$cluster <- paste(panel$stratum, panel$psu)
for (case in names(designs)) {
  options(survey.lonely.psu = if (startsWith(case, "lonely")) sub("lonely_", "", case) else "fail")
  for (wave in c("before", "after")) {
    d <- panel[panel$wave == wave, ]
    design <- eval(parse(text = designs[[case]]))
    for (category in c("all", "even", "odd")) {
      s <- subset(design, if (category == "all") !is.na(y) else !is.na(y) & group == category)
      m <- svymean(~y, s, deff = "replace")
      add(case, "mean-y", wave, category, "svymean(~y, subset, deff = \"replace\")", coef(m), SE(m), degf(s), deff = deff(m))
      r <- svyratio(~y, ~x, s, deff = "replace")
      add(case, "ratio-y-x", wave, category, "svyratio(~y, ~x, subset, deff = \"replace\")", coef(r), SE(r), degf(s),
          deff = deff(r))
      if (case != "lonely_adjust") {  # survey 4.1 leaves the total of a lonely unit uncentred; 4.2 changed it
        t <- svytotal(~y, s, deff = "replace")
        add(case, "total-y", wave, category, "svytotal(~y, subset, deff = \"replace\")", coef(t), SE(t), degf(s), deff = deff(t))
      }
      s <- if (category == "all") design else subset(design, group == category)
      p <- svymean(~employed, s, deff = "replace")
      ci <- attr(svyciprop(~employed, s, method = "xlogit", df = degf(s)), "ci")
      glm <- attr(svyciprop(~employed, s, method = "logit", df = degf(s)), "ci")
      stopifnot(max(abs(ci - glm)) < 1e-7)  # the same interval, but for the iterations of the fit
      add(case, "share-employed", wave, category, "svymean(~employed, ...), svyciprop(method = \"xlogit\", df = degf(subset))",
          coef(p), SE(p), degf(s), ci[1], ci[2], deff(p))
    }
  }
}
options(survey.lonely.psu = "fail")
changes <- list(
  stratified = "svydesign(ids = ~unit, strata = ~stratum, nest = TRUE, weights = ~weight, data = d)",
  srs = "svydesign(ids = ~unit, weights = ~one, data = d)",
  clustered = designs$clustered,
  stratified_clustered = designs$stratified_clustered,
  stratified_clustered_fpc = designs$stratified_clustered_fpc
)
for (case in names(changes)) {
  d <- panel
  for (category in c("all", "even", "odd")) {
    held <- !is.na(d$y) & (category == "all" | d$group == category)
    d$i1 <- as.numeric(held & d$wave == "after"); d$y1 <- ifelse(d$i1 == 1, d$y, 0)
    d$i0 <- as.numeric(held & d$wave == "before"); d$y0 <- ifelse(d$i0 == 1, d$y, 0)
    d$held <- held
    design <- eval(parse(text = changes[[case]]))
    totals <- svytotal(~y1 + i1 + y0 + i0, design)
    k <- svycontrast(totals, quote(y1 / i1 - y0 / i0))
    by <- svyby(~y, ~wave, subset(design, held), svymean, covmat = TRUE)
    same <- svycontrast(by, c(after = 1, before = -1))
    stopifnot(abs(coef(k) - coef(same)) < 1e-9, abs(SE(k) / SE(same) - 1) < 1e-9)
    add(case, "change-y", "after", category, "svycontrast(svyby(~y, ~wave, subset, svymean, covmat = TRUE), c(after = 1, before = -1))",
        coef(k), SE(k), degf(subset(design, held)))
  }
}
# the total of a lonely unit, centred at the mean of all units' totals: the help page of svyoptions, by hand
d <- panel[panel$wave == "after" & !is.na(panel$y), ]
z <- aggregate(list(z = d$weight * d$y), list(psu = d$psu, lone = d$lone), sum)
v <- sum(tapply(z$z, z$lone, function(x) if (length(x) > 1) length(x) * var(x) else (x - mean(z$z))^2))
add("lonely_adjust", "total-y", "after", "all", "by hand: strata of one unit, (z - mean of all z)^2", sum(z$z), sqrt(v),
    nrow(z) - length(unique(z$lone)))

rownames(figures) <- NULL
for (name in c("value", "se", "low", "high", "deff")) figures[[name]] <- sprintf("%.15g", figures[[name]])
figures[figures == "NA"] <- ""
write.csv(figures, "survey_figures.csv", row.names = FALSE)
